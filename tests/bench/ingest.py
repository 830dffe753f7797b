"""Raw multi-row INSERT against the whole ingest path, batch by batch in turn, so that noise meets both.

Raw is the floor that a message alone would cost: psycopg2's execute_values, one commit a batch, rows of about 586
bytes into one table with the three indexes that inbox_message, too, has for such a row. The whole path stores the
same text and beside it a person, a contact, a conversation, a queue entry, a routing job, a count and an event.
"""

from __future__ import annotations

import itertools
import random
import string
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2.extras
from django.db import connection, transaction

from connectors.models import Connection
from connectors.types import Author, Post
from inbox.services.ingest import ingest
from tests.bench.load import settle

BATCH = 500
TARGET = 0.25
WARM_UP = 10  # batches that meet cold caches and tables without statistics
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1_000_000_000)
_Row = tuple[int, str, int, str, datetime, str]

_RAW = """
    CREATE TABLE bench_raw (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, connection_id bigint NOT NULL,
        external_id varchar(200) NOT NULL, conversation_id bigint NOT NULL, root varchar(200) NOT NULL,
        published_at timestamptz NOT NULL, text text NOT NULL, UNIQUE (connection_id, external_id)
    );
    CREATE INDEX ON bench_raw (conversation_id, published_at)
"""


@dataclass(frozen=True)
class Ingest:
    """Rows a second, each way, and our process's own CPU time in ms a batch; the medians of the batches."""

    raw: float
    ours: float
    python: float
    statements: int

    @property
    def ratio(self) -> float:
        return self.ours / self.raw


def measure(*, batches: int, account: Connection) -> Ingest:
    with connection.cursor() as cursor:
        cursor.execute(_RAW)
    raw, ours, python = [], [], []
    for number in range(batches + WARM_UP):
        if number == WARM_UP:
            settle()
        rows, posts = [_row() for _ in range(BATCH)], [_post() for _ in range(BATCH)]
        floor, _ = _timed(lambda rows=rows: _insert(rows))
        whole, own = _timed(lambda posts=posts: ingest(connection=account, posts=posts))
        if number >= WARM_UP:
            raw.append(floor)
            ours.append(whole)
            python.append(own * 1000)
    return Ingest(BATCH / _median(raw), BATCH / _median(ours), _median(python), _statements(account))


def _timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds on the wall and of this process's CPU."""
    wall, own = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - own


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _insert(rows: list[_Row]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        psycopg2.extras.execute_values(
            cursor.cursor,
            "INSERT INTO bench_raw (connection_id, external_id, conversation_id, root, published_at, text) VALUES %s",
            rows,
            page_size=BATCH,
        )


def _statements(account: Connection) -> int:
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        ingest(connection=account, posts=[_post() for _ in range(BATCH)])
    return len(captured)


def _text() -> str:
    """With the other columns it makes rows of about 586 bytes."""
    return "".join(random.choices(string.ascii_letters + "      ", k=490))


def _row() -> _Row:
    number = next(_numbers)
    return (1, str(number), number, str(number), _BEGIN + timedelta(seconds=number % 10**7), _text())


def _post() -> Post:
    """Each by a customer of its own: a new person and a new conversation, which is the dearest case."""
    number = next(_numbers)
    return Post(
        external_id=str(number),
        author=Author(
            external_id=f"9{number}", handle=f"customer{number}", name=f"Customer {number}", followers=number % 5000
        ),
        text=_text(),
        published_at=_BEGIN + timedelta(seconds=number % 10**7),
        root_id=str(number),
        url=f"https://x.com/i/status/{number}",
        language="en",
    )
