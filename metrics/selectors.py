"""Figures, and the rows behind each of them. A figure and its rows use one and the same filter."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.models import User
from django.contrib.postgres.fields.ranges import RangeEndsWith, RangeStartsWith
from django.db import connection
from django.db.models import DurationField, F, Q, QuerySet, Sum

from inbox.models import Conversation
from metrics.models import Interaction, Touch
from routing.models import Membership
from routing.services.hands import display_name

PAGE = 50
_LONGEST_DAYS = 366
_VISIBILITIES = ("public", "direct")
Position = tuple[datetime, int]  # ended_at and id of the last row seen
# As Handled names them: five counts, then median and p90 on both clocks, in seconds.
Measures = tuple[int, int, int, int, int, float | None, float | None, float | None, float | None]
_MEASURES = """
    count(*),
    count(*) FILTER (WHERE ended_by = 'reply' AND visibility = 'public'),
    count(*) FILTER (WHERE ended_by = 'reply' AND visibility = 'direct'),
    count(*) FILTER (WHERE ended_by = 'resolution'),
    count(*) FILTER (WHERE first AND ended_by = 'reply'),
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - arrived_at))
        FILTER (WHERE first AND ended_by = 'reply'),
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - published_at))
        FILTER (WHERE first AND ended_by = 'reply')
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a figure counts: whole days of one time zone, both ends included, and what was chosen besides.

    ``team_ids`` says which teams' work the reader may see; None is for whoever may see everything.
    """

    day_from: date
    day_to: date
    zone: str = "UTC"
    team_ids: tuple[int, ...] | None = None
    agent_id: int | None = None
    visibility: str = ""
    ended_by: str = ""
    first_only: bool = False

    @property
    def begin(self) -> datetime:
        return _midnight(self.day_from, self.zone)

    @property
    def end(self) -> datetime:
        return _midnight(self.day_to + timedelta(days=1), self.zone)

    def parameters(self) -> dict[str, str]:
        """As parse() reads it: the address of the rows behind a figure."""
        chosen = {
            "from": self.day_from.isoformat(),
            "to": self.day_to.isoformat(),
            "agent": str(self.agent_id or ""),
            "visibility": self.visibility,
            "ended_by": self.ended_by,
            "first": "1" if self.first_only else "",
        }
        return {name: value for name, value in chosen.items() if value}


@dataclass(frozen=True, slots=True)
class Handled:
    """One agent's day. Seconds; None where there was nothing to measure."""

    agent_id: int
    name: str
    day: date
    handled: int
    publicly: int
    privately: int
    no_reply_due: int
    first_responses: int
    arrived_median: float | None
    arrived_p90: float | None
    published_median: float | None
    published_p90: float | None
    active: float


@dataclass(frozen=True, slots=True)
class Touched:
    """How long (seconds) somebody worked on a conversation in the chosen days."""

    agent: User
    conversation: Conversation
    seconds: float


def parse(parameters: Mapping[str, Any], *, zone: str, today: date, team_ids: Collection[int] | None) -> Filter:
    """A filter from an address. What is not understood is left out; at most a year is counted."""
    day_to = _day(parameters.get("to")) or today
    day_from = _day(parameters.get("from")) or day_to
    if day_from > day_to:
        day_from, day_to = day_to, day_from
    agent = str(parameters.get("agent") or "")
    visibility, ended_by = str(parameters.get("visibility") or ""), str(parameters.get("ended_by") or "")
    return Filter(
        day_from=max(day_from, day_to - timedelta(days=_LONGEST_DAYS)),
        day_to=day_to,
        zone=zone_of(zone),
        team_ids=None if team_ids is None else tuple(sorted(team_ids)),
        agent_id=int(agent) if agent.isascii() and agent.isdigit() and len(agent) < 10 else None,
        visibility=visibility if visibility in _VISIBILITIES else "",
        ended_by=ended_by if ended_by in Interaction.EndedBy.values else "",
        first_only=parameters.get("first") == "1",
    )


def zone_of(name: str) -> str:
    """A time zone's name that PostgreSQL and Python both know."""
    return name if name in available_timezones() else "UTC"


def _day(text: Any) -> date | None:
    try:
        day = date.fromisoformat(str(text))
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _interactions(chosen: Filter) -> QuerySet[Interaction]:
    rows = Interaction.objects.filter(ended_at__gte=chosen.begin, ended_at__lt=chosen.end)
    if chosen.team_ids is not None:
        rows = rows.filter(team_id__in=chosen.team_ids or (0,))  # no team: no rows, and still SQL
    if chosen.agent_id is not None:
        rows = rows.filter(agent_id=chosen.agent_id)
    if chosen.visibility:
        rows = rows.filter(visibility=chosen.visibility)
    if chosen.ended_by:
        rows = rows.filter(ended_by=chosen.ended_by)
    return rows.filter(first=True) if chosen.first_only else rows


def interactions_rows(chosen: Filter, *, after: Position | None = None, limit: int = PAGE) -> list[Interaction]:
    """The rows behind a figure, newest first."""
    rows = _interactions(chosen).order_by("-ended_at", "-id")
    if after is not None:
        rows = rows.filter(Q(ended_at__lt=after[0]) | Q(ended_at=after[0], id__lt=after[1]))
    return list(rows.select_related("agent", "team", "conversation__identity", "conversation__connection")[:limit])


def touch_rows(chosen: Filter, *, after: tuple[int, int] | None = None, limit: int = PAGE) -> list[Touched]:
    """The conversations behind an active time, newest first: how long each was worked on, never when by the minute.

    ``after`` is (conversation, agent) of the last row seen.
    """
    rows = Touch.objects.filter(period__overlap=(chosen.begin, chosen.end), period__startswith__gte=chosen.begin)
    if chosen.agent_id is not None:
        rows = rows.filter(agent_id=chosen.agent_id)
    if chosen.team_ids is not None:
        rows = rows.filter(agent__in=Membership.objects.filter(team_id__in=chosen.team_ids).values("user"))
    if after is not None:
        rows = rows.filter(Q(conversation_id__lt=after[0]) | Q(conversation_id=after[0], agent_id__lt=after[1]))
    spent = Sum(RangeEndsWith(F("period")) - RangeStartsWith(F("period")), output_field=DurationField())
    found = rows.values("conversation_id", "agent_id").annotate(spent=spent).order_by("-conversation_id", "-agent_id")
    sums = list(found[:limit])
    agents = User.objects.in_bulk({row["agent_id"] for row in sums})
    conversations = Conversation.objects.select_related("identity").in_bulk({row["conversation_id"] for row in sums})
    return [
        Touched(agents[row["agent_id"]], conversations[row["conversation_id"]], row["spent"].total_seconds())
        for row in sums
    ]


def handled_by_agent(chosen: Filter) -> list[Handled]:
    """Per agent and day: what was handled, how fast, and the active time. Newest day first, then by name."""
    figures = _handled(chosen)
    active = _active(chosen)
    blank: Measures = (0, 0, 0, 0, 0, None, None, None, None)
    keys = set(figures) | set(active)
    names = {user.pk: display_name(user) for user in User.objects.filter(pk__in={agent for agent, _ in keys})}
    rows = [
        Handled(agent, names.get(agent, ""), day, *figures.get((agent, day), blank), active.get((agent, day), 0.0))
        for agent, day in keys
    ]
    return sorted(rows, key=lambda row: (-row.day.toordinal(), row.name, row.agent_id))


def _handled(chosen: Filter) -> dict[tuple[int, date], Measures]:
    sql, values = _interactions(chosen).order_by().query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT agent_id, (ended_at AT TIME ZONE %s)::date AS day, {_MEASURES}
            FROM ({sql}) AS chosen GROUP BY agent_id, day
            """,
            [chosen.zone, *values],
        )
        return {(row[0], row[1]): _measures(row[2:]) for row in cursor.fetchall()}


def _active(chosen: Filter) -> dict[tuple[int, date], float]:
    """Touches count for the day they began in. Filters on how a turn ended say nothing about them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT t.agent_id, (lower(t.period) AT TIME ZONE %s)::date AS day,
                   extract(epoch FROM sum(upper(t.period) - lower(t.period)))::float
            FROM metrics_touch t
            WHERE t.period && tstzrange(%s, %s) AND lower(t.period) >= %s
              AND (%s::bigint IS NULL OR t.agent_id = %s::bigint)
              AND (%s::bigint[] IS NULL OR EXISTS (
                  SELECT FROM routing_membership m WHERE m.user_id = t.agent_id AND m.team_id = ANY(%s::bigint[])))
            GROUP BY t.agent_id, day
            """,
            [chosen.zone, chosen.begin, chosen.end, chosen.begin, *[chosen.agent_id] * 2, *[_teams(chosen)] * 2],
        )
        return {(agent, day): seconds for agent, day, seconds in cursor.fetchall()}


def _teams(chosen: Filter) -> list[int] | None:
    return None if chosen.team_ids is None else list(chosen.team_ids)


def totals(chosen: Filter) -> Handled:
    """The same figures for all agents and days together. Medians are of all rows, not of medians."""
    sql, values = _interactions(chosen).order_by().query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {_MEASURES}
            FROM ({sql}) AS chosen
            """,
            values,
        )
        measures = _measures(cursor.fetchone())
    return Handled(0, "", chosen.day_to, *measures, sum(_active(chosen).values()))


def _measures(row: Sequence[Any]) -> Measures:
    arrived, published = row[5] or (None, None), row[6] or (None, None)
    return (row[0], row[1], row[2], row[3], row[4], arrived[0], arrived[1], published[0], published[1])


def of_agent(chosen: Filter, *, agent_id: int, day: date) -> Filter:
    """The filter behind one line of handled_by_agent."""
    return replace(chosen, agent_id=agent_id, day_from=day, day_to=day)
