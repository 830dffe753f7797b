"""Pages of a list and the cursors that lead on, as Graph hands them out."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from connectors.sandbox.answers import bend
from connectors.sandbox.graph.calls import Call, read_time
from connectors.sandbox.graph.facts import DEFAULT_LIMIT, MOST
from connectors.sandbox.graph.problems import invalid

Row = TypeVar("Row")


@dataclass(slots=True)
class Listing(Generic[Row]):
    """Rows of a table in the order of ``time`` and id."""

    path: str
    table: str
    columns: str
    where: list[tuple[str, Any]]
    load: Callable[[Any], Row]
    key: Callable[[Row], tuple[int, int]]
    time: str = "created_ms"
    newest_first: bool = True


def read_limit(text: str | None) -> int:
    if text is None or text == "":
        return DEFAULT_LIMIT
    if not text.isdigit() or int(text[:9]) < 1:
        raise invalid("param limit must be a positive integer")
    return min(int(text[:9]), MOST)


def take(
    call: Call, listing: Listing[Row], asked: Mapping[str, str], shape: Callable[[Row], dict[str, Any]]
) -> tuple[dict[str, Any], list[Row]]:
    """One page as Graph writes it (``data``, ``paging``), and the rows on it."""
    limit, backwards = read_limit(asked.get("limit")), bool(asked.get("before"))
    rows = _rows(call, listing, asked, limit, backwards)
    more, found = len(rows) > limit, [listing.load(row) for row in rows[:limit]]
    if backwards:
        found.reverse()
    if not found:
        return {"data": []}, []
    cursors = {"before": _cursor(listing, found[0]), "after": _cursor(listing, found[-1])}
    paging: dict[str, Any] = {"cursors": cursors}
    if more or backwards:
        paging["next"] = _link(call, listing, asked, limit, after=cursors["after"])
    if asked.get("after") or (backwards and more):
        paging["previous"] = _link(call, listing, asked, limit, before=cursors["before"])
    shown = _bent(call, listing, found)
    return {"data": [shape(row) for row in shown], "paging": paging}, shown


def _rows(call: Call, listing: Listing[Row], asked: Mapping[str, str], limit: int, backwards: bool) -> list[Any]:
    where = list(listing.where)
    for name, test in (("since", ">="), ("until", "<=")):
        if asked.get(name):
            where.append((f"{listing.time} {test} ?", read_time(name, asked[name])))
    tests, values = [test for test, _ in where], [value for _, value in where]
    descending = listing.newest_first != backwards
    if cursor := asked.get("before") or asked.get("after"):
        tests.append(f"({listing.time}, id) {'<' if descending else '>'} (?, ?)")
        values += _read_cursor(listing, cursor)
    order = "DESC" if descending else "ASC"
    return call.store.rows(
        f"SELECT {listing.columns} FROM {listing.table} WHERE {' AND '.join(tests)} "
        f"ORDER BY {listing.time} {order}, id {order} LIMIT ?",
        [*values, limit + 1],
    )


def _bent(call: Call, listing: Listing[Row], found: list[Row]) -> list[Row]:
    """What the faults leave of a page; "the newest" stand at its other end where the oldest come first."""
    if listing.newest_first:
        return bend(found, call.faults)
    return bend(found[::-1], call.faults)[::-1]


def _cursor(listing: Listing[Row], row: Row) -> str:
    at_ms, row_id = listing.key(row)
    return base64.urlsafe_b64encode(f"{listing.table}:{at_ms}:{row_id}".encode()).decode()


def _read_cursor(listing: Listing[Row], cursor: str) -> list[int]:
    try:
        table, at_ms, row_id = base64.urlsafe_b64decode(cursor.encode()).decode().split(":")
        if table == listing.table:
            return [int(at_ms), int(row_id)]
    except ValueError:
        pass
    raise invalid("Invalid cursors values")


def _link(call: Call, listing: Listing[Row], asked: Mapping[str, str], limit: int, **cursor: str) -> str:
    kept = {name: value for name, value in asked.items() if name not in ("after", "before", "limit", "access_token")}
    query = {"access_token": call.token, **kept, "limit": limit, **cursor}
    return f"{call.link(listing.path)}?{urlencode(query)}"
