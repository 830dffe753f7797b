"""Server-sent events: ids and counts for those who may hear of them, never a text.

One LISTEN connection a process wakes the hub; it reads the event log in a thread of its own and
fans out to bounded queues. An idle stream costs no statement.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import signal
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, TypeVar

import psycopg2
from asgiref.sync import sync_to_async
from django.contrib.auth.signals import user_logged_out
from django.db import DatabaseError, connection, connections
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, StreamingHttpResponse

from inbox.services import viewers
from inbox.services.events import CHANNEL
from socialdesk import live_reads
from socialdesk.live_reads import EVERYBODY, Batch
from socialdesk.live_viewers import Looking

logger = logging.getLogger(__name__)

QUEUE = 64  # messages that wait for one client; more than that and it reads the page again
ALIVE_EVERY = 15.0  # an idle stream says that it lives; a page that hears nothing for long opens another one
SCOPES_EVERY = 30.0
GATHER = 0.02  # commits of one moment become one message
BEHIND = 0.1  # how soon to look again while an older transaction hides events
REPLAY = 2000  # events a returning client may have missed before it reads the page again
HERE = "event: here\ndata: {}\n\n"
RELOAD = "event: reload\ndata: {}\n\n"
END = "event: end\ndata: {}\n\n"
CLOSE = ""  # this process stops: the client comes back to another one, with the position it has

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class Client:
    """One open stream."""

    user_id: int
    session_key: str
    scopes: frozenset[str] = frozenset()
    seen: float = math.inf  # up to which position it was told; nothing of the present before what it missed
    queue: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(QUEUE))

    def put(self, message: str) -> None:
        """Never waits: a client that does not read is told to start over."""
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(RELOAD)

    def message(self, batch: Batch, after: float = 0) -> str:
        """What of ``batch`` this client may hear that lies behind ``after``, or nothing."""
        ids: set[int] = set()
        kinds: set[str] = set()
        for told in batch.told:
            if told.position <= after:
                continue
            if EVERYBODY in told.scopes or self.scopes & told.scopes:
                kinds.add(told.kind)
                ids.update([told.conversation_id] if told.conversation_id is not None else [])
            elif self.scopes & told.former:
                kinds.add(told.kind)
        if not kinds:
            return ""
        own = {key: batch.numbers[key] for key in live_reads.keys_of(self.scopes) if key in batch.numbers}
        data = json.dumps({"conversations": sorted(ids), "queues": own, "kinds": sorted(kinds)})
        return f"id: {batch.position}\nevent: change\ndata: {data}\n\n"


class Hub:
    """All streams of one process."""

    def __init__(self) -> None:
        self.clients: set[Client] = set()
        self.position = 0
        self.woken = asyncio.Event()
        self.recheck = asyncio.Event()
        self.listening: Any = None
        self.worker = ThreadPoolExecutor(1, thread_name_prefix="live")
        self.tasks: list[asyncio.Task[None]] = []
        self.closing = asyncio.Event()
        self.looking = Looking()

    def close(self) -> None:
        """End all streams; what they have not read yet is replayed to them elsewhere."""
        self.closing.set()
        for client in list(self.clients):
            client.put(CLOSE)

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """Blocking work in the hub's own thread, so that it keeps one database connection."""
        return await asyncio.get_running_loop().run_in_executor(self.worker, work, *args)

    async def start(self) -> None:
        self.position = await self.run(live_reads.start)
        loop = asyncio.get_running_loop()
        works = (self._listen(), self._tell(), self._watch_scopes(), self.looking.watch(self))
        self.tasks = [loop.create_task(work) for work in works]

    async def add(self, client: Client) -> bool:
        """Let a client in with its scopes; False when its session has ended."""
        found = await self.run(live_reads.scopes, {client.session_key: client.user_id})
        if client.session_key not in found:
            return False
        client.scopes = found[client.session_key]
        self.clients.add(client)
        return True

    async def catch_up(self, client: Client, after: int | None) -> None:
        """What a returning client missed, from the log; then it hears what comes. Each event reaches it once.

        Too much of it is a reload, and so is a position that the log does not know: it was restored since.
        """
        reload = after is not None and after > self.position and after > await self.run(live_reads.start)
        while not reload and after is not None and after < self.position:
            until = self.position  # all up to it is final, so what is read now holds it
            missed = await self.run(live_reads.batch, after, client.scopes, REPLAY)
            reload = len(missed.told) >= REPLAY
            message = "" if reload else client.message(missed, after)
            if message:
                client.put(message)
            after = max(missed.position, until)
        if reload:
            client.put(RELOAD)
        # No await between the last look at the position and this.
        client.seen = self.position if reload or after is None else after

    async def _listen(self) -> None:
        """Keep a LISTEN connection; when it dies, take a new one and catch up from the position."""
        wait = 0.2
        while True:
            try:
                self.listening = await self.run(live_reads.listen)
                wait = 0.2
                self.woken.set()
                await self._hear(self.listening)
            except (psycopg2.Error, DatabaseError, OSError) as error:
                logger.warning("The live link to the database broke (%s); trying again", type(error).__name__)
            await asyncio.sleep(wait)
            wait = min(5.0, wait * 2)

    async def _hear(self, listening: Any) -> None:
        """Until the connection dies: every notification wakes the teller."""
        loop = asyncio.get_running_loop()
        died: asyncio.Future[None] = loop.create_future()

        def readable() -> None:
            try:
                listening.poll()
            except psycopg2.Error as error:
                if not died.done():
                    died.set_exception(error)
                return
            for notice in listening.notifies:
                self._noticed(notice.payload)
            listening.notifies.clear()

        descriptor = listening.fileno()
        loop.add_reader(descriptor, readable)
        try:
            await died
        finally:
            loop.remove_reader(descriptor)
            with suppress(psycopg2.Error):
                listening.close()

    def _noticed(self, payload: str) -> None:
        looked_at = viewers.heard(payload)
        if looked_at is not None:
            self.looking.heard(looked_at)
        elif payload == "session":
            self.recheck.set()
        else:
            self.woken.set()

    async def _tell(self) -> None:
        while True:
            await self.woken.wait()
            await asyncio.sleep(GATHER)
            self.woken.clear()
            try:
                scopes = frozenset().union(*(client.scopes for client in self.clients))
                batch = await self.run(live_reads.batch, self.position, scopes)
            except DatabaseError as error:
                logger.warning("The event log could not be read (%s); trying again", type(error).__name__)
                await asyncio.sleep(1)
                self.woken.set()
                continue
            self.position = batch.position
            self._fan_out(batch)
            if batch.behind:
                asyncio.get_running_loop().call_later(BEHIND, self.woken.set)

    def _fan_out(self, batch: Batch) -> None:
        if any(told.kind == "agent.changed" for told in batch.told):
            self.recheck.set()
        for client in list(self.clients) if batch.told else ():
            message = client.message(batch, client.seen)
            if message:
                client.put(message)

    async def _watch_scopes(self) -> None:
        """Rights and sessions end: every 30 s, and at once when somebody signs out.

        Not at once with a new password: the page that just sent it would be told to reload before its answer comes.
        """
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.recheck.wait(), SCOPES_EVERY)
            self.recheck.clear()
            if not self.clients:
                continue
            sessions = {client.session_key: client.user_id for client in self.clients}
            try:
                found = await self.run(live_reads.scopes, sessions)
            except DatabaseError as error:
                logger.warning("Rights could not be read (%s); trying again", type(error).__name__)
                continue
            for client in list(self.clients):
                if client.session_key not in sessions:
                    continue  # it came in while they were read, with rights of its own
                if client.session_key not in found:
                    self.clients.discard(client)
                    client.put(END)
                else:
                    client.scopes = found[client.session_key]


_hubs: dict[asyncio.AbstractEventLoop, asyncio.Task[Hub]] = {}


async def _started() -> Hub:
    hub = Hub()
    await hub.start()
    return hub


async def hub() -> Hub:
    """The hub of this process's loop, started by its first stream."""
    loop = asyncio.get_running_loop()
    task = _hubs.get(loop)
    if task is None or (task.done() and (task.cancelled() or task.exception())):
        task = _hubs[loop] = loop.create_task(_started())
    return await asyncio.shield(task)


def close_at_sigterm() -> None:
    """A server that is told to stop waits for its requests, and a stream would never end by itself."""
    loop, served = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(_close, loop)
        if callable(served):
            served(number, frame)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)


def _close(loop: asyncio.AbstractEventLoop) -> None:
    task = _hubs.get(loop)
    if task is not None and task.done() and not task.cancelled() and task.exception() is None:
        task.result().close()


async def events(request: HttpRequest) -> HttpResponseBase:
    """The stream of one page. ``after`` (or Last-Event-ID) is the position that the page has seen."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    user = await request.auser()
    client = Client(user_id=user.pk or 0, session_key=request.session.session_key or "")
    seen = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    after = int(seen) if seen.isdecimal() and len(seen) < 19 else None
    response: HttpResponseBase = (
        HttpResponse() if request.method == "HEAD" else StreamingHttpResponse(_stream(client, after))
    )
    response["Content-Type"] = "text/event-stream"
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _stream(client: Client, after: int | None) -> AsyncIterator[str]:
    await sync_to_async(connections.close_all)()  # what its session was read with; a stream may last for days
    here = await hub()
    if not await here.add(client):
        yield END
        return
    try:
        yield "retry: 2000\n\n"
        await here.looking.greet(here, client)
        await here.catch_up(client, after)
        while not here.closing.is_set():
            try:
                message = await asyncio.wait_for(client.queue.get(), ALIVE_EVERY)
            except TimeoutError:
                message = HERE
            if here.closing.is_set():
                return
            yield message
            if message is END:
                return
    finally:
        here.clients.discard(client)


@receiver(user_logged_out)
def _signed_out(**_: Any) -> None:
    """Tell every hub to look at its sessions now, once the session's end is committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, 'session')", [CHANNEL])
