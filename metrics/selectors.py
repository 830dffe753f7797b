"""Figures: from the rollups where a period is rolled, from the facts elsewhere, in one statement and so one moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from metrics import days, rows, spread
from metrics.cells import COLUMNS, COUNTS, FIRST, KEYS, MEASURES, SPREADS, STORED_SUMS, cells
from metrics.days import Filter

# Up to so many answers their median and p90 are exact; beyond, within the bound of metrics/spread.py.
EXACT = 2000
BY_DAY = 62  # days; a longer range is shown by month

_SEEN = """
    (%(teams)s::bigint[] IS NULL OR team_id = ANY(%(teams)s::bigint[]))
    AND (%(agent)s::bigint IS NULL OR agent_id = %(agent)s::bigint)
    AND (%(network)s = '' OR network = %(network)s)
"""


def _cells(months: str, days: str, level: str = "''") -> str:
    """The cells of the filter: of these months and days as they are rolled, at this level, and of what is not."""

    def rolled(span: str, periods: str) -> str:
        # An array is a look into the index for each of its periods; a join would read the whole table.
        return f"""
            SELECT period, {COLUMNS} FROM metrics_rollup
            WHERE span = {level} || '{span}' AND period = ANY(ARRAY(SELECT period FROM {periods} p)) AND {_SEEN}
        """

    return f"""
        {rolled("month", months)} UNION ALL {rolled("day", days)}
        UNION ALL SELECT day, {COLUMNS} FROM live WHERE {_SEEN}
    """


# The days asked for: which of them stand in a rolled month, in a rolled day, or only in the facts.
_PERIODS = f"""
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(%(days)s::date[], %(los)s::timestamptz[], %(his)s::timestamptz[]) AS asked(day, lo, hi)
    ),
    marks AS MATERIALIZED (
        SELECT span, period, until FROM metrics_rolledperiod
        WHERE zone = %(zone)s AND period >= %(first)s::date AND until <= %(until)s::date
    ),
    rest AS MATERIALIZED (
        SELECT day, lo, hi FROM asked
        WHERE day NOT IN (SELECT period FROM marks WHERE span = 'day') AND hi > {FIRST}
    ),
    live AS MATERIALIZED ({cells("rest")}),
    months AS MATERIALIZED (SELECT period, until FROM marks WHERE span = 'month'),
    days AS MATERIALIZED (SELECT period FROM marks WHERE span = 'day'),
    -- What no month holds.
    others AS MATERIALIZED (
        SELECT d.period FROM days d LEFT JOIN months m ON m.period = date_trunc('month', d.period::timestamp)::date
        WHERE m.until IS NULL OR d.period >= m.until
    )
"""
_SUMS = ", ".join(f"sum({name}){'::text' if name in SPREADS else ''} AS {name}" for name in MEASURES)
_KEYS = ", ".join(KEYS)
# All together and by time need no agent and no network, unless the filter names one.
_LEVEL = "%(level)s"
_TOTALS = f"{_PERIODS} SELECT {_SUMS} FROM ({_cells('months', 'others', _LEVEL)}) cell"
_BY_TIME = f"""
    SELECT CASE WHEN %(by_month)s THEN date_trunc('month', period::timestamp)::date ELSE period END AS shown, {COLUMNS}
    FROM ({
    _cells(
        "(SELECT * FROM months WHERE %(by_month)s)",
        "(SELECT * FROM others WHERE %(by_month)s UNION ALL SELECT * FROM days WHERE NOT %(by_month)s)",
        _LEVEL,
    )
}) cell
"""
_COURSE = f"{_PERIODS} SELECT shown, {_SUMS} FROM ({_BY_TIME}) cell GROUP BY GROUPING SETS ((), (shown))"
# Each cell is added up once by its keys; teams, agents, networks and all together are sums of those sums.
_BOARD = f"""
    {_PERIODS},
    keyed AS MATERIALIZED (SELECT {_KEYS}, {STORED_SUMS} FROM ({_cells("months", "others")}) cell GROUP BY {_KEYS})
    SELECT NULL::date, GROUPING({_KEYS}), {_KEYS}, array_agg(DISTINCT team_id), {_SUMS}
    FROM keyed GROUP BY GROUPING SETS ((), (team_id), (agent_id), (network))
    UNION ALL
    SELECT shown, 0, NULL, NULL, NULL, NULL, {_SUMS} FROM ({_BY_TIME}) cell GROUP BY shown
"""
_TOTAL, _TEAM, _AGENT, _NETWORK = 7, 3, 5, 6  # GROUPING(): a bit for every key that was summed over

Sums = tuple[Any, ...]  # in the order of MEASURES
_NOTHING: Sums = (*[0] * len(COUNTS), timedelta(), *["0"] * len(SPREADS))


@dataclass(frozen=True, slots=True)
class Times:
    """How long it took, in seconds; None where there was no answer. Worked out when somebody looks."""

    spread: str  # its digits
    seconds: Sequence[float] | None  # of every answer, where they are few enough to be exact

    def _at(self, share: float) -> float | None:
        if self.seconds is None:
            return spread.percentile(self.spread, share)
        return _percentile(self.seconds, share)

    @property
    def median(self) -> float | None:
        return self._at(0.5)

    @property
    def p90(self) -> float | None:
        return self._at(0.9)


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of a team, an agent, a network, a day, or of all together. ``active`` in seconds."""

    arrivals: int
    handled: int
    publicly: int
    privately: int
    no_reply_due: int
    first_responses: int
    next_responses: int
    resolutions: int
    reopenings: int
    active: float
    first_arrived: Times
    first_published: Times
    next_arrived: Times
    next_published: Times

    @property
    def worked(self) -> bool:
        """Whether somebody of ours did something here; arrivals come by themselves."""
        return bool(self.handled or self.resolutions or self.reopenings or self.active)


@dataclass(frozen=True, slots=True)
class Board:
    """The figures of one filter. ``exact``: medians and p90 too, not only counts and sums."""

    total: Line
    teams: Mapping[int, Line]
    agents: Mapping[int, Line]
    networks: Mapping[str, Line]
    periods: Mapping[date, Line]  # days, or firsts of months
    teams_of: Mapping[int, set[int]]  # an agent's
    by_month: bool
    exact: bool


class _Answer(NamedTuple):
    team_id: int
    agent_id: int
    network: str
    ended_at: datetime
    first: bool
    arrived: float
    published: float


def board(chosen: Filter) -> Board:
    """All figures of a filter. Counts and sums are exact whatever was rolled."""
    by_month = _by_month(chosen)
    periods: dict[date, Sums] = {}
    by: dict[int, dict[Any, Sums]] = {_TOTAL: {}, _TEAM: {}, _AGENT: {}, _NETWORK: {}}
    teams_of: dict[int, set[int]] = {}
    for period, summed_over, team, agent, network, teams, *sums in _read(_BOARD, chosen):
        if period is not None:
            periods[period] = _sums(sums)
        elif sums[0] is not None:
            by[summed_over][{_TOTAL: None, _TEAM: team, _AGENT: agent, _NETWORK: network}[summed_over]] = _sums(sums)
            if summed_over == _AGENT:
                teams_of[agent] = set(teams)
    total = by[_TOTAL].get(None, _NOTHING)
    answers = _answers(chosen, total)
    exact = answers is not None

    def lines(found: Mapping[Any, Sums], key: Any) -> dict[Any, Line]:
        own: dict[Any, list[_Answer]] = defaultdict(list)
        for answer in answers or ():
            own[key(answer)].append(answer)
        return {name: _line(sums, own[name] if exact else None) for name, sums in found.items()}

    def period_of(answer: _Answer) -> date:
        day = days.day_of(answer.ended_at)
        return days.month_of(day) if by_month else day

    return Board(
        total=_line(total, answers),
        teams=lines(by[_TEAM], lambda answer: answer.team_id),
        agents=lines({pk: sums for pk, sums in by[_AGENT].items() if pk}, lambda answer: answer.agent_id),
        networks=lines(by[_NETWORK], lambda answer: answer.network),
        periods=lines(periods, period_of),
        teams_of=teams_of,
        by_month=by_month,
        exact=exact,
    )


def totals(chosen: Filter) -> Line:
    """The figures of all together, for a comparison or the head of a page of rows."""
    (row,) = _read(_TOTALS, chosen)
    sums = _sums(row) if row[0] is not None else _NOTHING
    return _line(sums, _answers(chosen, sums))


def course(chosen: Filter) -> tuple[Line, dict[date, int]]:
    """All together, and the arrivals of each day (or month): what another range is compared with."""
    found = {shown: _sums(sums) for shown, *sums in _read(_COURSE, chosen)}
    total = found.pop(None)
    sums = _NOTHING if total[-1] is None else total
    return _line(sums, _answers(chosen, sums)), {day: one[0] for day, one in found.items()}


def _read(statement: str, chosen: Filter) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, _asked(chosen))
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _by_month(chosen: Filter) -> bool:
    return chosen.number > BY_DAY


def _asked(chosen: Filter) -> dict[str, Any]:
    every = list(chosen.days())
    los = [days.midnight(day) for day in every]
    his = [*los[1:], chosen.end]
    los[0] = chosen.begin
    return {
        "days": every,
        "los": los,
        "his": his,
        "first": every[0],
        "until": every[-1] + days.A_DAY if chosen.whole else every[-1],  # from here on only facts are read
        "level": "team_" if chosen.agent_id is None and not chosen.network else "",
        "zone": settings.REPORTING_TIME_ZONE,
        "teams": None if chosen.team_ids is None else list(chosen.team_ids),
        "agent": chosen.agent_id,
        "network": chosen.network,
        "by_month": _by_month(chosen),
    }


def _sums(row: Sequence[Any]) -> Sums:
    first = len(COUNTS)
    return (*(int(number or 0) for number in row[:first]), *row[first:])


def _answers(chosen: Filter, total: Sums) -> list[_Answer] | None:
    """The answers themselves, where they are few enough for exact medians."""
    number = total[COUNTS.index("first_responses")] + total[COUNTS.index("next_responses")]
    if number > EXACT:
        return None
    if not number:
        return []
    found = rows.interactions(chosen).filter(ended_by="reply")
    return [
        _Answer(team or 0, agent, network, ended, first, (ended - arrived).total_seconds(),
                (ended - published).total_seconds())
        for team, agent, network, ended, first, arrived, published in found.values_list(
            "team_id", "agent_id", "network", "ended_at", "first", "arrived_at", "published_at"
        )
    ]  # fmt: skip


def _line(sums: Sums, answers: Sequence[_Answer] | None) -> Line:
    first = len(COUNTS)
    if answers is None:
        times = [Times(one, None) for one in sums[first + 1 :]]
    else:
        lists = [
            sorted(getattr(answer, clock) for answer in answers if answer.first is of_first)
            for of_first in (True, False)
            for clock in ("arrived", "published")
        ]
        times = [Times(one, seconds) for one, seconds in zip(sums[first + 1 :], lists, strict=True)]
    return Line(**dict(zip(MEASURES, (*sums[:first], sums[first].total_seconds(), *times), strict=True)))


def _percentile(ordered: Sequence[float], share: float) -> float | None:
    """As PostgreSQL's percentile_cont: between two rows, the share of the way from one to the other."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def hours(chosen: Filter) -> list[tuple[datetime, int, int]]:
    """One day by the hour, from its facts: when each began, arrivals, handled. A day may have 23 or 25 of them."""
    counted: list[dict[int, int]] = []
    for found, column in ((rows.occurrences(chosen, "arrival"), "at"), (rows.interactions(chosen), "ended_at")):
        sql, values = found.order_by().values_list(column).query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT floor(extract(epoch FROM at - %s) / 3600)::int, count(*) FROM ({sql}) f(at) GROUP BY 1",
                [chosen.begin, *values],
            )
            counted.append(dict(cursor.fetchall()))
    arrivals, handled = counted
    number = -(-int((chosen.end - chosen.begin).total_seconds()) // 3600)
    return [
        (chosen.begin + timedelta(hours=hour), arrivals.get(hour, 0), handled.get(hour, 0)) for hour in range(number)
    ]


NO_FIGURES = _line(_NOTHING, [])
