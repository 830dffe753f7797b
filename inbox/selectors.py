"""Reads for pages: a conversation's timeline, its person's history, replies in trouble, connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import CharField, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce

from connectors.models import Connection, StreamGap, StreamState
from inbox.downstream import policy
from inbox.models import (
    Attachment,
    Contact,
    Conversation,
    Event,
    Message,
    Note,
    OutboxHold,
    OutboxItem,
    Tag,
)
from inbox.parameters import whole

if TYPE_CHECKING:
    from inbox.downstream import Somebody

# What a colleague sees as a line in the timeline; assignments are told by the stage that decides them.
MOVES = ("conversation.split", "conversation.join", "conversation.unsplit", "conversation.unjoin")
LINES = ("conversation.resolved", "conversation.reopened", "conversation.snoozed", *MOVES)
RECENT = 200


def thread_of(conversation: Conversation) -> QuerySet[Message]:
    """A conversation's messages with the posts above them."""
    context = Q(connection_id=conversation.connection_id, root=conversation.root, conversation__isnull=True)
    return Message.objects.filter(Q(conversation=conversation) | context).select_related("author", "agent")


def messages_of(conversation: Conversation, *, limit: int = RECENT) -> list[Message]:
    """The newest ``limit`` messages of a thread with the posts above it, oldest first, in one statement."""
    return list(reversed(thread_of(conversation).order_by("-published_at", "-id")[:limit]))


_ABOVE = """
WITH RECURSIVE above AS (
    SELECT id, connection_id, in_reply_to, direction, visibility, conversation_id, 1 AS step FROM inbox_message
    WHERE connection_id = %s AND external_id = ANY(%s)
    UNION ALL
    SELECT m.id, m.connection_id, m.in_reply_to, m.direction, m.visibility, m.conversation_id, a.step + 1
    FROM above a JOIN inbox_message m ON m.connection_id = a.connection_id AND m.external_id = a.in_reply_to
    WHERE a.in_reply_to <> '' AND a.visibility = 'public' AND a.step < %s
)
SELECT id FROM above WHERE direction = 'in' AND visibility = 'public' AND conversation_id <> %s
GROUP BY id ORDER BY min(step) LIMIT %s
"""


def above(conversation: Conversation, messages: Sequence[Message], *, limit: int = 10) -> list[Message]:
    """What other customers wrote publicly above ``messages``, up to the root: the nearest ``limit``, in one statement.

    Each stands in a conversation of its own, which the viewer may see or not; what was written publicly they may read.
    """
    theirs = {row.in_reply_to for row in messages if row.conversation_id and row.visibility == "public"}
    seeds = sorted(theirs - {""} | {conversation.root})
    values = (conversation.connection_id, seeds, 2 * limit, conversation.pk, limit)
    found = RawSQL(_ABOVE, values)  # nosec B611: the text is fixed, the values are parameters
    rows = Message.objects.filter(pk__in=found, deleted_at__isnull=True).select_related("author")
    return list(rows.order_by("published_at", "id"))


def outbox_of(conversation: Conversation, *, messages: Sequence[Message], limit: int = RECENT) -> Sequence[OutboxItem]:
    """Our replies behind ``messages`` and the newest ``limit`` that are no message yet, oldest first.

    One statement, with what holds each of them. A message has one reply behind it at most.
    """
    shown = Q(message__in=[row.pk for row in messages]) | Q(message__isnull=True)
    holds = OutboxHold.objects.filter(item=OuterRef("pk"), released_at__isnull=True).order_by("release_at", "pk")
    people = holds.filter(kind__in=OutboxHold.BY_PEOPLE).order_by("-kind")  # the guard's before an approval's
    return list(
        OutboxItem.objects.filter(shown, conversation=conversation)
        .select_related("author")
        .annotate(
            hold_kind=Subquery(holds.values("kind")[:1]),
            held_until=Subquery(holds.values("release_at")[:1]),
            leaves_at=Subquery(holds.filter(kind=OutboxHold.Kind.SCHEDULE).values("release_at")[:1]),
            waits_for=Subquery(people.values("kind")[:1]),
        )
        .annotate(held_why=Subquery(holds.filter(release_at=None).values("why")[:1]))
        .order_by("-created_at")[: len(messages) + limit]
    )[::-1]


def acts_on_person(conversation: Conversation) -> list[OutboxItem]:
    """What was ever wanted of this person as such, from this account: blocked or let in again."""
    kinds = (OutboxItem.Kind.BLOCK, OutboxItem.Kind.UNBLOCK)
    talks = Conversation.objects.filter(identity=conversation.identity_id, connection=conversation.connection_id)
    rows = OutboxItem.objects.filter(conversation__in=talks.values("pk"), kind__in=kinds).select_related("author")
    return list(rows.order_by("pk"))


def invited(conversation: Conversation) -> OutboxItem | None:
    """The newest public line that led to private messages, with ``began_at`` and when the person ``followed_at``."""
    lines = conversation.outbox.filter(kind=OutboxItem.Kind.REPLY, state=OutboxItem.State.SENT)
    theirs = Message.objects.filter(
        author=conversation.identity_id, connection=conversation.connection_id, direction=Message.Direction.IN,
        visibility="direct", published_at__gt=OuterRef("began_at"),
    ).order_by("published_at")  # fmt: skip
    return (
        lines.filter(Q(after__kind=OutboxItem.Kind.DIRECT) | Q(fell_back=True))
        .annotate(began_at=Coalesce("after__message__published_at", "message__published_at"))
        .annotate(followed_at=Subquery(theirs.values("published_at")[:1]))
        .order_by("-pk")
        .first()
    )


def pictures_of(items: Sequence[OutboxItem]) -> dict[int, list[Attachment]]:
    """Our pictures by reply, without the pictures themselves; asks nothing for nothing."""
    rows = Attachment.objects.filter(item__in=[row.pk for row in items]).defer("data", "small") if items else ()
    found: dict[int, list[Attachment]] = {}
    for row in sorted(rows, key=lambda row: row.position):
        found.setdefault(row.item_id or 0, []).append(row)
    return found


def messages_by_id(conversation: Conversation, ids: Sequence[int]) -> Sequence[Message]:
    """These of its messages, oldest first; asks nothing for nothing."""
    return list(conversation.messages.filter(pk__in=ids).order_by("pk")) if ids else []


def replies_by_id(conversation: Conversation, ids: Sequence[int]) -> Sequence[OutboxItem]:
    """These of our replies with who wrote them; asks nothing for nothing."""
    rows = conversation.outbox.filter(pk__in=ids).select_related("author")
    return list(rows.order_by("pk")) if ids else []


# Whom a note mentions: what it calls them, and how colleagues read their names.
_MENTIONED = """
(SELECT coalesce(json_object_agg(m.name, coalesce(nullif(u.first_name, ''), u.username)), '{}')::text
    FROM inbox_mention m JOIN auth_user u ON u.id = m.user_id WHERE m.note_id = inbox_note.id)
"""


def log_of(conversation: Conversation, *, limit: int = RECENT) -> list[dict[str, Any]]:
    """The newest ``limit`` notes and event lines together, oldest first, in one statement."""
    author = Cast("author__first_name", CharField()), Cast("author__username", CharField())
    mentioned = RawSQL(_MENTIONED, ())  # nosec B611: the text is fixed
    notes = Note.objects.filter(conversation=conversation).values_list(
        Value("note", output_field=CharField()), "id", "created_at", *author, Cast("text", TextField()),
        Cast(mentioned, TextField()),
    )  # fmt: skip
    actor = Cast("actor__first_name", CharField()), Cast("actor__username", CharField())
    events = Event.objects.filter(conversation_id=conversation.pk, kind__in=LINES).values_list(
        "kind", "id", "at", *actor, Cast("data", TextField()), Value("{}", output_field=TextField())
    )
    names = ("kind", "id", "at", "first_name", "username", "text", "mentioned")
    rows = notes.order_by().union(events.order_by(), all=True).order_by("-created_at", "-id")[:limit]
    return [dict(zip(names, row, strict=True)) for row in rows][::-1]


@dataclass(frozen=True, slots=True)
class Sought:
    """A message or a note that an address names, with when it was said and how many lines have come since."""

    spot: str
    at: datetime
    since: int


def sought_in(conversation: Conversation, spot: str) -> Sought | None:
    """The message ("m12") or note ("n3") of this conversation that an address names; nothing is asked for nothing."""
    pk = whole(spot[1:])
    if pk is None or spot[0] not in "mn":
        return None
    if spot[0] == "m":
        at = conversation.messages.filter(pk=pk).values_list("published_at", flat=True).first()
    else:
        at = Note.objects.filter(conversation=conversation, pk=pk).values_list("created_at", flat=True).first()
    if at is None:
        return None
    said = (
        thread_of(conversation).filter(published_at__gte=at),
        conversation.outbox.filter(created_at__gte=at),
        Note.objects.filter(conversation=conversation, created_at__gte=at),
        Event.objects.filter(conversation_id=conversation.pk, kind__in=LINES, at__gte=at),
    )
    return Sought(spot, at, sum(rows.count() for rows in said))


@dataclass(frozen=True, slots=True)
class Ends:
    """Where a thread began and how far it has come, however little of it a page shows."""

    first_arrived_at: datetime | None
    first_published_at: datetime | None
    seen: int | None  # the contact's newest message
    visibility: str  # of the contact's latest word
    public: bool  # the contact has written publicly
    seen_outbox: int  # our newest reply


# id + 0: for a bare max(id) PostgreSQL walks the primary key backwards from the newest row of the whole desk.
_ENDS = """
SELECT first.arrived_at, first.published_at, (SELECT max(id + 0) FROM inbox_message WHERE conversation_id = c.id
        AND direction = 'in'), coalesce(latest.visibility, 'direct'),
    EXISTS (SELECT FROM inbox_message WHERE conversation_id = c.id AND direction = 'in' AND visibility = 'public'),
    coalesce((SELECT max(id + 0) FROM inbox_outboxitem WHERE conversation_id = c.id), 0)
FROM (SELECT %s::bigint AS id) c
LEFT JOIN LATERAL (SELECT arrived_at, published_at FROM inbox_message WHERE conversation_id = c.id
    AND direction = 'in' ORDER BY published_at, id LIMIT 1) first ON true
LEFT JOIN LATERAL (SELECT visibility FROM inbox_message WHERE conversation_id = c.id
    AND direction = 'in' ORDER BY published_at DESC, id DESC LIMIT 1) latest ON true
"""


def ends_of(conversation_id: int) -> Ends:
    """Read it before the lines: what comes in between is shown and not yet taken as seen."""
    with connection.cursor() as cursor:
        cursor.execute(_ENDS, [conversation_id])
        return Ends(*cursor.fetchone())


def history_of(conversation: Conversation, *, limit: int = 20) -> list[Conversation]:
    """This person's newest conversations on every network, this one included.

    Not yet cut to what somebody may see: the caller asks the policy for all ids at once.
    """
    return list(
        Conversation.objects.filter(identity__contact__in=Contact.same_person(conversation.identity.contact_id))
        .select_related("identity", "connection")
        .order_by("-opened_at")[:limit]
    )


def usable_tags() -> list[Tag]:
    """What can be put on a conversation, by name."""
    return list(Tag.objects.filter(archived_at=None).order_by("name"))


def root_post(connection_id: int, root: str) -> Message | None:
    """The public post that begins a thread, if it was ever seen."""
    posts = Message.objects.filter(connection=connection_id, external_id=root, visibility="public")
    return posts.select_related("author").first()


def in_trouble(user: Somebody) -> QuerySet[OutboxItem]:
    """What needs a person: not sent or done, or nobody knows. Newest first, only in what ``user`` may view."""
    visible = policy().filter(user, Conversation.objects.all())
    rows = OutboxItem.objects.filter(state__in=OutboxItem.TROUBLE, conversation__in=visible)
    known = rows.select_related("author", "owner", "connection", "conversation__identity", "in_reply_to")
    return known.order_by("-created_at")


def unsent_of(user: Somebody) -> QuerySet[OutboxItem]:
    """What ``user`` wrote or wanted done, that was not, or may not have been, and of which nobody takes care yet."""
    return OutboxItem.objects.filter(state__in=OutboxItem.TROUBLE, author=user.pk, owner=None)


def unsent_seen(user: Somebody, *, limit: int = 20) -> list[OutboxItem]:
    """The newest of it, each with ``seen``: whether they may still view its conversation. One statement."""
    visible = policy().filter(user, Conversation.objects.filter(pk=OuterRef("conversation")))
    rows = unsent_of(user).select_related("conversation__identity").annotate(seen=Exists(visible))
    return list(rows.order_by("-created_at")[:limit])


def connections() -> list[Connection]:
    """Every connection with its streams and their gaps, those that need somebody first. Three statements."""
    rows = _with_streams().exclude(state=Connection.State.REMOVED).order_by("name", "id")
    return sorted(rows, key=lambda row: row.state == Connection.State.ACTIVE)


def connection_by_id(connection_id: int) -> Connection | None:
    """One connection that was not removed, with its streams and their gaps."""
    return _with_streams().exclude(state=Connection.State.REMOVED).filter(pk=connection_id).first()


def _with_streams() -> QuerySet[Connection]:
    gaps = Prefetch("gaps", queryset=StreamGap.objects.order_by("-found_at"))
    streams = StreamState.objects.order_by("stream").prefetch_related(gaps)
    return Connection.objects.prefetch_related(Prefetch("streams", queryset=streams))


def conversations_on(connection_id: int, *, limit: int = 1000) -> int:
    """How many conversations hang on an account, counted no further than ``limit``: for whoever removes it."""
    return Conversation.objects.filter(connection=connection_id).order_by()[:limit].count()
