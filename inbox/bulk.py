"""Many rows in one statement, for the few paths where the ORM's own bulk calls cost too much.

Rows travel as one JSON document: that is one parameter to adapt instead of thousands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"A bulk row cannot hold a {type(value).__name__}.")


def run(sql: str, columns: str, rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Run ``sql`` in which ``{rows}`` stands for the rows, as a table ``new`` with ``columns`` ("id bigint, …").

    Returns what the statement returns. No rows, no statement.
    """
    names = [column.split()[0] for column in columns.split(",")]
    document = [dict(zip(names, row, strict=True)) for row in rows]
    if not document:
        return []
    table = f"json_to_recordset(%s::json) AS new({columns})"
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("{rows}", table), [json.dumps(document, default=_plain)])
        return cursor.fetchall() if cursor.description else []
