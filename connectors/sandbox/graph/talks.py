"""Messenger: one thread for each person and Page, and the windows in which a Page may write."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from connectors.sandbox.graph import ids, pages, people
from connectors.sandbox.graph.items import Item, moment
from connectors.sandbox.store import Store

HOUR_MS = 3_600_000
STANDARD_MS = 24 * HOUR_MS  # after the person's last message
HUMAN_AGENT_MS = 7 * 24 * HOUR_MS
PRIVATE_REPLY_MS = 7 * 24 * HOUR_MS  # after the comment


@dataclass(frozen=True, slots=True)
class Thread:
    """The talk of one person with one Page."""

    id: int
    page_id: int
    person_id: int
    updated_ms: int

    @property
    def name(self) -> str:
        return ids.thread_name(self.id)


@dataclass(frozen=True, slots=True)
class Message:
    """One message; ``item_id`` is the comment or post that a private reply answers."""

    id: int
    mid: str
    thread_id: int
    ours: bool
    created_ms: int
    item_id: int | None
    doc: dict[str, Any]

    @property
    def text(self) -> str:
        return str(self.doc["text"])


THREAD = "id, page_id, person_id, updated_ms"
MESSAGE = "id, mid, thread_id, ours, created_ms, item_id, doc"


def load(row: Any) -> Message:
    return Message(row[0], row[1], row[2], bool(row[3]), row[4], row[5], json.loads(row[6]))


def find_thread(store: Store, thread_id: int | None) -> Thread | None:
    row = store.one(f"SELECT {THREAD} FROM fb_threads WHERE id = ?", (thread_id,))
    return Thread(*row) if row else None


def find_message(store: Store, mid: str) -> Message | None:
    row = store.one(f"SELECT {MESSAGE} FROM fb_messages WHERE mid = ?", (mid,))
    return load(row) if row else None


def thread_with(store: Store, page_id: int, person_id: int) -> Thread | None:
    row = store.one(f"SELECT {THREAD} FROM fb_threads WHERE page_id = ? AND person_id = ?", (page_id, person_id))
    return Thread(*row) if row else None


def ensure_thread(store: Store, page_id: int, person_id: int) -> Thread:
    found = thread_with(store, page_id, person_id)
    if found is None:
        found = Thread(store.ids.next(), page_id, person_id, 0)
        store.db.execute("INSERT INTO fb_threads VALUES (?, ?, ?, 0)", (found.id, page_id, person_id))
    return found


def insert(store: Store, message: Message) -> None:
    """Stores ``message`` inside the caller's transaction and brings its thread forward."""
    store.db.execute(
        "INSERT INTO fb_messages VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            *(message.id, message.mid, message.thread_id, message.ours, message.created_ms, message.item_id),
            json.dumps(message.doc),
        ),
    )
    store.db.execute(
        "UPDATE fb_threads SET updated_ms = max(updated_ms, ?) WHERE id = ?", (message.created_ms, message.thread_id)
    )


def new(
    store: Store, thread: Thread, text: str, *, ours: bool, created_ms: int, answers: Item | None = None
) -> Message:
    message_id = store.ids.next()
    item_id = answers.id if answers else None
    return Message(message_id, ids.message_name(message_id), thread.id, ours, created_ms, item_id, {"text": text})


def add_customer_messages(store: Store, wanted: Sequence[Mapping[str, Any]]) -> list[str]:
    """Messages of customers to a Page, in one transaction."""
    with store.writing():
        return [store.once(item.get("key"), partial(_add, store, item)) for item in wanted]


def _add(store: Store, item: Mapping[str, Any]) -> str:
    page = pages.named(store, item.get("page"))
    person = people.ensure(store, item)
    people.scoped(store, page.id, person.id)
    if people.is_blocked(store, page.id, person.id):
        raise ValueError("the Page has blocked this person")
    thread = ensure_thread(store, page.id, person.id)
    message = new(store, thread, str(item["text"]), ours=False, created_ms=moment(item.get("created_at")))
    insert(store, message)
    return message.mid


def last_heard(store: Store, thread: Thread | None) -> int | None:
    """When the person last wrote to the Page."""
    if thread is None:
        return None
    row = store.one("SELECT max(created_ms) FROM fb_messages WHERE thread_id = ? AND ours = 0", (thread.id,))
    return None if row[0] is None else int(row[0])


def private_reply_to(store: Store, item: Item) -> Message | None:
    """The one private reply that a comment or post can have."""
    row = store.one(f"SELECT {MESSAGE} FROM fb_messages WHERE item_id = ? AND ours = 1", (item.id,))
    return load(row) if row else None
