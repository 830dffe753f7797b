"""The sender's lock: a PostgreSQL session lock that lives exactly as long as its process.

A killed process frees it within milliseconds, a frozen one keeps it. It is held on a connection of
its own, never through a transaction pooler.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg2
from django.db import connections

from connectors.direct import connect_direct

# Keep our keys apart from anybody else's advisory locks in the same database; inbox.services.events has 0x5E.
_SPACE = 0x5D << 48
_PLACES = 0x5F << 48
_local = threading.local()


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that is held. ``server_started_at`` is PostgreSQL's own start: a restart loses every lock."""

    server_started_at: datetime


def _session() -> Any:
    session = getattr(_local, "session", None)
    if session is None or session.closed:
        session = _local.session = connect_direct()
    return session


def forget() -> None:
    """Close this thread's lock connection; whatever it held is free."""
    session = getattr(_local, "session", None)
    _local.session = None
    if session is not None and not session.closed:
        session.close()


@contextmanager
def sender_lock(item_id: int) -> Iterator[Held | None]:
    """Hold the lock of one outbox item, or yield None where another session holds it."""
    try:
        session = _session()
        locked, started = _try(session, _SPACE | item_id)
    except psycopg2.Error:  # a connection left over from before a restart: the next try opens a new one
        forget()
        raise
    try:
        yield Held(started) if locked else None
    finally:
        if locked:
            _unlock(session, _SPACE | item_id)


@contextmanager
def place(connection_id: int, *, of: int) -> Iterator[bool]:
    """Hold one of so many places that a connection has among all senders, or yield False where all are taken."""
    session = _session()
    keys = (_PLACES | connection_id << 4 | number for number in range(of))
    key = next((key for key in keys if _try(session, key)[0]), None)
    try:
        yield key is not None
    finally:
        if key is not None:
            _unlock(session, key)


def _try(session: Any, key: int) -> tuple[bool, datetime]:
    with session.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s), pg_postmaster_start_time()", [key])
        locked, started = cursor.fetchone()
        return locked, started


def _unlock(session: Any, key: int) -> None:
    try:
        with session.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
    except psycopg2.Error:  # the session is gone, and the lock with it
        forget()


def server_started_at() -> datetime:
    """When PostgreSQL started, as Held remembers it."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time()")
        started: datetime = cursor.fetchone()[0]
        return started
