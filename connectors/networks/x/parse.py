"""X's JSON as our posts. Whatever is odd about one item stays with that item."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import InvalidItem
from connectors.items import Json, Sorted, sorted_out
from connectors.networks.x import snowflake
from connectors.networks.x.text import incoming
from connectors.text import clean
from connectors.types import Audience, Author, Media, Post

ID = re.compile(r"[0-9]{1,19}")
DIALOGUE = re.compile(r"[0-9]{1,19}(?:-[0-9]{1,19})?")
AHEAD = timedelta(minutes=5)  # how far a network's clock may be before ours
DIRECT_PREFIX = "dm:"


class Reader:
    """Reads one answer of X for one account. ``now`` bounds times that lie in the future."""

    def __init__(self, answer: Json, account_id: str, now: datetime) -> None:
        self.account_id, self.now = account_id, now
        includes = _mapping(answer.get("includes"))
        self.users = _by(includes.get("users"), "id")
        self.media = _by(includes.get("media"), "media_key")
        self.tweets = _by(includes.get("tweets"), "id")

    def posts(self, raw: Iterable[Any]) -> Sorted:
        return sorted_out(raw, self.post, "X")

    def messages(self, raw: Iterable[Any]) -> Sorted:
        """Joining and leaving are no messages, so anything but MessageCreate is left out."""
        return sorted_out((item for item in raw if _is_message(item)), self.message, "X")

    def post(self, raw: Json, *, context: bool = False) -> Post:
        identifier = _id(raw)
        author = self._author(raw.get("author_id"))
        text, entities = self._body(raw)
        referenced = _referenced(raw)
        published, claimed = self._published(raw.get("created_at"), identifier)
        root = clean(raw.get("conversation_id"))
        return Post(
            external_id=identifier,
            author=author,
            text=incoming(text, entities),
            published_at=published,
            root_id=root if ID.fullmatch(root) else identifier,
            in_reply_to=referenced.get("replied_to", ""),
            own=author.external_id == self.account_id,
            context=context,
            url=address(author.handle, identifier),
            language=_language(raw.get("lang")),
            media=self._media(raw),
            extra={
                **_without_empty(
                    repost="retweeted" in referenced,
                    quotes=referenced.get("quoted", ""),
                    in_reply_to_user_id=clean(raw.get("in_reply_to_user_id")),
                    verified=self._user(author.external_id).get("verified") is True,
                    metrics=_numbers(raw.get("public_metrics")),
                    claimed_at=claimed,
                ),
                **self._closed(author),
            },
        )

    def message(self, raw: Json) -> Post:
        identifier = _id(raw)
        author = self._author(raw.get("sender_id"))
        dialogue = clean(raw.get("dm_conversation_id"))
        if not DIALOGUE.fullmatch(dialogue):
            raise InvalidItem("X did not say which dialogue this message belongs to.")
        if not isinstance(raw.get("text"), str) and not raw.get("attachments"):
            raise InvalidItem("X sent this message without a text.")
        own = author.external_id == self.account_id
        published, claimed = self._published(raw.get("created_at"), identifier)
        return Post(
            external_id=identifier,
            author=author,
            text=incoming(raw.get("text"), raw.get("entities")),
            published_at=published,
            root_id=DIRECT_PREFIX + dialogue,
            audience=Audience.DIRECT,
            own=own,
            peer=self._peer(dialogue) if own else None,
            media=self._media(raw),
            extra=_without_empty(
                group="-" not in dialogue,
                verified=self._user(author.external_id).get("verified") is True,
                claimed_at=claimed,
            ),
        )

    def account(self, raw: Json) -> Author:
        return self._author(raw.get("id"), raw)

    def _body(self, raw: Json) -> tuple[str, Any]:
        """A long post has its whole text, and the entities of it, in note_tweet."""
        note = _mapping(raw.get("note_tweet"))
        if isinstance(note.get("text"), str):
            return note["text"], note.get("entities")
        if not isinstance(raw.get("text"), str):
            raise InvalidItem("X sent this post without a text.")
        return raw["text"], raw.get("entities")

    def _user(self, identifier: str) -> Json:
        return self.users.get(identifier, {})

    def _author(self, identifier: Any, raw: Json | None = None) -> Author:
        """An author whom X does not describe keeps the id; X leaves out suspended and deleted people."""
        identifier = clean(identifier)
        if not ID.fullmatch(identifier):
            raise InvalidItem("X did not say who wrote this.")
        user = self._user(identifier) if raw is None else raw
        followers = _numbers(user.get("public_metrics")).get("followers_count")
        return Author(
            external_id=identifier,
            handle=clean(user.get("username")),
            name=clean(user.get("name")),
            followers=followers,
            avatar_url=clean(user.get("profile_image_url")),
        )

    def _closed(self, author: Author) -> dict[str, bool]:
        """That the person took no message from us when this was read."""
        closed = self._user(author.external_id).get("receives_your_dm") is False
        return {"can_reply_privately": False} if closed and author.external_id != self.account_id else {}

    def _peer(self, dialogue: str) -> Author | None:
        """The other side of a dialogue of two; its id holds both numbers."""
        others = [part for part in dialogue.split("-") if part != self.account_id]
        return self._author(others[0]) if "-" in dialogue and len(others) == 1 else None

    def _published(self, value: Any, identifier: str) -> tuple[datetime, str]:
        """When it was published, and what X claimed where that cannot be.

        A time that is missing, unreadable or in the future is replaced by the one inside the id.
        """
        text = clean(value)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = self.now + 2 * AHEAD
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        if moment <= self.now + AHEAD:
            return moment.astimezone(UTC), ""
        inside = snowflake.seconds_of(int(identifier))
        return datetime.fromtimestamp(min(inside, self.now.timestamp()), UTC), text[:40]

    def _media(self, raw: Json) -> tuple[Media, ...]:
        keys = _mapping(raw.get("attachments")).get("media_keys")
        listed = keys if isinstance(keys, list) else []
        found = [self.media.get(clean(key), {"media_key": key}) for key in listed]
        return tuple(
            Media(
                external_id=clean(item.get("media_key")),
                kind=clean(item.get("type")) or "unknown",
                url=clean(item.get("url")) or clean(item.get("preview_image_url")),
                alt=clean(item.get("alt_text")),
            )
            for item in found
        )


def address(handle: str, identifier: str) -> str:
    """The public address of a post; X redirects ``i`` to the author."""
    return f"https://x.com/{handle or 'i'}/status/{identifier}"


def items(answer: Json) -> list[Any]:
    """The list under ``data``; X leaves it out on an empty page."""
    data = answer.get("data")
    return data if isinstance(data, list) else []


def identifiers(raw: Iterable[Any]) -> list[int]:
    """The readable ids of a page, invalid items included, so that one of those cannot hold up a walk."""
    texts = (clean(item.get("id")) for item in raw if isinstance(item, Mapping))
    return [int(text) for text in texts if ID.fullmatch(text)]


def _is_message(item: Any) -> bool:
    return not isinstance(item, Mapping) or item.get("event_type", "MessageCreate") == "MessageCreate"


def _id(raw: Json) -> str:
    identifier = clean(raw.get("id"))
    if not ID.fullmatch(identifier):
        raise InvalidItem("X sent this item without its id.")
    return identifier


def _language(value: Any) -> str:
    """A language tag, or nothing for X's own codes of what has none ("und", "qme", "zxx" and the like)."""
    tag = clean(value)
    return tag if re.fullmatch(r"[a-z]{2}(?:-[A-Za-z]{2,4})?", tag) else ""


def _mapping(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}


def _by(values: Any, key: str) -> dict[str, Json]:
    listed = values if isinstance(values, list) else []
    return {clean(value.get(key)): value for value in listed if isinstance(value, Mapping)}


def _referenced(raw: Json) -> dict[str, str]:
    """Ids of the posts that this one stands on, by kind: replied_to, quoted, retweeted."""
    listed = raw.get("referenced_tweets")
    pairs = [(clean(i.get("type")), clean(i.get("id"))) for i in listed or () if isinstance(i, Mapping)]
    return {kind: identifier for kind, identifier in pairs if ID.fullmatch(identifier)}


def _numbers(value: Any) -> dict[str, int]:
    return {clean(k): v for k, v in _mapping(value).items() if isinstance(v, int) and not isinstance(v, bool)}


def _without_empty(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}
