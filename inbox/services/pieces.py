"""A reply in its pieces: the items to be, what each of them answers, what the desk or the network has against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from connectors.errors import ConnectorError
from connectors.models import Connection
from connectors.types import Denied, Draft, MediaRef, Visibility
from inbox.downstream import policy
from inbox.models import Conversation, Message
from inbox.services import drafts, macros
from inbox.services.connections import connector_for
from inbox.services.conversations import Refused
from inbox.services.stops import Reasons
from inbox.services.storable import storable

DIRECT, PUBLIC = Visibility.DIRECT, Visibility.PUBLIC
REMOVED = gettext_noop(
    "The account of this conversation was removed from the desk, so nothing can be sent. Leave a note instead."
)
NO_POST = gettext_noop("There is no public post of this customer to answer here. Reply privately instead.")
ONE_PRIVATE = gettext_noop("Only a public reply goes on in further posts. Write it as one private message.")
NO_LINE = gettext_noop("A public line goes beside a private reply only.")


@dataclass(frozen=True, slots=True)
class Piece:
    """One item to be: pieces leave one after the other."""

    visibility: Visibility
    text: str
    fallback: str = ""  # said instead where what goes before cannot be sent
    continues: bool = False  # hangs below the piece before it
    media: Sequence[Mapping[str, Any]] = ()

    @property
    def read(self) -> list[str]:
        """Everything in it that its readers can read."""
        return [text for text in (self.text, self.fallback, *(str(one["alt"]) for one in self.media)) if text]


def of_words(visibility: Visibility, text: str, more: Sequence[str], line: str, fallback: str) -> list[Piece]:
    """What somebody wrote, cut into what leaves one after the other. Raises Refused for what fits together nowhere."""
    first = Piece(visibility, storable(text).strip())
    if visibility is PUBLIC and (line.strip() or fallback.strip()):
        raise Refused(NO_LINE)
    if visibility is DIRECT and more:
        raise Refused(ONE_PRIVATE)
    if visibility is PUBLIC:
        return [first, *(Piece(PUBLIC, storable(part).strip(), continues=True) for part in more)]
    if not line.strip():
        return [first]
    return [first, Piece(PUBLIC, storable(line).strip(), storable(fallback).strip())]


def ready(
    reasons: Reasons, conversation: Conversation, author: AbstractBaseUser, pieces: Sequence[Piece], seen: int | None
) -> list[tuple[Draft, Message | None]]:
    """The draft of each piece and what it answers; what the desk or the network has against it goes to ``reasons``."""
    audiences = dict.fromkeys(piece.visibility for piece in pieces)
    blanks = {visibility: blank(conversation, visibility, seen) for visibility in audiences}
    for visibility in blanks:
        reasons.add(policy().silenced(author, visibility.value, conversation.connection_id))
    found, to_ask = [], []
    for piece in pieces:
        draft, target = blanks[piece.visibility]
        found.append((replace(draft, text=piece.text), target))
        if target is None and piece.visibility is PUBLIC:
            reasons.add(NO_POST)
        elif not piece.text and not piece.media:
            reasons.add(gettext("The reply is empty."))
        elif conversation.connection.state == Connection.State.REMOVED:
            reasons.add(REMOVED)
        else:
            media = [MediaRef(str(one["attachment"])) for one in piece.media]
            said = [piece.text, *filter(None, [piece.fallback])]
            to_ask += [replace(draft, text=text, media=media) for text in said]
    for draft in to_ask:
        reasons.add(macros.unfilled(draft.text))
    _ask_connector(reasons, conversation, to_ask)
    return found


def blank(conversation: Conversation, visibility: Visibility, seen: int | None) -> tuple[Draft, Message | None]:
    """A draft of this audience without its words, and what it answers."""
    target = _target(conversation, visibility, seen)
    return drafts.new(conversation, visibility, "", target), target


def _ask_connector(reasons: Reasons, conversation: Conversation, asked: Sequence[Draft]) -> None:
    if not asked:
        return
    try:
        network, now = connector_for(conversation.connection), timezone.now()
        verdicts = [network.can_send(draft, now) for draft in asked]
    except ConnectorError as error:
        reasons.connection = str(error)
        return
    for verdict in verdicts:
        reasons.add(verdict.reason if isinstance(verdict, Denied) else "")


def _target(conversation: Conversation, visibility: Visibility, seen: int | None) -> Message | None:
    """The contact's newest message of this audience that the agent saw: what the reply answers."""
    theirs = conversation.messages.filter(
        direction=Message.Direction.IN, visibility=visibility.value, deleted_at__isnull=True
    )
    if seen is not None:
        theirs = theirs.filter(pk__lte=seen)
    return theirs.order_by("-pk").first()
