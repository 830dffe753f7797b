"""How long the guard takes for a reply of 500 characters, inside one process. `make bench` prints it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from inbox.guard import Field, Protection, Surroundings, find
from tests.quality.guard.replies import Reply

LENGTH = 500
TARGET_MS = 2.0


@dataclass(frozen=True, slots=True)
class Speed:
    replies: int
    p50: float  # of the time of the processor, which is what the time is on a machine with nothing else to do
    p95: float
    wall_p50: float
    wall_p95: float


def measure(replies: Sequence[Reply], *, alone: bool = False) -> Speed:
    """How long a reply takes with its record and threads around it, or ``alone``.

    Each reply is the start of a text of its conversation's own language that goes on to 500 characters."""
    by_locale: dict[str, list[str]] = {}
    for reply in replies:
        by_locale.setdefault(reply.template.locale, []).append(reply.texts[0])
    took: list[float] = []
    passed: list[float] = []
    for number, reply in enumerate(replies):
        others = by_locale[reply.template.locale]
        text = " ".join([reply.texts[0], *(others[(number * 7 + step) % len(others)] for step in range(12))])[:LENGTH]
        around = Surroundings() if alone else _around(reply)
        start, start_wall = time.thread_time(), time.perf_counter()
        find([text], around)
        took.append((time.thread_time() - start) * 1000)
        passed.append((time.perf_counter() - start_wall) * 1000)
    cold = len(took) // 10
    return Speed(len(took) - cold, *_middle_and_tail(took[cold:]), *_middle_and_tail(passed[cold:]))


def _middle_and_tail(took: list[float]) -> tuple[float, float]:
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


def _around(reply: Reply) -> Surroundings:
    around = reply.around
    return Surroundings(
        record=[Field(one["name"], one["value"], Protection(one["protection"])) for one in around["record"]],
        direct=around["direct"],
        notes=around["notes"],
        names=around["names"],
        public=around["public"],
    )
