"""Who is on the network: company accounts with their secrets, and customers."""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.snowflake import now_ms
from connectors.sandbox.store import Store, placeholders
from connectors.sandbox.x.facts import HANDLE_PATTERN

TOKEN_SECONDS = 7200.0  # X's OAuth 2 access tokens live two hours


@dataclass(frozen=True, slots=True)
class User:
    """A person or company as X knows it."""

    id: int
    handle: str
    doc: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.doc["name"])


def find_user(store: Store, user_id: int) -> User | None:
    row = store.one("SELECT id, handle, doc FROM users WHERE id = ?", (user_id,))
    return User(row[0], row[1], json.loads(row[2])) if row else None


def find_handle(store: Store, handle: str) -> User | None:
    row = store.one("SELECT id, handle, doc FROM users WHERE handle = ?", (handle,))
    return User(row[0], row[1], json.loads(row[2])) if row else None


def ensure_user(
    store: Store,
    handle: str,
    *,
    name: str | None = None,
    followers: int | None = None,
    accepts_dm: bool | None = None,
) -> User:
    """The user of that handle, made or brought up to date inside the caller's transaction."""
    if not re.match(HANDLE_PATTERN, handle):
        raise ValueError(f"'{handle[:40]}' is no handle: 1 to 15 letters, digits or underscores")
    known = find_handle(store, handle)
    doc = dict(known.doc) if known else _new_doc(handle)
    for key, value in (("name", name), ("followers", followers), ("accepts_dm", accepts_dm)):
        if value is not None:
            doc[key] = value
    if known is None:
        user_id = store.ids.next()
        store.db.execute("INSERT INTO users VALUES (?, ?, ?)", (user_id, handle, json.dumps(doc)))
        return User(user_id, handle, doc)
    if doc != known.doc:
        store.db.execute("UPDATE users SET doc = ? WHERE id = ?", (json.dumps(doc), known.id))
    return User(known.id, known.handle, doc)


def _new_doc(handle: str) -> dict[str, Any]:
    return {"name": handle, "followers": 120, "accepts_dm": True, "created_ms": now_ms()}


def create_account(
    store: Store, handle: str, name: str, *, token_seconds: float | None = TOKEN_SECONDS, enterprise: bool = False
) -> dict[str, Any]:
    """A company account with every kind of credential that X hands out."""
    with store.writing() as db:
        user = ensure_user(store, handle, name=name, followers=48_200)
        doc = {**user.doc, "enterprise": enterprise}
        db.execute("UPDATE users SET doc = ? WHERE id = ?", (json.dumps(doc), user.id))
        if db.execute("SELECT 1 FROM accounts WHERE user_id = ?", (user.id,)).fetchone() is None:
            now = time.time()
            expires = None if token_seconds is None else now + token_seconds
            keys = (_secret(18), _secret(36), f"{user.id}-{_secret(24)}", _secret(33), _secret(18))
            tokens = (_secret(60), _secret(60), now, expires, token_seconds, _secret(36))
            marks = placeholders((user.id, *keys, *tokens))
            sql = f"INSERT INTO accounts VALUES ({marks})"  # nosec B608 - question marks only
            db.execute(sql, (user.id, *keys, *tokens))
    return account_document(store, user.id)


def _secret(size: int) -> str:
    return secrets.token_urlsafe(size)


def account_ids(store: Store) -> list[int]:
    return [row[0] for row in store.rows("SELECT user_id FROM accounts ORDER BY user_id")]


def account_document(store: Store, user_id: int) -> dict[str, Any]:
    """Everything that an operator needs to connect the account, secrets included."""
    user = find_user(store, user_id)
    row = store.one(
        "SELECT consumer_key, consumer_secret, oauth_token, oauth_secret, client_id, client_secret, "
        "access_token, refresh_token, expires_at FROM accounts WHERE user_id = ?",
        (user_id,),
    )
    if user is None or row is None:
        raise ValueError(f"no account {user_id}")
    names = (
        "consumer_key",
        "consumer_secret",
        "oauth_token",
        "oauth_token_secret",
        "client_id",
        "client_secret",
        "access_token",
        "refresh_token",
        "expires_at",
    )
    document: dict[str, Any] = {"id": str(user.id), "handle": user.handle, "name": user.name}
    document.update(zip(names, row, strict=True))
    return document


def is_client(store: Store, client_id: str, client_secret: str) -> bool:
    row = store.one("SELECT client_secret FROM accounts WHERE client_id = ?", (client_id,))
    return row is not None and secrets.compare_digest(str(row[0]).encode(), client_secret.encode())


def rotate(
    store: Store, client_id: str, refresh_token: str, *, revoked_since: float | None = None
) -> dict[str, Any] | None:
    """New tokens for an old refresh token, which dies with this; None for one that is not current."""
    with store.writing() as db:
        row = db.execute(
            "SELECT user_id, token_seconds, issued_at FROM accounts WHERE client_id = ? AND refresh_token = ?",
            (client_id, refresh_token),
        ).fetchone()
        if row is None or (revoked_since is not None and row[2] <= revoked_since):
            return None
        now, life = time.time(), row[1]
        fresh = (_secret(60), _secret(60))
        db.execute(
            "UPDATE accounts SET access_token = ?, refresh_token = ?, issued_at = ?, expires_at = ? WHERE user_id = ?",
            (*fresh, now, None if life is None else now + life, row[0]),
        )
    return {"access_token": fresh[0], "refresh_token": fresh[1], "expires_in": int(life or TOKEN_SECONDS)}
