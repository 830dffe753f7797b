"""A whole desk of real processes on the tests' database: web server, worker, beat, and the sandbox as both networks."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
from django.db import connection as database

from connectors.models import StreamState
from connectors.sandbox.harness import Sandbox, free_port
from routing.models import AgentProfile, Membership, Topic
from tests import factories
from tests.networks import connect_both

ROOT = Path(__file__).resolve().parents[3]
PACE = {"UNDO_SECONDS": "1", "SWEEP_SECONDS": "0.5", "DEBUG": "", "LOG_LEVEL": "WARNING"}
NOON = 12
READ_EVERY = 0.5  # seconds, where the networks would give us a minute


@dataclass
class Desk:
    """What runs, and what the database holds. The database is only read."""

    address: str
    database: str
    network: Sandbox
    folder: Path
    zone: str

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with contextlib.closing(psycopg2.connect(self.database)) as session, session, session.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def number(self, statement: str, *values: Any) -> int:
        return int(self.rows(statement, *values)[0][0])

    def until(self, true: Callable[[], Any], what: str, patience: float = 40, *, told: Sequence[str] = ()) -> Any:
        """What ``true`` gave at last; what it has ``told`` is said when it never did."""
        end = time.monotonic() + patience
        while not (found := true()):
            assert time.monotonic() < end, "\n".join([f"waited {patience:g} s in vain for {what}", *told, self.said()])
            time.sleep(0.1)
        return found

    def holder(self, customer: str) -> str:
        """Who has the customer's conversation; nobody yet is an empty name."""
        rows = self.rows(HOLDER, customer)
        return rows[0][0] or "" if rows else ""

    def said(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in sorted(self.folder.glob("*.log")))


HOLDER = """
SELECT u.username FROM inbox_conversation c JOIN inbox_identity i ON i.id = c.identity_id
JOIN routing_assignment a ON a.conversation_id = c.id AND a.ended_at IS NULL LEFT JOIN auth_user u ON u.id = a.agent_id
WHERE lower(i.name) = lower(%s) ORDER BY c.id DESC
"""


def where_it_is_noon() -> str:
    """A zone (Etc/GMT-3 is three hours ahead of UTC) in which no midnight falls into what is about to happen."""
    return f"Etc/GMT{datetime.now(UTC).hour - NOON:+d}"


@contextlib.contextmanager
def running_desk(network: Sandbox, folder: Path) -> Iterator[Desk]:
    port = free_port()
    where = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + database.settings_dict["NAME"]).geturl()
    zone = where_it_is_noon()
    environment = {**os.environ, **PACE, "DATABASE_URL": where, "SANDBOX_URL": network.url, "REPORTING_TIME_ZONE": zone}
    celery = [sys.executable, "-m", "celery", "-A", "socialdesk", "--quiet"]
    programs = {
        "web": [sys.executable, "-m", "uvicorn", "socialdesk.asgi:application", "--port", str(port),
                "--log-level", "warning", "--timeout-graceful-shutdown", "1"],
        "worker": [*celery, "worker", "-P", "threads", "--without-gossip", "--without-mingle"],
        "beat": [*celery, "beat", "--pidfile="],
    }  # fmt: skip
    running = []
    for name, command in programs.items():
        with (folder / f"{name}.log").open("wb") as log:
            running.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
    desk = Desk(f"http://127.0.0.1:{port}", where, network, folder, zone)
    try:
        desk.until(lambda: _answers(f"{desk.address}/accounts/login/"), "the web server", 90)
        yield desk
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def staffed() -> None:
    """Two agents, a lead, an expert among experts, an admin; nobody has anything yet."""
    help_desk, experts = (
        factories.team("Help desk", is_help_desk=True),
        factories.team("Billing experts", kind="experts"),
    )
    experts.topics.add(Topic.objects.create(name="Invoices"))
    alice = factories.person("alice", help_desk, password=factories.PASSWORD)
    people = {
        "mei": factories.person("mei", help_desk),
        "bob": factories.person("bob", help_desk, experts, role="lead"),
        "erin": factories.person("erin", experts, role="expert"),
        "dana": factories.person("dana", role="admin", availability="away"),
    }
    for user in people.values():  # hashing is slow, and it is the same password
        user.password = alice.password
        user.save(update_fields=["password"])
    assert AgentProfile.objects.count() == 5
    assert Membership.objects.count() == 5


def connected(network: Sandbox) -> None:
    """Both accounts, read often."""
    connect_both(network)
    StreamState.objects.update(interval=READ_EVERY)
