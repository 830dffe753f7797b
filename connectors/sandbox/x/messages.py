"""Direct messages, one to one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from connectors.sandbox.snowflake import moment_of
from connectors.sandbox.store import Store
from connectors.sandbox.x import photos
from connectors.sandbox.x import text as texts
from connectors.sandbox.x.people import User, account_ids, ensure_user, find_handle
from connectors.sandbox.x.posts import milliseconds


@dataclass(frozen=True, slots=True)
class Message:
    """A direct message as the network keeps it."""

    id: int
    conversation: str
    sender_id: int
    doc: dict[str, Any]


def conversation_of(one: int, other: int) -> str:
    """X's id of a dialogue of two: both ids, the smaller one first."""
    return f"{min(one, other)}-{max(one, other)}"


def sides_of(conversation: str) -> list[int]:
    return [int(part) for part in conversation.split("-")]


def load(row: Any) -> Message:
    return Message(row[0], row[1], row[2], json.loads(row[3]))


def insert(store: Store, message: Message) -> None:
    store.db.execute(
        "INSERT INTO dms VALUES (?, ?, ?, ?)",
        (message.id, message.conversation, message.sender_id, json.dumps(message.doc)),
    )
    sides = [(user_id, message.id) for user_id in sides_of(message.conversation)]
    store.db.executemany("INSERT OR IGNORE INTO dm_sides VALUES (?, ?)", sides)


def add_customer_messages(store: Store, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Messages of customers to the company, in one transaction."""
    with store.writing():
        return [store.once(item.get("key"), partial(_add_customer_message, store, item)) for item in items]


def _add_customer_message(store: Store, item: Mapping[str, Any]) -> str:
    author = ensure_user(
        store,
        str(item["handle"]),
        name=item.get("name"),
        followers=item.get("followers"),
        accepts_dm=item.get("accepts_dm"),
    )
    account_id = _recipient(store, item)
    created_at = item.get("created_at")
    message_id = store.ids.next(None if created_at is None else milliseconds(created_at))
    while store.one("SELECT 1 FROM dms WHERE id = ?", (message_id,)):
        message_id = store.ids.next(None if created_at is None else milliseconds(created_at))
    written = str(item["text"])
    shown = texts.Rewritten(written)
    if item.get("rewrite"):
        shown = texts.rewrite(written, salt=str(message_id), escaped=False)
    doc = photos.hung_on(shown.text, shown.urls, photos.add(store, author.id, item, photos.MESSAGE), str(message_id))
    insert(store, Message(message_id, conversation_of(author.id, account_id), author.id, doc))
    return str(message_id)


def _recipient(store: Store, item: Mapping[str, Any]) -> int:
    accounts = account_ids(store)
    if named := item.get("account"):
        user = find_handle(store, str(named))
        if user is None or user.id not in accounts:
            raise ValueError(f"there is no company account @{named}")
        return user.id
    if not accounts:
        raise ValueError("there is no company account yet: create one first")
    return accounts[0]


def add_own_message(
    store: Store, account: User, recipient: User, written: str, pictures: Sequence[int], *, request_id: str
) -> tuple[Message, str]:
    """A message of the company through the API: stored, entered in the ledger; the line still to be sealed."""
    message_id = store.ids.next()
    shown = texts.rewrite(written, salt=str(message_id), escaped=False)
    conversation = conversation_of(account.id, recipient.id)
    doc = photos.hung_on(shown.text, shown.urls, pictures, str(message_id))
    message = Message(message_id, conversation, account.id, doc)
    entry = {
        "at": moment_of(message_id),
        "kind": "dm",
        "account_id": str(account.id),
        "id": str(message_id),
        "text": written,
        "participant_id": str(recipient.id),
        "request_id": request_id,
        **photos.in_ledger(store, doc),
    }
    with store.writing():
        insert(store, message)
        line = store.enter(entry)
    return message, line
