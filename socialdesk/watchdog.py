"""Inside a worker: reports its life, and ends the process when it has stopped consuming.

A Celery worker can come back from a broken broker connection and take no more tasks. It is then alive for everybody
but the customer; whoever keeps processes (the supervisor of `make run`, compose, systemd) starts it again.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

import redis
from celery.signals import task_postrun, task_prerun, worker_ready, worker_shutting_down
from django.conf import settings
from django.db import Error

from inbox.services.crew import Crew
from socialdesk import heartbeat
from socialdesk.broker import ping
from socialdesk.heartbeat import HANGING, LONGEST_TURN

logger = logging.getLogger(__name__)

LOOK_EVERY = 3.0
# The beat wakes five tasks every two seconds: a worker that saw none for so long sees none any more.
SILENCE = 30.0
# With every thread busy nothing new can start; that is work until it has lasted longer than any deadline allows.
STUCK = 300.0
POLL_TASK = "inbox.tasks.poll"


class Pulse:
    """What this process has done, in memory: signals write it, the watchdog reads it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.running = 0
        self.last = time.monotonic()
        self.polled: float | None = None

    def began(self) -> None:
        with self._lock:
            self.running += 1
            self.last = time.monotonic()

    def ended(self, name: str, state: str | None) -> None:
        with self._lock:
            self.running -= 1
            self.last = time.monotonic()
            if name == POLL_TASK and state == "SUCCESS":
                self.polled = self.last

    def silent_for(self) -> float:
        return time.monotonic() - self.last


pulse = Pulse()
_stopping = threading.Event()


@task_prerun.connect
def _began(**_: Any) -> None:
    pulse.began()


@task_postrun.connect
def _ended(task: Any = None, state: str | None = None, **_: Any) -> None:
    pulse.ended(getattr(task, "name", ""), state)


@worker_shutting_down.connect
def _shutting_down(**_: Any) -> None:
    _stopping.set()


@worker_ready.connect
def _start(**_: Any) -> None:
    threading.Thread(target=_watch, name="watchdog", daemon=True).start()


def has_stopped(silence: float, running: int, threads: int) -> bool:
    """Whether a worker that beat and broker wanted to work has stopped doing so."""
    return silence > (STUCK if running >= threads else SILENCE)


def _watch() -> None:
    from inbox.tasks import readers

    while not _stopping.wait(LOOK_EVERY):
        silence = pulse.silent_for()
        if silence < 2 * LOOK_EVERY:
            heartbeat.touch("worker", seconds_ago=silence)
        if pulse.polled is not None:
            heartbeat.touch("poller", seconds_ago=time.monotonic() - pulse.polled)
        tell_of_hanging(readers)
        if has_stopped(silence, pulse.running, settings.WORKER_THREADS) and _somebody_wakes_us():
            logger.error("no task ran for %.0f s although beat and broker are alive: this worker ends", silence)
            logging.shutdown()
            os._exit(70)


def tell_of_hanging(readers: Crew, *, longest: float = LONGEST_TURN) -> None:
    """That tasks run does not prove that their threads read: one whose turn does not end is told of."""
    if (seconds := readers.longest()) > longest:
        logger.error("a turn of the %ss has been going on for %.0f s: restart this worker", readers.name, seconds)
        heartbeat.touch(HANGING)


def _somebody_wakes_us() -> bool:
    try:
        heartbeat.forget_broken_connection()
        seen = heartbeat.seconds_since("beat")
        ping()
    except (Error, redis.RedisError, OSError) as error:
        logger.warning("watchdog: %s is away, so silence proves nothing", type(error).__name__)
        return False
    return seen is not None and seen < 3 * heartbeat.INTERVAL
