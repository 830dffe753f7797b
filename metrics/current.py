"""The desk at this moment: what waits, by team and by age, and the rows behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy

from metrics.days import Filter
from metrics.rows import PAGE, seen
from routing.models import QueueEntry

PARTS = ("open", "unassigned", "pending", "snoozed")
# Key, words, from which age on: the younger ones first.
AGES = (
    ("1h", gettext_lazy("Under 1 h"), timedelta()),
    ("4h", gettext_lazy("1 to 4 h"), timedelta(hours=1)),
    ("1d", gettext_lazy("4 to 24 h"), timedelta(hours=4)),
    ("3d", gettext_lazy("1 to 3 d"), timedelta(days=1)),
    ("old", gettext_lazy("Over 3 d"), timedelta(days=3)),
)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in one team."""

    team_id: int
    open: int
    unassigned: int
    pending: int
    snoozed: int
    oldest_waiting: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The open conversations of a filter by how long they have been waiting for us."""

    ages: Sequence[tuple[str, str, int]]  # key, words, number
    oldest: datetime | None

    @property
    def open(self) -> int:
        return sum(number for _, _, number in self.ages)


def backlog(*, team_ids: Sequence[int], numbers: Mapping[str, int]) -> list[Backlog]:
    """What waits in these teams: their exact ``numbers`` as the desk has read them, and since when. One statement."""
    oldest = _oldest(team_ids)
    return [
        Backlog(team_id=team, oldest_waiting=oldest[team], **{part: numbers[f"team:{team}:{part}"] for part in PARTS})
        for team in team_ids
    ]


def _oldest(team_ids: Sequence[int]) -> dict[int, datetime | None]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT team.id, (SELECT waiting_since FROM routing_queueentry
                WHERE team_id = team.id AND status = 'open' ORDER BY waiting_since LIMIT 1)
            FROM unnest(%s::bigint[]) AS team(id)
            """,
            [list(team_ids)],
        )
        return dict(cursor.fetchall())


def _waiting(chosen: Filter) -> QuerySet[QueueEntry]:
    """The days of the filter say nothing here: what waits, waits now."""
    rows = QueueEntry.objects.filter(status="open")
    return seen(rows, chosen, agent="assignee_id", network="connection__network")


def waiting(chosen: Filter, *, now: datetime) -> Waiting:
    """The backlog by age."""
    found = _waiting(chosen).aggregate(
        **{f"age_{number}": Count("pk", filter=_aged(number, now)) for number in range(len(AGES))}
    )
    first = _waiting(chosen).order_by("waiting_since").values_list("waiting_since", flat=True).first()
    return Waiting([(key, str(words), found[f"age_{number}"]) for number, (key, words, _) in enumerate(AGES)], first)


def _aged(number: int, now: datetime) -> Q:
    older = Q(waiting_since__lte=now - AGES[number][2]) if number else Q()
    return older & Q(waiting_since__gt=now - AGES[number + 1][2]) if number + 1 < len(AGES) else older


def waiting_rows(
    chosen: Filter, *, age: str, now: datetime, after: tuple[datetime, int] | None = None, limit: int = PAGE
) -> list[QueueEntry]:
    """The conversations of one age (or of all), the longest waiting first. ``after`` is the last one seen."""
    rows = _waiting(chosen)
    for number, (key, _, _) in enumerate(AGES):
        if key == age:
            rows = rows.filter(_aged(number, now))
    if after is not None:
        rows = rows.filter(Q(waiting_since__gt=after[0]) | Q(waiting_since=after[0], conversation__gt=after[1]))
    rows = rows.select_related("conversation__identity", "conversation__connection", "team", "assignee")
    return list(rows.order_by("waiting_since", "conversation_id")[:limit])
