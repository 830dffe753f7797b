"""Many rows in one statement, for the few paths where the ORM's own bulk calls cost too much.

Rows travel as one array literal a column: that is a handful of parameters to adapt instead of thousands, and
the server reads them several times faster than JSON or a list of values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# How one value stands in an array literal. A subclass is written as what it is derived from.
_WRITERS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (str, _quoted),
    (int, str),  # bool too
    (datetime, datetime.isoformat),
    (type(None), lambda _: "NULL"),
)


def _writer(kind: type) -> Callable[[Any], str]:
    for base, write in _WRITERS:
        if issubclass(kind, base):
            return write
    raise TypeError(f"A bulk row cannot hold a {kind.__name__}.")


def _texts(column: Sequence[str]) -> str:
    """Quoted in one go: no text may hold a NUL."""
    joined = "\0".join(column)
    if joined.count("\0") != len(column) - 1:
        raise ValueError("A text with a NUL cannot be stored.")
    return '"' + joined.replace("\\", "\\\\").replace('"', '\\"').replace("\0", '","') + '"'


def _array(column: Sequence[Any]) -> str:
    """One column as an array literal."""
    kinds = set(map(type, column))
    if kinds == {str}:
        return "{" + _texts(column) + "}"
    writers = {kind: _writer(kind) for kind in kinds}
    if len(kinds) == 1:
        return "{" + ",".join(map(writers.popitem()[1], column)) + "}"
    return "{" + ",".join([writers[type(value)](value) for value in column]) + "}"


def _column(kind: str, name: str, values: Sequence[Any]) -> tuple[str, str]:
    """The function that makes a column of its parameter, and the parameter. JSON goes as one JSON array."""
    if kind == "jsonb":
        return f"jsonb_array_elements(%({name})s::jsonb)", json.dumps(values)
    return f"unnest(%({name})s::{kind}[])", _array(values)


def run(sql: str, columns: str, rows: Iterable[Sequence[Any]], **same: Any) -> list[tuple[Any, ...]]:
    """Run ``sql`` in which ``{rows}`` stands for the rows, as a table ``new`` with ``columns`` ("id bigint, …").

    What is the ``same`` for every row stands in ``sql`` as ``%(name)s`` and travels once. None in a column
    of jsonb is the JSON null. Returns what the statement returns. No rows, no statement.
    """
    kinds = dict(column.split(maxsplit=1) for column in columns.split(", "))
    values = list(zip(*rows, strict=True))
    if not values:
        return []
    made = {name: _column(kind, f"{name}_", column) for (name, kind), column in zip(kinds.items(), values, strict=True)}
    table = f"ROWS FROM ({', '.join(source for source, _ in made.values())}) AS new({', '.join(kinds)})"
    parameters = {f"{name}_": parameter for name, (_, parameter) in made.items()}
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("{rows}", table), {**same, **parameters})
        return cursor.fetchall() if cursor.description else []
