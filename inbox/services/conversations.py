"""Everything that changes a conversation: turns, resolution, reopening, snoozing, notes.

Every function locks the conversation's row first, so that a reply and a new message settle who
came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from inbox import bulk, mentions
from inbox.downstream import downstream
from inbox.models import Conversation, Mention, Message, Note
from inbox.saying import stored
from inbox.services import events
from inbox.services.events import Fact

Turn = dict[str, Any]
Status = Conversation.Status


class Refused(Exception):
    """What was asked cannot be done; ``str()`` is the sentence for the person, in their language."""

    def __str__(self) -> str:
        return stored(super().__str__())


class Incoming(NamedTuple):
    """The new messages of one conversation in one batch: its earliest and its latest."""

    first_id: int
    first_published: datetime
    last_id: int
    arrived: datetime


def locked(conversation_id: int) -> Conversation:
    """The conversation, locked for the running transaction."""
    return Conversation.objects.select_for_update(of=("self",)).select_related("connection").get(pk=conversation_id)


def receive(incoming: Mapping[int, Incoming]) -> list[int]:
    """New messages of contacts arrived in these conversations. Returns the ids of those reopened.

    Runs inside the ingest transaction, in one statement whatever the number. A message opens a turn
    where none is open; one in a resolved conversation reopens it; one in a waiting or snoozed one
    wakes it.
    """
    rows = bulk.run(
        """
        WITH new AS MATERIALIZED (SELECT * FROM {rows}),
        old AS (
            SELECT c.id, c.status = 'resolved' AS resolved
            FROM inbox_conversation c JOIN new ON new.id = c.id ORDER BY c.id FOR UPDATE OF c
        )
        UPDATE inbox_conversation c SET
            status = 'open', snoozed_until = NULL, resolved_at = NULL, resolution = '',
            reopened = c.reopened + old.resolved::int,
            answered_at = CASE WHEN old.resolved THEN NULL ELSE c.answered_at END,
            turn_published_at = CASE WHEN c.turn_first_id IS NULL THEN new.published ELSE c.turn_published_at END,
            turn_arrived_at = CASE WHEN c.turn_first_id IS NULL THEN new.arrived ELSE c.turn_arrived_at END,
            turn_first_id = coalesce(c.turn_first_id, new.first_id),
            last_message_id = new.last_id, last_incoming_id = new.last_id, last_incoming_at = new.arrived
        FROM new JOIN old USING (id) WHERE c.id = new.id
        RETURNING c.id, old.resolved
        """,
        "id bigint, first_id bigint, published timestamptz, last_id bigint, arrived timestamptz",
        [(pk, *new) for pk, new in incoming.items()],
    )
    return [pk for pk, reopened in rows if reopened]


def _turn(conversation: Conversation) -> Turn | None:
    if conversation.turn_first_id is None:
        return None
    published, arrived = conversation.turn_published_at, conversation.turn_arrived_at
    return {
        "first": conversation.turn_first_id,
        "published": published.isoformat() if published else None,
        "arrived": arrived.isoformat() if arrived else None,
    }


def _start_turn_after(conversation: Conversation, seen: int) -> None:
    """The turn goes on with what the contact wrote behind ``seen``; with nothing there it is over."""
    rest = (
        Message.objects.filter(conversation=conversation, direction=Message.Direction.IN, pk__gt=seen)
        .order_by("pk")
        .first()
    )
    conversation.turn_first = rest
    conversation.turn_published_at = rest.published_at if rest else None
    conversation.turn_arrived_at = rest.arrived_at if rest else None


def answered(*, conversation_id: int, seen_message_id: int | None, message_id: int, at: datetime) -> dict[str, Any]:
    """Our reply is at the network: it ends the turn up to what its author had seen.

    What the contact wrote meanwhile is a turn of its own and keeps the conversation open. Returns
    the facts for the event: the turn it ended (None where nothing waited) and whether it is the first
    answer since the conversation was (re)opened. Call inside the transaction that records the reply.
    """
    conversation = locked(conversation_id)
    seen = seen_message_id or 0
    turn, first = None, False
    if conversation.turn_first_id is not None and conversation.turn_first_id <= seen:
        turn, first = _turn(conversation), conversation.answered_at is None
        _start_turn_after(conversation, seen)
    conversation.answered_at = conversation.answered_at or at
    conversation.last_message_id = max(message_id, conversation.last_message_id or 0)
    if conversation.status == Status.OPEN and conversation.turn_first_id is None:
        conversation.status = Status.PENDING
    conversation.save()
    downstream().conversations_changed([conversation_id])
    return {"turn": turn, "first": first}


@transaction.atomic
def resolve(*, conversation_id: int, actor: AbstractBaseUser, resolution: str) -> None:
    """End the care of a conversation. An open turn ends with it. Raises Refused for an unknown resolution."""
    if resolution not in Conversation.Resolution.values:
        raise Refused(gettext("Choose how it ended: answered, no action needed, spam or duplicate."))
    conversation = locked(conversation_id)
    if conversation.status == Status.RESOLVED:
        return
    turn, first = _turn(conversation), conversation.answered_at is None
    conversation.status, conversation.resolution = Status.RESOLVED, resolution
    conversation.resolved_at = timezone.now()
    conversation.turn_first = conversation.turn_published_at = conversation.turn_arrived_at = None
    conversation.snoozed_until = None
    conversation.save()
    data = {
        "resolution": resolution,
        "network": conversation.connection.network,
        "turn": turn,
        "first": first,
    }
    _tell(conversation, "conversation.resolved", actor, data)


@transaction.atomic
def reopen(*, conversation_id: int, actor: AbstractBaseUser | None, reason: str) -> None:
    """Take a resolved or snoozed conversation up again, with the reason that is shown in its history."""
    conversation = locked(conversation_id)
    before = conversation.status
    if before == Status.OPEN:
        return
    if before == Status.RESOLVED:
        conversation.reopened += 1
        conversation.answered_at = conversation.resolved_at = None
        conversation.resolution = ""
    conversation.status, conversation.snoozed_until = Status.OPEN, None
    conversation.save()
    _tell(conversation, "conversation.reopened", actor, {"reason": reason, "from": str(before)})


@transaction.atomic
def snooze(*, conversation_id: int, actor: AbstractBaseUser, until: datetime) -> None:
    """Put a conversation away until ``until``; a new message wakes it earlier."""
    if until <= timezone.now():
        raise Refused(gettext("Choose a time in the future."))
    conversation = locked(conversation_id)
    if conversation.status == Status.RESOLVED:
        raise Refused(gettext("It is resolved already. Reopen it first."))
    conversation.status, conversation.snoozed_until = Status.SNOOZED, until
    conversation.save()
    _tell(conversation, "conversation.snoozed", actor, {"until": until.isoformat()})


def wake_snoozed(*, limit: int = 200) -> int:
    """Take up what was snoozed until now."""
    due = Conversation.objects.filter(status=Status.SNOOZED, snoozed_until__lte=timezone.now())
    ids = list(due.order_by("snoozed_until").values_list("pk", flat=True)[:limit])
    for conversation_id in ids:
        reopen(conversation_id=conversation_id, actor=None, reason=gettext_noop("The snooze ended."))
    return len(ids)


@transaction.atomic
def add_note(*, conversation_id: int, author: AbstractBaseUser, text: str) -> Note:
    """Keep something for staff, with whom it mentions. It is never sent anywhere.

    Raises Refused where it mentions somebody who could not read it.
    """
    if not text.strip():
        raise Refused(gettext("The note is empty."))
    text = text.replace("\0", "")
    found = mentions.look(text, conversation_id)
    _check_mentioned(found)
    note = Note.objects.create(conversation_id=conversation_id, author_id=author.pk, text=text)
    Mention.objects.bulk_create(Mention(note=note, user=user, name=name) for name, user in found.inside.items())
    events.emit(
        [
            Fact(
                kind="note.added",
                actor_id=author.pk,
                conversation_id=conversation_id,
                subject="note",
                subject_id=note.pk,
            )
        ]
    )
    return note


def _check_mentioned(found: mentions.Found) -> None:
    if found.outside:
        who = ", ".join(f"@{user.username}" for user in found.outside[:3])
        raise Refused(
            gettext(
                "Whoever may not see this conversation cannot be mentioned: %(who)s. "
                "Hand it to their team first, or leave out the @."
            )
            % {"who": who}
        )
    if len(found.inside) > mentions.MOST:
        raise Refused(
            gettext("A note mentions at most %(most)s people. Hand the conversation to their team instead.")
            % {"most": mentions.MOST}
        )


def _tell(conversation: Conversation, kind: str, actor: AbstractBaseUser | None, data: Mapping[str, Any]) -> None:
    downstream().conversations_changed([conversation.pk])
    events.emit(
        [
            Fact(
                kind=kind,
                actor_id=actor.pk if actor else None,
                conversation_id=conversation.pk,
                data=dict(data),
            )
        ]
    )


def reopened_facts(reopened: Iterable[int]) -> list[Fact]:
    """For those that a new message reopened. (One that it opened has its message's event for its first.)"""
    data = {"reason": gettext_noop("The customer wrote again."), "from": Status.RESOLVED.value}
    return [Fact("conversation.reopened", conversation_id=pk, data=data) for pk in reopened]
