"""Doing an accepted write again from its ledger line."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.store import Store
from connectors.sandbox.x import messages, photos, posts
from connectors.sandbox.x import text as texts


def _redo_tweet(store: Store, entry: dict[str, Any]) -> None:
    shown = texts.rewrite(entry["text"], salt=entry["id"], escaped=True)
    parent = posts.find_tweet(store, int(entry["in_reply_to"] or 0))
    tweet_id, parent_id = int(entry["id"]), int(entry["in_reply_to"] or 0) or None
    conversation = parent.conversation_id if parent else tweet_id
    doc = photos.hung_on(shown.text, shown.urls, _pictures(entry), entry["id"])
    tweet = posts.Tweet(tweet_id, int(entry["account_id"]), conversation, parent_id, False, doc)
    if posts.find_tweet(store, tweet_id) is None:
        posts.insert(store, tweet, written=entry["text"], mentions=())


def _redo_message(store: Store, entry: dict[str, Any]) -> None:
    shown = texts.rewrite(entry["text"], salt=entry["id"], escaped=False)
    conversation = messages.conversation_of(int(entry["account_id"]), int(entry["participant_id"]))
    doc = photos.hung_on(shown.text, shown.urls, _pictures(entry), entry["id"])
    message = messages.Message(int(entry["id"]), conversation, int(entry["account_id"]), doc)
    if store.one("SELECT 1 FROM dms WHERE id = ?", (message.id,)) is None:
        messages.insert(store, message)


def _pictures(entry: dict[str, Any]) -> list[int]:
    return [int(one["id"]) for one in entry.get("media", [])]


def _redo_picture(store: Store, entry: dict[str, Any]) -> None:
    """What a line holds of a picture; its bytes are gone."""
    if photos.find(store, int(entry["id"])) is None:
        facts = (entry["category"], entry["mime"], entry["at"], entry["alt"])
        photos.insert(store, photos.Picture(int(entry["id"]), int(entry["account_id"]), *facts), b"")


def _redo_description(store: Store, entry: dict[str, Any]) -> None:
    store.db.execute("UPDATE media SET alt = ? WHERE id = ?", (entry["text"], int(entry["id"])))


def _redo_hiding(store: Store, entry: dict[str, Any]) -> None:
    hide = entry["kind"] == "hide"
    sql = "INSERT OR IGNORE INTO hidden VALUES (?)" if hide else "DELETE FROM hidden WHERE tweet_id = ?"
    store.db.execute(sql, (int(entry["id"]),))


def _redo_like(store: Store, entry: dict[str, Any]) -> None:
    both = (int(entry["account_id"]), int(entry["id"]))
    if entry["kind"] == "like":
        store.db.execute("INSERT OR IGNORE INTO likes VALUES (?, ?, ?)", (*both, store.ids.next()))
    else:
        store.db.execute("DELETE FROM likes WHERE user_id = ? AND tweet_id = ?", both)


def _redo_deletion(store: Store, entry: dict[str, Any]) -> None:
    store.db.execute("UPDATE tweets SET gone = 1 WHERE id = ?", (int(entry["id"]),))


REDO = {
    "tweet": _redo_tweet,
    "dm": _redo_message,
    "delete": _redo_deletion,
    "media": _redo_picture,
    "describe": _redo_description,
    "hide": _redo_hiding,
    "unhide": _redo_hiding,
    "like": _redo_like,
    "unlike": _redo_like,
}
