"""Writing and reading the event log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from inbox import bulk
from inbox.models import Event, EventReader

CHANNEL = "socialdesk"


@dataclass(frozen=True, slots=True)
class Fact:
    """An event to be written. ``data`` holds ids and small facts only, never a customer's text."""

    kind: str
    conversation_id: int | None = None
    actor_id: int | None = None
    subject: str = ""
    subject_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def emit(events: Iterable[Fact | Event]) -> None:
    """Append events in the running transaction and tell the listeners once it commits."""
    rows = list(events)
    if not rows:
        return
    if not connection.in_atomic_block:
        raise RuntimeError("An event belongs into the transaction of its fact.")
    bulk.run(
        """
        INSERT INTO inbox_event (xid, at, kind, actor_id, conversation_id, subject, subject_id, data)
        SELECT pg_current_xact_id(), statement_timestamp(), * FROM {rows}
        """,
        "kind text, actor_id int, conversation_id bigint, subject text, subject_id bigint, data jsonb",
        [(row.kind, row.actor_id, row.conversation_id, row.subject, row.subject_id, dict(row.data)) for row in rows],
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def read(*, after: int, limit: int = 500) -> list[Event]:
    """Events behind position ``after`` that no running transaction can still slip in front of.

    Serial ids commit out of order; below the oldest running transaction nothing can change any more.
    """
    return list(
        Event.objects.filter(id__gt=after)
        .extra(where=["xid < pg_snapshot_xmin(pg_current_snapshot())"])
        .order_by("id")[:limit]
    )


def position() -> int:
    """The newest position that is safe to read from: everything at or below it is final."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(id), 0) FROM inbox_event WHERE xid < pg_snapshot_xmin(pg_current_snapshot())"
        )
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
