"""Words that are written often: found by what somebody types, filled with what the desk knows of a conversation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Case, IntegerField, Q, Value, When

from inbox.models import Conversation, Macro
from inbox.services import networks
from inbox.services.conversations import Refused
from inbox.services.storable import storable

SHOWN = 8  # as many as a picker shows
_PLACEHOLDER = re.compile(r"\{[a-z][a-z_ ]{0,30}\}")
# What a macro may say, and what stands there in the end; docs/answering.md and the settings page name them.
PLACEHOLDERS = {
    "{customer}": "the customer's name",
    "{agent}": "your first name",
    "{account}": "our account's name there",
    "{network}": "the network's name",
    "{link}": "the address that opens a private message to us, where the network has one",
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
    return f"{found[0]} stands for something that is not known here. Write it out, or take it out." if found else ""


def save(*, name: str, text: str, macro_id: int | None = None) -> Macro:
    """Add a macro, or change one. Raises Refused with one sentence."""
    name, text = " ".join(storable(name).split()), storable(text).strip()
    if not name or not text:
        raise Refused("A macro needs a name and a text.")
    if len(name) > 80 or len(text) > 4000:
        raise Refused("A name has at most 80 characters, a text at most 4,000.")
    macro = Macro() if macro_id is None else Macro.objects.filter(pk=macro_id).first()
    if macro is None:
        raise Refused("Somebody deleted it meanwhile. Add it again if it is still needed.")
    macro.name, macro.text = name, text
    try:
        with transaction.atomic():
            macro.save()
    except IntegrityError as error:
        raise Refused(f"There is a macro “{name}” already.") from error
    return macro


def delete(*, macro_id: int) -> None:
    Macro.objects.filter(pk=macro_id).delete()
