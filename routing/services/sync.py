"""Bringing the queue in line with the conversations, inside the transaction that changed them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection
from django.utils import timezone

from inbox.models import Conversation
from routing.models import Membership
from routing.services import hands, jobs, queue, records
from routing.services.hands import Hand
from routing.services.queue import Change, Entry
from routing.services.records import Current, Decision


@dataclass(frozen=True, slots=True)
class Fact:
    """What the queue needs to know of a conversation."""

    conversation_id: int
    connection_id: int
    status: str
    waiting_since: datetime
    visibility: str | None
    post: str  # of a conversation that stands in no queue; an entry knows its own


@dataclass(frozen=True, slots=True)
class Next:
    """What follows for one conversation."""

    entry: Entry | None
    decision: Decision | None = None
    due: datetime | None = None  # when the router looks at it


def sync(*, conversation_ids: Collection[int]) -> None:
    """Queue entries, capacity, counts and jobs follow the conversations' rows.

    The statements are the same for one conversation and for 500. Call it once in a transaction: a
    second call for other conversations would take entry locks after agents' locks. The job of a resolved
    conversation is left to the router, which locks jobs before entries.
    """
    now = timezone.now()
    entered = queue.enter(conversation_ids)
    jobs.add(entered, now=now)
    if entered:
        jobs.wake_soon()
    if rest := sorted(set(conversation_ids) - entered):
        _follow(rest, now=now)


def _follow(conversation_ids: list[int], *, now: datetime) -> None:
    """The conversations that the queue knows, or knew."""
    facts = _facts(conversation_ids)
    if not facts:
        return
    old = queue.lock(list(facts))
    current = records.current(list(facts))
    locked = hands.lock(_concerned(facts, old, current))
    memberships = set(Membership.objects.filter(user_id__in=locked).values_list("team_id", "user_id"))
    following = {
        pk: _next(fact, old.get(pk), current.get(pk), locked=locked, memberships=memberships, now=now)
        for pk, fact in facts.items()
    }
    changes = [Change(old.get(pk), step.entry) for pk, step in following.items()]
    queue.apply(changes, now=now)
    records.record([step.decision for step in following.values() if step.decision], now=now)
    due = {pk: step.due for pk, step in following.items() if step.due}
    for moment in sorted(set(due.values())):
        jobs.add([pk for pk in due if due[pk] == moment], now=moment)
    if now in due.values() or any(map(_moves_work, changes)):
        jobs.wake_soon()


def _facts(conversation_ids: list[int]) -> dict[int, Fact]:
    """Read and lock. The caller has changed these rows, so the lock is a formality that rules out surprises."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT c.id, c.connection_id, c.status, {queue.WAITING_SINCE}, m.visibility,
                CASE WHEN q.conversation_id IS NULL THEN {queue.POST} ELSE '' END
            FROM inbox_conversation c LEFT JOIN inbox_message m ON m.id = c.last_incoming_id
            LEFT JOIN routing_queueentry q ON q.conversation_id = c.id
            WHERE c.id = ANY(%s::bigint[]) ORDER BY c.id FOR NO KEY UPDATE OF c
            """,
            [conversation_ids],
        )
        return {row[0]: Fact(*row) for row in cursor.fetchall()}


def _concerned(facts: Mapping[int, Fact], old: Mapping[int, Entry], current: Mapping[int, Current]) -> set[int]:
    """Agents whose capacity may move: all of them are locked at once."""
    found: set[int] = set()
    for pk, fact in facts.items():
        entry = old.get(pk)
        if entry is not None and entry.status == fact.status:
            continue
        if entry is not None and entry.in_hand and entry.assignee_id is not None:
            found.add(entry.assignee_id)
        agent = current[pk][1] if pk in current else None
        if agent is not None and fact.status == queue.OPEN:
            found.add(agent)
    return found


def _next(
    fact: Fact,
    old: Entry | None,
    current: Current | None,
    *,
    locked: Mapping[int, Hand],
    memberships: Collection[tuple[int, int]],
    now: datetime,
) -> Next:
    if fact.status == Conversation.Status.RESOLVED:
        return Next(None)
    team, agent = current or (None, None)
    goes_on = old if old and old.status == queue.OPEN == fact.status else None
    entry = Entry(
        conversation_id=fact.conversation_id,
        connection_id=fact.connection_id,
        team_id=team,
        assignee_id=agent,
        status=fact.status,
        visibility=fact.visibility or (old.visibility if old else "public"),
        waiting_since=fact.waiting_since,
        in_hand=bool(goes_on and goes_on.in_hand),
        not_for=old.not_for if old else None,
        first_for=goes_on.first_for if goes_on else None,
        first_until=goes_on.first_until if goes_on else None,
        post=old.post if old else fact.post,
    )
    if current is None:
        return Next(entry, due=now)
    if fact.status != queue.OPEN or agent is None or (old and old.status == queue.OPEN):
        return Next(entry)
    here = (current[0], agent) in memberships
    return _returns(entry, team=current[0], hand=locked.get(agent), here=here, now=now)


def _why_not(hand: Hand | None, here: bool) -> str:
    if hand is None:
        return "its former agent is no longer here"
    if not here:
        return f"{hand.name} no longer works in this team"
    return "" if hand.can_hold else hand.why_not()


def _returns(entry: Entry, *, team: int, hand: Hand | None, here: bool, now: datetime) -> Next:
    """Open again: its agent goes on where there is room, else the team's queue takes it back.

    An agent whose hands are only full is waited for; should that time pass, the router looks again.
    """
    why = _why_not(hand, here)
    if hand is not None and not why:
        hand.in_hand += 1
        return Next(replace(entry, in_hand=True))
    new = replace(entry, assignee_id=None, in_hand=False)
    reasons = [f"It is open again, but {why}; it goes back to the team's queue"]
    if hand is not None and here and queue.may_wait_for(hand):
        new = new.kept(hand, now=now)
        reasons = records.kept(hand.name, new.first_until or now, why)
    decision = Decision(entry.conversation_id, team, None, reasons, {"previous_agent": entry.assignee_id})
    return Next(new, decision, due=new.first_until or now)


def _moves_work(change: Change) -> bool:
    """Capacity came free, or an open conversation waits for somebody."""
    freed = bool(change.old and change.old.in_hand and not (change.new and change.new.in_hand))
    waits = bool(change.new and change.new.status == queue.OPEN and change.new.assignee_id is None)
    return freed or (waits and change.old is None)
