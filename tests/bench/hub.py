"""The live hub of a real web server: how soon a commit reaches the browsers, and what a lost connection loses.

Every agent holds a stream open, as a page does. Notes are written by the service that writes them for a person, one
after the other at an even pace; the clock of each runs from its commit until the stream of a colleague has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from connectors.sandbox.harness import free_port
from inbox.models import Event
from inbox.services import conversations, events
from inbox.services.ingest import ingest
from routing.services.assignment import route_due
from tests import factories
from tests.bench.load import unload

ROOT = Path(__file__).resolve().parents[2]
AGENTS = 200
TEAMS = 10
A_TEAM_HAS = 20  # conversations
A_SECOND = 20
STEADY = 20.0  # seconds of which the time is taken, with every stream open
BROKEN = 10.0  # seconds in which each stream is dropped twice
TARGET_MS = 50
_UP = 60  # seconds that the server may take
_WRITER = ThreadPoolExecutor(1)
_AWAY = (0.05, 1.5)  # seconds that a dropped stream stays away


@dataclass(frozen=True)
class Figures:
    """Milliseconds and numbers of pairs of an event and an agent."""

    p50: float
    p95: float
    told: int
    reconnects: int
    lost: int
    twice: int
    strange: int


@dataclass
class Listener:
    """One agent's page: what it has heard, and the position that it comes back with."""

    team: int
    cookie: str
    position: int = 0
    heard: list[tuple[float, int, set[int]]] = field(default_factory=list)  # when, position, conversations
    told_to_read_again: int = 0
    greeted: bool = False
    writer: asyncio.StreamWriter | None = None

    async def listen(self, port: int) -> None:
        """One stream, until it is dropped."""
        reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        asked = urlencode({"after": self.position})
        head = f"GET /events?{asked} HTTP/1.1\r\nHost: testserver\r\nCookie: sessionid={self.cookie}\r\n\r\n"
        self.writer.write(head.encode())
        position, kind = 0, ""
        async for line in _lines(reader):
            name, _, value = line.partition(": ")
            if name == "id":
                position = int(value)
            elif name == "retry":
                self.greeted = True
            elif name == "event":
                kind = value
                self.told_to_read_again += kind == "reload"
            elif name == "data" and kind == "change":
                self.heard.append((time.monotonic(), position, set(json.loads(value)["conversations"])))
                self.position = position

    def drop(self) -> None:
        if self.writer is not None:
            self.writer.transport.abort()


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[str]:
    """Lines of the stream; its chunks' lengths, which stand between them, mean nothing to a listener."""
    while True:
        try:
            line = await reader.readline()
        except ConnectionError:
            return
        if not line:
            return
        yield line.decode().rstrip("\r\n")


def measure() -> Figures:
    teams = [factories.team("Help desk", is_help_desk=True)]
    teams += [factories.team(f"Team {n}") for n in range(1, TEAMS)]
    listeners = _people(teams)  # first: what goes to a team where nobody works is given to the help desk
    conversation_ids = _work(teams)
    position = events.position()
    for one in listeners:
        one.position = position
    author = factories.person("writer", availability="away")
    with _server() as port:
        written = asyncio.run(_day(listeners, port, author, conversation_ids))
    found = _judged(listeners, written, conversation_ids, position)
    unload()
    return found


def _work(teams: list[Any]) -> list[list[int]]:
    """Conversations that only their team may see."""
    account = factories.connection()
    ids = []
    for n, team in enumerate(teams):
        factories.rule(f"Rule {n}", team, f"desk{n}")
        posts = [factories.post(f"A question for desk{n}", by=f"customer{n}x{m}") for m in range(A_TEAM_HAS)]
        ids.append(ingest(connection=account, posts=posts).conversation_ids)
    while route_due():
        continue
    return ids


def _people(teams: list[Any]) -> list[Listener]:
    found = []
    for n in range(AGENTS):
        user = factories.person(f"agent{n}", teams[n % TEAMS], availability="away")
        browser = Client()
        browser.force_login(user)
        found.append(Listener(n % TEAMS, browser.cookies["sessionid"].value))
    return found


@contextlib.contextmanager
def _server() -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "socialdesk.asgi:application", "--port", str(port),
               "--log-level", "warning", "--timeout-graceful-shutdown", "1"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ.copy())
    try:
        end = time.monotonic() + _UP
        while not _answers(port):
            if time.monotonic() > end:
                raise RuntimeError("the web server did not come up")
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/accounts/login/", headers={"Host": "testserver"})
    try:
        with urllib.request.urlopen(asked, timeout=2) as answer:
            return bool(answer.status == 200)
    except (TimeoutError, OSError):
        return False


@dataclass
class Written:
    """When each note was committed, in their order, and how many of them while no stream was dropped."""

    at: list[float] = field(default_factory=list)
    steady: int = 0
    reconnects: int = 0


async def _day(listeners: list[Listener], port: int, author: User, ids: list[list[int]]) -> Written:
    open_streams = {id(one): asyncio.create_task(one.listen(port)) for one in listeners}
    end = time.monotonic() + _UP
    while not all(one.greeted for one in listeners):
        if time.monotonic() > end:
            raise RuntimeError(f"{sum(one.greeted for one in listeners)} of {len(listeners)} streams were opened")
        await asyncio.sleep(0.1)
    written = Written()
    await _write(written, STEADY, author, ids)
    written.steady = len(written.at)
    breaking = [asyncio.create_task(_breaks(one, port, open_streams, written)) for one in listeners]
    await _write(written, BROKEN, author, ids)
    await asyncio.gather(*breaking)
    await _settled(listeners)
    for one in listeners:
        one.drop()
    await asyncio.gather(*open_streams.values())
    await asyncio.get_running_loop().run_in_executor(_WRITER, lambda: connection.close())
    return written


async def _write(written: Written, seconds: float, author: User, ids: list[list[int]]) -> None:
    """Evenly, each in a transaction of its own, in one thread that holds the database connection."""
    loop, begin = asyncio.get_running_loop(), time.monotonic()
    for n in range(int(seconds * A_SECOND)):
        await asyncio.sleep(max(0.0, begin + n / A_SECOND - time.monotonic()))
        team = random.randrange(TEAMS)
        chosen = random.choice(ids[team])
        written.at.append(await loop.run_in_executor(_WRITER, _note, chosen, author))


def _note(conversation_id: int, author: User) -> float:
    conversations.add_note(conversation_id=conversation_id, author=author, text="She phoned again.")
    return time.monotonic()


async def _breaks(one: Listener, port: int, open_streams: dict[int, asyncio.Task[None]], written: Written) -> None:
    for _ in range(2):
        await asyncio.sleep(random.uniform(0, BROKEN / 2 - 2))
        one.drop()
        await open_streams[id(one)]
        await asyncio.sleep(random.uniform(*_AWAY))
        open_streams[id(one)] = asyncio.create_task(one.listen(port))
        written.reconnects += 1


async def _settled(listeners: list[Listener]) -> None:
    """Until nobody has heard anything for two seconds."""
    end = time.monotonic() + _UP
    while time.monotonic() < end:
        before = sum(len(one.heard) for one in listeners)
        await asyncio.sleep(2)
        if sum(len(one.heard) for one in listeners) == before:
            return
    raise RuntimeError(f"streams still told of old changes {_UP} seconds after the last one")


def _judged(listeners: list[Listener], written: Written, ids: list[list[int]], begun: int) -> Figures:
    """What each agent heard beside what was written. A message tells of what lies behind the one before it."""
    team_of = {pk: team for team, all_of_it in enumerate(ids) for pk in all_of_it}
    facts = _facts(written, begun)
    steady = {fact.position for fact in facts[: written.steady]}
    taken: list[float] = []
    told = lost = twice = strange = 0
    for one in listeners:
        own = [fact for fact in facts if team_of[fact.conversation] == one.team]
        told += len(own)
        reached: set[int] = set()
        before = begun
        for when, position, shown in one.heard:
            news = [fact for fact in own if before < fact.position <= position]
            theirs = {pk for pk in shown if team_of.get(pk) == one.team}
            strange += len(shown - theirs)
            twice += len(theirs - {fact.conversation for fact in news}) + (position <= before)
            reached |= {fact.position for fact in news if fact.conversation in shown}
            taken += [when - fact.at for fact in news if fact.position in steady]
            before = max(before, position)
        lost += len({fact.position for fact in own} - reached) + one.told_to_read_again
    cut = quantiles(taken, n=20)
    return Figures(cut[9] * 1000, cut[18] * 1000, told, written.reconnects, lost, twice, strange)


@dataclass(frozen=True)
class Fact:
    """A note: its event's place in the log, its conversation, and when it was committed."""

    position: int
    conversation: int
    at: float


def _facts(written: Written, begun: int) -> list[Fact]:
    rows = Event.objects.filter(pk__gt=begun, kind="note.added").order_by("pk")
    found = list(rows.values_list("pk", "conversation_id"))
    if len(found) != len(written.at):
        raise RuntimeError(f"{len(written.at)} notes were written, and the log holds {len(found)} of them")
    return [Fact(pk, conversation or 0, at) for (pk, conversation), at in zip(found, written.at, strict=True)]
