"""Woken by wake("routing.…") and by the sweep; the rows say what is due."""

from __future__ import annotations

import time

from celery import shared_task

from routing.services import bulk, digests, notices, returns
from routing.services.assignment import route_due

_LONGEST = 2.0  # seconds; the next wake or sweep goes on


@shared_task(name="routing.tasks.route")
def route() -> int:
    """Route until nothing is due, what comes back from people who went away included."""
    until, moved = time.monotonic() + _LONGEST, 0
    returns.find()
    while some := route_due(limit=200):
        moved += some
        if time.monotonic() > until:
            break
    return moved


@shared_task(name="routing.tasks.notify")
def notify() -> int:
    """Tell whom it concerns what happened, until no event is left."""
    until, read = time.monotonic() + _LONGEST, 0
    while some := notices.collect(limit=500):
        read += some
        if time.monotonic() > until:
            break
    return read


@shared_task(name="routing.tasks.mail")
def mail() -> int:
    """Mail the digests that are due."""
    return digests.deliver_due()


@shared_task(name="routing.tasks.tidy")
def tidy() -> None:
    """Forget what was kept for a time only."""
    notices.prune()
    bulk.prune()


@shared_task(name="routing.tasks.bulk")
def bulk_task() -> int:
    """Go on with what was wanted of many conversations at once, until nothing of it waits."""
    until, done = time.monotonic() + _LONGEST, 0
    while bulk.do_next():
        done += 1
        if time.monotonic() > until:
            bulk.call()
            return done
    bulk.end()
    return done
