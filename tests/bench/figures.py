"""The dashboard over a year of interactions: its server time, and its figures against a GROUP BY of the raw rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from metrics import days, selectors
from metrics.cells import COUNTS
from metrics.days import Filter
from metrics.services import rollups
from routing.models import Membership
from tests import factories

TEAMS = 30
AGENTS_A_TEAM = 3
NETWORKS = ("x", "facebook", "mastodon", "bluesky")
DAYS = 365
REQUESTS = 15
# Everything that the dashboard shows of the turns, from the rows themselves.
_RAW = """
    SELECT team_id, agent_id, network, count(*),
        count(*) FILTER (WHERE ended_by = 'reply' AND visibility = 'public'),
        count(*) FILTER (WHERE ended_by = 'reply' AND visibility = 'direct'),
        count(*) FILTER (WHERE ended_by = 'resolution'),
        count(*) FILTER (WHERE ended_by = 'reply' AND first),
        count(*) FILTER (WHERE ended_by = 'reply' AND NOT first){more}
    FROM metrics_interaction WHERE ended_at >= %s AND ended_at < %s GROUP BY {sets}
"""
_PERCENTILES = "".join(
    f", percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - {clock}))"
    f" FILTER (WHERE ended_by = 'reply' AND {first})"
    for first in ("first", "NOT first")
    for clock in ("arrived_at", "published_at")
)
# One conversation carries every fact: what is measured never looks at conversations.
_FACTS = """
    CREATE TEMP TABLE turn AS
    WITH dice AS (
        SELECT g, random() AS a, random() AS b, random() AS c, random() AS d, random() AS e, random() AS f
        FROM generate_series(1, {number}) g
    )
    SELECT g, least({agents} - 1, floor({agents} * a * a)::int) AS seat,
        ({networks})[1 + least(3, floor(4 * b * b)::int)] AS network,
        CASE WHEN c < 0.12 THEN 'resolution' ELSE 'reply' END AS ended_by,
        CASE WHEN d < 0.55 THEN 'public' ELSE 'direct' END AS visibility, e < 0.6 AS first,
        timestamptz '{begin}' + g * (interval '{days} days' / {number}) AS ended_at,
        exp(6.5 + 1.4 * sqrt(-2 * ln(greatest(f, 1e-9))) * cos(6.2832 * a)) * interval '1 second' AS took
    FROM dice;
    ANALYZE turn; ALTER TABLE turn ADD team_id int, ADD agent_id int;
    UPDATE turn SET team_id = m.team_id, agent_id = m.user_id
    FROM (SELECT row_number() OVER (ORDER BY id) - 1 AS seat, team_id, user_id FROM routing_membership) m
    WHERE m.seat = turn.seat;
    INSERT INTO metrics_interaction (conversation_id, turn_id, agent_id, team_id, network, visibility, ended_by,
            published_at, arrived_at, ended_at, first, position)
        SELECT 1, g, agent_id, team_id, network, CASE ended_by WHEN 'reply' THEN visibility ELSE '' END, ended_by,
            ended_at - took - interval '20 seconds', ended_at - took, ended_at, first, g FROM turn;
    INSERT INTO metrics_occurrence (position, kind, at, conversation_id, message_id, agent_id, team_id, network,
            visibility)
        SELECT g, 'arrival', ended_at - took, 1, g, NULL, team_id, network, visibility FROM turn
        UNION ALL SELECT {number} + g, 'resolution', ended_at, 1, NULL, agent_id, team_id, network, '' FROM turn
            WHERE g % 2 = 0
        UNION ALL SELECT 2 * {number} + g, 'reopening', ended_at, 1, NULL, NULL, team_id, network, '' FROM turn
            WHERE g % 20 = 0
"""


@dataclass(frozen=True)
class Figures:
    """Milliseconds, except where a name says otherwise."""

    interactions: int
    cells: int
    rolled_seconds: float
    page: float
    page_best: float
    statements: int
    figures: float
    raw: float
    raw_counts: float
    spoiled: float
    equal: bool


def measure(number: int) -> Figures:
    lead = _load(number)
    begin = time.perf_counter()
    while rollups.roll_due(limit=400):
        pass
    rolled = time.perf_counter() - begin
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
        cursor.execute("SELECT count(*) FROM metrics_rollup WHERE span = 'day'")
        cells = int(cursor.fetchone()[0])
    today = days.today()
    chosen = Filter(day_from=today - timedelta(days=DAYS), day_to=today)
    client = factories.signed_in(lead)
    address = f"/metrics/?from={chosen.day_from}&to={chosen.day_to}"
    figures = _timed(lambda: selectors.board(chosen))
    raw = _timed(lambda: _raw(chosen, more=_PERCENTILES, sets=_SETS), times=3)
    raw_counts = _timed(lambda: _raw(chosen, more="", sets=_SETS), times=5)
    equal = _equal(chosen)
    page = _timed(lambda: _get(client, address))
    with CaptureQueriesContext(connection) as captured:
        _get(client, address)
    statements = len(captured)
    day = today - timedelta(days=100)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM metrics_rolledperiod WHERE period = %s OR period = %s", [day, days.month_of(day)])
    spoiled = _timed(lambda: _get(client, address))
    equal = equal and _equal(chosen)
    found = Figures(
        number, cells, rolled, median(page), min(page), statements, median(figures), median(raw), median(raw_counts),
        median(spoiled), equal,
    )  # fmt: skip
    _unload()
    return found


_SETS = "GROUPING SETS ((team_id, agent_id, network), ())"


def _load(number: int) -> User:
    teams = [factories.team("Help desk", is_help_desk=True)]
    teams += [factories.team(f"Team {n}") for n in range(2, TEAMS + 1)]
    for n in range(TEAMS * AGENTS_A_TEAM):
        factories.person(f"agent{n}", teams[n % TEAMS], capacity=10**6)
    facts = {
        "number": number, "agents": TEAMS * AGENTS_A_TEAM, "networks": f"ARRAY{list(NETWORKS)}", "days": DAYS,
        "begin": (timezone.now() - timedelta(days=DAYS)).isoformat(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET session_replication_role = replica; SELECT setseed(0.42)")
        cursor.execute(_FACTS.format(**facts))
        cursor.execute("SET session_replication_role = origin; DROP TABLE turn; ANALYZE")
    for network in NETWORKS:
        factories.connection(network, network=network)
    lead = factories.person("lead", role="lead")
    Membership.objects.bulk_create(Membership(team=team, user=lead) for team in teams)
    return lead


def _get(client: Client, address: str) -> None:
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")


def _timed(work: Callable[[], Any], *, times: int = REQUESTS) -> list[float]:
    work()
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begin) * 1000)
    return taken


def _raw(chosen: Filter, *, more: str, sets: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_RAW.format(more=more, sets=sets), [chosen.begin, chosen.end])
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _equal(chosen: Filter) -> bool:
    """Every count of every team, agent and network, and of all together, to the unit."""
    board = selectors.board(chosen)
    raw: dict[tuple[str, Any], list[int]] = {}
    for team, agent, network, *counts in _raw(chosen, more="", sets="team_id, agent_id, network"):
        for key in (("team", team), ("agent", agent), ("network", network), ("all", None)):
            raw[key] = [a + b for a, b in zip(raw.get(key, [0] * 6), counts, strict=True)]
    shown = {("team", key): line for key, line in board.teams.items()}
    shown |= {("agent", key): line for key, line in board.agents.items()}
    shown |= {("network", key): line for key, line in board.networks.items()}
    shown[("all", None)] = board.total
    names = COUNTS[1:7]
    figures = {key: [getattr(line, name) for name in names] for key, line in shown.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE kind = 'arrival'), count(*) FILTER (WHERE kind = 'resolution'),"
            " count(*) FILTER (WHERE kind = 'reopening') FROM metrics_occurrence WHERE at >= %s AND at < %s",
            [chosen.begin, chosen.end],
        )
        rest = cursor.fetchone()
    return figures == raw and rest == (board.total.arrivals, board.total.resolutions, board.total.reopenings)


def _unload() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE metrics_interaction, metrics_occurrence, metrics_touch, metrics_rollup, metrics_rolledperiod,"
            " metrics_rollupcheck, routing_team, routing_membership, routing_agentprofile, auth_user,"
            " connectors_connection RESTART IDENTITY CASCADE"
        )
