"""Makes what arrives, what is sent and what is noted findable: reads the event log, writes words.

The reader's position is saved in the transaction of what it wrote: a worker that is killed has changed nothing, and
the next one goes on from there. Every desk begins at the first event, so what was there before is found, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from inbox import bulk, words
from inbox.models import Event, Identity, Message, Note, OutboxItem
from inbox.services import events

READER = "inbox.search"
_Row = tuple[int, datetime, str]


def collect(*, limit: int = 500) -> int:
    """Take in the next events. Returns how many were read."""
    return events.consume(READER, _take_in, limit=limit)


def _take_in(batch: Sequence[Event]) -> None:
    about = [(event.kind, event.subject, event.subject_id) for event in batch if event.subject_id is not None]
    messages = {pk for _, subject, pk in about if subject == "message"}
    sent = [pk for kind, _, pk in about if kind == "outbox.sent"]
    if sent:
        replies = OutboxItem.objects.filter(pk__in=sent, message__isnull=False)
        messages |= set(replies.values_list("message__pk", flat=True))
    index(message_ids=messages, note_ids={pk for _, subject, pk in about if subject == "note"})


def index(*, message_ids: Collection[int] = (), note_ids: Collection[int] = ()) -> None:
    """Write the words of these messages, of the people who wrote to us with them, and of these notes."""
    stored = Message.objects.filter(pk__in=message_ids, conversation__isnull=False) if message_ids else ()
    rows = sorted(stored, key=lambda row: row.pk)
    _put("message_id", [(row.pk, row.published_at, words.vector(row.text)) for row in rows])
    written: dict[int, datetime] = {}
    for row in rows:
        if row.direction == Message.Direction.IN and row.author_id is not None:
            written.setdefault(row.author_id, row.published_at)
    people = Identity.objects.filter(pk__in=written).order_by("pk") if written else ()
    _put("identity_id", [(row.pk, written[row.pk], words.vector(f"{row.name} {row.handle}")) for row in people])
    notes = Note.objects.filter(pk__in=note_ids).order_by("pk") if note_ids else ()
    _put("note_id", [(row.pk, row.created_at, words.vector(row.text)) for row in notes])


def _put(column: str, rows: Iterable[_Row]) -> None:
    bulk.run(
        f"""
        INSERT INTO inbox_searchentry ({column}, at, words)
        SELECT new.of, new.at, new.words::tsvector FROM {{rows}}
        ON CONFLICT ({column}) DO UPDATE SET words = excluded.words WHERE inbox_searchentry.words <> excluded.words
        """,
        "of bigint, at timestamptz, words text",
        rows,
    )
