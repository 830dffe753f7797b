"""Who is told of what: reads the event log and writes each person's notifications, once.

The reader's position is saved in the transaction of what it wrote. One transaction's events about one conversation are
one notification: a customer's five posts of one batch, the parts of a thread. Nobody is told of their own act.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from inbox.downstream import policy
from inbox.models import Event, Mention, OutboxHold, OutboxItem
from inbox.services import events
from inbox.services.events import Fact
from routing.models import AgentProfile, Assignment, Notification

READER = "routing.notices"
TOLD = "agent.notified"  # to the person's own pages: their notifications have changed
KEPT = timedelta(days=30)  # what was read; what was not is kept
Kind = Notification.Kind
_DECISIONS = ("outbox.approved", "guard.overridden", "outbox.returned")


class _News(NamedTuple):
    """Somebody, what they should know, and of what kind that is."""

    user_id: int
    event: Event
    kind: Kind


def collect(*, limit: int = 500) -> int:
    """Read the next events and tell whom they concern. Returns how many events were read."""
    return events.consume(READER, _write, limit=limit)


def _write(batch: Sequence[Event]) -> None:
    for event in batch:
        if event.kind == "outbox.cancelled" and event.data.get("returned"):
            event.kind = "outbox.returned"
    news = [
        one
        for find in (_mentioned, _given, _answered, _of_replies, _ill)
        for one in find(batch)
        # A reply's fate bears its author's name, whoever or whatever decided it.
        if one.event.actor_id != one.user_id or one.kind == Kind.UNSENT
    ]
    once = {(one.user_id, one.kind, one.event.conversation_id, one.event.xid): one for one in news}
    active = User.objects.filter(pk__in={one.user_id for one in news}, is_active=True, profile__isnull=False)
    people = set(active.values_list("pk", flat=True)) if news else set()
    rows = [_row(one) for one in once.values() if one.user_id in people]
    Notification.objects.bulk_create(sorted(rows, key=lambda row: row.event_id), ignore_conflicts=True)
    _tell({row.user_id for row in rows})


def _row(one: _News) -> Notification:
    event = one.event
    ill = one.kind == Kind.ILL
    return Notification(
        user_id=one.user_id, event_id=event.pk, kind=one.kind, told=event.kind, actor_id=event.actor_id, at=event.at,
        conversation_id=event.conversation_id, connection_id=event.subject_id if ill else None,
        subject_id=event.subject_id,
    )  # fmt: skip


def _tell(user_ids: set[int]) -> None:
    events.emit([Fact(TOLD, None, None, "agent", user_id) for user_id in sorted(user_ids)])


def _mentioned(batch: Sequence[Event]) -> Iterator[_News]:
    notes = {event.subject_id: event for event in batch if event.kind == "note.added"}
    found = Mention.objects.filter(note__in=notes).values_list("note_id", "user_id") if notes else ()
    for note, user in found:
        yield _News(user, notes[note], Kind.MENTION)


def _given(batch: Sequence[Event]) -> Iterator[_News]:
    for event in batch:
        agent = event.data.get("agent") if event.kind == "conversation.assigned" else None
        if agent is not None and agent != event.data.get("previous_agent"):
            yield _News(agent, event, Kind.HANDED if event.actor_id else Kind.ASSIGNED)


def _answered(batch: Sequence[Event]) -> Iterator[_News]:
    """A customer wrote in a conversation that somebody had at that moment."""
    wrote = [event for event in batch if event.kind == "message.received" and event.conversation_id is not None]
    if not wrote:
        return
    since = min(event.at for event in wrote)
    rows = Assignment.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=since),
        conversation_id__in={event.conversation_id for event in wrote}, agent__isnull=False,
    )  # fmt: skip
    had = list(rows.values_list("conversation_id", "agent_id", "at", "ended_at"))
    for event in wrote:
        for conversation, agent, begun, ended in had:
            if conversation == event.conversation_id and begun <= event.at and (ended is None or ended > event.at):
                yield _News(int(agent or 0), event, Kind.ANSWER)


def _of_replies(batch: Sequence[Event]) -> Iterator[_News]:
    """What waits for approval, what was decided over it, and what was not sent."""
    about = [event for event in batch if event.subject == "outbox"]
    items = OutboxItem.objects.filter(pk__in={event.subject_id for event in about}) if about else ()
    authors = {item.pk: item.author_id for item in items}
    for event in about:
        author = authors.get(event.subject_id or 0)
        if author is None:
            continue
        if event.kind in _DECISIONS:
            yield _News(author, event, Kind.DECIDED)
        elif event.kind.partition(".")[2] in OutboxItem.TROUBLE:
            yield _News(author, event, Kind.UNSENT)
    yield from _asked([event for event in about if event.kind in ("outbox.held", "outbox.edited")], authors)


def _asked(written: Sequence[Event], authors: dict[int, int]) -> Iterator[_News]:
    """Whoever may let a reply leave is told that it waits, unless somebody has decided already."""
    holds = OutboxHold.objects.filter(
        item__in={event.subject_id for event in written}, kind__in=OutboxHold.BY_PEOPLE, released_at=None,
        item__state=OutboxItem.State.HELD,
    )  # fmt: skip
    waiting = dict(holds.values_list("item_id", "item__conversation_id")) if written else {}
    approvers = policy().people("approve", set(waiting.values())) if waiting else {}
    for event in written:
        for one in approvers.get(waiting.get(event.subject_id or 0, 0), ()):
            if one.user_id != authors.get(event.subject_id or 0):
                yield _News(one.user_id, event, Kind.APPROVAL)


def _ill(batch: Sequence[Event]) -> Iterator[_News]:
    ill = [event for event in batch if event.kind == "connection.failing" or _unauthorised(event)]
    admins = AgentProfile.objects.filter(role=AgentProfile.Role.ADMIN).values_list("user_id", flat=True) if ill else ()
    for admin in admins:
        for event in ill:
            yield _News(admin, event, Kind.ILL)


def _unauthorised(event: Event) -> bool:
    return event.kind == "connection.changed" and event.data.get("state") == "unauthorised"


# What people do ---------------------------------------------------------------------------------


def read(*, user: AbstractBaseUser, notification_id: int) -> None:
    """One of them is done with."""
    _mark(user, read=True, pk=notification_id)


def unread(*, user: AbstractBaseUser, notification_id: int) -> None:
    """Leave one for later."""
    _mark(user, read=False, pk=notification_id)


def read_shown(*, user: AbstractBaseUser, first: int, last: int) -> None:
    """All that stood on the page, the oldest to the newest: what came meanwhile was not seen."""
    _mark(user, read=True, pk__range=(first, last))


def read_beside(*, user: AbstractBaseUser, conversation_id: int, last: int) -> None:
    """Somebody has the conversation before them, on a page that knew of all up to ``last``."""
    _mark(user, read=True, conversation=conversation_id, pk__lte=last)


@transaction.atomic
def _mark(user: AbstractBaseUser, *, read: bool, **which: Any) -> None:
    """Their other pages follow."""
    rows = Notification.objects.filter(user=user.pk, read_at__isnull=read, **which)
    if rows.update(read_at=timezone.now() if read else None):
        _tell({int(user.pk)})


def prune(*, limit: int = 1000) -> int:
    """Forget what was read long ago."""
    old = Notification.objects.filter(read_at__lt=timezone.now() - KEPT).order_by("read_at").values("pk")[:limit]
    return Notification.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]
