"""Objects as X's API v2 writes them: few fields by default, the rest only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sandbox.snowflake import moment_of
from connectors.sandbox.store import Store
from connectors.sandbox.x import photos
from connectors.sandbox.x import text as texts
from connectors.sandbox.x.messages import Message, sides_of
from connectors.sandbox.x.people import User, find_handle, find_user
from connectors.sandbox.x.posts import Tweet, find_tweet


@dataclass(slots=True)
class Writer:
    """Writes objects for one call: the fields it asked for and how times are bent by faults."""

    store: Store
    query: Mapping[str, Any]
    milliseconds: bool = True
    ahead: float = 0.0
    address: str = ""
    users: dict[int, dict[str, Any]] = field(default_factory=dict)
    media: dict[str, dict[str, Any]] = field(default_factory=dict)
    tweets: dict[int, dict[str, Any]] = field(default_factory=dict)

    def wants(self, group: str, name: str) -> bool:
        return name in (self.query.get(group) or ())

    def time(self, ms: int) -> str:
        moment = datetime.fromtimestamp(ms / 1000, UTC) + timedelta(seconds=self.ahead)
        whole = moment.strftime("%Y-%m-%dT%H:%M:%S")
        return f"{whole}.{moment.microsecond // 1000:03d}Z" if self.milliseconds else f"{whole}Z"

    def tweet(self, tweet: Tweet) -> dict[str, Any]:
        """A post, with what its expansions name put aside for ``includes``."""
        written: dict[str, Any] = {
            "id": str(tweet.id),
            "text": tweet.text,
            "edit_history_tweet_ids": [str(tweet.id)],
        }
        for name in self.query.get("tweet.fields") or ():
            if name not in written and (value := self._tweet_field(tweet, name)) is not None:
                written[name] = value
        self._expand_tweet(tweet, written)
        written.update(tweet.doc.get("wire") or {})
        return written

    def _tweet_field(self, tweet: Tweet, name: str) -> Any:
        """One field by name; None where the post (or the sandbox) has nothing to say."""
        makers: dict[str, Callable[[], Any]] = {
            "author_id": lambda: str(tweet.author_id),
            "conversation_id": lambda: str(tweet.conversation_id),
            "created_at": lambda: self.time(moment_of(tweet.id)),
            "in_reply_to_user_id": lambda: self._answered_user(tweet),
            "attachments": lambda: self._attachments(tweet.doc),
            "referenced_tweets": lambda: _references(tweet) or None,
            "entities": lambda: self._entities(tweet),
            "lang": lambda: "und",
            "public_metrics": lambda: self._metrics(tweet),
            "reply_settings": lambda: "everyone",
            "possibly_sensitive": lambda: False,
            "display_text_range": lambda: [tweet.doc.get("hidden", 0), len(tweet.text)],
            "edit_controls": lambda: {
                "edits_remaining": 5,
                "is_edit_eligible": False,
                "editable_until": self.time(moment_of(tweet.id) + 3_600_000),
            },
        }
        return makers[name]() if name in makers else None

    def _answered_user(self, tweet: Tweet) -> str | None:
        if tweet.parent_id is None:
            return None
        # Deleting the post answered does not change whom its answer says it answers.
        row = self.store.one("SELECT author_id FROM tweets WHERE id = ?", (tweet.parent_id,))
        return str(row[0]) if row else None

    def _metrics(self, tweet: Tweet) -> dict[str, int]:
        replies = self.store.one(
            "SELECT count(*) FROM tweets WHERE conversation_id = ? AND parent_id = ? AND gone = 0",
            (tweet.conversation_id, tweet.id),
        )[0]
        names = ("retweet_count", "like_count", "quote_count", "bookmark_count", "impression_count")
        return {"reply_count": replies, **dict.fromkeys(names, 0)}

    def _entities(self, tweet: Tweet) -> dict[str, Any] | None:
        entities: dict[str, Any] = {}
        if tweet.doc["urls"]:
            entities["urls"] = tweet.doc["urls"]
        ids = {}
        for handle in texts.handles(tweet.text):
            if user := find_handle(self.store, handle):
                ids[handle.lower()] = str(user.id)
        if mentions := texts.mention_entities(tweet.text, ids):
            entities["mentions"] = mentions
        return entities or None

    def _attachments(self, doc: Mapping[str, Any]) -> dict[str, Any] | None:
        """The keys of the pictures; the pictures themselves are put aside where they were asked for."""
        found = photos.of(self.store, doc)
        if self.wants("expansions", "attachments.media_keys"):
            self.media.update({picture.key: self._picture(picture) for picture in found})
        return {"media_keys": [picture.key for picture in found]} if found else None

    def _picture(self, picture: photos.Picture) -> dict[str, Any]:
        asked = {"url": f"{self.address}/_page/picture/x/{picture.id}", "alt_text": picture.alt}
        shown = {name: value for name, value in asked.items() if value and self.wants("media.fields", name)}
        return {"media_key": picture.key, "type": "photo", **shown}

    def _expand_tweet(self, tweet: Tweet, written: dict[str, Any]) -> None:
        if self.wants("expansions", "attachments.media_keys") and (found := self._attachments(tweet.doc)):
            written["attachments"] = found
        if self.wants("expansions", "author_id"):
            written["author_id"] = str(tweet.author_id)
            self.include_user(tweet.author_id)
        if self.wants("expansions", "in_reply_to_user_id") and (answered := self._answered_user(tweet)):
            written["in_reply_to_user_id"] = answered
            self.include_user(int(answered))
        if self.wants("expansions", "entities.mentions.username"):
            for handle in texts.handles(tweet.text):
                if user := find_handle(self.store, handle):
                    self.include_user(user.id)
        wanted = ("referenced_tweets.id", "referenced_tweets.id.author_id")
        if any(self.wants("expansions", name) for name in wanted) and (references := _references(tweet)):
            written["referenced_tweets"] = references
            self._include_references(references)

    def _include_references(self, references: list[dict[str, str]]) -> None:
        for reference in references:
            other = find_tweet(self.store, int(reference["id"]))
            if other is None or other.id in self.tweets:
                continue
            flat = Writer(
                self.store,
                {"tweet.fields": self.query.get("tweet.fields")},
                milliseconds=self.milliseconds,
                ahead=self.ahead,
                address=self.address,
            )
            self.tweets[other.id] = flat.tweet(other)
            if self.wants("expansions", "referenced_tweets.id.author_id"):
                self.tweets[other.id]["author_id"] = str(other.author_id)
                self.include_user(other.author_id)

    def include_user(self, user_id: int) -> None:
        if user_id not in self.users and (user := find_user(self.store, user_id)):
            self.users[user_id] = self.user(user)

    def user(self, user: User) -> dict[str, Any]:
        """A person, with the fields the call asked for."""
        written: dict[str, Any] = {"id": str(user.id), "name": user.name, "username": user.handle}
        doc = user.doc
        asked: dict[str, Any] = {
            "created_at": self.time(doc["created_ms"]),
            "description": doc.get("description", ""),
            "public_metrics": {
                "followers_count": doc["followers"],
                "following_count": 80,
                "tweet_count": 310,
                "listed_count": 0,
                "like_count": 0,
            },
            "receives_your_dm": bool(doc["accepts_dm"]),
            "protected": False,
            "verified": False,
            "verified_type": "none",
            "connection_status": [],
        }
        if image := doc.get("image"):
            asked["profile_image_url"] = image
        for name, value in asked.items():
            if self.wants("user.fields", name):
                written[name] = value
        return written

    def message(self, message: Message) -> dict[str, Any]:
        """A direct message event."""
        doc = message.doc
        written = {"id": str(message.id), "event_type": "MessageCreate", "text": doc["text"]}
        asked: dict[str, Any] = {
            "created_at": self.time(moment_of(message.id)),
            "dm_conversation_id": message.conversation,
            "sender_id": str(message.sender_id),
        }
        if doc["urls"]:
            asked["entities"] = {"urls": doc["urls"]}
        if found := self._attachments(doc):
            asked["attachments"] = found
        for name, value in asked.items():
            if self.wants("dm_event.fields", name):
                written[name] = value
        if self.wants("expansions", "sender_id"):
            written["sender_id"] = str(message.sender_id)
            self.include_user(message.sender_id)
        if self.wants("expansions", "participant_ids"):
            for user_id in sides_of(message.conversation):
                self.include_user(user_id)
        return written

    def includes(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.users:
            found["users"] = list(self.users.values())
        if self.media:
            found["media"] = list(self.media.values())
        if self.tweets:
            found["tweets"] = list(self.tweets.values())
        return {"includes": found} if found else {}

    def answer(self, items: Iterable[dict[str, Any]], meta: dict[str, Any]) -> dict[str, Any]:
        """A page as X writes it: no ``data`` where there is none."""
        data = list(items)
        page: dict[str, Any] = {"data": data} if data else {}
        return {**page, **(self.includes() if data else {}), "meta": meta}


def _references(tweet: Tweet) -> list[dict[str, str]]:
    references = []
    if quoted := tweet.doc.get("quotes"):
        references.append({"type": "quoted", "id": quoted})
    if tweet.parent_id or tweet.doc.get("parent_gone"):
        references.append({"type": "replied_to", "id": str(tweet.parent_id or tweet.doc["parent_gone"])})
    return references
