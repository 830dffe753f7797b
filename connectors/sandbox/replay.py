"""Posts the lines of a file to the company, each by a customer of its own, at a steady pace."""

from __future__ import annotations

import re
import secrets
import time
from abc import ABC, abstractmethod
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


class Target(ABC):
    """Where the lines go."""

    def __init__(self, control: Control, title: str) -> None:
        self.control = control
        try:
            known = self.companies()
        except OSError:
            raise ReplayError(f"No sandbox answers at {control.url}; start one with `sandbox serve`.") from None
        if not known:
            raise ReplayError(self.nobody)
        self.begin(known[0], title)

    nobody: str

    @abstractmethod
    def companies(self) -> list[dict[str, Any]]: ...

    @abstractmethod
    def begin(self, company: dict[str, Any], title: str) -> None: ...

    @abstractmethod
    def item(self, text: str) -> dict[str, Any]: ...

    @abstractmethod
    def send(self, batch: list[dict[str, Any]]) -> object: ...


class Mentions(Target):
    """Mentions of the company on X."""

    nobody = "The sandbox has no company account yet, so nobody could be mentioned."

    def companies(self) -> list[dict[str, Any]]:
        return self.control.accounts()

    def begin(self, company: dict[str, Any], title: str) -> None:
        self.handle = str(company["handle"])

    def item(self, text: str) -> dict[str, Any]:
        return {"text": text if f"@{self.handle}".lower() in text.lower() else f"@{self.handle} {text}"}

    def send(self, batch: list[dict[str, Any]]) -> object:
        return self.control.posts(batch)


class VisitorPosts(Target):
    """Posts of customers on the company's Facebook Page."""

    nobody = "The sandbox has no Facebook Page yet, so nobody could write on it."

    def companies(self) -> list[dict[str, Any]]:
        return self.control.pages()

    def begin(self, company: dict[str, Any], title: str) -> None:
        self.page = str(company["page_id"])

    def item(self, text: str) -> dict[str, Any]:
        return {"page": self.page, "text": text}

    def send(self, batch: list[dict[str, Any]]) -> object:
        return self.control.visitor_posts(batch)


class Comments(VisitorPosts):
    """Comments below a post that the Page writes for them first."""

    def begin(self, company: dict[str, Any], title: str) -> None:
        super().begin(company, title)
        self.post = self.control.page_posts([{"page": self.page, "text": f"What do you say to {title}?"}])[0]

    def item(self, text: str) -> dict[str, Any]:
        return {"post": self.post, "text": text}

    def send(self, batch: list[dict[str, Any]]) -> object:
        return self.control.comments(batch)


def replay(
    control: Control,
    file: Path,
    *,
    column: int = 0,
    rate: float = 20.0,
    limit: int = 0,
    target: type[Target] = Mentions,
    tell: Callable[[str], None] = lambda line: None,
) -> Replayed:
    """Posts up to ``limit`` lines (0: all) of ``file`` to ``target``; ``tell`` gets a line of progress at times."""
    goal = target(control, file.name)
    tell(f"Posting the lines of {file.name} on {control.url}")
    result, run = Replayed(), secrets.token_hex(3)
    started = told = time.monotonic()
    batch: list[dict[str, Any]] = []
    size = max(1, int(rate * TICK))
    for text in _texts(file, column, limit, result):
        number = result.posted + len(batch) + 1
        who = f"{NAMES[number % len(NAMES)][:4]}{run}{number}"[:15]
        batch.append({"handle": who, "key": f"replay:{run}:{number}", **goal.item(text)})
        if len(batch) >= size:
            _send(goal, batch, result)
            told = _progress(result, told, tell)
            time.sleep(max(0.0, started + result.posted / rate - time.monotonic()))
    _send(goal, batch, result)
    return result


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


def _send(target: Target, batch: list[dict[str, Any]], result: Replayed) -> None:
    """Posts the batch. A sandbox that dies meanwhile may come back: ``key`` makes asking again harmless."""
    if not batch:
        return
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            target.send(batch)
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
