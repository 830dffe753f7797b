"""The router: due jobs and freed capacity become assignments, batch by batch."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from routing.services import hands, jobs, queue, records, rules
from routing.services.deciding import Desk, Goal, match_of
from routing.services.queue import Change, Entry
from routing.services.records import Current, Decision

logger = logging.getLogger(__name__)

BATCH = 100


def route_due(*, limit: int = 1000) -> int:
    """Route up to ``limit`` due jobs and hand out what waits. Returns how many conversations moved.

    What waits already goes first, so that a newcomer does not overtake it.
    """
    moved = drain()
    left = limit
    while left > 0:
        claimed, failed = _batch_or_one_by_one(min(BATCH, left))
        moved += claimed - failed
        left -= claimed
        if claimed == 0:
            break
    return moved + (drain() if left < limit else 0)


def drain(*, team_ids: Collection[int] | None = None) -> int:
    """Give waiting conversations, oldest first, to those who have room now. Returns how many were given."""
    given = 0
    while True:
        with transaction.atomic():
            some = _give_kept()
        if some == 0:
            with transaction.atomic():
                some = _drain_batch(team_ids)
        given += some
        if some == 0:
            return given


def _batch_or_one_by_one(size: int) -> tuple[int, int]:
    """(jobs taken, of them failed). One bad job spoils its batch, so that batch is tried one by one."""
    now = timezone.now()
    try:
        with transaction.atomic():
            claimed = jobs.claim(limit=size, now=now)
            _route(claimed, now=now)
        return len(claimed), 0
    except Exception as error:  # noqa: BLE001 - one bad job must not stop the rest
        logger.warning("A routing batch failed (%s); its jobs are tried one by one", type(error).__name__)
    with transaction.atomic():
        due = jobs.claim(limit=size, now=now)
    return len(due), sum(not _route_one(conversation_id, now=now) for conversation_id in due)


def _route_one(conversation_id: int, *, now: datetime) -> bool:
    try:
        with transaction.atomic():
            if jobs.claim_one(conversation_id):
                _route([conversation_id], now=now)
        return True
    except Exception as error:  # noqa: BLE001 - whatever it is, the other conversations go on
        logger.warning("Routing conversation %s failed (%s)", conversation_id, type(error).__name__)
        jobs.failed(conversation_id, error=error, now=now)
        return False


def _route(conversation_ids: Sequence[int], *, now: datetime) -> None:
    """Decide these jobs. Their rows are locked; next come the entries, then the agents.

    A job of a conversation that somebody has asks whether they can go on having it.
    """
    if not conversation_ids:
        return
    kept: dict[int, datetime] = {}
    entries = queue.lock(conversation_ids)
    free = {pk: entry for pk, entry in entries.items() if entry.assignee_id is None}
    held = {pk: entry for pk, entry in entries.items() if entry.assignee_id is not None}
    if entries:
        desk = Desk()
        goals = _goals(desk, free, records.current(list(free)))
        wanted = {goal.wanted for goal in goals.values() if goal.wanted is not None}
        holders = {entry.assignee_id for entry in held.values() if entry.assignee_id is not None}
        teams = {goal.team.pk for goal in goals.values()} | {entry.team_id or 0 for entry in held.values()}
        desk.lock(teams, wanted | holders)
        for pk, entry in held.items():
            if why := desk.why_not_theirs(entry, now=now):
                goals[pk] = desk.returned(entry, why)
        oldest_first = sorted(
            (entries[pk] for pk in goals), key=lambda entry: (entry.waiting_since, entry.conversation_id)
        )
        steps = [(entry, *desk.choose(goals[entry.conversation_id], entry, now=now)) for entry in oldest_first]
        _write([step for step in steps if step[0] != step[1]], now=now)
        # Nobody was found for what came back a moment ago: its line says so too, and there is no second one.
        records.explain(
            {
                old.conversation_id: decision.reasons[len(goals[old.conversation_id].reasons) :]
                for old, new, decision in steps
                if old == new
            }
        )
        kept = {new.conversation_id: new.first_until for _, new, _ in steps if new.first_until is not None}
    jobs.put_off(kept)
    jobs.drop([pk for pk in conversation_ids if pk not in kept])


def look_at(conversation_ids: Sequence[int]) -> None:
    """Decide these at once, not only when the router comes round. What somebody else decides just now is left."""
    now = timezone.now()
    for start in range(0, len(conversation_ids), BATCH):
        some = conversation_ids[start : start + BATCH]
        with transaction.atomic():
            jobs.add(some, now=now)
        with transaction.atomic():
            _route(jobs.claim_these(some), now=now)


def _goals(desk: Desk, entries: Mapping[int, Entry], current: Mapping[int, Current]) -> dict[int, Goal]:
    fresh = [pk for pk in entries if pk not in current]
    goals = {pk: desk.stays(current[pk]) for pk in entries if pk in current}
    if fresh:
        enabled, texts = rules.enabled_rules(), rules.turns(fresh)
        goals.update((pk, desk.goal(match_of(enabled, texts, pk))) for pk in fresh)
    return goals


def _give_kept() -> int:
    """What is kept for people who have a free hand now. It goes before all that waits for anybody."""
    now = timezone.now()
    return _give(queue.lock_kept(limit=BATCH, now=now), now=now)


def _drain_batch(team_ids: Collection[int] | None) -> int:
    rooms = _room(team_ids)
    if not rooms:
        return 0
    now = timezone.now()
    entries = queue.lock_waiting(
        team_ids=[room.team_id for room in rooms],
        limits=[min(room.free, BATCH) for room in rooms],
        only=[room.only for room in rooms],
        now=now,
    )
    return _give(entries, now=now)


def _give(entries: Mapping[int, Entry], *, now: datetime) -> int:
    """Give these to whoever has room, and leave the rest as they are. Returns how many were given."""
    if not entries:
        return 0
    desk = Desk()
    desk.lock({entry.team_id for entry in entries.values() if entry.team_id is not None})
    steps = []
    for entry in entries.values():  # oldest first, over all the teams
        team = desk.teams[entry.team_id or 0]
        since = {"waiting_since": entry.waiting_since.isoformat()}
        goal = Goal(team, None, (f"It waited the longest in {team.name}",), since)
        new, decision = desk.choose(goal, entry, now=now)
        if decision.agent_id is not None:
            steps.append((entry, new, decision))
    _write(steps, now=now)
    return len(steps)


@dataclass(frozen=True, slots=True)
class Room:
    """Free places in a team. ``only`` is who has them where it is one person."""

    team_id: int
    free: int
    only: int | None


def _room(team_ids: Collection[int] | None) -> list[Room]:
    """Teams with free places in which somebody waits. Read without locks: only a hint how many to try."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT m.team_id, sum(p.capacity - p.in_hand)::int, CASE WHEN count(*) = 1 THEN min(p.user_id) END
            FROM routing_membership m
            JOIN routing_team t ON t.id = m.team_id
            JOIN routing_agentprofile p ON p.user_id = m.user_id
            JOIN auth_user u ON u.id = m.user_id
            WHERE u.is_active AND p.role = ANY(%s) AND p.availability = 'available' AND p.in_hand < p.capacity
              AND p.takes_conversations AND (p.role <> 'expert' OR t.kind = 'experts')
              AND (%s::bigint[] IS NULL OR m.team_id = ANY(%s::bigint[]))
              AND EXISTS (SELECT FROM routing_queueentry q
                          WHERE q.team_id = m.team_id AND q.assignee_id IS NULL AND q.status = 'open')
            GROUP BY m.team_id ORDER BY m.team_id
            """,
            [[role.value for role in hands.WORKING_ROLES], *[None if team_ids is None else list(team_ids)] * 2],
        )
        return [Room(*row) for row in cursor.fetchall()]


def _write(steps: Sequence[tuple[Entry, Entry, Decision]], *, now: datetime) -> None:
    queue.apply([Change(old, new) for old, new, _ in steps], now=now)
    records.record([decision for _, _, decision in steps], now=now)
