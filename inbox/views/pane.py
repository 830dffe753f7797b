"""What a conversation's pane needs. The downstream stage puts it beside its queues."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest

from inbox import selectors, timeline
from inbox.downstream import policy
from inbox.models import Conversation, Message, OutboxItem
from inbox.permissions import person
from inbox.services import networks

if TYPE_CHECKING:
    from inbox.timeline import Line

STASH = "unsent"  # text that was refused, kept in the session until the next page shows it again


def context(request: HttpRequest, conversation: Conversation, extra: Iterable[Line] = ()) -> dict[str, Any]:
    """Everything that ``inbox/_pane.html`` shows, in a fixed number of statements."""
    messages = selectors.messages_of(conversation)
    items = selectors.outbox_of(conversation)
    seen = selectors.newest_incoming(messages)
    history = selectors.history_of(conversation)
    mine = policy().allowed(request.user, "reply", {conversation.pk, *(row.pk for row in history)})
    history = [row for row in history if row.pk in mine]
    identities = {row.identity_id: row.identity for row in history}
    return {
        "conversation": conversation,
        "network": networks.shown(conversation.connection.network),
        "stretches": timeline.build(messages, items, selectors.log_of(conversation), extra),
        "undoable": timeline.undoable(items, person(request).pk),
        "undo_seconds": int(settings.UNDO_SECONDS),
        "can_reply": conversation.pk in mine,
        "composer": _composer(request, conversation, messages, items, seen),
        "history": [row for row in history if row.pk != conversation.pk],
        "identities": list({conversation.identity_id: conversation.identity, **identities}.values()),
        "clocks": _clocks(conversation, messages),
        "resolutions": Conversation.Resolution.choices,
    }


def _composer(
    request: HttpRequest,
    conversation: Conversation,
    messages: list[Message],
    items: Sequence[OutboxItem],
    seen: Message | None,
) -> dict[str, Any]:
    stash = take_stash(request, conversation.pk)
    incoming = {message.visibility for message in messages if message.direction == Message.Direction.IN}
    network = networks.shown(conversation.connection.network)
    default = seen.visibility if seen else "direct"
    news = [m for m in messages if m.pk in stash.get("messages", [])]
    return {
        "audience": stash.get("audience") or request.GET.get("audience_hint", "") or default,
        "text": stash.get("text", ""),
        "refused": stash.get("sentence", ""),
        "collision": bool(stash.get("collision")),
        "news": news,
        "news_items": [item for item in items if item.pk in stash.get("items", [])],
        "seen": seen.pk if seen else "",
        "seen_outbox": timeline.newest(items),
        "client_key": uuid.uuid4().hex,
        "public": network.public_reply and "public" in incoming,
        "direct": network.direct_message,
    }


def take_stash(request: HttpRequest, conversation_id: int) -> dict[str, Any]:
    """The refused text of this conversation, once. A live refresh in the background does not take it."""
    kept = request.session.get(STASH)
    if not kept or kept.get("conversation") != conversation_id or request.headers.get("X-Live"):
        return {}
    del request.session[STASH]
    return dict(kept)


def _clocks(conversation: Conversation, messages: list[Message]) -> list[tuple[str, datetime | None, datetime | None]]:
    """Label, when it began, when it stopped (None: it runs)."""
    if conversation.turn_first_id is not None:
        return [
            ("Waiting, arrived here", conversation.turn_arrived_at, None),
            ("Waiting, published", conversation.turn_published_at, None),
        ]
    incoming = [message for message in messages if message.direction == Message.Direction.IN]
    if not incoming or conversation.answered_at is None:
        return []
    return [
        ("First response, arrived here", incoming[0].arrived_at, conversation.answered_at),
        ("First response, published", incoming[0].published_at, conversation.answered_at),
    ]
