"""Woken by wake("metrics.…") and by the sweep; the events and the marks of rolled days say what is due."""

from __future__ import annotations

import time

from celery import shared_task

from metrics.services import checking, collecting, rollups

_LONGEST = 2.0  # seconds; the next wake or sweep goes on


@shared_task(name="metrics.tasks.collect")
def collect() -> int:
    """Read events until none is left."""
    until, read = time.monotonic() + _LONGEST, 0
    while some := collecting.collect(limit=500):
        read += some
        if time.monotonic() > until:
            break
    return read


@shared_task(name="metrics.tasks.roll")
def roll() -> int:
    """Roll up what is over, and once it is all rolled, compare it with the facts: once a night."""
    rolled = rollups.roll_due()
    if not rolled:
        checking.check_due()
    return rolled
