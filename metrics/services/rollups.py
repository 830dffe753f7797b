"""Rolling days and months up. What is marked as rolled equals its facts; everything else is read from them.

A late fact takes the mark away in its own transaction, under the day's lock; the sweep puts it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from metrics import days
from metrics.cells import COLUMNS, FIRST, KEYS, STORED_SUMS, by_team, cells
from metrics.models import RolledPeriod, Rollup
from metrics.services import touches

_LOCK_SPACE = 0x0D47  # with the day's number, negative for a month
DAY, MONTH = Rollup.Span.DAY.value, Rollup.Span.MONTH.value
# In the order in which they are read.
_ROLL = f"""
    INSERT INTO metrics_rollup (span, period, {COLUMNS})
    SELECT span, %(period)s, {COLUMNS} FROM ({{}}) cell ORDER BY span, {", ".join(KEYS)}
"""
_ROLL_DAY = f"""
    WITH cell AS MATERIALIZED (
        {cells("(SELECT %(period)s::date AS day, %(lo)s::timestamptz AS lo, %(hi)s::timestamptz AS hi)")}
    )
    {_ROLL.format(by_team("day", "cell"))}
"""
_ROLL_MONTH = f"""
    WITH cell AS MATERIALIZED (
        SELECT {", ".join(KEYS)}, {STORED_SUMS} FROM metrics_rollup
        WHERE span = 'day' AND period >= %(period)s AND period < %(until)s GROUP BY {", ".join(KEYS)}
    )
    {_ROLL.format(by_team("month", "cell"))}
"""


def spoil(moments: Iterable[datetime]) -> None:
    """Facts of these moments are new in the running transaction: their days are to be rolled anew."""
    touched = {days.day_of(moment) for moment in moments}
    if not touched:
        return
    months = {days.month_of(day) for day in touched}
    with connection.cursor() as cursor:
        _lock(sorted([-month.toordinal() for month in months] + [day.toordinal() for day in touched]))
        cursor.execute(
            "DELETE FROM metrics_rolledperiod WHERE span = 'day' AND period = ANY(%s::date[])"
            " OR span = 'month' AND period = ANY(%s::date[])",
            [list(touched), list(months)],
        )


def _lock(keys: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, key])


def roll_due(*, limit: int = 31) -> int:
    """Roll up to ``limit`` days that are over and not rolled, then their months. Returns how many."""
    due = _due_days()
    for day in due[:limit]:
        roll_day(day=day)
    return len(due[:limit]) + (sum(_roll_month(month) for month in _due_months()) if len(due) <= limit else 0)


def _due_days() -> list[date]:
    """From the first fact until yesterday, the newest first. A touch that may still grow keeps its day open."""
    today = days.today()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT {FIRST}, (SELECT lower(period) FROM metrics_touch WHERE upper(period) > %(quiet)s
                        AND lower(period) >= %(lately)s AND lower(period) < %(begin)s ORDER BY lower(period) LIMIT 1)
            """,
            {
                "quiet": timezone.now() - 2 * touches.MISSED,
                "lately": days.midnight(today - 2 * days.A_DAY),
                "begin": days.midnight(today),
            },
        )
        first, growing = cursor.fetchone()
    if first is None:
        return []
    last = days.day_of(growing) if growing else today
    rolled = set(
        RolledPeriod.objects.filter(span=DAY, zone=settings.REPORTING_TIME_ZONE).values_list("period", flat=True)
    )
    begin = days.day_of(first)
    every = (last - timedelta(days=number) for number in range(1, (last - begin).days + 1))
    return [day for day in every if day not in rolled]


@transaction.atomic
def roll_day(*, day: date) -> None:
    """The day's sums from its facts, whatever stood there. Any number of times, by any number of workers."""
    _lock([day.toordinal()])
    parameters = {"period": day, "lo": days.midnight(day), "hi": days.midnight(day + days.A_DAY)}
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM metrics_rollup WHERE span IN ('day', 'team_day') AND period = %s", [day])
        cursor.execute(_ROLL_DAY, parameters)
    _mark(DAY, day, day + days.A_DAY)


def _mark(span: str, period: date, until: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO metrics_rolledperiod (span, period, until, zone) VALUES (%s, %s, %s, %s) ON CONFLICT"
            " (span, period) DO UPDATE SET until = excluded.until, zone = excluded.zone, at = statement_timestamp()",
            [span, period, until, settings.REPORTING_TIME_ZONE],
        )


def _due_months() -> list[date]:
    """Months that have more rolled days than they are summed up of, from their first on without a gap."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT month FROM (
                SELECT date_trunc('month', period)::date AS month, max(until) AS until, count(*) AS number
                FROM metrics_rolledperiod WHERE span = 'day' AND zone = %(zone)s GROUP BY 1
            ) d
            WHERE number = until - month AND NOT EXISTS (
                SELECT FROM metrics_rolledperiod m
                WHERE m.span = 'month' AND m.zone = %(zone)s AND m.period = d.month AND m.until = d.until
            )
            """,
            {"zone": settings.REPORTING_TIME_ZONE},
        )
        return [month for (month,) in cursor.fetchall()]


@transaction.atomic
def _roll_month(month: date) -> bool:
    """A month from its rolled days, up to a gap. The month's lock keeps late facts waiting meanwhile."""
    _lock([-month.toordinal()])
    rolled = set(
        RolledPeriod.objects.filter(
            span=DAY, zone=settings.REPORTING_TIME_ZONE, period__gte=month, period__lt=days.next_month(month)
        ).values_list("period", flat=True)
    )
    until = month
    while until in rolled:
        until += days.A_DAY
    if until == month:
        return False
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM metrics_rollup WHERE span IN ('month', 'team_month') AND period = %s", [month])
        cursor.execute(_ROLL_MONTH, {"period": month, "until": until})
    _mark(MONTH, month, until)
    return True


def rebuild() -> int:
    """Everything anew from the facts. Pages read the facts meanwhile, so that no figure is ever wrong."""
    RolledPeriod.objects.all().delete()
    Rollup.objects.all().delete()
    rolled = 0
    while some := roll_due():
        rolled += some
    return rolled
