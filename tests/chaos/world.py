"""A desk of real processes that may be killed: its own PostgreSQL, Valkey and network, and eyes on all of them."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2

from connectors.sandbox.harness import ROOT, Sandbox, free_port
from socialdesk.embedded.processes import spawn
from socialdesk.embedded.testing import Services, make_services
from tests.networks import oauth1_secrets

# Kills of PostgreSQL come from us, not from the machine: what it wrote must be with the kernel at the commit.
SETTINGS = ("fsync=off", "full_page_writes=off")
LIMITS = {
    "HTTP_DEADLINE": "1.5",
    "SEND_LEASE": "2.5",
    "POLL_LEASE": "5",
    "STATEMENT_TIMEOUT_MS": "2500",
    "IDLE_IN_TRANSACTION_TIMEOUT_MS": "5000",
    "SWEEP_SECONDS": "1",
    "WORKER_THREADS": "3",
    "READERS": "3",
    "SENDERS": "3",
    "LOG_LEVEL": "WARNING",
}
# Who changed an item's state, when; and room between an outcome and the next claim, so that kills can fall there.
WITNESS = """
CREATE TABLE witness (id bigserial PRIMARY KEY, item_id bigint, state text, attempt int, name text, at timestamptz);
CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO witness (item_id, state, attempt, name, at)
    VALUES (new.id, new.state, new.attempt, current_setting('application_name'), clock_timestamp());
    IF new.state = 'sending' THEN PERFORM pg_sleep(0.06); END IF;
    RETURN new;
END $$;
CREATE TRIGGER witness BEFORE UPDATE OF state ON inbox_outboxitem FOR EACH ROW
    WHEN (old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION witness();
"""


def _on_x(sandbox: Sandbox) -> dict[str, Any]:
    secrets_ = oauth1_secrets(sandbox.create_account("norrline", "Norrline"))
    return {"network": "x", "name": "Norrline on X", "config": {"base_url": sandbox.x_url}, "secrets": secrets_}


def _on_facebook(sandbox: Sandbox) -> dict[str, Any]:
    page = sandbox.create_page("norrline", "Norrline", require_proof=True)
    return {
        "network": "facebook",
        "name": "Norrline on Facebook",
        "config": {"base_url": sandbox.facebook_url},
        "secrets": {name: page[name] for name in ("access_token", "app_secret")},
    }


# What connects the desk's account, by network.
ACCOUNTS: dict[str, Callable[[Sandbox], dict[str, Any]]] = {"x": _on_x, "facebook": _on_facebook}


class World:
    """Processes by name. Names are never used twice, so that a name tells one life."""

    def __init__(self, folder: Path, services: Services, sandbox: Sandbox, network: str) -> None:
        self.folder, self.services, self.sandbox = folder, services, sandbox
        self.pids: dict[str, int] = {}
        self.programs: dict[str, subprocess.Popen[bytes]] = {}
        self.lives = 0
        self._watch = threading.local()
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "REDIS_", "PYTEST_"))},
            **LIMITS,
            "DATABASE_URL": services.postgres.url,
            "REDIS_URL": services.valkey.url,
            "SOCIALDESK_MODE": "test",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_ENCRYPTION_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
            "DJANGO_SETTINGS_MODULE": "socialdesk.settings",
            "PYTHONPATH": str(ROOT),
            "CHAOS_CONNECT": json.dumps(ACCOUNTS[network](sandbox)),
        }
        self.nursery = self._open_nursery()

    # --- processes -------------------------------------------------------------------------------------------------
    def _open_nursery(self) -> subprocess.Popen[str]:
        errors = (self.folder / "workers.log").open("ab")
        with errors:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.nursery"],
                cwd=ROOT, env=self.environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip

    def ready(self) -> None:
        """The database is migrated, the account connected, the witness in place."""
        self._answer()
        self.sql(WITNESS)

    def _answer(self) -> dict[str, Any]:
        assert self.nursery.stdout is not None
        line = self.nursery.stdout.readline()
        if not line:
            raise AssertionError(f"the nursery ended: {(self.folder / 'workers.log').read_text()[-3000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def fork(self, role: str, **options: Any) -> str:
        """A new process of ``role``; its name."""
        assert self.nursery.stdin is not None
        name = self._name(role)
        self.nursery.stdin.write(json.dumps({"name": name, "role": role, "options": options}) + "\n")
        self.nursery.stdin.flush()
        self.pids[name] = self._answer()["pid"]
        return name

    def celery(self, program: str) -> str:
        """A real Celery worker ("worker") or beat ("beat"); its name."""
        name = self._name(program)
        arguments = {"worker": ["worker", "-P", "threads", "--without-gossip", "--without-mingle"]}
        command = [sys.executable, "-m", "celery", "-A", "socialdesk", "--quiet"]
        process = spawn(
            [*command, *arguments.get(program, [program, "--pidfile="])],
            log=self.folder / f"{name}.log", env={**self.environment, "PGAPPNAME": name}, cwd=ROOT,
        )  # fmt: skip
        self.programs[name], self.pids[name] = process, process.pid
        return name

    def _name(self, role: str) -> str:
        self.lives += 1
        return f"{role}-{self.lives}"

    def signal(self, name: str, number: signal.Signals) -> None:
        os.kill(self.pids[name], number)

    def kill(self, name: str) -> None:
        """kill -9, and wait until nothing of it is left."""
        pid = self.pids.pop(name)
        os.kill(pid, signal.SIGKILL)
        if program := self.programs.pop(name, None):
            program.wait(10)
        else:
            until(lambda: not Path(f"/proc/{pid}").exists(), f"{name} to die", 10)

    def close(self) -> None:
        for name in list(self.pids):
            with contextlib.suppress(ProcessLookupError):
                self.kill(name)
        assert self.nursery.stdin is not None
        self.nursery.stdin.close()
        self.nursery.kill()
        self.nursery.wait(10)

    # --- the database ----------------------------------------------------------------------------------------------
    def sql(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """One statement on a connection of the asking thread, which comes back after a restart."""
        for last in (False, True):
            try:
                session = getattr(self._watch, "session", None)
                if session is None or session.closed:
                    session = self._watch.session = psycopg2.connect(self.services.postgres.url)
                    session.autocommit = True
                with session.cursor() as cursor:
                    cursor.execute(statement, values or None)
                    return cursor.fetchall() if cursor.description else []
            except psycopg2.OperationalError:
                self._watch.session = None
                if last:
                    raise
        raise AssertionError

    def number(self, statement: str, values: tuple[Any, ...] = ()) -> int:
        return int(self.sql(statement, values)[0][0])

    def ledger(self) -> list[dict[str, Any]]:
        """What the network has accepted, from its file; a line that is being written does not count yet."""
        lines = (self.sandbox.data / "network" / "ledger.jsonl").read_text().split("\n")[:-1]
        return [json.loads(line) for line in lines]


def until(condition: Callable[[], Any], what: str, patience: float, *, every: float = 0.01) -> Any:
    """Wait for ``condition``; what it gave. Fails by naming ``what`` was waited for."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:g} s in vain for {what}")
        time.sleep(every)
    return found


@contextlib.contextmanager
def running_services(folder: Path) -> Iterator[tuple[Services, Sandbox]]:
    """A database server, a broker and a network of one's own."""
    services = make_services(settings=SETTINGS)
    sandbox = Sandbox(folder / "sandbox", free_port())
    # The services die with the thread that starts them, so it is the network that starts beside them.
    starting = threading.Thread(target=sandbox.start)
    starting.start()
    try:
        services.start()
        starting.join()
        sandbox.rates_off()
        yield services, sandbox
    finally:
        starting.join()
        sandbox.stop()
        services.stop()


@contextlib.contextmanager
def running_world(folder: Path, network: str = "x") -> Iterator[World]:
    with running_services(folder) as (services, sandbox):
        world = World(folder, services, sandbox, network)
        try:
            yield world
        finally:
            world.close()
