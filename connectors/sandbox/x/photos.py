"""Pictures on X as its memory keeps them, and how they hang on a post or a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sandbox import pictures
from connectors.sandbox.snowflake import now_ms
from connectors.sandbox.store import Store
from connectors.sandbox.x.text import short_url

COLUMNS = "id, owner_id, category, mime, at_ms, alt"
POST, MESSAGE = "tweet_image", "dm_image"


@dataclass(frozen=True, slots=True)
class Picture:
    """An uploaded picture, without its bytes."""

    id: int
    owner_id: int
    category: str
    mime: str
    at_ms: int
    alt: str

    @property
    def key(self) -> str:
        return f"3_{self.id}"


def find(store: Store, picture_id: int) -> Picture | None:
    row = store.one(f"SELECT {COLUMNS} FROM media WHERE id = ?", (min(picture_id, 2**63 - 1),))
    return Picture(*row) if row else None


def data_of(store: Store, picture_id: int) -> bytes:
    row = store.one("SELECT data FROM media WHERE id = ?", (picture_id,))
    return bytes(row[0]) if row else b""


def insert(store: Store, picture: Picture, data: bytes) -> None:
    marks = (picture.id, picture.owner_id, picture.category, picture.mime, picture.at_ms, picture.alt, data)
    store.db.execute("INSERT INTO media VALUES (?, ?, ?, ?, ?, ?, ?)", marks)


def add(store: Store, owner_id: int, item: Mapping[str, Any], category: str) -> list[int]:
    """The pictures of a customer's post or message, inside its transaction."""
    ids = []
    for data, mime, alt in pictures.given(item):
        ids.append(store.ids.next())
        insert(store, Picture(ids[-1], owner_id, category, mime, now_ms(), alt), data)
    return ids


def hung_on(text: str, urls: Sequence[Mapping[str, Any]], ids: Sequence[int], salt: str) -> dict[str, Any]:
    """What is stored of a text with pictures: X puts one address of its own behind it, which leads to them."""
    if not ids:
        return {"text": text, "urls": list(urls)}
    short = short_url("picture", salt)
    start = len(text) + (1 if text else 0)
    entity = {
        "start": start,
        "end": start + len(short),
        "url": short,
        "expanded_url": f"https://x.com/i/status/{salt}/photo/1",
        "display_url": f"pic.x.com/{short[-10:]}",
    }
    shown = [{**entity, "media_key": f"3_{one}"} for one in ids]
    return {"text": f"{text} {short}".strip(), "urls": [*urls, *shown], "media": [str(one) for one in ids]}


def of(store: Store, doc: Mapping[str, Any]) -> list[Picture]:
    """The pictures of a stored post or message."""
    found = [find(store, int(one)) for one in doc.get("media") or ()]
    return [one for one in found if one is not None]


def in_ledger(store: Store, doc: Mapping[str, Any]) -> dict[str, Any]:
    """The pictures of an accepted write, for its line; nothing where there are none."""
    listed = [{"id": str(one.id), "alt": one.alt} for one in of(store, doc)]
    return {"media": listed} if listed else {}
