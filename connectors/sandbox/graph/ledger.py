"""The ledger's lines of accepted writes on Facebook, and doing such a write again from its line."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.graph import items, people, photos, talks
from connectors.sandbox.graph.calls import Call
from connectors.sandbox.graph.items import Item
from connectors.sandbox.store import Store

NETWORK = "facebook"


def record(call: Call, kind: str, name: str, at_ms: int, **facts: Any) -> str:
    """Enters a write inside its transaction; the line still to be sealed. ``row`` is for doing it again."""
    entry = {
        "at": at_ms,
        "network": NETWORK,
        "kind": kind,
        "account_id": str(call.page.id),
        "id": name,
        "text": facts.pop("text", ""),
        **facts,
    }
    return call.store.enter(entry)


def _redo_comment(store: Store, entry: dict[str, Any]) -> None:
    shown = entry.get("media")
    if items.by_id(store, entry["row"]) is None:
        made = Item(
            id=entry["row"],
            kind="comment",
            page_id=int(entry["account_id"]),
            post_id=entry["post_id"],
            parent_id=entry["parent_id"],
            author_id=people.NOBODY,
            created_ms=entry["at"],
            updated_ms=entry["at"],
            hidden=False,
            gone=False,
            doc={"text": entry["text"], **({"photo": int(shown[0]["id"])} if shown else {})},
        )
        items.insert(store, made)
    if shown:
        photos.use(store, int(shown[0]["id"]))


def _redo_photo(store: Store, entry: dict[str, Any]) -> None:
    """What a line holds of a photo; its bytes are gone."""
    if photos.find(store, entry["row"]) is None:
        page_id = int(entry["account_id"])
        photos.insert(store, photos.Photo(entry["row"], page_id, entry["at"], entry["mime"], entry["alt"]), b"")


def _redo_block(store: Store, entry: dict[str, Any]) -> None:
    people.block(store, int(entry["account_id"]), entry["row"], blocked=entry["kind"] == "block")


def _redo_message(store: Store, entry: dict[str, Any]) -> None:
    page_id = int(entry["account_id"])
    person = people.unscoped(store, page_id, int(entry["recipient_id"]))
    if person is not None and talks.find_message(store, entry["id"]) is None:
        thread = talks.ensure_thread(store, page_id, person.id)
        made = talks.Message(
            *(entry["row"], entry["id"], thread.id, True, entry["at"], entry["item_id"], {"text": entry["text"]}),
        )
        talks.insert(store, made)


def _redo_hide(store: Store, entry: dict[str, Any]) -> None:
    store.db.execute("UPDATE fb_items SET hidden = ? WHERE id = ?", (entry["kind"] == "hide", entry["row"]))


def _redo_delete(store: Store, entry: dict[str, Any]) -> None:
    if found := items.by_id(store, entry["row"]):
        items.remove(store, found)


def _redo_like(store: Store, entry: dict[str, Any]) -> None:
    both = (entry["row"], int(entry["account_id"]))
    if entry["kind"] == "like":
        store.db.execute("INSERT OR IGNORE INTO fb_likes VALUES (?, ?)", both)
    else:
        store.db.execute("DELETE FROM fb_likes WHERE item_id = ? AND page_id = ?", both)


REDO = {
    "block": _redo_block,
    "comment": _redo_comment,
    "media": _redo_photo,
    "unblock": _redo_block,
    "message": _redo_message,
    "private_reply": _redo_message,
    "hide": _redo_hide,
    "unhide": _redo_hide,
    "delete": _redo_delete,
    "like": _redo_like,
    "unlike": _redo_like,
}
