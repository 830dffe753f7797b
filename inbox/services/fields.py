"""Fields of the desk's own: making them, and what is written down of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from inbox import asks
from inbox.models import CustomField, FieldOption, FieldValue
from inbox.parameters import whole
from inbox.saying import english
from inbox.services import events
from inbox.services.conversations import Refused
from inbox.services.events import Fact
from inbox.services.storable import storable

MOST = 30  # fields that a desk asks at a time
MOST_OPTIONS = 300  # of one field: all of them stand beside every conversation
Kind = CustomField.Kind


# The fields themselves -----------------------------------------------------------------------------


@transaction.atomic
def create(*, name: str, kind: str, actor: AbstractBaseUser | None = None) -> CustomField:
    """Make a field. Raises Refused."""
    if kind not in Kind.values:
        raise Refused(gettext("Choose one of these kinds: %(values)s.") % {"values": ", ".join(Kind.values)})
    if CustomField.objects.filter(archived_at=None).count() >= MOST:
        raise Refused(
            gettext("The desk has %(most)s fields. Archive one that nobody fills in any more.") % {"most": MOST}
        )
    field = _save(CustomField(kind=kind), name)
    _record(field, actor, f"made, {english(Kind(kind).label).lower()}")
    return field


@transaction.atomic
def rename(*, field_id: int, name: str, actor: AbstractBaseUser | None = None) -> CustomField:
    """Raises Refused."""
    field = _held(field_id)
    before = field.name
    _save(field, name)
    if field.name != before:
        _record(field, actor, f"renamed from “{before}”")
    return field


@transaction.atomic
def archive(*, field_id: int, on: bool, actor: AbstractBaseUser | None = None) -> CustomField:
    """Ask a field no longer, or again. Its values stay, and are found. Raises Refused."""
    field = _held(field_id)
    if (field.archived_at is not None) != on:
        field.archived_at = timezone.now() if on else None
        field.save(update_fields=["archived_at"])
        _record(field, actor, "archived" if on else gettext_noop("brought back"))
    return field


def _held(field_id: int) -> CustomField:
    field = CustomField.objects.select_for_update().filter(pk=field_id).first()
    if field is None:
        raise Refused(gettext("There is no such field. Reload the page."))
    return field


def _save(field: CustomField, name: str) -> CustomField:
    field.name = _plain(name, gettext("the field"), 40)
    try:
        with transaction.atomic():
            field.save()
    except IntegrityError as error:
        raise Refused(
            gettext("There is a field “%(name)s” already, perhaps an archived one.") % {"name": field.name}
        ) from error
    return field


def _plain(name: str, what: str, most: int) -> str:
    plain = " ".join(storable(name).split())
    if not 1 <= len(plain) <= most:
        raise Refused(gettext("Give %(what)s a name of 1 to %(most)s characters.") % {"what": what, "most": most})
    return plain


def _record(field: CustomField, actor: AbstractBaseUser | None, did: str) -> None:
    events.setting_changed("field", field.pk, actor, {"name": field.name, "did": did})


# Options -------------------------------------------------------------------------------------------


@transaction.atomic
def add_options(*, field_id: int, lines: str, actor: AbstractBaseUser | None = None) -> list[FieldOption]:
    """One option a line; of a product its code behind a semicolon. All of them or none. Raises Refused."""
    field = _held(field_id)
    if field.kind not in CustomField.CHOSEN:
        raise Refused(gettext("“%(name)s” is not chosen from a list.") % {"name": field.name})
    wanted = [line for line in lines.splitlines() if line.strip()]
    if not wanted:
        raise Refused(gettext("Write at least one option."))
    if FieldOption.objects.filter(field=field, archived_at=None).count() + len(wanted) > MOST_OPTIONS:
        raise Refused(
            gettext("A field has at most %(most_options)s options. Archive some that nobody chooses any more.")
            % {"most_options": MOST_OPTIONS}
        )
    made = []
    for line in wanted:
        name, _, code = line.partition(";") if field.kind == Kind.PRODUCT else (line, "", "")
        made.append(_save_option(FieldOption(field=field), name, code))
    _record(field, actor, f"added {', '.join(f'“{option.name}”' for option in made[:5])}{' …' * (len(made) > 5)}")
    return made


@transaction.atomic
def change_option(*, option_id: int, name: str, code: str = "", actor: AbstractBaseUser | None = None) -> FieldOption:
    """Another name or code, wherever it was chosen. Raises Refused."""
    option = _option(option_id)
    before = str(option)
    _save_option(option, name, code if option.field.kind == Kind.PRODUCT else "")
    if str(option) != before:
        _record(option.field, actor, f"“{before}” → “{option}”")
    return option


@transaction.atomic
def archive_option(*, option_id: int, on: bool, actor: AbstractBaseUser | None = None) -> FieldOption:
    """Offer it no longer, or again. It stays where it was chosen. Raises Refused."""
    option = _option(option_id)
    if (option.archived_at is not None) != on:
        option.archived_at = timezone.now() if on else None
        option.save(update_fields=["archived_at"])
        _record(option.field, actor, f"{'archived' if on else 'brought back'} “{option}”")
    return option


def _option(option_id: int) -> FieldOption:
    rows = FieldOption.objects.select_for_update(of=("self",)).select_related("field")
    option = rows.filter(pk=option_id).first()
    if option is None:
        raise Refused(gettext("There is no such option. Reload the page."))
    return option


def _save_option(option: FieldOption, name: str, code: str) -> FieldOption:
    option.name = _plain(name, gettext("the option"), 80)
    option.code = " ".join(storable(code).split())
    if len(option.code) > 40:
        raise Refused(gettext("A code has at most 40 characters."))
    try:
        with transaction.atomic():
            option.save()
    except IntegrityError as error:
        raise Refused(
            gettext("There is an option of this name or code already: “%(name)s”.") % {"name": option}
        ) from error
    return option


# Of a conversation ---------------------------------------------------------------------------------


@transaction.atomic
def write(*, conversation_id: int, field_id: int, said: Any, actor: AbstractBaseUser) -> FieldValue | None:
    """Write down what a field says of a conversation; "" clears it. What it was is kept. Raises Refused."""
    field = CustomField.objects.filter(pk=field_id).first()
    if field is None or field.archived_at is not None:
        raise Refused(gettext("This field is no longer asked. Reload the page."))
    current = _current(conversation_id, field_id)
    meant = _meant(field, said, current)
    if current is not None and meant == _says(current):
        return current
    if current is not None:
        FieldValue.objects.filter(pk=current.pk).update(ended_at=timezone.now(), ended_by=actor.pk)
    value = _written(conversation_id, field, meant, actor) if meant else None
    if current is not None or value is not None:
        kind = "conversation.field_written" if value else "conversation.field_cleared"
        data = {"value": value.pk if value else None, "was": current.pk if current else None}
        events.emit([Fact(kind, conversation_id, actor.pk, "field", field_id, data)])
    return value


@transaction.atomic
def write_all(*, conversation_id: int, said: Mapping[int, tuple[str, int | None]], actor: AbstractBaseUser) -> int:
    """What a form says: by field, the text and the value that was on the page. Returns how many it changed.

    What nobody touched on the page stays as it is by now; what a colleague changed meanwhile is not overwritten.
    """
    changed = 0
    for field_id, (text, seen) in sorted(said.items()):
        current = _current(conversation_id, field_id)
        if (current.pk if current else None) != seen:
            before = FieldValue.objects.filter(pk=seen or 0, conversation=conversation_id, field=field_id).first()
            if text.strip() == (_typed(before) if before else ""):
                continue
            raise Refused(_meanwhile(current, field_id))
        after = write(conversation_id=conversation_id, field_id=field_id, said=text, actor=actor)
        changed += (after.pk if after else None) != seen
    return changed


def _current(conversation_id: int, field_id: int) -> FieldValue | None:
    rows = FieldValue.objects.select_for_update(of=("self",)).select_related("by", "option", "field")
    return rows.filter(conversation=conversation_id, field=field_id, ended_at=None).first()


def _meanwhile(current: FieldValue | None, field_id: int) -> str:
    if current is None:
        name = CustomField.objects.values_list("name", flat=True).get(pk=field_id)
        return gettext("A colleague cleared “%(name)s” meanwhile. Look again, then write yours.") % {"name": name}
    return gettext("%(by)s wrote “%(current)s” for “%(current_2)s” meanwhile. Look again.") % {
        "by": _name(current.by),
        "current": shown(current),
        "current_2": current.field.name,
    }


def _name(user: User) -> str:
    return user.first_name or user.username


def _written(conversation_id: int, field: CustomField, meant: dict[str, Any], actor: AbstractBaseUser) -> FieldValue:
    try:
        with transaction.atomic():
            return FieldValue.objects.create(conversation_id=conversation_id, field=field, by_id=actor.pk, **meant)
    except IntegrityError as error:
        raise Refused(
            gettext("A colleague wrote something else for “%(name)s” at this moment. Look again.")
            % {"name": field.name}
        ) from error


def _says(value: FieldValue) -> dict[str, Any]:
    said = {"option_id": value.option_id, "text": value.text, "number": value.number, "day": value.day}
    return {name: there for name, there in said.items() if there not in (None, "")}


def _meant(field: CustomField, said: Any, current: FieldValue | None) -> dict[str, Any]:
    """What somebody wrote as the column that it goes to; nothing for nothing. Raises Refused."""
    text = storable(str(said)).strip() if said is not None else ""
    if not text:
        return {}
    if field.kind in CustomField.CHOSEN:
        return {"option_id": _chosen(field, text, current)}
    if field.kind == Kind.TEXT:
        if len(text) > 200:
            raise Refused(gettext("“%(name)s” takes at most 200 characters.") % {"name": field.name})
        return {"text": " ".join(text.split())}
    if field.kind == Kind.NUMBER:
        number = asks.number_of(text)
        if number is None:
            raise Refused(gettext("“%(name)s” takes a number, for example 12 or 12.5.") % {"name": field.name})
        return {"number": number}
    day = asks.day_of(text)
    if day is None:
        raise Refused(gettext("“%(name)s” takes a day, for example 2026-03-31.") % {"name": field.name})
    return {"day": day}


def _chosen(field: CustomField, text: str, current: FieldValue | None) -> int:
    """An option by its id. One that was archived stays where it is, and is not chosen anew."""
    option = FieldOption.objects.filter(field=field, pk=whole(text) or 0).first()
    kept = option is not None and current is not None and current.option_id == option.pk
    if option is None or (option.archived_at is not None and not kept):
        raise Refused(gettext("Choose one of the options of “%(name)s”.") % {"name": field.name})
    return option.pk


def _typed(value: FieldValue) -> str:
    """A value as its form says it."""
    return str(value.option_id) if value.option_id else shown(value)


def shown(value: FieldValue) -> str:
    """A value as a person reads it. ``option`` must have been read with it."""
    if value.option is not None:
        return str(value.option)
    return value.text or plain(value.number if value.number is not None else value.day)


def plain(said: Decimal | date | None) -> str:
    """A number without noughts that say nothing; a day as it is sorted."""
    if isinstance(said, Decimal):
        return f"{said.normalize():f}"
    return said.isoformat() if said else ""
