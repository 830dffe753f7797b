"""On one worker nobody waits for somebody else's trouble: two hundred connections are read, and replies leave."""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection as database
from django.utils import timezone

from connectors.models import Connection, Lane, StreamState
from connectors.sandbox.harness import Sandbox
from inbox.models import Message, OutboxItem
from inbox.services import connections
from tests import factories
from tests.flows.conftest import Desk
from tests.networks import oauth1_secrets

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]

# The networks' own intervals are 30 to 75 s, for two streams of each connection: about nine reads a second. Here one
# stream of each is read every 22 s, which is nine a second too. Time-outs are the real ones.
INTERVAL, WATCHED = 22.0, 45.0
READ = {"healthy": ("mentions", "comments"), "history": ("messages",)}
HISTORY = 10_000
FAULTS: dict[str, dict[str, Any]] = {
    "hangs": {"name": "slow", "seconds": 120},
    "429": {"name": "status", "status": 429, "reset": 600},
    "5xx": {"name": "status", "status": 503},
    "401": {"name": "expire_token"},
}


@dataclass
class Fleet:
    """Connections by their health."""

    of: dict[str, list[int]]

    def streams(self, health: str) -> Any:
        rows = StreamState.objects.filter(connection__in=self.of[health])
        return rows.filter(stream__in=READ.get(health, READ["healthy"]))

    def begin(self) -> datetime:
        """Due one after another within the first interval, as connections that were made at different times are."""
        rows = sorted((row for health in self.of for row in self.streams(health)), key=lambda row: row.pk)
        now, far = timezone.now(), timedelta(days=1)
        StreamState.objects.update(next_poll_at=now + far)
        for number, row in enumerate(rows):
            row.interval, row.next_poll_at = INTERVAL, now + timedelta(seconds=INTERVAL * number / len(rows))
        StreamState.objects.bulk_update(rows, ["next_poll_at", "interval"])
        return now


def healths() -> list[str]:
    """200 of them, mixed so that the ill stand between the healthy ones."""
    ill = ["hangs"] * 24 + ["429"] * 10 + ["5xx"] * 10 + ["401"] * 10 + ["history"] * 3
    places = {round(n * 200 / len(ill)): health for n, health in enumerate(ill)}
    return [places.get(n, "healthy") for n in range(200)]


def connect_fleet(network: Sandbox) -> Fleet:
    """Every fourth is a Facebook page, the others are accounts on X."""
    network.clear_faults()
    network.reset(keep_accounts=False)
    network.rates_off()
    fleet, faults = Fleet(defaultdict(list)), []
    config: dict[str, Any]
    for number, health in enumerate(healths()):
        handle = f"brand{number}"
        if number % 4 == 3 and health != "history":
            page = network.create_page(handle)
            key, config = "facebook", {"base_url": network.facebook_url}
            secrets = {name: page[name] for name in ("access_token", "app_secret")}
        else:
            key, config = "x", {"base_url": network.x_url, "history": HISTORY}
            secrets = oauth1_secrets(network.create_account(handle))
        made = connections.connect(network=key, name=handle, config=config, secrets=secrets)
        fleet.of[health].append(made.pk)
        if health == "history":
            for start in range(0, HISTORY, 1000):
                lines = [
                    {"handle": f"c{n}", "text": f"Line {n}", "account": handle} for n in range(start, start + 1000)
                ]
                network.dms(lines)
        elif health != "healthy":
            faults.append({**FAULTS[health], "account": handle})
    network.call("PUT", "/faults", faults)
    return fleet


@contextmanager
def one_worker(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One worker process and the beat that wakes it, as in production."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + database.settings_dict["NAME"])
    environment = {**os.environ, "DATABASE_URL": url.geturl(), "DEBUG": "", "LOG_LEVEL": "WARNING"}
    celery = [sys.executable, "-m", "celery", "-A", "socialdesk", "--quiet"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with (folder / "log").open("wb") as log:
        programs = [
            subprocess.Popen([*celery, *arguments], cwd=ROOT, env=environment, stdout=log, stderr=log)
            for arguments in (["worker", "-P", "threads", *quiet], ["beat", "--pidfile="])
        ]
        try:
            yield programs[0]
        finally:
            for program in programs:
                program.kill()
                program.wait(10)


def wait_for_the_worker(fleet: Fleet) -> None:
    first, end = fleet.streams("healthy")[0], time.monotonic() + 60
    StreamState.objects.filter(pk=first.pk).update(next_poll_at=timezone.now())
    while StreamState.objects.filter(pk=first.pk, last_success_at=None).exists():
        assert time.monotonic() < end, "the worker did not come up"
        time.sleep(0.1)


def watch(seconds: float) -> dict[int, list[datetime]]:
    """When each stream was read with success, seen often enough to miss none."""
    seen: dict[int, list[datetime]] = defaultdict(list)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for pk, at in StreamState.objects.exclude(last_success_at=None).values_list("pk", "last_success_at"):
            if at is not None and at not in seen[pk][-1:]:
                seen[pk].append(at)
        time.sleep(1)
    return seen


def ratios(reads: list[datetime], began: datetime, ended: datetime) -> list[float]:
    """Between every two reads, and before the first and behind the last, in intervals."""
    moments = [began, *reads, ended]
    return [(b - a).total_seconds() / INTERVAL for a, b in itertools.pairwise(moments)]


def told(fleet: Fleet, worst: list[float]) -> str:
    cuts = statistics.quantiles(worst, n=20)
    late = sorted(row.late for row in fleet.streams("healthy"))
    lines = [
        f"{len(worst)} healthy connections of 200, read every {INTERVAL:g} s for {WATCHED:g} s by one worker",
        f"longest wait in intervals: median {cuts[9]:.2f}, p95 {cuts[18]:.2f}, worst {worst[-1]:.2f}",
        f"begun late, last turn: median {late[len(late) // 2]:.2f} s, worst {late[-1]:.2f} s",
    ]
    for health in sorted(fleet.of):
        rows = list(fleet.streams(health))
        lanes = ", ".join(f"{sum(row.lane == lane for row in rows)} {lane.name.lower()}" for lane in Lane)
        lines.append(f"{health}: {len(rows)}, at most {max(row.failures for row in rows)} failures, lanes: {lanes}")
    return "\n".join(["", *lines, f"{Message.objects.count()} messages of long histories came in"])


def test_ill_connections_make_no_healthy_one_late(network: Sandbox, tmp_path: Path, capsys: Any) -> None:
    factories.desk()
    fleet = connect_fleet(network)
    StreamState.objects.update(next_poll_at=timezone.now() + timedelta(days=1))
    with one_worker(tmp_path):
        wait_for_the_worker(fleet)  # its start is not measured
        began = fleet.begin()
        seen = watch(WATCHED)
        ended = timezone.now()
    worst = sorted(
        max(ratios([at for at in seen[row.pk] if at >= began], began, ended)) for row in fleet.streams("healthy")
    )
    with capsys.disabled():
        print(told(fleet, worst))
    assert worst[-1] <= 1.2, (tmp_path / "log").read_text()[-3000:]
    ill = Connection.objects.filter(state="unauthorised").values_list("pk", flat=True)
    assert set(ill) == set(fleet.of["401"]), "only an auth error disconnects"
    assert all(row.lane != Lane.QUICK for row in fleet.streams("hangs"))
    for pk in fleet.of["history"]:
        assert Message.objects.filter(connection=pk).count() >= 300, "and the histories come on"


def test_an_account_that_hangs_or_is_paused_keeps_no_other_reply_waiting(desk: Desk, tmp_path: Path) -> None:
    """Twelve replies of one account hang until the deadline, six of another were written after them."""
    quiet = [connect_another(desk, name) for name in ("harbour", "ferry")]
    for account, number in (("harbour", 12), ("norrline", 6), ("ferry", 1)):
        desk.network.posts(
            [{"handle": f"{account}{n}", "text": f"@{account} hello {n}", "account": account} for n in range(number)]
        )
    for connection in (desk.connection, *quiet):
        desk.connection = connection
        desk.poll()
    harbour, ferry = quiet
    connections.pause(connection_id=ferry.pk, actor=desk.bob)
    desk.network.fault("timeout_before_write", account="harbour", seconds=60)
    hanging = [desk.reply(f"harbour{n}", f"Hello {n}") for n in range(12)]
    desk.reply("ferry0", "Waits for the admin")
    with one_worker(tmp_path):
        until(lambda: count("sending", harbour) == 2, 60)
        began = time.monotonic()
        prompt = [desk.reply(f"norrline{n}", f"Hello {n}") for n in range(6)]
        most = until(lambda: OutboxItem.objects.filter(pk__in=ids(prompt), state="sent").count() == 6, 15, harbour)
        took = time.monotonic() - began
        assert OutboxItem.objects.filter(pk__in=ids(hanging), state="sent").count() == 0
        assert most <= 2, "of the senders one account has at most two"
        assert took < 15, "which is less than the deadline that the others wait for"
        assert count("queued", ferry) + count("held", ferry) == 1


def connect_another(desk: Desk, handle: str) -> Connection:
    secrets = oauth1_secrets(desk.network.create_account(handle))
    return connections.connect(network="x", name=handle, config={"base_url": desk.network.x_url}, secrets=secrets)


def ids(items: list[OutboxItem]) -> list[int]:
    return [item.pk for item in items]


def count(state: str, connection: Connection) -> int:
    return OutboxItem.objects.filter(state=state, connection=connection).count()


def until(true: Any, seconds: float, watched: Connection | None = None) -> int:
    """Wait for it, and say how many replies of an account were under way at most meanwhile."""
    end, most = time.monotonic() + seconds, 0
    while not true():
        assert time.monotonic() < end, "it took too long"
        most = max(most, count("sending", watched) if watched else 0)
        time.sleep(0.05)
    return most
