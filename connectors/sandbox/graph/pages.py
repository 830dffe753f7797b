"""The company's Pages: their tokens, their permissions, the app that reads them."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.graph.facts import PERMISSIONS
from connectors.sandbox.snowflake import now_ms
from connectors.sandbox.store import Store

EXPIRED = 463  # the subcode of an access token that has expired


@dataclass(frozen=True, slots=True)
class Page:
    """A Page as the network keeps it."""

    id: int
    handle: str
    doc: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.doc["name"])

    def may(self, permission: str) -> bool:
        return permission in self.doc["permissions"]


@dataclass(frozen=True, slots=True)
class Token:
    """A page token; ``subcode`` says of what it died."""

    page_id: int
    issued_at: float
    subcode: int | None
    dead_at: float | None


def load(row: Any) -> Page:
    return Page(row[0], row[1], json.loads(row[2]))


def find(store: Store, page_id: int | None) -> Page | None:
    row = store.one("SELECT id, handle, doc FROM fb_pages WHERE id = ?", (page_id,))
    return load(row) if row else None


def pages(store: Store) -> list[Page]:
    return [load(row) for row in store.rows("SELECT id, handle, doc FROM fb_pages ORDER BY id")]


def named(store: Store, name: str | None) -> Page:
    """The Page of that id or handle; the first where none is named."""
    known = pages(store)
    for page in known:
        if name in (None, "", str(page.id)) or str(name).lower() == page.handle.lower():
            return page
    raise ValueError(f"there is no Page '{name}'" if known else "there is no Page yet: create one first")


def app(store: Store) -> dict[str, str]:
    """The one app that all Pages are connected to, with its secret."""
    row = store.one("SELECT id, secret FROM fb_app")
    if row is None:
        row = (str(10**15 + secrets.randbelow(9 * 10**15)), secrets.token_hex(16))
        store.db.execute("INSERT INTO fb_app VALUES (?, ?)", row)
    return {"id": row[0], "secret": row[1]}


def create(
    store: Store, handle: str, name: str, *, require_proof: bool = False, human_agent: bool = True
) -> dict[str, Any]:
    """A Page with a token that does not expire; asked again, the Page that is there, with these settings.

    ``human_agent`` is Meta's approval of the Human Agent feature, ``require_proof`` the app's setting
    "Require App Secret".
    """
    if not handle.strip():
        raise ValueError("a Page has a handle")
    with store.writing() as db:
        row = store.one("SELECT id, handle, doc FROM fb_pages WHERE handle = ?", (handle,))
        page_id = row[0] if row else store.ids.next()
        doc = json.loads(row[2]) if row else {"permissions": list(PERMISSIONS), "created_ms": now_ms()}
        doc.update(name=name, require_proof=require_proof, human_agent=human_agent)
        db.execute("INSERT OR REPLACE INTO fb_pages VALUES (?, ?, ?)", (page_id, handle, json.dumps(doc)))
        if row is None:
            _new_token(store, page_id)
        app(store)
    return document(store, page_id)


def _new_token(store: Store, page_id: int) -> str:
    token = "EAA" + secrets.token_urlsafe(90).replace("-", "z").replace("_", "Z")
    store.db.execute("INSERT INTO fb_tokens VALUES (?, ?, ?, NULL, NULL)", (token, page_id, time.time()))
    return token


def document(store: Store, page_id: int) -> dict[str, Any]:
    """Everything that an operator needs to connect the Page, secrets included."""
    page = find(store, page_id)
    if page is None:
        raise ValueError(f"no Page {page_id}")
    known = app(store)
    return {
        "page_id": str(page.id),
        "handle": page.handle,
        "name": page.name,
        "access_token": newest_token(store, page_id),
        "app_id": known["id"],
        "app_secret": known["secret"],
        "permissions": page.doc["permissions"],
    }


def newest_token(store: Store, page_id: int) -> str:
    row = store.one("SELECT token FROM fb_tokens WHERE page_id = ? ORDER BY rowid DESC", (page_id,))
    return str(row[0])


def find_token(store: Store, token: str) -> Token | None:
    row = store.one("SELECT page_id, issued_at, subcode, dead_at FROM fb_tokens WHERE token = ?", (token,))
    return Token(*row) if row else None


def expire(store: Store, page: Page, subcode: int = EXPIRED) -> None:
    """All tokens of the Page are dead from now on."""
    store.db.execute(
        "UPDATE fb_tokens SET subcode = ?, dead_at = ? WHERE page_id = ? AND dead_at IS NULL",
        (subcode, time.time(), page.id),
    )


def renew(store: Store, page: Page) -> str:
    with store.writing():
        return _new_token(store, page.id)


def change(store: Store, page: Page, **changes: Any) -> Page:
    """Settings of the Page: permissions, require_proof, human_agent."""
    doc = {**page.doc, **changes}
    store.db.execute("UPDATE fb_pages SET doc = ? WHERE id = ?", (json.dumps(doc), page.id))
    return Page(page.id, page.handle, doc)


def permit(store: Store, page: Page, permission: str, *, granted: bool) -> Page:
    if permission not in PERMISSIONS:
        raise ValueError(f"there is no permission '{permission}'; known: {', '.join(PERMISSIONS)}")
    kept = [name for name in PERMISSIONS if name != permission and page.may(name)]
    return change(store, page, permissions=[*kept, permission] if granted else kept)
