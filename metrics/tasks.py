"""Woken by wake("metrics.collect") and by the sweep; the events say what is due."""

from __future__ import annotations

import time

from celery import shared_task

from metrics.services import interactions

_LONGEST = 2.0  # seconds; the next wake or sweep goes on


@shared_task(name="metrics.tasks.collect")
def collect() -> int:
    """Read events until none is left."""
    until, read = time.monotonic() + _LONGEST, 0
    while some := interactions.collect(limit=500):
        read += some
        if time.monotonic() > until:
            break
    return read
