"""The real embedded desk under its supervisor, as `make run` starts it, and kill -9 for each of its processes."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg2

from connectors.sandbox.harness import ROOT, Control, free_port
from socialdesk.embedded.folders import service_account, socket_folder
from tests.chaos.world import until

PROGRAMS = ("web", "worker", "beat", "sandbox", "postgres", "valkey")
# A killed worker's lease on a stream is over soon; everything else is as `make run` has it.
QUICK = {
    "POLL_LEASE": "6",
    "IDLE_IN_TRANSACTION_TIMEOUT_MS": "6000",
    "STATEMENT_TIMEOUT_MS": "5000",
    "HTTP_DEADLINE": "4",
}


@dataclass
class RunningDesk:
    """A desk with a data folder of its own."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def network(self) -> Control:
        return Control(f"http://127.0.0.1:{self.port + 1}")

    def children(self) -> dict[str, int]:
        """The pids of the desk's programs, as its supervisor records them."""
        return {row["name"]: row["pid"] for row in json.loads((self.data / "children.json").read_text())}

    def kill(self, name: str) -> None:
        """kill -9 of a program; waits until the supervisor has started it again."""
        pid = self.children()[name]
        os.kill(pid, signal.SIGKILL)

        def back() -> bool:
            new = self.children().get(name, pid)
            return new != pid and psutil.pid_exists(new)

        until(back, f"{name} to be started again", 30, every=0.05)

    def answers(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return bool(self.network.state())
        return False

    def healthy(self) -> bool:
        address = f"http://127.0.0.1:{self.port}/healthz"
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
        return False

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """One statement; nothing while PostgreSQL is away."""
        services = (self.data / "services").resolve()  # a link where root may not let the services in
        password = (services / "postgres.password").read_text().strip()
        sockets = socket_folder(services, service_account())
        try:
            with (
                contextlib.closing(
                    psycopg2.connect(host=str(sockets), user="socialdesk", dbname="socialdesk", password=password)
                ) as session,
                session.cursor() as cursor,
            ):
                session.autocommit = True
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.OperationalError:
            return []

    def number(self, statement: str) -> int:
        rows = self.sql(statement)
        return int(rows[0][0]) if rows else -1

    def read_often(self, seconds: float) -> None:
        """How often the account's mentions are read."""
        self.sql(
            f"UPDATE connectors_streamstate SET interval = {seconds}, next_poll_at = now() WHERE stream = 'mentions'"
        )


@contextlib.contextmanager
def running_desk(folder: Path) -> Iterator[RunningDesk]:
    port = free_port()
    hidden = (
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "FIELD_ENCRYPTION_KEYS",
        "SOCIALDESK_MODE",
        "DJANGO_SETTINGS_MODULE",
    )
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {
        **QUICK,
        "STORY": "off",
        "SOCIALDESK_DATA": str(folder),
        "PORT": str(port),
        "SANDBOX_PORT": str(port + 1),
    }
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "desk.log").open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "socialdesk.embedded.run"], cwd=ROOT, env=environment,
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    desk = RunningDesk(folder, port, process)
    try:
        until(lambda: desk.healthy() or process.poll() is not None, "the desk to be healthy", 150, every=0.2)
        assert process.poll() is None, (folder.parent / "desk.log").read_text()[-2000:]
        yield desk
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree((folder / "services").resolve(), ignore_errors=True)
