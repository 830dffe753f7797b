"""Signs of life of worker, beat and poller, as rows: /healthz reads them without asking the broker."""

from __future__ import annotations

import logging
import os
import socket
import time
from datetime import timedelta

from django.db import Error, close_old_connections, connection
from django.utils import timezone

from socialdesk.models import Heartbeat

logger = logging.getLogger(__name__)

INTERVAL = 3.0
HANGING = "hanging reader"  # whose row says when a worker last saw that one of its reading threads hangs
LONGEST_TURN = 90.0  # seconds; a poll may take as long as its lease
_last: dict[str, float] = {}


def touch(name: str, *, seconds_ago: float = 0.0, every: float = 0.0) -> None:
    """Record that `name` was alive; a database that is away is logged and does not stop the caller."""
    now = time.monotonic()
    if every and now - _last.get(name, -every) < every:
        return
    _last[name] = now
    values = {
        "process": f"{socket.gethostname()}:{os.getpid()}"[:128],
        "at": timezone.now() - timedelta(seconds=seconds_ago),
    }
    forget_broken_connection()
    try:
        Heartbeat.objects.bulk_create(
            [Heartbeat(name=name, **values)],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["process", "at"],
        )
    except Error as error:
        logger.warning("heartbeat of %s not recorded: %s", name, type(error).__name__)
        forget_broken_connection()


def forget_broken_connection() -> None:
    """What Django does around a request, for loops of ours that live as long as their process."""
    if not connection.in_atomic_block:
        close_old_connections()


def seconds_since(name: str) -> float | None:
    """None where nobody of that name was ever seen."""
    at = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    return None if at is None else max(0.0, (timezone.now() - at).total_seconds())
