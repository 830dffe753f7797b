"""Customers on Facebook. A Page never learns who they are: it knows each by an id of its own (page-scoped)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.snowflake import now_ms
from connectors.sandbox.store import Store

NOBODY = 0  # the author that is the Page itself


@dataclass(frozen=True, slots=True)
class Person:
    """A customer; ``accepts_dm`` in ``doc`` says whether they can be written to."""

    id: int
    handle: str
    doc: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.doc["name"])


def find(store: Store, person_id: int | None) -> Person | None:
    row = store.one("SELECT id, handle, doc FROM fb_people WHERE id = ?", (person_id,))
    return Person(row[0], row[1], json.loads(row[2])) if row else None


def find_handle(store: Store, handle: str) -> Person | None:
    row = store.one("SELECT id, handle, doc FROM fb_people WHERE handle = ?", (handle,))
    return Person(row[0], row[1], json.loads(row[2])) if row else None


def ensure(store: Store, item: Mapping[str, Any]) -> Person:
    """The person of ``item['handle']``, made or brought up to date inside the caller's transaction."""
    handle = str(item["handle"])
    if not handle.strip() or len(handle) > 100:
        raise ValueError("a handle has between 1 and 100 characters")
    known = find_handle(store, handle)
    doc = dict(known.doc) if known else {"name": handle, "followers": 120, "accepts_dm": True, "created_ms": now_ms()}
    doc.update({key: item[key] for key in ("name", "followers", "accepts_dm") if item.get(key) is not None})
    if known is None:
        person = Person(store.ids.next(), handle, doc)
        store.db.execute("INSERT INTO fb_people VALUES (?, ?, ?)", (person.id, handle, json.dumps(doc)))
        return person
    if doc != known.doc:
        store.db.execute("UPDATE fb_people SET doc = ? WHERE id = ?", (json.dumps(doc), known.id))
    return Person(known.id, known.handle, doc)


def scoped(store: Store, page_id: int, person_id: int) -> int:
    """What this Page calls the person: another number than any other Page's. Made when they first meet."""
    row = store.one("SELECT psid FROM fb_scoped WHERE page_id = ? AND person_id = ?", (page_id, person_id))
    if row:
        return int(row[0])
    psid = store.ids.next()
    store.db.execute("INSERT INTO fb_scoped VALUES (?, ?, ?)", (psid, page_id, person_id))
    return psid


def is_blocked(store: Store, page_id: int, person_id: int) -> bool:
    both = (page_id, person_id)
    return bool(store.one("SELECT 1 FROM fb_blocked WHERE page_id = ? AND person_id = ?", both))


def block(store: Store, page_id: int, person_id: int, *, blocked: bool) -> None:
    sql = "INSERT OR IGNORE INTO fb_blocked VALUES (?, ?)"
    if not blocked:
        sql = "DELETE FROM fb_blocked WHERE page_id = ? AND person_id = ?"
    store.db.execute(sql, (page_id, person_id))


def unscoped(store: Store, page_id: int, psid: int | None) -> Person | None:
    row = store.one("SELECT person_id FROM fb_scoped WHERE page_id = ? AND psid = ?", (page_id, psid))
    return find(store, row[0]) if row else None
