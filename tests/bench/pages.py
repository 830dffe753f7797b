"""The pages' server time in process, signed in as an agent, and the statements that each takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inbox.services import counts
from routing import selectors
from routing.selectors import Place
from tests.bench.load import Loaded

REQUESTS = 40
FIRST = 5  # requests that warm up caches and templates


@dataclass(frozen=True)
class Figure:
    """Milliseconds at the middle and at best (what a busy machine hides), and SQL statements."""

    name: str
    p50: float
    best: float
    statements: int


def measure(desk: Loaded) -> list[Figure]:
    agent, lead = Client(), Client()
    agent.force_login(desk.agent)
    lead.force_login(desk.lead)
    team = f"/inbox/team-{desk.team_id}/"
    deep = f"{team}?after={_deep_mark(desk)}"
    keys = selectors.count_keys(team_ids=[desk.team_id], agent_id=desk.agent.pk, unrouted=False)
    return [
        _figure("queue page, team", lambda: _get(agent, team)),
        _figure("queue page, mine", lambda: _get(agent, "/inbox/mine/")),
        _figure("queue page, unassigned", lambda: _get(agent, f"/inbox/team-{desk.team_id}-unassigned/")),
        _figure("queue page, private only", lambda: _get(agent, f"{team}?audience=direct")),
        _figure("queue page of a lead", lambda: _get(lead, team)),
        _figure("deep page, keyset", lambda: _get(agent, deep, headers={"HX-Request": "true"})),
        _figure("100 rows of the queue", lambda: selectors.queue_rows(place=Place(team_id=desk.team_id), limit=100)),
        _figure("counts of the sidebar", lambda: counts.read(keys)),
        _figure("conversation of 500 messages", lambda: _get(agent, f"{team}{desk.thread_id}/")),
    ]


def _get(client: Client, address: str, **options: Any) -> None:
    response = client.get(address, **options)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")


def _figure(name: str, work: Callable[[], Any]) -> Figure:
    for _ in range(FIRST):
        work()
    with CaptureQueriesContext(connection) as captured:
        work()
    statements = len(captured)  # now: the next request empties the log
    taken = []
    for _ in range(REQUESTS):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return Figure(name, median(taken) * 1000, min(taken) * 1000, statements)


def _deep_mark(desk: Loaded) -> str:
    """The position in the middle of the team's queue."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (extract(epoch FROM waiting_since) * 1000000)::bigint, conversation_id FROM routing_queueentry"
            " WHERE team_id = %s AND status = 'open' ORDER BY waiting_since, conversation_id"
            " OFFSET (SELECT count(*) / 2 FROM routing_queueentry WHERE team_id = %s AND status = 'open') LIMIT 1",
            [desk.team_id, desk.team_id],
        )
        since, pk = cursor.fetchone()
    return f"{since}-{pk}"
