"""Posts: written by customers through the control API and by the company through X's API."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from connectors.sandbox.snowflake import moment_of, now_ms
from connectors.sandbox.store import Store, placeholders
from connectors.sandbox.x import photos
from connectors.sandbox.x import text as texts
from connectors.sandbox.x.people import User, account_ids, ensure_user, find_handle, find_user


@dataclass(frozen=True, slots=True)
class Tweet:
    """A post as the network keeps it."""

    id: int
    author_id: int
    conversation_id: int
    parent_id: int | None
    gone: bool
    doc: dict[str, Any]

    @property
    def text(self) -> str:
        return str(self.doc["text"])


COLUMNS = "id, author_id, conversation_id, parent_id, gone, doc"


def load(row: Any) -> Tweet:
    return Tweet(row[0], row[1], row[2], row[3], bool(row[4]), json.loads(row[5]))


def find_tweet(store: Store, tweet_id: int | None) -> Tweet | None:
    """The post of that id, unless it is deleted."""
    row = store.one(f"SELECT {COLUMNS} FROM tweets WHERE id = ? AND gone = 0", (tweet_id,))
    return load(row) if row else None


def find_tweets(store: Store, ids: list[int]) -> list[Tweet]:
    """Those of ``ids`` that are there, in the order of ``ids``."""
    marks = placeholders(ids)
    rows = store.rows(f"SELECT {COLUMNS} FROM tweets WHERE gone = 0 AND id IN ({marks})", ids)
    found = {row[0]: load(row) for row in rows}
    return [found[tweet_id] for tweet_id in ids if tweet_id in found]


def digest(text: str, parent_id: int | None, pictures: Sequence[int] = ()) -> str:
    """What X's check for duplicates compares: the text, within one place of answer. Other pictures: another post."""
    behind = "".join(f"\0{one}" for one in pictures)
    raw = f"{parent_id or 0}\0{text.strip()}{behind}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def insert(store: Store, tweet: Tweet, *, written: str, mentions: Iterable[int]) -> None:
    """Stores ``tweet`` inside the caller's transaction; ``written`` is its text before rewriting."""
    store.db.execute(
        "INSERT INTO tweets (id, author_id, conversation_id, parent_id, digest, doc) VALUES (?, ?, ?, ?, ?, ?)",
        (
            tweet.id,
            tweet.author_id,
            tweet.conversation_id,
            tweet.parent_id,
            digest(written, tweet.parent_id, [int(one) for one in tweet.doc.get("media") or ()]),
            json.dumps(tweet.doc),
        ),
    )
    rows = [(user_id, tweet.id) for user_id in dict.fromkeys(mentions)]
    store.db.executemany("INSERT OR IGNORE INTO mentions VALUES (?, ?)", rows)


def add_customer_posts(store: Store, items: Sequence[Mapping[str, Any]], *, back_ms: int = 0) -> list[str]:
    """Many posts of customers in one transaction; the ids in the order of ``items``.

    A post mentions the accounts it names in ``account``; else those whose @handle stands in its text; else
    the author it answers, if that is an account; else the first account (unless ``mention`` is false).
    Text is served as given, byte for byte; ``rewrite: true`` treats it as X treats a text typed in by hand.
    ``key``: asked again under the same key, it is the post that is there already.
    """
    with store.writing():
        accounts = {user.id: user for user_id in account_ids(store) if (user := find_user(store, user_id))}
        return [
            store.once(item.get("key"), partial(_add_customer_post, store, item, accounts, back_ms)) for item in items
        ]


def _add_customer_post(store: Store, item: Mapping[str, Any], accounts: dict[int, User], back_ms: int) -> str:
    author = ensure_user(
        store,
        str(item["handle"]),
        name=item.get("name"),
        followers=item.get("followers"),
        accepts_dm=item.get("accepts_dm"),
    )
    parent = _parent(store, item)
    tweet_id = _new_id(store, item.get("created_at"), back_ms)
    written = str(item["text"])
    shown = texts.Rewritten(written)
    if item.get("rewrite"):
        shown = texts.rewrite(written, salt=str(tweet_id), escaped=True)
    mentions = _mentioned(store, item, written, parent, accounts)
    doc = photos.hung_on(shown.text, shown.urls, photos.add(store, author.id, item, photos.POST), str(tweet_id))
    if quoted := item.get("quotes"):
        doc["quotes"] = str(quoted)
    if item.get("in_reply_to") and parent is None:
        doc["parent_gone"] = str(item["in_reply_to"])
    if item.get("wire"):
        doc["wire"] = item["wire"]
    tweet = Tweet(
        tweet_id,
        author.id,
        parent.conversation_id if parent else tweet_id,
        parent.id if parent else None,
        False,
        doc,
    )
    insert(store, tweet, written=written, mentions=mentions)
    return str(tweet_id)


def _parent(store: Store, item: Mapping[str, Any]) -> Tweet | None:
    if not (wanted := item.get("in_reply_to")):
        return None
    row = store.one(f"SELECT {COLUMNS} FROM tweets WHERE id = ?", (int(wanted),))
    if row is None:
        raise ValueError(f"there is no post {wanted} to answer")
    return load(row)


def _new_id(store: Store, created_at: Any, back_ms: int) -> int:
    if created_at is None and not back_ms:
        return store.ids.next()
    at_ms = now_ms() if created_at is None else milliseconds(created_at)
    tweet_id = store.ids.next(at_ms - back_ms)
    while store.one("SELECT 1 FROM tweets WHERE id = ?", (tweet_id,)):
        tweet_id = store.ids.next(at_ms - back_ms)
    return tweet_id


def milliseconds(created_at: Any) -> int:
    if isinstance(created_at, int | float):
        return int(created_at * 1000)
    return int(datetime.fromisoformat(str(created_at).replace("Z", "+00:00")).timestamp() * 1000)


def _mentioned(
    store: Store, item: Mapping[str, Any], text: str, parent: Tweet | None, accounts: dict[int, User]
) -> list[int]:
    if named := item.get("account"):
        user = find_handle(store, str(named))
        if user is None or user.id not in accounts:
            raise ValueError(f"there is no company account @{named}")
        return [user.id]
    in_text = {handle.lower() for handle in texts.handles(text)}
    found = [user.id for user in accounts.values() if user.handle.lower() in in_text]
    if parent and parent.author_id in accounts:
        found.append(parent.author_id)
    if found or item.get("mention") is False:
        return found
    if not accounts:
        raise ValueError("there is no company account yet: create one first")
    return [next(iter(accounts))]


def add_own_post(
    store: Store, account: User, body: Mapping[str, Any], pictures: Sequence[int], *, request_id: str
) -> tuple[Tweet, str]:
    """A post of the company through the API: stored, entered in the ledger; the line still to be sealed."""
    reply = body.get("reply") or {}
    parent = find_tweet(store, int(reply["in_reply_to_tweet_id"])) if reply else None
    written = str(body.get("text", ""))
    tweet_id = store.ids.next()
    shown = texts.rewrite(written, salt=str(tweet_id), escaped=True)
    prefix, mentions = _leading_mentions(store, account, parent, reply, written)
    for entity in shown.urls:
        entity["start"] += len(prefix)
        entity["end"] += len(prefix)
    doc = {**photos.hung_on(prefix + shown.text, shown.urls, pictures, str(tweet_id)), "hidden": len(prefix)}
    if quoted := body.get("quote_tweet_id"):
        doc["quotes"] = str(quoted)
    conversation = parent.conversation_id if parent else tweet_id
    tweet = Tweet(tweet_id, account.id, conversation, parent.id if parent else None, False, doc)
    entry = {
        "at": moment_of(tweet_id),
        "kind": "tweet",
        "account_id": str(account.id),
        "id": str(tweet_id),
        "text": written,
        "in_reply_to": str(parent.id) if parent else None,
        "request_id": request_id,
        **photos.in_ledger(store, doc),
    }
    with store.writing():
        insert(store, tweet, written=written, mentions=mentions)
        line = store.enter(entry)
    return tweet, line


def _leading_mentions(
    store: Store, account: User, parent: Tweet | None, reply: Mapping[str, Any], written: str
) -> tuple[str, list[int]]:
    """X puts the people of the thread in front of a reply: "@author @other text", as v2 shows it.

    They do not count towards the length, can be left out by exclude_reply_user_ids (not so the author
    answered), and are not repeated where the text names them already.
    """
    named = [user for handle in texts.handles(written) if (user := find_handle(store, handle))]
    ids = [user.id for user in named]
    if parent is None or reply.get("auto_populate_reply_metadata") is False:
        return "", ids
    author = find_user(store, parent.author_id)
    others = [user for handle in texts.handles(parent.text) if (user := find_handle(store, handle))]
    left_out = {int(user_id) for user_id in reply.get("exclude_reply_user_ids") or []}
    people = [author] if author else []
    people += [user for user in others if user.id not in left_out]
    shown = [user for user in dict.fromkeys(u.id for u in people) if user not in (account.id, *ids)]
    by_id = {user.id: user.handle for user in people}
    return "".join(f"@{by_id[user_id]} " for user_id in shown), ids + shown


def remove(store: Store, tweet: Tweet, account_id: int | None, *, request_id: str) -> str | None:
    """Deletes a post; one's own deletions through the API are in the ledger."""
    with store.writing() as db:
        db.execute("UPDATE tweets SET gone = 1 WHERE id = ?", (tweet.id,))
        if account_id is None:
            return None
        return store.enter(
            {
                "at": now_ms(),
                "kind": "delete",
                "account_id": str(account_id),
                "id": str(tweet.id),
                "text": "",
                "in_reply_to": None,
                "request_id": request_id,
            }
        )
