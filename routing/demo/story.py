"""What a story is made of: who writes where, what they say, and what they say once we have answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Place(Enum):
    """Where a beat is written: the network, and what it is there."""

    MENTION = ("x", "post")
    DM = ("x", "message")
    PAGE_POST = ("facebook", "page post")  # by the company's own staff, on the page itself
    COMMENT = ("facebook", "comment")
    VISITOR = ("facebook", "visitor post")
    MESSENGER = ("facebook", "message")

    @property
    def network(self) -> str:
        return self.value[0]

    @property
    def direct(self) -> bool:
        return self in (Place.DM, Place.MESSENGER)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer, with the same handle on every network."""

    handle: str
    name: str
    followers: int = 120


@dataclass(frozen=True, slots=True)
class Say:
    """What a customer says to our answer, and what they say to the answer to that.

    ``public``: after an answer that everyone could read. ``private``: after a private one, and after a public
    one that asked for a private message.
    """

    text: str
    public: Say | None = None
    private: Say | None = None


@dataclass(frozen=True, slots=True)
class Beat:
    """One thing that is written. ``wait`` is the time since the beat before, in seconds."""

    key: str
    who: Person | None  # None: the company's page
    place: Place
    text: str
    wait: float = 36
    ago: float = 0  # minutes before the first start; only for what has happened before it
    below: str = ""  # the key of what it answers or comments on
    language: str = "en"
    quiet: bool = False  # on X: does not mention the company, so that only the thread shows it
    public: Say | None = None
    private: Say | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a colleague does with a conversation ``after`` seconds, unless somebody was faster."""

    to: str
    by: str
    text: str = ""
    direct: bool = False
    after: float = 0
    resolution: str = ""  # how it is resolved once the answer is out; empty: left open
    note: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """``before``: what happened before the first start. ``live``: while it runs. ``trickle``: afterwards, slowly."""

    before: tuple[Beat, ...]
    live: tuple[Beat, ...]
    trickle: tuple[Beat, ...]
    answers: tuple[Answer, ...]

    @property
    def told(self) -> tuple[Beat, ...]:
        """What is told while the desk runs."""
        return self.live + self.trickle

    def __iter__(self) -> Iterator[Beat]:
        yield from self.before
        yield from self.told
