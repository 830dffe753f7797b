"""Tags: making them, and putting them on conversations. Merging them: tagmerges.py."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from inbox.models import ConversationTag, Tag
from inbox.services import events
from inbox.services.conversations import Refused
from inbox.services.events import Fact
from inbox.services.storable import storable


def named(name: str) -> Tag | None:
    """The tag of this name, whatever its capitals and spaces."""
    return Tag.objects.filter(name__iexact=_plain(name)).first()


def _plain(name: str) -> str:
    return " ".join(storable(name).split())


@transaction.atomic
def create(*, name: str, colour: str, actor: AbstractBaseUser | None = None) -> Tag:
    """Make a tag. Raises Refused where one of this name exists, whatever its capitals."""
    tag = _save(Tag(), name, colour)
    record(tag, actor, "made")
    return tag


@transaction.atomic
def change(*, tag_id: int, name: str, colour: str, actor: AbstractBaseUser | None = None) -> Tag:
    """Give a tag another name or colour, on every conversation that has it. Raises Refused."""
    tag = locked(tag_id)[tag_id]
    before = (tag.name, tag.colour)
    _save(tag, name, colour)
    renamed = f"renamed from “{before[0]}”" if tag.name != before[0] else ""
    coloured = f"{before[1]} → {tag.colour}" if tag.colour != before[1] else ""
    if did := ", ".join(filter(None, (renamed, coloured))):
        record(tag, actor, did)
    return tag


@transaction.atomic
def archive(*, tag_id: int, on: bool, actor: AbstractBaseUser | None = None) -> Tag:
    """Offer a tag no longer, or again. It stays on every conversation that has it. Raises Refused."""
    tag = locked(tag_id)[tag_id]
    if (tag.archived_at is not None) != on:
        tag.archived_at = timezone.now() if on else None
        tag.save(update_fields=["archived_at"])
        record(tag, actor, "archived" if on else gettext_noop("brought back"))
    return tag


def locked(*tag_ids: int) -> dict[int, Tag]:
    """These tags, held: nobody puts one of them on a conversation meanwhile."""
    found = {tag.pk: tag for tag in Tag.objects.select_for_update().filter(pk__in=tag_ids).order_by("pk")}
    if len(found) < len(set(tag_ids)):
        raise Refused(gettext("This tag was removed meanwhile. Reload the page."))
    return found


def record(tag: Tag, actor: AbstractBaseUser | None, did: str) -> None:
    """As every change of a setting is written down: its page shows it."""
    events.setting_changed("tag", tag.pk, actor, {"name": tag.name, "did": did})


def _save(tag: Tag, name: str, colour: str) -> Tag:
    tag.name, tag.colour = _plain(name), colour
    if not 1 <= len(tag.name) <= 40:
        raise Refused(gettext("Give the tag a name of 1 to 40 characters."))
    if colour not in Tag.Colour.values:
        raise Refused(gettext("Choose one of these colours: %(values)s.") % {"values": ", ".join(Tag.Colour.values)})
    try:
        with transaction.atomic():
            tag.save()
    except IntegrityError as error:
        raise Refused(
            gettext("There is a tag “%(name)s” already. Use that one, or choose another name.") % {"name": tag.name}
        ) from error
    return tag


@transaction.atomic
def delete(*, tag_id: int, actor: AbstractBaseUser | None = None) -> None:
    """Remove a tag from the desk and from every conversation. Raises Refused."""
    tag = locked(tag_id)[tag_id]
    record(tag, actor, "deleted")
    tag.delete()


def put(*, conversation_id: int, tag_id: int, actor: AbstractBaseUser) -> bool:
    """Put a tag on a conversation. False when it is there already."""
    with transaction.atomic():
        tag = Tag.objects.select_for_update(no_key=True).filter(pk=tag_id).first()
        if tag is None:
            raise Refused(gettext("This tag was removed meanwhile. Choose another one."))
        if tag.archived_at is not None:
            raise Refused(
                gettext("“%(name)s” is archived. Choose another one, or ask a lead to bring it back.")
                % {"name": tag.name}
            )
        _, new = ConversationTag.objects.get_or_create(
            conversation_id=conversation_id, tag_id=tag_id, defaults={"by_id": actor.pk}
        )
        if new:
            _tell("conversation.tagged", conversation_id, tag_id, actor)
        return new


def remove(*, conversation_id: int, tag_id: int, actor: AbstractBaseUser) -> bool:
    """Take a tag off a conversation. False when it was not there."""
    with transaction.atomic():
        gone, _ = ConversationTag.objects.filter(conversation_id=conversation_id, tag_id=tag_id).delete()
        if gone:
            _tell("conversation.untagged", conversation_id, tag_id, actor)
        return bool(gone)


def _tell(kind: str, conversation_id: int, tag_id: int, actor: AbstractBaseUser) -> None:
    events.emit([Fact(kind, conversation_id=conversation_id, actor_id=actor.pk, subject="tag", subject_id=tag_id)])
