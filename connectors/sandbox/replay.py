"""Posts the lines of a file as mentions of the company, each by a customer of its own, at a steady pace."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from connectors.sandbox.harness import Control, ControlError

NAMES = ("amber", "birch", "cobalt", "dune", "ember", "fjord", "grove", "heath", "inlet", "juniper")
TICK = 0.1  # seconds between two batches at most
PATIENCE = 30.0  # seconds that a sandbox may take to come back


class ReplayError(Exception):
    """Nothing can be replayed; the message says why in one sentence."""


@dataclass(slots=True)
class Replayed:
    """What became of the lines."""

    posted: int = 0
    without_column: int = 0
    empty: int = 0

    @property
    def left_out(self) -> int:
        return self.without_column + self.empty


def read_rate(text: str) -> float:
    """``20``, ``20/s`` or ``90/min`` as posts a second."""
    match = re.match(r"^(\d+(?:\.\d+)?)(?:/(s|sec|m|min))?$", text.strip())
    if match is None or float(match[1]) <= 0:
        raise ReplayError(f"'{text}' is no rate: write it as 20/s or 90/min.")
    return float(match[1]) / (60 if (match[2] or "s").startswith("m") else 1)


def replay(
    control: Control,
    file: Path,
    *,
    column: int = 0,
    rate: float = 20.0,
    limit: int = 0,
    tell: Callable[[str], None] = lambda line: None,
) -> Replayed:
    """Posts up to ``limit`` lines (0: all) of ``file``; ``tell`` gets a line of progress now and then."""
    handle = _company(control)
    result, run = Replayed(), secrets.token_hex(3)
    started = told = time.monotonic()
    batch: list[dict[str, Any]] = []
    size = max(1, int(rate * TICK))
    for text in _texts(file, column, limit, result):
        number = result.posted + len(batch) + 1
        mention = text if f"@{handle}".lower() in text.lower() else f"@{handle} {text}"
        batch.append({"handle": f"{NAMES[number % len(NAMES)][:4]}{run}{number}"[:15], "text": mention, "once": True})
        if len(batch) >= size:
            _send(control, batch, result)
            told = _progress(result, told, tell)
            time.sleep(max(0.0, started + result.posted / rate - time.monotonic()))
    _send(control, batch, result)
    return result


def _company(control: Control) -> str:
    try:
        accounts = control.accounts()
    except OSError:
        raise ReplayError(f"No sandbox answers at {control.url}; start one with `sandbox serve`.") from None
    if not accounts:
        raise ReplayError("The sandbox has no company account yet, so nobody could be mentioned.")
    return str(accounts[0]["handle"])


def _texts(file: Path, column: int, limit: int, result: Replayed) -> Iterator[str]:
    try:
        lines = file.open(encoding="utf-8", errors="replace", newline="\n")
    except OSError as reason:
        raise ReplayError(f"{file} cannot be read: {reason.strerror}.") from None
    with lines:
        given = 0
        for line in lines:
            if limit and given >= limit:
                return
            cells = line.rstrip("\r\n").split("\t")
            if column > len(cells):
                result.without_column += 1
            elif not (text := cells[column - 1] if column else line.rstrip("\r\n")).strip():
                result.empty += 1
            else:
                given += 1
                yield text


def _send(control: Control, batch: list[dict[str, Any]], result: Replayed) -> None:
    """Posts the batch. A sandbox that dies meanwhile may come back: ``once`` makes asking again harmless."""
    if not batch:
        return
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            control.posts(batch)
            break
        except (OSError, HTTPException):
            if time.monotonic() > deadline:
                raise ReplayError(f"The sandbox stopped answering after {result.posted} posts.") from None
            time.sleep(TICK)
        except ControlError as reason:
            raise ReplayError(f"The sandbox refused after {result.posted} posts: {reason}") from None
    result.posted += len(batch)
    batch.clear()


def _progress(result: Replayed, told: float, tell: Callable[[str], None]) -> float:
    now = time.monotonic()
    if now - told < 5.0:
        return told
    tell(f"{result.posted} posted")
    return now
