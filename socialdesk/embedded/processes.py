"""Children that do not outlive us: started with a death signal, recorded by pid and start time, stopped in order."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
# Two readings of one process's start time differ by rounding only.
SAME_START = 0.5


@dataclass(frozen=True)
class Account:
    """The user that a child runs as; PostgreSQL refuses to run as root."""

    uid: int
    gid: int


def _die_with_parent(parent: int, death_signal: signal.Signals) -> Callable[[], None] | None:
    """What the child does between fork and exec: ask Linux for `death_signal` when its parent is gone."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        # The parent may have died before the request: then nobody would ever send the signal.
        if os.getppid() != parent:
            os._exit(1)

    return ask


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    account: Account | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches the supervisor alone and it stops all in order."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_die_with_parent(os.getpid(), death_signal),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )


def stop(process: subprocess.Popen[bytes], *, with_signal: signal.Signals, patience: float) -> None:
    """Ask, wait, insist. A frozen child gets SIGCONT first, or it could not hear the request."""
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(with_signal)
        process.send_signal(signal.SIGCONT)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


class Register:
    """The children of a supervisor, on disk: what a killed one leaves behind is found by pid and start time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
        rows = []
        for name, process in processes.items():
            with contextlib.suppress(psutil.NoSuchProcess):
                rows.append({"name": name, "pid": process.pid, "started": psutil.Process(process.pid).create_time()})
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(rows))
        draft.replace(self.path)

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)

    def stop_leftovers(self, patience: float = 8.0) -> list[str]:
        """Stop what an earlier supervisor left running; a pid that now belongs to somebody else is left alone."""
        alive = self._leftovers()
        for name, process in alive:
            # SIGINT is PostgreSQL's fast shutdown; everybody else keeps nothing that SIGKILL could lose.
            _signal(process, signal.SIGINT if name == "postgres" else signal.SIGKILL)
            _signal(process, signal.SIGCONT)
        deadline = time.monotonic() + patience
        while any(_running(process) for _, process in alive) and time.monotonic() < deadline:
            time.sleep(0.05)
        for _, process in alive:
            _signal(process, signal.SIGKILL)
        self.clear()
        return [name for name, _ in alive]

    def _leftovers(self) -> list[tuple[str, psutil.Process]]:
        try:
            rows = json.loads(self.path.read_text())
        except (FileNotFoundError, ValueError):
            return []
        found = []
        for row in rows:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(row["pid"])
                if abs(process.create_time() - row["started"]) < SAME_START:
                    found.append((str(row["name"]), process))
        return found


def _running(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)
