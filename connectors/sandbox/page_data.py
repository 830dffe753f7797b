"""What the page shows: the people to write as, what came back to them, and the switches."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.network import Network, Story
from connectors.sandbox.store import Store

SHOWN = 40
LOG_LINES = 12
CUSTOMERS = ("Carol", "Tove", "Malik", "Ines")


@dataclass(frozen=True, slots=True)
class Tile:
    """A network that the page can write on: its limits in public and in private, and what the company has there."""

    key: str
    label: str
    icon: str
    limit: int
    direct_limit: int
    account: str


TRIES = {
    "anger": (
        "Anger",
        "Third day without a connection and your chat just hangs up on me. I am done waiting.",
    ),
    "question": ("Question", "Is 5G home broadband available in Lund yet, or is the map still lying?"),
    "kudos": ("Kudos", "That was quick. Thank you for staying on the line until it worked!"),
    "number": (
        "A number in public",
        "My customer number is 4711-0815 and my phone is 0700 123 456, please look.",
    ),
}
PILE_ON = (
    "is the network down in the whole city or is it just us?",
    "no signal since this morning. Anyone there?",
    "my shop cannot take card payments. When does this end?",
    "your status page says all green. It is not.",
    "third outage this month. I want my money back.",
    "still nothing in the north of town",
    "thanks for at least answering, but we need a time",
    "calls drop after ten seconds, data is dead",
)
SWITCHES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "timeout": ("Time out after the write, once", [{"name": "timeout_after_write", "times": 1}]),
    "pace": ("Say 429, ready again in 30 s", [{"name": "status", "status": 429, "reset": 30, "lasts": 30}]),
    "gateway": ("Answer 502 to every second call", [{"name": "status", "status": 502, "every": 2}]),
    "twice": (
        "Deliver everything twice, out of order",
        [{"name": "duplicate_items", "count": 2}, {"name": "reorder"}],
    ),
    "token": ("Expire the token", [{"name": "expire_token"}]),
    "echo": ("Echo our own posts", [{"name": "own_posts_echo"}]),
}


@dataclass(frozen=True, slots=True)
class Party:
    """The company, or a customer, on one network."""

    id: int
    name: str
    handle: str
    followers: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture on the page: its number and its alternative text."""

    id: int
    alt: str


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as a network keeps it. ``place`` is where it stands: the same text there twice came back twice.

    ``written`` is the ledger's id of what the company wrote through the API; empty where it wrote otherwise.
    """

    ours: bool
    id: int
    at_ms: int
    text: str
    place: Hashable = None
    written: str = ""
    note: str = ""
    pictures: Sequence[Shown] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a column: whose, when, what, and what is known of its way."""

    ours: bool
    name: str
    handle: str
    at_ms: int
    text: str
    times: int = 0
    note: str = ""
    fetched_after: float | None = None
    pictures: Sequence[Shown] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's bytes and what they are."""

    mime: str
    data: bytes
    alt: str


def said(state: Mapping[str, bool]) -> str:
    """What the company did to an entry, in words."""
    words = {"hidden": "hidden by the company", "liked": "liked by the company", "deleted": "deleted by the company"}
    return ", ".join(words[name] for name in words if state[name])


@dataclass(frozen=True, slots=True)
class Below:
    """What a new post would answer: its id, the words for it, and when it was written."""

    id: str
    said: str
    at_ms: int


class Side(ABC):
    """One network, as the page needs it."""

    tile: Tile

    @abstractmethod
    def company(self, store: Store) -> Party | None: ...

    @abstractmethod
    def make_company(self, store: Store, handle: str) -> None: ...

    @abstractmethod
    def person(self, store: Store, handle: str) -> Party | None: ...

    @abstractmethod
    def newest_names(self, store: Store) -> list[str]:
        """The newest customers, as they are called()."""

    @abstractmethod
    def opening(self, company: Party) -> str:
        """What a post to the company begins with."""

    @abstractmethod
    def public(self, store: Store, company: Party, person: Party) -> list[Line]:
        """The person's posts and the company's answers to them, oldest first."""

    @abstractmethod
    def private(self, store: Store, company: Party, person: Party) -> list[Line]: ...

    @abstractmethod
    def reached(self, store: Store, entry: dict[str, Any]) -> tuple[str, str] | None:
        """Whom an accepted write of the company reached, and the id of what it answers: none for a message."""

    @abstractmethod
    def below(self, store: Store, company: Party, person: Party | None) -> Below | None:
        """What a new post of the person would answer."""

    @abstractmethod
    def otherwise(self) -> str:
        """What a new post is that answers nothing."""

    @abstractmethod
    def write(self, store: Store, item: dict[str, Any], *, direct: bool, below: str) -> None: ...

    @abstractmethod
    def picture(self, store: Store, picture_id: int) -> Picture | None: ...

    @abstractmethod
    def state(self, store: Store, name: str) -> dict[str, bool] | None:
        """Whether the company has hidden, liked or deleted a post or comment; None for one that never was."""

    @abstractmethod
    def pile_on(self, store: Store, company: Party, items: Sequence[dict[str, Any]]) -> None: ...


@dataclass(slots=True)
class View:
    """Everything that one rendering of the page needs."""

    side: Side
    tiles: Sequence[Tile]
    company: Party | None
    customer: str
    handle: str
    followers: int
    public: list[Entry] = field(default_factory=list)
    private: list[Entry] = field(default_factory=list)
    below: Below | None = None
    log: list[dict[str, Any]] = field(default_factory=list)
    switches: set[str] = field(default_factory=set)
    known: list[str] = field(default_factory=list)
    story: Story | None = None
    paused: bool = False


def handle_of(name: str) -> str:
    """A handle that every network would take, made from any name: one customer, an account on each."""
    kept = re.sub(r"[^A-Za-z0-9_]", "", name)[:15]
    return kept or "customer"


def called(name: str, handle: str) -> str:
    """What leads back to a person's handle: their name, where a handle made from it would be theirs."""
    return name if handle_of(name).lower() == handle.lower() else handle


def look(network: Network, side: Side, tiles: Sequence[Tile], customer: str) -> View:
    """The page as ``customer`` sees it on one network."""
    store, handle = network.store, handle_of(customer)
    company, person = side.company(store), side.person(store, handle)
    shown = called(person.name, person.handle) if person else customer
    view = View(side, tiles, company, shown, handle, person.followers if person else 240)
    view.log = list(network.log)[-LOG_LINES:][::-1]
    view.switches = network.faults.presets()
    view.story = network.story if network.story and network.story.is_told else None
    view.paused = store.setting("story", {"paused": False})["paused"]
    others = [name for name in side.newest_names(store) if company is None or name != company.name]
    view.known = list(dict.fromkeys([*CUSTOMERS, *others]))
    if company:
        view.below = side.below(store, company, person)
    if company and person:
        view.public = _entries(store, company, person, side.public(store, company, person))
        view.private = _entries(store, company, person, side.private(store, company, person))
    return view


def _entries(store: Store, company: Party, person: Party, lines: list[Line]) -> list[Entry]:
    same = Counter((line.place, line.text) for line in lines if line.written)
    return [_entry(store, company, person, line, same[line.place, line.text]) for line in lines]


def _entry(store: Store, company: Party, person: Party, line: Line, times: int) -> Entry:
    if line.ours:
        row = store.one("SELECT note FROM ledger WHERE id = ?", (line.written,)) if line.written else None
        note = ", ".join(part for part in (row[0] if row else "", line.note) if part)
        whose = (True, company.name, company.handle, line.at_ms, line.text)
        return Entry(*whose, times if line.written else 0, note, pictures=line.pictures)
    seen = store.shown.get(line.id)
    after = None if seen is None else max(0.0, (seen - line.at_ms) / 1000)
    whose = (False, person.name, person.handle, line.at_ms, line.text)
    return Entry(*whose, note=line.note, fetched_after=after, pictures=line.pictures)
