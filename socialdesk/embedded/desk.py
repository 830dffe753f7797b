"""What `make run` brings up, step by step."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

from socialdesk.embedded import vault
from socialdesk.embedded.errors import DeskError
from socialdesk.embedded.folders import (
    data_folder,
    require_space,
    service_account,
    services_folder,
    socket_folder,
)
from socialdesk.embedded.postgres import Postgres, last_line
from socialdesk.embedded.processes import Register, spawn
from socialdesk.embedded.supervisor import Child, Say, Supervisor
from socialdesk.embedded.valkey import Valkey

CHECKOUT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
STAGES = ("connectors", "inbox", "routing", "metrics", "socialdesk")


class Desk:
    def __init__(self, say: Say) -> None:
        self.say = say
        self.port = port_from("PORT", 8000)
        self.sandbox_port = port_from("SANDBOX_PORT", self.port + 1)
        self.data = data_folder()
        self._make_data_folder()
        self._lock = self._lock_data_folder()
        self.register = Register(self.data / "children.json")
        self.supervisor = Supervisor(self.register, say)

    def up(self) -> None:
        """Everything until the first page can be asked for."""
        self.register.stop_leftovers()
        require_free_port(self.port, "PORT", self.port + 10)
        require_free_port(self.sandbox_port, "SANDBOX_PORT", self.sandbox_port + 10)
        require_space(self.data, int(os.environ.get("SOCIALDESK_MIN_FREE_MB", "300")))
        self._start_services()
        self._prepare_database()
        web, *others = self._programs()
        # Alone at first: four Pythons that start at once keep the first page waiting for all of them.
        self._start(*web)
        self._wait_for_first_page()
        for program in others:
            self._start(*program)
        self._manage("setup_demo", "the demo desk could not be set up")
        if os.environ.get("STORY", "on") != "off":
            self._start("story", ["manage.py", "demo_stream"], 3)

    def down(self) -> None:
        self.supervisor.stop()
        self._lock.close()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/"

    @property
    def sandbox_url(self) -> str:
        return f"http://{HOST}:{self.sandbox_port}"

    # --- folders -------------------------------------------------------------------------------------------------
    def _make_data_folder(self) -> None:
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise DeskError(
                f"The data folder {self.data} cannot be made ({error.strerror}): set SOCIALDESK_DATA to another."
            ) from error
        if not os.access(self.data, os.W_OK | os.X_OK):
            raise DeskError(f"The data folder {self.data} is not yours to write: set SOCIALDESK_DATA to another.")

    def _lock_data_folder(self) -> IO[str]:
        """Held while we live; the kernel gives it back when we are killed, and no child inherits it."""
        lock = open(self.data / "lock", "a+")  # noqa: SIM115
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            lock.close()
            raise DeskError(
                f"Another `make run` (process {pid}) is using the data folder {self.data}: "
                "stop it first, or set SOCIALDESK_DATA to another folder."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return lock

    def _log(self, name: str) -> Path:
        return self.data / "logs" / f"{name}.log"

    # --- services ------------------------------------------------------------------------------------------------
    def _start_services(self) -> None:
        account = service_account()
        services = services_folder(self.data, account)
        sockets = socket_folder(services, account)
        self.postgres = Postgres(services, sockets, account)
        self.valkey = Valkey(services, sockets, account)
        if self.postgres.prepare():
            self._migrated_mark.unlink(missing_ok=True)
        for service, with_signal in ((self.postgres, signal.SIGINT), (self.valkey, signal.SIGTERM)):
            child = Child(service.name, service.spawn, service.log, with_signal, patience=20)
            try:
                service.start()
            finally:
                # Adopted even when it did not come up, so that it is stopped with the rest.
                child.process = service.process
                self.supervisor.adopt(child)

    def environment(self) -> dict[str, str]:
        vault.passwords(self.data)
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")},
            **vault.keys(self.data),
            "DJANGO_SETTINGS_MODULE": "socialdesk.settings",
            "SOCIALDESK_MODE": "demo",
            "DEBUG": "false",
            "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
            "DATABASE_URL": self.postgres.url,
            "DATABASE_DIRECT_URL": "",
            "REDIS_URL": self.valkey.url,
            "SANDBOX_URL": self.sandbox_url,
            "DEMO_PASSWORDS_FILE": str(vault.passwords_file(self.data)),
            "PYTHONUNBUFFERED": "1",
        }

    # --- our own processes ---------------------------------------------------------------------------------------
    def _programs(self) -> list[tuple[str, list[str], float]]:
        celery = ["-m", "celery", "-A", "socialdesk", "--quiet"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return [
            (
                "web",
                [
                    *("-m", "uvicorn", "socialdesk.asgi:application", "--host", HOST, "--port", str(self.port)),
                    *("--no-access-log", "--timeout-graceful-shutdown", "3"),
                ],
                8,
            ),
            (
                "sandbox",
                [
                    *("manage.py", "sandbox", "serve", "--port", str(self.sandbox_port)),
                    *("--data", str(self.data / "sandbox"), "--desk-url", self.url),
                ],
                5,
            ),
            ("worker", [*celery, "worker", "-P", "threads", *quiet], 10),
            ("beat", [*celery, "beat", "--pidfile="], 5),
        ]

    def _start(self, name: str, arguments: list[str], patience: float) -> None:
        self.supervisor.start(Child(name, self._spawner(name, arguments), self._log(name), patience=patience))

    def _spawner(self, name: str, arguments: list[str]) -> Callable[[], subprocess.Popen[bytes]]:
        return lambda: spawn([sys.executable, *arguments], log=self._log(name), env=self.environment(), cwd=CHECKOUT)

    @property
    def _migrated_mark(self) -> Path:
        return self.data / "migrated"

    def _prepare_database(self) -> None:
        """A database that was restored into this folder may be older than the code, and may have forgotten replies."""
        if self._migrated_mark.exists() and not self.postgres.at_home():
            self._migrated_mark.unlink()
            self._migrate()
            self._manage("restored", "the restored database could not be taken over")
        else:
            self._migrate()

    def _migrate(self) -> None:
        """Django takes seconds to find that there is nothing to do; a digest of all migrations knows at once."""
        digest = hashlib.sha256((CHECKOUT / "requirements.txt").read_bytes())
        for stage in STAGES:
            for file in sorted((CHECKOUT / stage / "migrations").glob("*.py")):
                digest.update(file.name.encode() + b"\0" + file.read_bytes())
        wanted = digest.hexdigest()
        if self._migrated_mark.exists() and self._migrated_mark.read_text() == wanted:
            return
        self.say("setting up the database …")
        self._manage("migrate", "the database could not be migrated", "--no-input")
        self._migrated_mark.write_text(wanted)

    def _manage(self, command: str, failure: str, *arguments: str) -> None:
        log = self._log(command)
        process = spawn(
            [sys.executable, "manage.py", command, *arguments],
            log=log, env=self.environment(), cwd=CHECKOUT,
        )  # fmt: skip
        while process.poll() is None:
            self.supervisor.step()
            time.sleep(0.05)
        if process.returncode:
            raise DeskError(f"{failure[0].upper()}{failure[1:]}: {last_line(log)} (log: {log})")

    def _wait_for_first_page(self, patience: float = 90.0) -> None:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            self.supervisor.step()
            try:
                urllib.request.urlopen(f"{self.url}healthz", timeout=5).close()  # nosec B310: our own address
            except urllib.error.HTTPError:
                # It answers; worker and beat may still be on their way, and /healthz says so.
                return
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise DeskError(f"The web server did not answer: {last_line(self._log('web'))} (log: {self._log('web')})")


def port_from(variable: str, default: int) -> int:
    text = os.environ.get(variable) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise DeskError(f"{variable}={text} is no port: choose a number from 1 to 65535.")
    return int(text)


def require_free_port(port: int, variable: str, other: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise DeskError(
                    f"Port {port} is for root alone: choose one above 1023 with {variable}={other}."
                ) from error
            raise DeskError(
                f"Port {port} is taken by another program: choose another with `make run {variable}={other}`."
            ) from error
