"""Thin tasks: a wake-up looks for rows that are due. Any number of them may run at once."""

from __future__ import annotations

import time
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.conf import settings

from connectors.models import Lane
from inbox.services import (
    attachments,
    conversations,
    counts,
    findable,
    idempotency,
    media,
    outbox,
    poll,
    recordfiles,
    savedsearches,
    sending,
    settling,
    tagmerges,
)
from inbox.services.crew import Crew, reaches

_LONGEST = 2.0  # seconds; the next wake or sweep goes on
readers = Crew("reader", reaches(settings.READERS), poll.turn)
senders = Crew("sender", reaches(settings.SENDERS), sending.turn)
fetchers = Crew("fetcher", [int(Lane.QUICK)] * settings.FETCHERS, media.turn)


@shared_task(name="inbox.tasks.poll")
def poll_task() -> None:
    readers.call(poll.waiting())


@shared_task(name="inbox.tasks.send")
def send_task() -> None:
    outbox.release_due()
    senders.call(sending.waiting())


@shared_task(name="inbox.tasks.fetch")
def fetch_task() -> None:
    fetchers.call(media.waiting())


@shared_task(name="inbox.tasks.index")
def index_task() -> int:
    """Make findable what was written, until nothing is left."""
    until, read = time.monotonic() + _LONGEST, 0
    while some := findable.collect(limit=500):
        read += some
        if time.monotonic() > until:
            break
    return read


@shared_task(name="inbox.tasks.sweep")
def sweep_task() -> None:
    """What comes round: holds, senders that died, snoozes, folding of counts, pictures that wait."""
    outbox.release_due()
    settling.reclaim()
    conversations.wake_snoozed()
    counts.fold()
    fetchers.call(media.waiting())


@shared_task(name="inbox.tasks.tidy")
def tidy_task() -> None:
    """Forget what was kept for a time only."""
    counts.prune()
    idempotency.prune()
    attachments.prune()
    media.prune()
    recordfiles.prune()
    savedsearches.prune()
    tagmerges.prune()


@worker_shutting_down.connect
def _take_up_nothing_more(**_: Any) -> None:
    readers.stop()
    senders.stop()
    fetchers.stop()
