"""Posts on a Page (its own, its visitors', those that tag it) and the comments below them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from connectors.sandbox.graph import ids, pages, people, photos
from connectors.sandbox.snowflake import now_ms
from connectors.sandbox.store import Store

COLUMNS = "id, kind, page_id, post_id, parent_id, author_id, created_ms, updated_ms, hidden, gone, doc"


@dataclass(frozen=True, slots=True)
class Item:
    """A post (kind post, visitor or tagged) or a comment. ``post_id`` of a post is its own id."""

    id: int
    kind: str
    page_id: int
    post_id: int
    parent_id: int | None
    author_id: int
    created_ms: int
    updated_ms: int
    hidden: bool
    gone: bool
    doc: dict[str, Any]

    @property
    def ours(self) -> bool:
        return self.author_id == people.NOBODY

    @property
    def is_comment(self) -> bool:
        return self.kind == "comment"

    @property
    def name(self) -> str:
        """The id that the API shows."""
        return ids.pair(self.post_id if self.is_comment else self.page_id, self.id)

    @property
    def text(self) -> str:
        return str(self.doc["text"])


def load(row: Any) -> Item:
    item_id, kind, page_id, post_id, parent_id, author_id, created_ms, updated_ms, hidden, gone, doc = row
    return Item(
        *(item_id, kind, page_id, post_id, parent_id, author_id),
        *(created_ms, updated_ms, bool(hidden), bool(gone), json.loads(doc)),
    )


def find(store: Store, name: str | None) -> Item | None:
    """The post or comment of that id (``page_post``, ``post_comment``), unless it is deleted."""
    both = ids.read_pair(str(name))
    if both is None:
        return None
    row = store.one(f"SELECT {COLUMNS} FROM fb_items WHERE id = ? AND gone = 0", (both[1],))
    found = load(row) if row else None
    return found if found and found.name == name else None


def by_id(store: Store, item_id: int | None) -> Item | None:
    row = store.one(f"SELECT {COLUMNS} FROM fb_items WHERE id = ?", (item_id,))
    return load(row) if row else None


def insert(store: Store, item: Item) -> None:
    """Stores ``item`` inside the caller's transaction. A comment brings its post's time of change forward."""
    store.db.execute(
        f"INSERT INTO fb_items ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(item.id, item.kind, item.page_id, item.post_id, item.parent_id, item.author_id),
            *(item.created_ms, item.updated_ms, item.hidden, item.gone, json.dumps(item.doc)),
        ),
    )
    if item.is_comment:
        store.db.execute(
            "UPDATE fb_items SET updated_ms = max(updated_ms, ?) WHERE id = ?", (item.created_ms, item.post_id)
        )


def moment(given: Any) -> int:
    """Seconds since 1970 or an ISO date, in milliseconds; now where nothing is given."""
    if given is None:
        return now_ms()
    if isinstance(given, int | float):
        return int(given * 1000)
    return int(datetime.fromisoformat(str(given).replace("Z", "+00:00")).timestamp() * 1000)


def new(
    store: Store,
    kind: str,
    page_id: int,
    author_id: int,
    text: str,
    *,
    below: Item | None = None,
    created_ms: int,
) -> Item:
    """An item that is not stored yet. An answer to an answer stands below the same first comment."""
    item_id = store.ids.next()
    post_id, parent_id = item_id, None
    if below is not None:
        post_id = below.post_id
        parent_id = (below.parent_id or below.id) if below.is_comment else None
    doc: dict[str, Any] = {"text": text}
    if below is not None and below.is_comment and below.parent_id:
        doc["answers"] = below.name
    return Item(item_id, kind, page_id, post_id, parent_id, author_id, created_ms, created_ms, False, False, doc)


def add_page_posts(store: Store, wanted: Sequence[Mapping[str, Any]]) -> list[str]:
    """Posts of Pages, as their staff writes them on Facebook itself."""
    with store.writing():
        return [store.once(item.get("key"), partial(_add_post, store, "post", item)) for item in wanted]


def add_visitor_posts(store: Store, wanted: Sequence[Mapping[str, Any]]) -> list[str]:
    """Posts of customers on a Page; with ``tagged`` elsewhere, naming the Page."""
    with store.writing():
        return [
            store.once(item.get("key"), partial(_add_post, store, "tagged" if item.get("tagged") else "visitor", item))
            for item in wanted
        ]


def _add_post(store: Store, kind: str, item: Mapping[str, Any]) -> str:
    page = pages.named(store, item.get("page"))
    author_id = people.NOBODY
    if kind != "post":
        author_id = people.ensure(store, item).id
        people.scoped(store, page.id, author_id)
        _check_welcome(store, page.id, author_id)
    post = new(store, kind, page.id, author_id, str(item["text"]), created_ms=moment(item.get("created_at")))
    insert(store, post)
    return post.name


def add_comments(store: Store, wanted: Sequence[Mapping[str, Any]]) -> list[str]:
    """Comments of customers below a ``post``, or below a comment named in ``parent``.

    ``key``, here and for posts: asked again under the same key, it is the one that is there.
    """
    with store.writing():
        return [store.once(item.get("key"), partial(_add_comment, store, item)) for item in wanted]


def _add_comment(store: Store, item: Mapping[str, Any]) -> str:
    wanted = item.get("parent") or item["post"]
    below = find(store, str(wanted))
    if below is None:
        raise ValueError(f"there is no post or comment {wanted}")
    author = people.ensure(store, item)
    people.scoped(store, below.page_id, author.id)
    at_ms = moment(item.get("created_at"))
    _check_welcome(store, below.page_id, author.id)
    comment = new(store, "comment", below.page_id, author.id, str(item["text"]), below=below, created_ms=at_ms)
    comment.doc.update(photos.of_customer(store, below.page_id, item))
    insert(store, comment)
    return comment.name


def _check_welcome(store: Store, page_id: int, person_id: int) -> None:
    if people.is_blocked(store, page_id, person_id):
        raise ValueError("the Page has blocked this person")


def remove(store: Store, item: Item) -> None:
    """Deletes an item and all that stands below it, inside the caller's transaction."""
    store.db.execute("UPDATE fb_items SET gone = 1 WHERE id = ? OR parent_id = ?", (item.id, item.id))
    if not item.is_comment:
        store.db.execute("UPDATE fb_items SET gone = 1 WHERE post_id = ?", (item.id,))
