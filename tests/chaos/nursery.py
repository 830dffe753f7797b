"""Real processes that are cheap to lose: one process loads Django and forks a worker for every name it reads.

A worker runs the product's own tasks in a loop, as Celery's would. It talks to PostgreSQL under its own name, so
that the test knows who holds what, and dies with the nursery.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django

PAUSE = 0.2  # between two looks at the rows: these workers hear no broker
SWEEP = 1.0
log = logging.getLogger("chaos")


def main() -> None:
    """Prepare the desk, say so, then fork a child for each line of JSON: its name and role."""
    django.setup()
    _prepare(json.loads(os.environ["CHAOS_CONNECT"]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # dead children leave nothing behind
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _live(order)
        print(json.dumps({"pid": pid}), flush=True)


def _prepare(account: dict[str, Any]) -> None:
    from django.core.management import call_command
    from django.db import connections as databases

    from connectors.models import StreamState
    from inbox.services import connections, poll
    from tests import factories

    call_command("migrate", verbosity=0)
    team = factories.team("Help desk", is_help_desk=True)
    factories.person("alice", team, capacity=100_000)
    connections.connect(**account)
    StreamState.objects.exclude(stream="messages").update(interval=0.5)
    StreamState.objects.filter(stream="messages").update(interval=2)
    poll.poll_due()  # what was on the network before does not count: from here on nothing may be missed
    import routing.tasks  # noqa: F401 - all of it is loaded before the first fork

    databases.close_all()


def _live(order: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
    os.environ["PGAPPNAME"] = order["name"]
    sys.stdin.close()
    try:
        ROLES[order["role"]](**order.get("options", {}))
    finally:
        os._exit(1)


def _forever(*tasks: Callable[[], Any], note: Path | None = None) -> None:
    """As Celery runs them: a task that fails is logged, and the next one gets a fresh connection."""
    from django.db import close_old_connections

    while True:
        for task in tasks:
            with _noted(note, task.__name__):
                close_old_connections()
                try:
                    task()
                except Exception:
                    log.exception("%s failed", task.__name__)
        time.sleep(PAUSE)


@contextlib.contextmanager
def _noted(note: Path | None, what: str) -> Iterator[None]:
    """How long it took, in a file that a kill leaves readable."""
    began, clock = time.time(), time.monotonic()
    try:
        yield
    finally:
        if note is not None:
            line = json.dumps({"what": what, "at": began, "seconds": round(time.monotonic() - clock, 4)})
            with note.open("a") as out:
                out.write(line + "\n")


def sender() -> None:
    from inbox import tasks

    swept = 0.0

    def sweep() -> None:
        """Beat asks for it every few seconds; each look costs every other process some of the machine."""
        nonlocal swept
        if time.monotonic() - swept > SWEEP:
            swept = time.monotonic()
            tasks.sweep_task()

    _forever(tasks.send_task, sweep)


def poller(note: str) -> None:
    from inbox.tasks import poll_task
    from metrics.tasks import collect
    from routing.tasks import route

    _forever(poll_task, route, collect, note=Path(note))


def agent(plan: str, note: str, pace: float) -> None:
    """Writes the planned replies, each as soon as its post has come in. After a kill the plan begins anew."""
    from django.contrib.auth.models import User
    from django.db import close_old_connections

    alice = User.objects.get(username="alice")
    left = json.loads(Path(plan).read_text())
    while left:
        close_old_connections()
        for entry in list(left):
            try:
                if _reply(entry, alice, Path(note)):
                    left.remove(entry)
                    time.sleep(pace)
                elif entry["to"]:
                    break  # these come in their order: the next ones are not here either
            except Exception:
                log.exception("composing failed")
                break
        time.sleep(PAUSE)
    while True:
        signal.pause()


def _reply(entry: dict[str, Any], alice: Any, note: Path) -> bool:
    from inbox.models import Message, OutboxItem
    from inbox.services import replies

    if OutboxItem.objects.filter(author=alice, client_key=entry["key"]).exists():
        return True
    wanted = {"external_id": entry["post"]} if entry["post"] else {"text": entry["to"]}
    seen = Message.objects.filter(**wanted, direction="in").first()
    if seen is None:
        return False
    with _noted(note, "compose"):
        replies.compose(
            author=alice,
            conversation_id=seen.conversation_id,
            visibility=entry["visibility"],
            text=entry["text"],
            client_key=entry["key"],
            seen_message_id=seen.pk,
            undo_seconds=0,
            confirmed=True,
        )
    return True


ROLES: dict[str, Callable[..., None]] = {"sender": sender, "poller": poller, "agent": agent}

if __name__ == "__main__":
    main()
