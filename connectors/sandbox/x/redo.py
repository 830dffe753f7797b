"""Doing an accepted write again from its ledger line."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.store import Store
from connectors.sandbox.x import messages, posts
from connectors.sandbox.x import text as texts


def _redo_tweet(store: Store, entry: dict[str, Any]) -> None:
    shown = texts.rewrite(entry["text"], salt=entry["id"], escaped=True)
    parent = posts.find_tweet(store, int(entry["in_reply_to"] or 0))
    tweet_id, parent_id = int(entry["id"]), int(entry["in_reply_to"] or 0) or None
    conversation = parent.conversation_id if parent else tweet_id
    doc = {"text": shown.text, "urls": shown.urls}
    tweet = posts.Tweet(tweet_id, int(entry["account_id"]), conversation, parent_id, False, doc)
    if posts.find_tweet(store, tweet_id) is None:
        posts.insert(store, tweet, written=entry["text"], mentions=())


def _redo_message(store: Store, entry: dict[str, Any]) -> None:
    shown = texts.rewrite(entry["text"], salt=entry["id"], escaped=False)
    conversation = messages.conversation_of(int(entry["account_id"]), int(entry["participant_id"]))
    doc = {"text": shown.text, "urls": shown.urls}
    message = messages.Message(int(entry["id"]), conversation, int(entry["account_id"]), doc)
    if store.one("SELECT 1 FROM dms WHERE id = ?", (message.id,)) is None:
        messages.insert(store, message)


def _redo_deletion(store: Store, entry: dict[str, Any]) -> None:
    store.db.execute("UPDATE tweets SET gone = 1 WHERE id = ?", (int(entry["id"]),))


REDO = {"tweet": _redo_tweet, "dm": _redo_message, "delete": _redo_deletion}
