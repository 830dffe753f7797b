"""The one place that writes queue entries, with the counts and the capacity that hang on them.

Locks are taken in one order everywhere: conversations, queue entries, agents; each by ascending id.
Whoever cannot keep that order skips locked rows instead of waiting for them. The conversation is
locked (only against deletion) because an assignment's foreign key does so at commit anyway, and then
it would be too late: whoever changes the conversation holds it and waits for the entry.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db import connection

from inbox.models import Conversation
from inbox.services import counts
from routing.services import hands
from routing.services.hands import Hand

OPEN = Conversation.Status.OPEN.value
UNROUTED = "unrouted"  # the count of those that no team has
_COLUMNS = (
    "conversation_id, connection_id, team_id, assignee_id, status, visibility, waiting_since, in_hand, not_for,"
    " first_for, first_until, post"
)
_QUALIFIED = ", ".join(f"q.{name}" for name in _COLUMNS.split(", "))
# What orders a queue: when the open turn began, or when we last heard of the conversation ``c``.
WAITING_SINCE = "coalesce(c.turn_arrived_at, c.last_incoming_at, c.opened_at)"
_ARRAYS = (
    "%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::bool[],"
    " %s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[]"
)
# The post under which conversation ``c`` began; "" where it began with a post of the customer's own, or privately:
# the root of a dialogue is no message's.
POST = """CASE WHEN EXISTS (SELECT FROM inbox_message f WHERE f.conversation_id = c.id AND f.root = c.root)
        AND NOT EXISTS (SELECT FROM inbox_message f WHERE f.connection_id = c.connection_id
            AND f.external_id = c.root AND f.conversation_id = c.id)
    THEN c.root ELSE '' END"""
# Whether entry ``q`` may go to anybody: it is kept for nobody, its time is over, or who it is kept for is not there.
_FOR_ALL = """(q.first_until IS NULL OR q.first_until <= %s OR NOT EXISTS (
    SELECT FROM routing_agentprofile p JOIN routing_membership m ON m.user_id = p.user_id AND m.team_id = q.team_id
    WHERE p.user_id = q.first_for AND p.availability = 'available'))"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the queue, as it is or as it shall be."""

    conversation_id: int
    connection_id: int
    team_id: int | None
    assignee_id: int | None
    status: str
    visibility: str
    waiting_since: datetime
    in_hand: bool
    not_for: int | None = None  # who gave it back
    first_for: int | None = None  # whose it was, and nobody else is given it until first_until
    first_until: datetime | None = None
    post: str = ""

    def kept(self, hand: Hand, *, now: datetime) -> Entry:
        """Unassigned, and kept for who had it until they have a free hand, for some minutes."""
        until = now + timedelta(minutes=settings.KEPT_MINUTES)
        return replace(self, assignee_id=None, in_hand=False, first_for=hand.user_id, first_until=until)

    def is_kept(self, now: datetime) -> bool:
        return self.first_until is not None and self.first_until > now

    def keys(self) -> Iterator[str]:
        """Every count that this row is part of. All writers and the recount use this one list."""
        if self.post and self.status == OPEN:
            yield post_key(self.connection_id, self.post, self.team_id)
        if self.team_id is None:
            yield UNROUTED
        else:
            yield f"team:{self.team_id}:{self.status}"
            if self.status == OPEN:
                yield f"team:{self.team_id}:open:{self.visibility}"
                if self.assignee_id is None:
                    yield f"team:{self.team_id}:unassigned"
        if self.assignee_id is not None:
            yield f"agent:{self.assignee_id}:{self.status}"


def post_key(connection_id: int, post: str, team_id: int | None) -> str:
    """The count of what is open under a post with one team; None: with nobody yet."""
    digest = hashlib.md5(post.encode(), usedforsecurity=False).hexdigest()
    return f"post:{connection_id}:{digest}:{team_id or UNROUTED}"


_values = attrgetter(*_COLUMNS.split(", "))


@dataclass(frozen=True, slots=True)
class Change:
    """From what was locked to what shall be; None where there is no row."""

    old: Entry | None
    new: Entry | None


def may_wait_for(hand: Hand) -> bool:
    """Whether what comes back is kept for them: they are there and work, and their hands are only full."""
    return settings.KEPT_MINUTES > 0 and hand.works and hand.there and 0 < hand.capacity <= hand.in_hand


class OverCapacity(RuntimeError):
    """An agent would hold more than their capacity, and nobody allowed it."""


def lock(conversation_ids: Collection[int]) -> dict[int, Entry]:
    """Lock these conversations' entries, in order of their ids, and return them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {_QUALIFIED} FROM inbox_conversation c JOIN routing_queueentry q ON q.conversation_id = c.id
            WHERE c.id = ANY(%s::bigint[]) ORDER BY c.id FOR KEY SHARE OF c FOR UPDATE OF q
            """,
            [list(conversation_ids)],
        )
        return _entries(cursor.fetchall())


def enter(conversation_ids: Collection[int]) -> set[int]:
    """Let those wait unrouted that the queue has never met: no entry, no assignment. Returns their ids.

    The common case of an arrival, in two statements. The caller has just written the conversations' rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO routing_queueentry ({_COLUMNS})
            SELECT c.id, c.connection_id, NULL, NULL, c.status, coalesce(m.visibility, 'public'), {WAITING_SINCE},
                false, NULL, NULL, NULL, CASE WHEN m.external_id = c.root THEN '' ELSE {POST} END
            FROM inbox_conversation c LEFT JOIN inbox_message m ON m.id = c.last_incoming_id
            WHERE c.id = ANY(%s::bigint[]) AND c.status <> 'resolved'
                AND NOT EXISTS (
                    SELECT FROM routing_assignment a WHERE a.conversation_id = c.id AND a.ended_at IS NULL
                )
            ON CONFLICT (conversation_id) DO NOTHING
            RETURNING {_COLUMNS}
            """,
            [list(conversation_ids)],
        )
        entered = _entries(cursor.fetchall())
    deltas: Counter[str] = Counter()
    for entry in entered.values():
        deltas.update(entry.keys())
    counts.add(deltas)
    return set(entered)


def lock_kept(*, limit: int, now: datetime) -> dict[int, Entry]:
    """Lock what is kept for people who have a free hand now, longest waiting first. Rows in use are skipped."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {_QUALIFIED} FROM routing_queueentry q JOIN inbox_conversation c ON c.id = q.conversation_id
            JOIN routing_agentprofile p ON p.user_id = q.first_for
            WHERE q.first_for IS NOT NULL AND q.first_until > %s AND q.assignee_id IS NULL AND q.status = 'open'
                AND p.availability = 'available' AND p.in_hand < p.capacity
                AND EXISTS (SELECT FROM routing_membership m WHERE m.user_id = p.user_id AND m.team_id = q.team_id)
            ORDER BY q.waiting_since, q.conversation_id LIMIT %s
            FOR KEY SHARE OF c SKIP LOCKED FOR UPDATE OF q SKIP LOCKED
            """,
            [now, limit],
        )
        return _entries(cursor.fetchall())


def lock_waiting(
    *, team_ids: Sequence[int], limits: Sequence[int], now: datetime, only: Sequence[int | None] | None = None
) -> dict[int, Entry]:
    """Lock each team's oldest unassigned open entries, at most its limit. Rows in use, or kept, are skipped.

    ``only`` names who alone has room in a team: what that person gave back does not stand before the rest.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT taken.* FROM unnest(%s::bigint[], %s::int[], %s::bigint[]) AS wanted(team_id, most, sole),
            LATERAL (
                SELECT {_QUALIFIED} FROM routing_queueentry q JOIN inbox_conversation c ON c.id = q.conversation_id
                WHERE q.team_id = wanted.team_id AND q.assignee_id IS NULL AND q.status = 'open'
                    AND (q.not_for IS NULL OR wanted.sole IS NULL OR q.not_for <> wanted.sole)
                    AND {_FOR_ALL}
                ORDER BY q.waiting_since, q.conversation_id LIMIT wanted.most
                FOR KEY SHARE OF c SKIP LOCKED FOR UPDATE OF q SKIP LOCKED
            ) AS taken
            ORDER BY taken.waiting_since, taken.conversation_id
            """,
            [list(team_ids), list(limits), list(only or [None] * len(team_ids)), now],
        )
        return _entries(cursor.fetchall())


def apply(changes: Iterable[Change], *, now: datetime, over: Collection[int] = ()) -> None:
    """Write changes to locked entries: rows, counts and capacity, in as many statements for one as for 500.

    ``over`` names agents whom a lead gave more than their capacity. Raises OverCapacity otherwise.
    """
    real = [change for change in changes if change.old != change.new]
    if not real:
        return
    _take_and_release(real, now=now, over=over)
    _delete([change.old.conversation_id for change in real if change.old and change.new is None])
    _insert([change.new for change in real if change.new and change.old is None])
    _update([change.new for change in real if change.new and change.old])
    deltas: Counter[str] = Counter()
    for change in real:
        deltas.update(change.new.keys() if change.new else ())
        deltas.subtract(change.old.keys() if change.old else ())
    counts.add(deltas)


def recount() -> dict[str, int]:
    """What the counts must say, from the rows themselves. For checks and repair, never for pages."""
    truth: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM routing_queueentry")
        for entry in _entries(cursor.fetchall()).values():
            truth.update(entry.keys())
    return dict(truth)


def _take_and_release(changes: Sequence[Change], *, now: datetime, over: Collection[int]) -> None:
    deltas: Counter[int] = Counter()
    gained: set[int] = set()
    for change in changes:
        before = change.old.assignee_id if change.old and change.old.in_hand else None
        after = change.new.assignee_id if change.new and change.new.in_hand else None
        if before != after:
            if before is not None:
                deltas[before] -= 1
            if after is not None:
                deltas[after] += 1
                gained.add(after)
    if not deltas:
        return
    users = sorted(deltas)
    hands.lock(users)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE routing_agentprofile p
            SET in_hand = p.in_hand + n.delta,
                last_assigned_at = CASE WHEN n.gained THEN %s ELSE p.last_assigned_at END
            FROM unnest(%s::bigint[], %s::int[], %s::bool[], %s::bool[]) AS n(user_id, delta, gained, over)
            WHERE p.user_id = n.user_id AND (n.delta <= 0 OR n.over OR p.in_hand + n.delta <= p.capacity)
            """,
            [now, users, [deltas[u] for u in users], [u in gained for u in users], [u in over for u in users]],
        )
        if cursor.rowcount != len(users):
            raise OverCapacity("An agent would hold more than their capacity.")


def _delete(conversation_ids: list[int]) -> None:
    if conversation_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM routing_queueentry WHERE conversation_id = ANY(%s::bigint[])", [conversation_ids]
            )


def _insert(entries: Sequence[Entry]) -> None:
    if entries:
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO routing_queueentry ({_COLUMNS}) SELECT * FROM unnest({_ARRAYS})", _columns(entries)
            )


def _update(entries: Sequence[Entry]) -> None:
    if entries:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                UPDATE routing_queueentry q
                SET team_id = n.team_id, assignee_id = n.assignee_id, status = n.status,
                    visibility = n.visibility, waiting_since = n.waiting_since, in_hand = n.in_hand,
                    not_for = n.not_for, first_for = n.first_for, first_until = n.first_until, post = n.post
                FROM unnest({_ARRAYS}) AS n({_COLUMNS}) WHERE q.conversation_id = n.conversation_id
                """,
                _columns(entries),
            )


def _columns(entries: Sequence[Entry]) -> list[list[Any]]:
    return [list(column) for column in zip(*map(_values, entries), strict=True)]


def _entries(rows: Iterable[Sequence[Any]]) -> dict[int, Entry]:
    return {row[0]: Entry(*row) for row in rows}
