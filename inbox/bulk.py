"""Many rows in one statement, for the few paths where the ORM's own bulk calls cost too much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg2.extras import execute_values


def values(sql: str, rows: Sequence[Sequence[Any]], *, template: str | None = None) -> list[tuple[Any, ...]]:
    """Run ``sql`` with ``VALUES %s`` filled from ``rows``, as one statement, and return what it returns."""
    if not rows:
        return []
    with connection.cursor() as wrapper:
        returned = execute_values(
            wrapper.cursor, sql, rows, template=template, page_size=len(rows), fetch="RETURNING" in sql
        )
    return list(returned or ())
