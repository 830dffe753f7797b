"""Work returned by people who go away: said so, not heard of, deactivated, or taken out of the team.

Nothing is returned here: what may have to return becomes a job, and the router, which locks in the right
order, decides on what is true by then. So capacity is released once, whoever else looks at the same time.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from inbox.models import Event
from inbox.services import events
from routing.models import Departure, QueueEntry
from routing.services import hands, jobs
from routing.services.assignment import look_at

_MOST, _BATCH = 500, 20  # conversations and departures a sweep
_ABSENT = """
    UPDATE routing_agentprofile p SET availability = 'away', availability_at = %(now)s
    WHERE p.availability <> 'away' AND p.seen_at < %(now)s - interval '1 minute' * (
        SELECT min(t.returns_after) FROM routing_membership m JOIN routing_team t ON t.id = m.team_id
        WHERE m.user_id = p.user_id)
    RETURNING p.user_id
"""
# Who may have to give back; what exactly, the router decides under their locks.
_GONE = """
    SELECT p.user_id FROM routing_agentprofile p JOIN auth_user u ON u.id = p.user_id
    WHERE p.in_hand > 0 AND (
        NOT u.is_active OR p.role <> ALL(%(working)s)
        OR least(p.seen_at, CASE WHEN p.availability = 'away' THEN p.availability_at END)
            < %(now)s - interval '1 minute' * (
                SELECT min(t.returns_after) FROM routing_membership m JOIN routing_team t ON t.id = m.team_id
                WHERE m.user_id = p.user_id))
"""


def find() -> int:
    """Set away who was not heard of, and have the work of whoever is gone looked at. Returns how many jobs."""
    now = timezone.now()
    _set_away(now)
    for departure in Departure.objects.order_by("pk")[:_BATCH]:
        at_once(departure.user_id, team_id=departure.team_id)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_GONE, {"now": now, "working": [role.value for role in hands.WORKING_ROLES]})
        gone = [row[0] for row in cursor.fetchall()]
        open_ones = QueueEntry.objects.filter(assignee_id__in=gone, status="open").order_by("conversation_id")
        due = list(open_ones.values_list("conversation_id", flat=True)[:_MOST]) if gone else []
        jobs.add(due, now=now)
    return len(due)


@transaction.atomic
def _set_away(now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ABSENT, {"now": now})
        absent = [row[0] for row in cursor.fetchall()]
    data = {"availability": "away", "reason": "not heard of"}
    events.emit([Event(kind="agent.changed", subject="agent", subject_id=user, data=data) for user in absent])


def of(user_id: int, *, team_id: int | None = None, statuses: Collection[str] = ()) -> list[int]:
    """What ``user_id`` has, in one team or in all of them."""
    rows = QueueEntry.objects.filter(assignee_id=user_id)
    if team_id is not None:
        rows = rows.filter(team_id=team_id)
    if statuses:
        rows = rows.filter(status__in=statuses)
    return list(rows.order_by("conversation_id").values_list("conversation_id", flat=True))


def at_once(user_id: int, *, team_id: int | None = None) -> None:
    """Somebody was deactivated or taken out of a team, and that is committed: what they have returns now.

    Should this not be reached any more, find() does it: it meets the departure, or somebody who is gone.
    """
    known = [row.pk for row in Departure.objects.filter(user_id=user_id) if row.team_id == team_id]
    look_at(of(user_id, team_id=team_id))
    Departure.objects.filter(pk__in=known).delete()


def seen(user_id: int, *, now: datetime) -> None:
    """They are here. Written at most once a minute, by the one request that is first."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE routing_agentprofile SET seen_at = %s WHERE user_id = %s", [now, user_id])
