"""Keeps the desk's processes alive: starts again what dies, stops all of it in order."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from socialdesk.embedded.processes import Register, stop

# Waits before the first, second, … start again; a child that lived for a while begins anew.
BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)
LIVED_WELL = 30.0
LOG_LIMIT = 10 * 2**20

Say = Callable[[str], None]


@dataclass
class Child:
    name: str
    spawn: Callable[[], subprocess.Popen[bytes]]
    log: Path
    with_signal: signal.Signals = signal.SIGTERM
    patience: float = 8.0
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    falls: int = 0
    start_at: float | None = field(default=None, repr=False)

    def start(self) -> None:
        self.process, self.started, self.start_at = self.spawn(), time.monotonic(), None


class Supervisor:
    def __init__(self, register: Register, say: Say) -> None:
        self.register, self.say = register, say
        self.children: list[Child] = []

    def start(self, child: Child) -> None:
        child.start()
        self.adopt(child)

    def adopt(self, child: Child) -> None:
        """Keep alive what somebody else has started and waited for."""
        child.started = child.started or time.monotonic()
        self.children.append(child)
        self._record()

    def watch(self) -> None:
        """Until a signal raises KeyboardInterrupt here."""
        next_trim = 0.0
        while True:
            self.step()
            if time.monotonic() >= next_trim:
                self._trim_logs()
                next_trim = time.monotonic() + 60
            time.sleep(0.1)

    def step(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.start_at is not None:
                if now >= child.start_at:
                    child.start()
                    self._record()
            elif child.process is not None and (code := child.process.poll()) is not None:
                self._fell(child, code, now)

    def stop(self) -> None:
        """Those who use the services first and together, then the services, the last started first."""
        services = [child for child in self.children if child.name in ("postgres", "valkey")]
        users = [child for child in self.children if child not in services]
        for child in users:
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(child.with_signal)
        for child in [*users, *reversed(services)]:
            if child.process is not None:
                stop(child.process, with_signal=child.with_signal, patience=child.patience)
        self.register.clear()

    def _fell(self, child: Child, code: int, now: float) -> None:
        if now - child.started > LIVED_WELL:
            child.falls = 0
        wait = BACKOFF[min(child.falls, len(BACKOFF) - 1)]
        child.falls += 1
        child.start_at = now + wait
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        self.say(f"{child.name} {how}; it is started again in {wait:g} s (log: {child.log})")

    def _record(self) -> None:
        self.register.write({c.name: c.process for c in self.children if c.process is not None})

    def _trim_logs(self) -> None:
        """The children append, so the file can be emptied under them; the last part is kept beside it."""
        for child in self.children:
            if child.log.exists() and child.log.stat().st_size > LOG_LIMIT:
                shutil.copyfile(child.log, child.log.with_suffix(".log.1"))
                child.log.with_suffix(".log.1").chmod(0o600)
                os.truncate(child.log, 0)
