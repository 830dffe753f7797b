"""Workers and the beat. A task is a sweep over due rows: any number of times, in any order, does no harm."""

from __future__ import annotations

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialdesk.settings")

from django.conf import settings

# What the beat wakes, whether or not anybody else did.
SWEEPS = (
    "inbox.poll", "inbox.send", "inbox.sweep", "inbox.index", "inbox.tidy", "routing.route", "routing.bulk",
    "routing.notify", "routing.mail", "routing.tidy", "metrics.collect", "metrics.roll",
)  # fmt: skip
_EVERY_MINUTE = ("inbox.tidy", "routing.tidy")


def _every(name: str) -> float:
    """Nobody wakes the collector of figures, and an answered turn is on an open dashboard within two seconds."""
    every: float = settings.SWEEP_SECONDS
    if name in _EVERY_MINUTE:
        return max(60.0, every)
    return min(1.0, every) if name == "metrics.collect" else every


app = Celery("socialdesk")
app.conf.update(
    broker_url=settings.REDIS_URL,
    broker_transport_options={"visibility_timeout": 120, "socket_connect_timeout": 5, "socket_keepalive": True},
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_default_queue="socialdesk",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=False,
    worker_prefetch_multiplier=1,
    worker_pool="threads",
    worker_concurrency=settings.WORKER_THREADS,
    worker_hijack_root_logger=False,
    # Nothing of ours listens to these, and each costs traffic on a broker that may be gone.
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    beat_scheduler="socialdesk.beat:WakingScheduler",
    beat_max_loop_interval=1,
    beat_schedule={name: {"task": name, "schedule": _every(name), "args": ()} for name in SWEEPS},
)
app.set_default()
app.autodiscover_tasks()


@setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Celery would bring handlers of its own, past the formatter that scrubs."""
    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
@beat_init.connect
def _refuse_unsafe_start(**_: Any) -> None:
    from socialdesk.checks import UnsafeConfiguration, refuse_unsafe_start

    try:
        refuse_unsafe_start()
    except UnsafeConfiguration as error:
        # Celery logs an exception of a receiver and goes on; only this ends the process.
        raise SystemExit(str(error)) from None
