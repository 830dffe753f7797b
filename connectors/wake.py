"""The only way to publish to the broker, and a hint at most: the row is the job, the sweep finds it anyway.

A frozen or absent broker must slow nothing, so every step has a time limit of 0.2 s, nothing is tried again, and
after a failure the broker is left alone for a moment.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from celery import current_app
from kombu import Connection, Producer
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

TIMEOUT = 0.2
# A failed publish has cost a time-out; the next ones inside this time cost nothing.
PAUSE = 1.0
# A hint that nobody took for a minute says nothing that the sweeps have not said since.
EXPIRES = 60
TRANSPORT_OPTIONS = {
    "socket_timeout": TIMEOUT,
    "socket_connect_timeout": TIMEOUT,
    "retry_on_timeout": False,
    "max_retries": 0,
    "interval_start": 0,
}

_local = threading.local()
_lock = threading.Lock()
_failures = 0
_pause_until = 0.0


def wake(queue: str, *, backlog: int | None = None) -> bool:
    """Ask a worker to look at `queue` ("inbox.send" runs inbox.tasks.send) now; say whether the broker took it.

    With `backlog`, nothing is added where that many hints wait already: a stopped worker must not fill the broker.
    """
    if time.monotonic() < _pause_until:
        _count(queue, None)
        return False
    stage, _, work = queue.partition(".")
    try:
        connection = _connection()
        if backlog is not None and _waiting(connection) >= backlog:
            return False
        with Producer(connection) as producer:
            current_app.send_task(
                f"{stage}.tasks.{work}", producer=producer, retry=False, ignore_result=True, expires=EXPIRES
            )
    except _broker_errors() as error:
        _drop_connection()
        _count(queue, error)
        return False
    return True


def failures() -> int:
    """How often this process could not publish, since it started."""
    return _failures


def _connection() -> Connection:
    """One per thread; kombu's pools would hand a broken one to the next caller."""
    connection: Connection | None = getattr(_local, "connection", None)
    if connection is None:
        connection = Connection(
            current_app.conf.broker_url, connect_timeout=TIMEOUT, transport_options=TRANSPORT_OPTIONS
        )
        _local.connection = connection
    return connection


def _broker_errors() -> tuple[type[Exception], ...]:
    """What the transport itself raises; kombu wraps most of it, and not all."""
    transport: Any = Connection(current_app.conf.broker_url)
    return (OperationalError, OSError, *transport.connection_errors, *transport.channel_errors)


def _waiting(connection: Connection) -> int:
    name = current_app.conf.task_default_queue
    channel: Any = connection.default_channel
    declared = channel.queue_declare(queue=name)
    return int(declared.message_count)


def _drop_connection() -> None:
    connection: Connection | None = getattr(_local, "connection", None)
    _local.connection = None
    if connection is not None:
        # collect() closes sockets without a word to the broker, which might not listen.
        connection.collect(socket_timeout=0.01)


def _count(queue: str, error: Exception | None) -> None:
    global _failures, _pause_until
    with _lock:
        _failures += 1
        if error is not None:
            _pause_until = time.monotonic() + PAUSE
    if error is not None:
        logger.warning(
            "wake(%s) did not reach the broker (%s); the sweep will find the work", queue, type(error).__name__
        )
