"""Words that are written often: found by what somebody types, filled with what the desk knows of a conversation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import IntegrityError, transaction
from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext, gettext_lazy

from inbox.models import Conversation, Macro, MacroVersion
from inbox.saying import english
from inbox.services import events, networks
from inbox.services.conversations import Refused
from inbox.services.storable import storable

SHOWN = 8  # as many as a picker shows
_PLACEHOLDER = re.compile(r"\{[a-z][a-z_ ]{0,30}\}")
# What a macro may say, and what stands there in the end; docs/answering.md and the settings page name them.
PLACEHOLDERS = {
    "{customer}": gettext_lazy("the customer's name"),
    "{agent}": gettext_lazy("your first name"),
    "{account}": gettext_lazy("our account's name there"),
    "{network}": gettext_lazy("the network's name"),
    "{link}": gettext_lazy("the address that opens a private message to us, where the network has one"),
}


def find(query: str) -> Sequence[Macro]:
    """The macros whose name or text holds ``query``; those whose name begins with it first."""
    asked = storable(query).strip()[:80]
    begins = Case(
        When(name__istartswith=asked, then=Value(0)), When(name__icontains=asked, then=Value(1)), default=Value(2),
        output_field=IntegerField(),
    )  # fmt: skip
    rows = Macro.objects.filter(Q(name__icontains=asked) | Q(text__icontains=asked)) if asked else Macro.objects.all()
    return list(rows.order_by(begins, "name")[:SHOWN])


def fill(text: str, conversation: Conversation, agent: User) -> str:
    """``text`` with its placeholders filled, in one go: what is put in is never read as a placeholder again.

    What is not known, or stands for nothing here, stays as it is; ``unfilled`` says so.
    """
    known = _values(conversation, agent)
    return _PLACEHOLDER.sub(lambda found: known.get(found[0]) or found[0], text)


def _values(conversation: Conversation, agent: User) -> Mapping[str, str]:
    network = networks.shown(conversation.connection.network)
    identity, connection = conversation.identity, conversation.connection
    return {
        "{customer}": identity.name or identity.handle,
        "{agent}": agent.first_name or agent.get_username(),
        "{account}": connection.name,
        "{network}": network.label,
        "{link}": network.deep_link.replace("{account_id}", connection.account_id),
    }


def unfilled(text: str) -> str:
    """A sentence where ``text`` still holds a placeholder; "" where it does not."""
    found = _PLACEHOLDER.search(text)
    return (
        gettext("%(found)s stands for something that is not known here. Write it out, or take it out.")
        % {"found": found[0]}
        if found
        else ""
    )


@transaction.atomic
def save(*, name: str, text: str, macro_id: int | None = None, actor: AbstractBaseUser | None = None) -> Macro:
    """Add a macro, or change one. Raises Refused with one sentence."""
    name, text = " ".join(storable(name).split()), storable(text).strip()
    if not name or not text:
        raise Refused(gettext("A macro needs a name and a text."))
    if len(name) > 80 or len(text) > 4000:
        raise Refused(gettext("A name has at most 80 characters, a text at most 4,000."))
    if macro_id is None:
        return _keep(Macro(name=name, text=text), MacroVersion.Did.ADDED, actor)
    macro = Macro.objects.select_for_update().filter(pk=macro_id).first()
    if macro is None:
        raise Refused(gettext("Somebody deleted it meanwhile. Add it again if it is still needed."))
    if (macro.name, macro.text) == (name, text):
        return macro
    macro.name, macro.text = name, text
    return _keep(macro, MacroVersion.Did.CHANGED, actor)


@transaction.atomic
def delete(*, macro_id: int, actor: AbstractBaseUser | None = None) -> None:
    """Take a macro away; restore() brings any of its versions back."""
    macro = Macro.objects.select_for_update().filter(pk=macro_id).first()
    if macro is not None:
        _record(macro, MacroVersion.Did.DELETED, actor)
        macro.delete()


@transaction.atomic
def restore(*, macro_id: int, version_id: int, actor: AbstractBaseUser | None = None) -> Macro:
    """Let a macro be again as a version of it was, also one that was deleted. Raises Refused."""
    version = MacroVersion.objects.filter(pk=version_id, macro=macro_id).first()
    if version is None:
        raise Refused(gettext("There is no such version of this macro. Reload the page."))
    macro = Macro.objects.select_for_update().filter(pk=macro_id).first() or Macro(pk=macro_id)
    if (macro.name, macro.text) == (version.name, version.text):
        return macro
    macro.name, macro.text = version.name, version.text
    return _keep(macro, MacroVersion.Did.RESTORED, actor)


def versions(macro_id: int | None = None, *, limit: int = 50) -> Sequence[MacroVersion]:
    """How one macro was, or who changed any of them, newest first."""
    rows = MacroVersion.objects.select_related("by").order_by("-pk")
    return list((rows if macro_id is None else rows.filter(macro=macro_id))[:limit])


def _keep(macro: Macro, did: MacroVersion.Did, actor: AbstractBaseUser | None) -> Macro:
    try:
        with transaction.atomic():
            macro.save()
    except IntegrityError as error:
        raise Refused(gettext("There is a macro “%(name)s” already.") % {"name": macro.name}) from error
    _record(macro, did, actor)
    return macro


def _record(macro: Macro, did: MacroVersion.Did, actor: AbstractBaseUser | None) -> None:
    by = actor.pk if actor else None
    MacroVersion.objects.create(macro_id=macro.pk, name=macro.name, text=macro.text, did=did, by_id=by)
    events.setting_changed("macro", macro.pk, actor, {"name": macro.name, "did": english(did.label)})
