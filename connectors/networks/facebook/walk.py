"""Walking through a stream: ``{"high_water", "walk"}``, see CONTRACTS.md, section 3.

Facebook has no list of what is new. It has lists of places (the feed's posts; conversations), each with a
list of entries (comments; messages). A walk goes through the places from the newest on. The first entries
come with their place; a place that has more is put down as ``todo`` and read to its end before the walk goes on.

``high_water`` is Facebook's own time (the Date of the first answer) when the last complete walk began: whatever is
younger is new. It is not the time of the newest entry, because entries arrive at a place that was read already
while the walk goes through others. Every walk reads ``overlap_seconds`` more.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.errors import RejectedError, TransientError
from connectors.items import Sorted
from connectors.networks.facebook.client import FacebookClient
from connectors.networks.facebook.parse import NODE, Reader, author_id, following, items, mapping, moment
from connectors.text import clean
from connectors.types import Gap, InvalidPost, Page, Post

CLOCKS = 600  # seconds by which our clock may be ahead, where an answer has no Date
RESTARTS = 2  # times that a list is begun again because its page cursor has died
DAY = 86_400
GAP = "Facebook no longer shows what came between; it was not read in time."


@dataclass(frozen=True, slots=True)
class Place:
    """A post or conversation that has more entries than were read; ``after`` is the page cursor."""

    id: str
    after: str
    oldest: str = ""  # the id of the last entry read
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk stands. ``mark`` becomes ``high_water`` when it is over; 0 until the first answer."""

    mark: int = 0
    seen: int = 0
    after: str = ""
    more: bool = True  # whether there are further places
    restarts: int = 0
    todo: tuple[Place, ...] = field(default=())

    @classmethod
    def load(cls, stored: Any) -> Walk:
        """A walk from a cursor; anything unreadable in it begins a new walk."""
        values = stored if isinstance(stored, Mapping) else {}
        try:
            return cls(
                mark=int(values["mark"]),
                seen=int(values["seen"]),
                after=str(values["after"]),
                more=bool(values["more"]),
                restarts=int(values["restarts"]),
                todo=tuple(
                    Place(str(place["id"]), str(place["after"]), str(place["oldest"]), int(place["restarts"]))
                    for place in values["todo"]
                ),
            )
        except (KeyError, TypeError, ValueError):
            return cls()


@dataclass(slots=True)
class Found:
    """What one answer brought."""

    posts: list[Post] = field(default_factory=list)
    invalid: list[InvalidPost] = field(default_factory=list)
    gap: Gap | None = None

    def add(self, found: Sorted) -> None:
        self.posts += found[0]
        self.invalid += found[1]


class Stream(ABC):
    """One stream of one page, read newest first."""

    edge: str  # the field of a place that holds its entries

    def __init__(self, client: FacebookClient, cursor: Mapping[str, Any]) -> None:
        self.client, self.config = client, client.config
        stored = str(cursor.get("high_water", ""))
        self.first = not stored.isdigit()
        self.high_water = 0 if self.first else int(stored)
        self.floor = None if self.first else max(0, self.high_water - self.config.overlap_seconds)
        self.walk = Walk.load(cursor.get("walk"))

    @abstractmethod
    def places(self, after: str) -> Mapping[str, Any]:
        """A page of places, each with its first entries."""

    @abstractmethod
    def entries(self, place_id: str, after: str) -> Mapping[str, Any]:
        """A page of one place's entries."""

    @abstractmethod
    def touched(self, place: Mapping[str, Any]) -> datetime | None:
        """The time by which places are sorted."""

    @abstractmethod
    def back(self) -> float:
        """Places older than this need not be visited."""

    @abstractmethod
    def itself(self, reader: Reader, place: list[Any]) -> Sorted:
        """The place (none, where it is old), where it is an item too."""

    def above(self, reader: Reader, place: Mapping[str, Any]) -> list[Post]:
        """What is shown above the new entries of a place, where that came with it."""
        return []

    @abstractmethod
    def read(self, reader: Reader, raw: list[Any], place: Mapping[str, Any]) -> Sorted:
        """A place's entries as items."""

    def pages(self) -> Iterator[Page]:
        while True:
            found = self._entries() if self.walk.todo else self._places()
            done = not self.walk.todo and not self.walk.more
            if self.first and self.walk.seen >= self.config.history:
                done = True
            yield Page(found.posts, self._cursor(done=done), done, found.invalid, found.gap)
            if done:
                return

    def _places(self) -> Found:
        """One page of places, with what comes with them."""
        answer = self._ask_places()
        found, reader, raw = Found(), self._reader(), [item for item in items(answer) if isinstance(item, Mapping)]
        todo = []
        for place in raw:
            inner = mapping(place.get(self.edge))
            entries = items(inner)
            new = self.read(reader, self._new(entries), place)
            found.posts += self.above(reader, place) if new[0] else []
            self._take(found, self.itself(reader, self._new([place])))
            self._take(found, new)
            place_id, after = clean(place.get("id")), following(inner)
            if after and NODE.fullmatch(place_id) and not self._past(entries):
                todo.append(Place(place_id, after, _last(entries)))
        times = [self.touched(place) for place in raw]
        old = bool(times) and all(at is not None and at.timestamp() < self.back() for at in times)
        after = following(answer)
        self.walk = replace(self.walk, after=after, more=bool(after) and not old, todo=tuple(todo))
        return found

    def _ask_places(self) -> Mapping[str, Any]:
        try:
            return self._begun(answered(self.places(self.walk.after)))
        except RejectedError:
            if not self.walk.after or self.walk.restarts >= RESTARTS:
                raise
        self.walk = replace(self.walk, after="", restarts=self.walk.restarts + 1)
        return self._begun(answered(self.places("")))

    def _begun(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        if not self.walk.mark:
            self.walk = replace(self.walk, mark=self._now())
        return answer

    def _now(self) -> int:
        """The time on Facebook's clock: of two clocks only one may decide what is new."""
        last = self.client.session.last
        try:
            return int(parsedate_to_datetime((last.headers if last else {}).get("date", "")).timestamp())
        except (TypeError, ValueError):
            return int(time.time()) - CLOCKS

    def _entries(self) -> Found:
        """One page of the entries of the first place in ``todo``."""
        place, rest, found = self.walk.todo[0], self.walk.todo[1:], Found()
        try:
            answer = answered(self.entries(place.id, place.after))
        except RejectedError:
            self.walk = replace(self.walk, todo=rest)
            return self._begin_again(place, rest)
        raw = items(answer)
        shown = [item for item in raw if not self.withheld(item)]
        self._take(found, self.read(self._reader(), self._new(shown), {"id": place.id}))
        after, oldest = following(answer), _last(shown) or place.oldest
        if len(shown) < len(raw):
            found.gap = self._gap(oldest or place.id, [item for item in raw if self.withheld(item)])
        elif after and not self._past(raw):
            rest = (replace(place, after=after, oldest=oldest), *rest)
        self.walk = replace(self.walk, todo=rest)
        return found

    def withheld(self, item: Any) -> bool:
        """Whether an entry is there but no longer shown."""
        return False

    def _gap(self, before: str, missing: list[Any]) -> Gap | None:
        """What is missing above known ground; what lies below was read when it was new, or is history."""
        times = [moment(mapping(item).get("created_time")) for item in missing]
        if self.first or all(at is not None and at.timestamp() < self.high_water for at in times):
            return None
        since = datetime.fromtimestamp(self.high_water, UTC).isoformat()
        return Gap(after_id=since, before_id=before, reason=GAP)

    def _begin_again(self, place: Place, rest: tuple[Place, ...]) -> Found:
        """A page cursor dies with the entry that it stands on: begin at the newest entry, a few times."""
        if not place.after:  # the place itself is refused: it is deleted, with everything in it
            return Found()
        if place.restarts < RESTARTS:
            again = replace(place, after="", restarts=place.restarts + 1)
            self.walk = replace(self.walk, todo=(again, *rest))
            return Found()
        return Found(gap=self._gap(place.oldest or place.id, [None]))

    def _take(self, found: Found, read: Sorted) -> None:
        """Keep what was read; the first walk only up to the history that is asked for."""
        posts, invalid = read
        if self.first:
            posts = posts[: max(0, self.config.history - self.walk.seen)]
        self.walk = replace(self.walk, seen=self.walk.seen + len(posts))
        found.add((posts, invalid))

    def _new(self, raw: list[Any]) -> list[Any]:
        """Without what lies below known ground: a place comes with entries that are long known."""
        return [item for item in raw if not self._old(item)]

    def _old(self, item: Any) -> bool:
        at = moment(mapping(item).get("created_time"))
        return self.floor is not None and at is not None and at.timestamp() < self.floor

    def _past(self, raw: list[Any]) -> bool:
        """Whether a page is below known ground as a whole; one odd time on it proves nothing."""
        return bool(raw) and all(self._old(item) for item in raw)

    def _reader(self) -> Reader:
        return Reader(self.client.page, datetime.now(UTC))

    def _cursor(self, *, done: bool) -> dict[str, Any]:
        if done:
            return {"high_water": str(max(self.high_water, self.walk.mark)), "walk": None}
        water = {} if self.first else {"high_water": str(self.high_water)}
        return {**water, "walk": {**asdict(self.walk), "todo": [asdict(place) for place in self.walk.todo]}}


class Comments(Stream):
    """Visitor posts, posts that tag the page, and the comments and replies under every post of the feed."""

    edge = "comments"

    def places(self, after: str) -> Mapping[str, Any]:
        return self.client.feed(since=self.floor, after=after)

    def entries(self, place_id: str, after: str) -> Mapping[str, Any]:
        return self.client.comments(place_id, since=self.floor, after=after)

    def touched(self, place: Mapping[str, Any]) -> datetime | None:
        return moment(place.get("created_time"))

    def back(self) -> float:
        """The feed is sorted by when a post was made; a comment may come under one that is ``days`` old.

        Counted from known ground, so that a desk that was away for weeks misses nothing that it would have read.
        """
        return (self.floor if self.floor is not None else time.time()) - self.config.days * DAY

    def itself(self, reader: Reader, place: list[Any]) -> Sorted:
        return reader.posts([post for post in place if author_id(post) != self.client.page])

    def above(self, reader: Reader, place: Mapping[str, Any]) -> list[Post]:
        """The page's own post, so that nobody need ask for it; a visitor's was an item when it was new."""
        own = author_id(place) == self.client.page
        return [replace(post, context=True) for post in reader.posts([place])[0]] if own else []

    def read(self, reader: Reader, raw: list[Any], place: Mapping[str, Any]) -> Sorted:
        return reader.comments(raw, clean(place.get("id")))


class Messages(Stream):
    """Messenger: conversations are sorted by their newest message, so the walk ends at the first old one."""

    edge = "messages"

    def places(self, after: str) -> Mapping[str, Any]:
        return self.client.conversations(after=after)

    def entries(self, place_id: str, after: str) -> Mapping[str, Any]:
        return self.client.messages(place_id, after=after)

    def touched(self, place: Mapping[str, Any]) -> datetime | None:
        return moment(place.get("updated_time"))

    def back(self) -> float:
        return float(self.floor or 0)

    def itself(self, reader: Reader, place: list[Any]) -> Sorted:
        return [], []

    def withheld(self, item: Any) -> bool:
        """Meta promises the details of the twenty newest messages of a conversation, and of older ones only ids."""
        return isinstance(item, Mapping) and not any(name in item for name in ("from", "message", "attachments"))

    def read(self, reader: Reader, raw: list[Any], place: Mapping[str, Any]) -> Sorted:
        return reader.messages(raw, place)


def answered(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """An answer without a list is no empty page."""
    if not isinstance(answer.get("data"), list):
        raise TransientError("Facebook answered without saying what it has; it will be asked again.")
    return answer


def _last(raw: list[Any]) -> str:
    return next((clean(mapping(item).get("id")) for item in reversed(raw) if mapping(item).get("id")), "")
