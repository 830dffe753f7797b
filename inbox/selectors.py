"""Reads for pages: a conversation's timeline, its person's history, replies in trouble, connections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, OuterRef, Prefetch, Q, Subquery, TextField, Value
from django.db.models.functions import Cast

from connectors.models import Connection, StreamGap, StreamState
from inbox.downstream import policy
from inbox.models import Conversation, Event, Message, Note, OutboxHold, OutboxItem

if TYPE_CHECKING:
    from inbox.downstream import Somebody

TROUBLE = ("unknown", "failed", "rejected")
# What a colleague sees as a line in the timeline; assignments are told by the stage that decides them.
LINES = ("conversation.resolved", "conversation.reopened", "conversation.snoozed")
RECENT = 200


def messages_of(conversation: Conversation, *, limit: int = RECENT) -> list[Message]:
    """The newest ``limit`` messages of a thread with the posts above it, oldest first, in one statement."""
    context = Q(connection_id=conversation.connection_id, root=conversation.root, conversation__isnull=True)
    rows = (
        Message.objects.filter(Q(conversation=conversation) | context)
        .select_related("author", "agent")
        .order_by("-published_at", "-id")[:limit]
    )
    return list(reversed(rows))


def outbox_of(conversation: Conversation) -> Sequence[OutboxItem]:
    """Every reply of ours with what holds it, oldest first, in one statement."""
    holds = OutboxHold.objects.filter(item=OuterRef("pk"), released_at__isnull=True).order_by("release_at")
    return list(
        OutboxItem.objects.filter(conversation=conversation)
        .select_related("author")
        .annotate(hold_kind=Subquery(holds.values("kind")[:1]), held_until=Subquery(holds.values("release_at")[:1]))
        .order_by("-created_at")[:RECENT]
    )[::-1]


def log_of(conversation: Conversation) -> list[dict[str, Any]]:
    """Notes and event lines together, oldest first, in one statement."""
    author = Cast("author__first_name", CharField()), Cast("author__username", CharField())
    notes = Note.objects.filter(conversation=conversation).values_list(
        Value("note", output_field=CharField()), "id", "created_at", *author, Cast("text", TextField())
    )
    actor = Cast("actor__first_name", CharField()), Cast("actor__username", CharField())
    events = Event.objects.filter(conversation_id=conversation.pk, kind__in=LINES).values_list(
        "kind", "id", "at", *actor, Cast("data", TextField())
    )
    names = ("kind", "id", "at", "first_name", "username", "text")
    rows = notes.order_by().union(events.order_by(), all=True)
    return sorted((dict(zip(names, row, strict=True)) for row in rows), key=lambda row: row["at"])


def history_of(conversation: Conversation, *, limit: int = 20) -> list[Conversation]:
    """This person's newest conversations on every network, this one included.

    Not yet cut to what somebody may see: the caller asks the policy for all ids at once.
    """
    return list(
        Conversation.objects.filter(identity__contact_id=conversation.identity.contact_id)
        .select_related("identity", "connection")
        .order_by("-opened_at")[:limit]
    )


def in_trouble(user: Somebody, *, limit: int = 100) -> list[OutboxItem]:
    """Replies that need a person: not sent, or nobody knows. Newest first, only in what ``user`` may view."""
    visible = policy().filter(user, Conversation.objects.all())
    return list(
        OutboxItem.objects.filter(state__in=TROUBLE, conversation__in=visible)
        .select_related("author", "connection", "conversation__identity")
        .order_by("-created_at")[:limit]
    )


def connections() -> list[Connection]:
    """Every connection with its streams and their gaps, those that need somebody first."""
    streams = StreamState.objects.order_by("stream").prefetch_related(
        Prefetch("gaps", queryset=StreamGap.objects.order_by("-found_at"))
    )
    rows = Connection.objects.prefetch_related(Prefetch("streams", queryset=streams)).order_by("name", "id")
    return sorted(rows, key=lambda row: row.state == Connection.State.ACTIVE)


def newest_incoming(messages: Sequence[Message]) -> Message | None:
    """What an agent has seen when they press send."""
    incoming = (message for message in reversed(messages) if message.direction == Message.Direction.IN)
    return next(incoming, None)
