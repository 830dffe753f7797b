"""Facebook's JSON as our posts. Whatever is odd about one item stays with that item."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import InvalidItem
from connectors.items import Json, Sorted, sorted_out
from connectors.text import clean
from connectors.types import Audience, Author, Media, Post

NODE = re.compile(r"[A-Za-z0-9_:.-]{1,160}")  # a part of a path: no slash, no question mark
MESSAGE = re.compile(r"[!-~]{1,190}")
PERSON = re.compile(r"[0-9]{1,32}")
AHEAD = timedelta(minutes=5)  # how far Facebook's clock may be before ours
NOBODY = "unnamed:"


class Reader:
    """Reads answers of Facebook for one page. ``now`` bounds times that lie in the future."""

    def __init__(self, page: str, now: datetime) -> None:
        self.page, self.now = page, now

    def posts(self, raw: Iterable[Any]) -> Sorted:
        return sorted_out(raw, self.post, "Facebook")

    def comments(self, raw: Iterable[Any], post_id: str) -> Sorted:
        return sorted_out(raw, lambda item: self.comment(item, post_id), "Facebook")

    def messages(self, raw: Iterable[Any], conversation: Json) -> Sorted:
        return sorted_out(raw, lambda item: self.message(item, conversation), "Facebook")

    def post(self, raw: Json, *, context: bool = False) -> Post:
        """A post by a visitor, by somebody who tags the page, or by the page itself."""
        identifier = _node(raw)
        media = _pictures(raw)
        text = raw.get("message") if isinstance(raw.get("message"), str) else raw.get("story")
        if not isinstance(text, str) and not media:
            raise InvalidItem("Facebook sent this post without a text.")
        author = self._author(raw, identifier)
        published, claimed = self._published(raw)
        own = author.external_id == self.page
        return Post(
            external_id=identifier,
            author=author,
            text=clean(text),
            published_at=published,
            root_id=identifier,
            own=own,
            context=context,
            url=address(raw, identifier),
            media=media,
            extra=_extra(raw, claimed),
        )

    def comment(self, raw: Json, post_id: str, *, context: bool = False) -> Post:
        """A comment under a post, or a reply to a comment; the post is the root of both."""
        identifier = _node(raw)
        media = _attachment(raw, identifier)
        if not isinstance(raw.get("message"), str) and not media:
            raise InvalidItem("Facebook sent this comment without a text.")
        author = self._author(raw, identifier)
        published, claimed = self._published(raw)
        parent = clean(mapping(raw.get("parent")).get("id"))
        own = author.external_id == self.page
        return Post(
            external_id=identifier,
            author=author,
            text=clean(raw.get("message")),
            published_at=published,
            root_id=post_id,
            in_reply_to=parent if NODE.fullmatch(parent) else post_id,
            own=own,
            context=context and not own,
            url=address(raw, identifier),
            media=media,
            extra=_extra(raw, claimed),
        )

    def message(self, raw: Json, conversation: Json) -> Post:
        identifier = message_id(raw.get("id"))
        media = _files(raw)
        if not isinstance(raw.get("message"), str) and not media:
            raise InvalidItem("Facebook shows this message without its text; it shows only the newest of a dialogue.")
        sender = mapping(raw.get("from"))
        if not PERSON.fullmatch(clean(sender.get("id"))):
            raise InvalidItem("Facebook did not say who wrote this message.")
        author = self._author(raw, identifier)
        published, claimed = self._published(raw)
        own = author.external_id == self.page
        return Post(
            external_id=identifier,
            author=author,
            text=clean(raw.get("message")),
            published_at=published,
            root_id=clean(conversation.get("id")),
            audience=Audience.DIRECT,
            own=own,
            peer=self._peer(raw, conversation) if own else None,
            media=media,
            extra={"claimed_at": claimed} if claimed else {},
        )

    def account(self, raw: Json) -> Author:
        """The page itself; many have no name of their own in addresses."""
        identifier = clean(raw.get("id"))
        if not PERSON.fullmatch(identifier):
            raise InvalidItem("Facebook did not say which page this is.")
        name = clean(raw.get("name"))
        return Author(external_id=identifier, handle=clean(raw.get("username")), name=name or identifier)

    def _author(self, raw: Json, identifier: str) -> Author:
        """Who wrote it. Facebook leaves out people who do not allow it: each item of theirs stands alone."""
        given = mapping(raw.get("from"))
        person = clean(given.get("id"))
        if not PERSON.fullmatch(person):
            return Author(external_id=f"{NOBODY}{identifier}"[:128], name="Somebody on Facebook", scope=self.page)
        return Author(external_id=person, name=clean(given.get("name")), scope=self.page)

    def _peer(self, raw: Json, conversation: Json) -> Author | None:
        """The other side: the message's addressee, or else whoever takes part and is not the page."""
        for people in (raw.get("to"), conversation.get("participants")):
            for person in items(mapping(people)):
                identifier = clean(mapping(person).get("id"))
                if PERSON.fullmatch(identifier) and identifier != self.page:
                    return Author(identifier, name=clean(mapping(person).get("name")), scope=self.page)
        return None

    def _published(self, raw: Json) -> tuple[datetime, str]:
        """When it was published, and what Facebook claimed where that cannot be: then it is from now."""
        value = raw.get("created_time")
        found = moment(value)
        if found is not None and found <= self.now + AHEAD:
            return found, ""
        return self.now, clean(value)[:40]


def moment(value: Any) -> datetime | None:
    """A time as Facebook writes it (2026-01-02T03:04:05+0000, or seconds since 1970); None for anything else."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(clean(value))
    except (ValueError, OverflowError, OSError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def message_id(value: Any) -> str:
    """Messenger's number of a message. The Send API may leave out the m_ that lists put before it."""
    identifier = clean(value)
    if not MESSAGE.fullmatch(identifier):
        raise InvalidItem("Facebook sent this message without its id.")
    return identifier if identifier.startswith("m_") else f"m_{identifier}"


def address(raw: Json, identifier: str) -> str:
    """The public address; facebook.com leads from a bare id to the right place."""
    return clean(raw.get("permalink_url")) or f"https://www.facebook.com/{identifier}"


def author_id(raw: Json) -> str:
    return clean(mapping(raw.get("from")).get("id"))


def mapping(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}


def items(answer: Json) -> list[Any]:
    data = answer.get("data")
    return data if isinstance(data, list) else []


def following(answer: Json) -> str:
    """The cursor of the next page. Meta: the absence of ``next`` is the end, not a short page."""
    paging = mapping(answer.get("paging"))
    after = mapping(paging.get("cursors")).get("after")
    return clean(after) if paging.get("next") else ""


def _node(raw: Json) -> str:
    identifier = clean(raw.get("id"))
    if not NODE.fullmatch(identifier):
        raise InvalidItem("Facebook sent this item without its id.")
    return identifier


def _extra(raw: Json, claimed: str) -> dict[str, Any]:
    """What else is worth keeping; empty ones are left out, except a refusal of private replies."""
    extra: dict[str, Any] = {}
    if raw.get("can_reply_privately") is False:
        extra["can_reply_privately"] = False
    if raw.get("is_hidden") is True:
        extra["hidden"] = True
    likes = raw.get("like_count")
    if isinstance(likes, int) and likes > 0:
        extra["metrics"] = {"like_count": likes}
    return {**extra, "claimed_at": claimed} if claimed else extra


def _pictures(raw: Json) -> tuple[Media, ...]:
    picture = clean(raw.get("full_picture"))
    return (Media(external_id=clean(raw.get("id")), kind="photo", url=picture),) if picture else ()


def _attachment(raw: Json, identifier: str) -> tuple[Media, ...]:
    """A comment has one picture, film, sticker or link at most."""
    found = mapping(raw.get("attachment"))
    if not found:
        return ()
    return (
        Media(
            external_id=clean(mapping(found.get("target")).get("id")) or identifier,
            kind=clean(found.get("type")) or "unknown",
            url=clean(mapping(mapping(found.get("media")).get("image")).get("src")) or clean(found.get("url")),
            alt=clean(found.get("description")) or clean(found.get("title")),
        ),
    )


def _files(raw: Json) -> tuple[Media, ...]:
    """What hangs on a message: pictures, films, files, a sticker."""
    files = [
        Media(
            external_id=clean(item.get("id")),
            kind=clean(item.get("mime_type")).partition("/")[0] or "file",
            url=clean(mapping(item.get("image_data")).get("url"))
            or clean(mapping(item.get("video_data")).get("url"))
            or clean(item.get("file_url")),
            alt=clean(item.get("name")),
        )
        for item in items(mapping(raw.get("attachments")))
        if isinstance(item, Mapping)
    ]
    sticker = clean(raw.get("sticker"))
    return (*files, Media(external_id=clean(raw.get("id")), kind="sticker", url=sticker)) if sticker else tuple(files)
