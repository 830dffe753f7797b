"""The checker: every rolled day and month against the facts, once a night, and put right where they differ."""

from __future__ import annotations

import logging
from datetime import date

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from metrics import days
from metrics.cells import COLUMNS, KEYS, STORED_SUMS, by_team, cells
from metrics.models import RolledPeriod, RollupCheck

log = logging.getLogger(__name__)

# One statement, so that the marks, the rollups and the facts are of one moment.
_DAYS = f"""
    WITH rolled AS MATERIALIZED (
        SELECT p.period AS day, asked.lo, asked.hi FROM metrics_rolledperiod p
        JOIN unnest(%(days)s::date[], %(los)s::timestamptz[], %(his)s::timestamptz[]) AS asked(day, lo, hi)
            ON asked.day = p.period
        WHERE p.span = 'day' AND p.zone = %(zone)s
    ),
    cell AS MATERIALIZED ({cells("rolled")}),
    facts AS MATERIALIZED (
        SELECT d.day, f.* FROM rolled d
        CROSS JOIN LATERAL ({by_team("day", "(SELECT * FROM cell WHERE cell.day = d.day)")}) f
    ),
    stored AS MATERIALIZED (
        SELECT d.day, r.span, {COLUMNS} FROM rolled d
        JOIN metrics_rollup r ON r.span IN ('day', 'team_day') AND r.period = d.day
    )
    SELECT (SELECT count(*) FROM rolled), ARRAY(
        SELECT DISTINCT day FROM (
            (TABLE facts EXCEPT ALL TABLE stored) UNION ALL (TABLE stored EXCEPT ALL TABLE facts)
        ) x ORDER BY day
    )
"""
_MONTH = f"""
    WITH rolled AS MATERIALIZED (
        SELECT period, until FROM metrics_rolledperiod
        WHERE span = 'month' AND zone = %(zone)s AND period = %(month)s
    ),
    stored AS MATERIALIZED (
        SELECT span, {COLUMNS} FROM metrics_rollup
        WHERE span IN ('month', 'team_month') AND period IN (SELECT period FROM rolled)
    ),
    cell AS MATERIALIZED (
        SELECT {", ".join(KEYS)}, {STORED_SUMS} FROM metrics_rollup r
        JOIN rolled m ON r.period >= m.period AND r.period < m.until
        WHERE r.span = 'day' GROUP BY {", ".join(KEYS)}
    ),
    sums AS MATERIALIZED ({by_team("month", "cell")})
    SELECT EXISTS ((TABLE stored EXCEPT ALL TABLE sums) UNION ALL (TABLE sums EXCEPT ALL TABLE stored))
"""


@transaction.atomic
def check_due() -> RollupCheck | None:
    """Tonight's check, unless it is done: its row is the claim, and goes with a worker that dies over it."""
    check, new = RollupCheck.objects.get_or_create(day=days.today())
    return run(check) if new else None


def run(check: RollupCheck) -> RollupCheck:
    """Compare, month by month. What differs is read from the facts at once and rolled anew by the sweep."""
    check.compared, check.different = 0, []
    months = {days.month_of(day) for day in RolledPeriod.objects.values_list("period", flat=True)}
    for month in sorted(months):
        number, different = _compare(month)
        check.compared += number
        check.different += different
    if check.different:
        log.error("Rollups differed from their facts and are rolled anew: %s", ", ".join(check.different))
    check.at = timezone.now()
    check.save()
    return check


@transaction.atomic
def _compare(month: date) -> tuple[int, list[str]]:
    """How many days of a month were compared, and what differed: days, or the month ("2026-03")."""
    after = days.next_month(month)
    every = [date.fromordinal(number) for number in range(month.toordinal(), after.toordinal())]
    values = {
        "days": every,
        "los": [days.midnight(day) for day in every],
        "his": [days.midnight(day + days.A_DAY) for day in every],
        "zone": settings.REPORTING_TIME_ZONE,
        "month": month,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, values)
        number, wrong = cursor.fetchone()
        cursor.execute(_MONTH, values)
        month_is_wrong = cursor.fetchone()[0] or bool(wrong)
    RolledPeriod.objects.filter(span="day", period__in=wrong).delete()
    if month_is_wrong:
        RolledPeriod.objects.filter(span="month", period=month).delete()
    named = [day.isoformat() for day in wrong]
    return number, named if named or not month_is_wrong else [f"{month:%Y-%m}"]
