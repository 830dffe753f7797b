"""Photos that a Page uploads without publishing them, for its comments; and those in what customers write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.sandbox import pictures
from connectors.sandbox.graph import ids
from connectors.sandbox.snowflake import now_ms
from connectors.sandbox.store import Store

COLUMNS = "id, page_id, at_ms, mime, alt, used"
FRESH_MS = 24 * 3_600_000  # Meta: an unpublished photo that is not used is deleted after a day


@dataclass(frozen=True, slots=True)
class Photo:
    """An uploaded photo, without its bytes. ``used`` once a comment shows it."""

    id: int
    page_id: int
    at_ms: int
    mime: str
    alt: str
    used: int = 0


def find(store: Store, photo_id: int | None) -> Photo | None:
    row = store.one(f"SELECT {COLUMNS} FROM fb_photos WHERE id = ?", (photo_id,))
    return Photo(*row) if row else None


def data_of(store: Store, photo_id: int) -> bytes:
    row = store.one("SELECT data FROM fb_photos WHERE id = ?", (photo_id,))
    return bytes(row[0]) if row else b""


def insert(store: Store, photo: Photo, data: bytes) -> None:
    store.db.execute(
        "INSERT INTO fb_photos VALUES (?, ?, ?, ?, ?, ?, ?)",
        (photo.id, photo.page_id, photo.at_ms, photo.mime, photo.alt, photo.used, data),
    )


def use(store: Store, photo_id: int) -> None:
    store.db.execute("UPDATE fb_photos SET used = 1 WHERE id = ?", (photo_id,))


def usable(store: Store, page_id: int, name: str) -> Photo | None:
    """The Page's own photo of that number, still unused and there."""
    found = find(store, ids.read_number(name))
    if found is None or found.page_id != page_id or found.used or now_ms() - found.at_ms > FRESH_MS:
        return None
    return found


def of_customer(store: Store, page_id: int, item: Mapping[str, Any]) -> dict[str, int]:
    """The one picture that a comment may have, as its document keeps it; inside the comment's transaction."""
    found = pictures.given(item)
    if len(found) > 1:
        raise ValueError("a comment has one picture at most")
    for data, mime, alt in found:
        photo = Photo(store.ids.next(), page_id, now_ms(), mime, alt, used=1)
        insert(store, photo, data)
        return {"photo": photo.id}
    return {}
