"""Cases put right by hand: one split in two, or two joined to one. Both can be taken back.

Public posts come together by their thread and private messages by guess (the person's latest conversation), and a guess
can be wrong. What was counted stays as it was counted: the work was done. Every function locks both conversations, the
lower id first.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

from inbox.downstream import downstream
from inbox.models import Attachment, CaseMove, Conversation, Message, Note, OutboxItem
from inbox.services import conversations, events
from inbox.services.conversations import Refused
from inbox.services.events import Fact

Status = Conversation.Status
IN, OUT = Message.Direction.IN, Message.Direction.OUT
_ON_ITS_WAY = (OutboxItem.State.HELD, OutboxItem.State.QUEUED, OutboxItem.State.SENDING)
_KEPT = ("status", "resolution", "resolved_at", "snoozed_until", "answered_at")


class Ids(NamedTuple):
    """What moves together: messages, our replies that answer or became them, and notes."""

    messages: list[int]
    items: list[int]
    notes: list[int]


def from_here(message: Message) -> QuerySet[Message]:
    """``message`` and all behind it that was said to the same people, oldest first: what a split would move."""
    behind = Q(published_at__gt=message.published_at) | Q(published_at=message.published_at, pk__gte=message.pk)
    return Message.objects.filter(behind, conversation=message.conversation_id, visibility=message.visibility).order_by(
        "published_at", "pk"
    )


@transaction.atomic
def split(*, message_id: int, actor: AbstractBaseUser) -> CaseMove:
    """Give this message and all behind it that was said to the same people a conversation of their own.

    It is routed as if it had just arrived. Raises Refused.
    """
    message = Message.objects.filter(pk=message_id, direction=IN, conversation__isnull=False).first()
    if message is None or message.conversation_id is None:
        raise Refused(
            gettext("A conversation begins with something that the customer wrote. Choose one of their messages.")
        )
    source = conversations.locked(message.conversation_id)
    rows = list(from_here(message).values_list("pk", flat=True))
    if not Message.objects.filter(conversation=source, direction=IN).exclude(pk__in=rows).exists():
        raise Refused(gettext("Nothing would stay here. Choose a later message."))
    _nothing_leaves(source)
    target = _begun(source, message, rows)
    moved = _with_replies(source, rows)
    _move(source, target, moved)
    done = CaseMove.objects.create(
        kind=CaseMove.Kind.SPLIT, source=source, target=target, moved=moved._asdict(), by_id=actor.pk
    )
    since = source.turn_first_id
    _settle(source, since)
    _settle(target, since)
    _tell("conversation.split", done, actor, len(rows))
    downstream().messages_received(rows, [target.pk])
    downstream().conversations_changed([source.pk])
    return done


@transaction.atomic
def join(*, source_id: int, target_id: int, actor: AbstractBaseUser) -> CaseMove:
    """Put everything of one conversation into another one of the same person and account. Raises Refused."""
    source, target = _both(source_id, target_id)
    if source.pk == target.pk:
        raise Refused(gettext("This is one conversation already. Choose another one."))
    if (source.identity_id, source.connection_id) != (target.identity_id, target.connection_id):
        raise Refused(gettext("Only conversations of the same customer with the same account can be joined."))
    _there_are_both(source, target)
    for one in (source, target):
        _nothing_leaves(one)
    moved = _everything(source)
    _move(source, target, moved)
    joined = list(Conversation.objects.filter(joined_to=source).values_list("pk", flat=True))
    Conversation.objects.filter(pk__in=joined).update(joined_to=target)
    done = CaseMove.objects.create(
        kind=CaseMove.Kind.JOIN, source=source, target=target, moved={**moved._asdict(), "joined": joined},
        before={"waited": source.turn_first_id, **{name: _plain(getattr(source, name)) for name in _KEPT}},
        by_id=actor.pk,
    )  # fmt: skip
    since = _earlier(source, target)
    _end(source, target)
    _settle(target, since)
    _tell("conversation.join", done, actor, len(moved.messages))
    downstream().conversations_changed([source.pk, target.pk])
    return done


@transaction.atomic
def undo(*, move_id: int, actor: AbstractBaseUser) -> CaseMove:
    """Take a split or a join back. Raises Refused where it was taken back, or something was decided on top of it."""
    done = CaseMove.objects.select_for_update().get(pk=move_id)
    source, target = _both(done.source_id, done.target_id)
    if done.undone_at is not None:
        raise Refused(gettext("This was taken back already."))
    for one in (source, target):
        _nothing_leaves(one)
    if done.kind == CaseMove.Kind.SPLIT:
        _unsplit(source, target)
    else:
        _unjoin(source, target, done)
    done.undone_by_id, done.undone_at = actor.pk, timezone.now()
    done.save(update_fields=["undone_by", "undone_at"])
    _tell(f"conversation.un{done.kind}", done, actor, len(done.moved["messages"]))
    downstream().conversations_changed([source.pk, target.pk])
    return done


def _unsplit(source: Conversation, target: Conversation) -> None:
    """All that stands in the new conversation by now goes back, and what arrives for it follows."""
    _there_are_both(source, target)
    if Conversation.objects.filter(joined_to=target).exists():
        raise Refused(gettext("Another conversation was joined to this one since. Take that back first."))
    _move(target, source, _everything(target))
    since = _earlier(source, target)
    _end(target, source)
    _settle(source, since)


def _unjoin(source: Conversation, target: Conversation, done: CaseMove) -> None:
    """What came along goes back; what was said since stays."""
    if source.joined_to_id != target.pk or target.joined_to_id is not None:
        raise Refused(gettext("Somebody joined this further since. Take that back first."))
    here = Message.objects.filter(pk__in=done.moved["messages"], conversation=target)
    if here.count() < len(done.moved["messages"]):
        raise Refused(gettext("Some of these messages were split off since. Take that back first."))
    source.joined_to = None
    for name in _KEPT:
        value = done.before[name]
        setattr(source, name, parse_datetime(value) if value and name.endswith(("_at", "_until")) else value)
    Conversation.objects.filter(pk__in=done.moved["joined"], joined_to=target).update(joined_to=source)
    _move(target, source, Ids(*(done.moved[name] for name in Ids._fields)))
    waited, still = done.before["waited"], target.turn_first_id
    _settle(source, max(waited, still) if waited and still else None)  # what was answered meanwhile is answered
    _settle(target, still)


def _both(one_id: int, other_id: int) -> tuple[Conversation, Conversation]:
    found = {pk: conversations.locked(pk) for pk in sorted({one_id, other_id})}
    return found[one_id], found[other_id]


def _there_are_both(source: Conversation, target: Conversation) -> None:
    if source.joined_to_id is not None or target.joined_to_id is not None:
        raise Refused(gettext("One of them was joined to another conversation meanwhile. Reload the page."))


def _nothing_leaves(conversation: Conversation) -> None:
    if conversation.outbox.filter(state__in=_ON_ITS_WAY).exists():
        raise Refused(gettext("A reply is on its way or waits here. Try again when it has left, or cancel it first."))


def _begun(source: Conversation, message: Message, rows: Collection[int]) -> Conversation:
    """A conversation that begins with ``message``; a resolved one is not opened again by being split."""
    answers = Message.objects.filter(pk__in=rows, direction=OUT).order_by("pk").values_list("published_at", flat=True)
    return Conversation.objects.create(
        connection_id=source.connection_id, identity_id=source.identity_id,
        root=f"{message.external_id}/{message.pk}/{CaseMove.objects.filter(source=source).count()}"[-200:],
        status=Status.PENDING if source.status == Status.SNOOZED else source.status, resolution=source.resolution,
        resolved_at=source.resolved_at, opened_at=message.arrived_at, answered_at=answers.first(),
    )  # fmt: skip


def _with_replies(source: Conversation, rows: Collection[int]) -> Ids:
    items = source.outbox.filter(Q(in_reply_to__in=rows) | Q(message__in=rows))
    return Ids(list(rows), list(items.values_list("pk", flat=True)), [])


def _everything(conversation: Conversation) -> Ids:
    rows = (conversation.messages, conversation.outbox, conversation.notes)
    return Ids(*(list(one.order_by("pk").values_list("pk", flat=True)) for one in rows))


def _move(source: Conversation, target: Conversation, what: Ids) -> None:
    Message.objects.filter(pk__in=what.messages, conversation=source).update(conversation=target)
    OutboxItem.objects.filter(pk__in=what.items, conversation=source).update(conversation=target)
    Attachment.objects.filter(item__in=what.items, conversation=source).update(conversation=target)
    Note.objects.filter(pk__in=what.notes, conversation=source).update(conversation=target)


def _end(emptied: Conversation, into: Conversation) -> None:
    emptied.joined_to = into
    emptied.status, emptied.resolution = Status.RESOLVED, Conversation.Resolution.DUPLICATE
    emptied.resolved_at, emptied.snoozed_until = timezone.now(), None
    emptied.turn_first = emptied.turn_published_at = emptied.turn_arrived_at = None
    emptied.last_message = emptied.last_incoming = emptied.last_incoming_at = None
    emptied.save()


def _earlier(one: Conversation, other: Conversation) -> int | None:
    """Where the turn of the two together begins."""
    return min((pk for pk in (one.turn_first_id, other.turn_first_id) if pk is not None), default=None)


def _settle(one: Conversation, since: int | None) -> None:
    """Derive what ``one`` says of its messages. What the contact wrote from ``since`` on waits; None: nothing does."""
    rows = Message.objects.filter(conversation=one)
    theirs = rows.filter(direction=IN)
    last = theirs.order_by("-pk").first()
    one.last_message, one.last_incoming = rows.order_by("-pk").first(), last
    one.last_incoming_at = last.arrived_at if last else None
    if not rows.filter(direction=OUT).exists():
        one.answered_at = None
    waiting = theirs.filter(pk__gte=since).order_by("pk").first() if since is not None else None
    if waiting and one.status != Status.SNOOZED:
        one.status, one.resolution, one.resolved_at = Status.OPEN, "", None
    elif since is not None and one.status == Status.OPEN:
        one.status = Status.PENDING
    one.turn_first = waiting
    one.turn_published_at = waiting.published_at if waiting else None
    one.turn_arrived_at = waiting.arrived_at if waiting else None
    one.save()


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _tell(kind: str, done: CaseMove, actor: AbstractBaseUser, number: int) -> None:
    """Both conversations tell of it."""
    here = {"move": done.pk, "messages": number}
    events.emit(
        [
            Fact(kind, done.source_id, actor.pk, "conversation", done.target_id, {**here, "to": done.target_id}),
            Fact(kind, done.target_id, actor.pk, "conversation", done.source_id, {**here, "from": done.source_id}),
        ]
    )
