"""Hands for what waits for networks: each is a thread of this process, and some of them are kept for who is quick.

A task only calls them and ends, so that no network, however slow, keeps a worker from its other tasks. Work stands
in lanes (connectors.models.Lane). A hand reaches a lane and all quicker ones; most reach the quick lane only.
Therefore accounts that hang, fail slowly or have a long backlog can never have more hands than those that
reach their lane, and whoever answers at once waits for none of them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import close_old_connections

from connectors.models import Lane

log = logging.getLogger(__name__)


def reaches(hands: int) -> list[int]:
    """How far each of so many hands reaches, the farthest first: a sixth as far as broken, a quarter as far as busy."""
    broken, busy = max(1, hands // 6), max(1, hands // 4)
    quick = max(0, hands - broken - busy)
    return [*[int(Lane.BROKEN)] * broken, *[int(Lane.BUSY)] * busy, *[int(Lane.QUICK)] * quick][: max(1, hands)]


class Crew:
    """``turn(lane)`` does one piece of work up to this lane and says whether there was any."""

    def __init__(self, name: str, reach: Sequence[int], turn: Callable[[int], bool]) -> None:
        self.name, self.reach, self.turn = name, list(reach), turn
        self._lock = threading.Lock()
        self._at_work: dict[int, float] = {}  # hand: when its present turn began
        self._stopping = threading.Event()
        self._pool: ThreadPoolExecutor | None = None

    def call(self, waiting: Mapping[int, int]) -> None:
        """Set as many idle hands to work as ``waiting`` (how many by lane) has work that they reach."""
        with self._lock:
            if self._stopping.is_set() or not waiting:
                return
            if self._pool is None:
                self._pool = ThreadPoolExecutor(len(self.reach), thread_name_prefix=self.name)
            left, first = sum(waiting.values()), min(waiting)
            for hand, reach in enumerate(self.reach):
                if left > 0 and reach >= first and hand not in self._at_work:
                    self._at_work[hand] = time.monotonic()
                    self._pool.submit(self._work, hand)
                    left -= 1

    def longest(self) -> float:
        """For how many seconds the longest of the present turns has been going on."""
        with self._lock:
            return time.monotonic() - min(self._at_work.values()) if self._at_work else 0.0

    def stop(self) -> None:
        """Take up nothing more; what is under way ends before the process does."""
        self._stopping.set()

    def _work(self, hand: int) -> None:
        try:
            more = True
            while more and not self._stopping.is_set():
                self._begin(hand)
                close_old_connections()
                more = self.turn(self.reach[hand])
        except Exception:  # as of a task: the rows stay due, and the next call finds them
            log.exception("%s: a turn failed", self.name)
        finally:
            close_old_connections()
            with self._lock:
                del self._at_work[hand]

    def _begin(self, hand: int) -> None:
        with self._lock:
            self._at_work[hand] = time.monotonic()
