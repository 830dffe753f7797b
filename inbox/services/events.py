"""Writing and reading the event log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction

from inbox import bulk
from inbox.models import Event, EventReader

CHANNEL = "socialdesk"
SETTING = "settings.changed"

# Every transaction that writes events holds a shared advisory lock until it ends. Its key says behind which
# position those events lie: 16 bits for us (inbox.services.locks has 0x5D), 48 for the position.
_SPACE, _BITS = 0x5E, 48
_MARK = f"""
SELECT pg_advisory_xact_lock_shared(({_SPACE}::bigint << {_BITS}) | (last_value - (NOT is_called)::int)),
    pg_notify(%s, '') FROM inbox_event_id_seq
"""
# The newest number first, then the locks: what has one of these numbers and no lock has ended.
_FINAL = f"""
WITH newest AS MATERIALIZED (SELECT last_value - (NOT is_called)::int AS id FROM inbox_event_id_seq)
SELECT least(id, (
    SELECT min(((classid::bigint << 32) | objid::bigint) & {(1 << _BITS) - 1}) FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = {_SPACE} AND newest.id IS NOT NULL
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)) FROM newest
"""


class Fact(NamedTuple):
    """An event to be written. ``data`` holds ids and small facts only, never a customer's text."""

    kind: str
    conversation_id: int | None = None
    actor_id: int | None = None
    subject: str = ""
    subject_id: int | None = None
    data: Mapping[str, Any] = MappingProxyType({})


def emit(events: Iterable[Fact | Event]) -> None:
    """Append events in the running transaction and tell the listeners once it commits."""
    rows = list(events)
    if not rows:
        return
    if not connection.in_atomic_block:
        raise RuntimeError("An event belongs into the transaction of its fact.")
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [CHANNEL])
    bulk.run(
        """
        INSERT INTO inbox_event (xid, at, kind, actor_id, conversation_id, subject, subject_id, data)
        SELECT pg_current_xact_id(), statement_timestamp(), * FROM {rows}
        """,
        "kind text, actor_id int, conversation_id bigint, subject text, subject_id bigint, data jsonb",
        [(row.kind, row.actor_id, row.conversation_id, row.subject, row.subject_id, dict(row.data)) for row in rows],
    )


def setting_changed(subject: str, subject_id: int, actor: AbstractBaseUser | None, data: Mapping[str, Any]) -> None:
    """Write down who changed how the desk is set up. Without an actor it was the desk itself, or its command line."""
    emit([Fact(SETTING, None, actor.pk if actor else None, subject, subject_id, data)])


def read(*, after: int, limit: int = 500) -> list[Event]:
    """Events behind position ``after`` that no running transaction can still slip in front of."""
    return list(Event.objects.filter(id__gt=after, id__lte=position()).order_by("id")[:limit])


def position() -> int:
    """The newest position that is safe to read from: everything at or below it is final.

    Serial ids commit out of order. What is numbered by now belongs to transactions that have ended, or that still
    hold their lock. Comparing transaction ids would not do: an older one may take the higher number, commit first
    and hide the lower number of a younger one.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FINAL)
        return int(cursor.fetchone()[0])


def consume(name: str, handle: Callable[[Sequence[Event]], Any], *, limit: int = 500) -> int:
    """Hand the next events to ``handle`` and move the reader on, in one transaction. Returns how many.

    Two consumers of one name take turns: the loser of the row lock returns 0 and is woken again.
    """
    with transaction.atomic():
        EventReader.objects.get_or_create(name=name)
        reader = EventReader.objects.select_for_update(skip_locked=True).filter(name=name).first()
        if reader is None:
            return 0
        events = read(after=reader.position, limit=limit)
        if events:
            handle(events)
            reader.position = events[-1].pk
            reader.save(update_fields=["position"])
        return len(events)
