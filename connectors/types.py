"""The words that connectors and the inbox share. Plain data: no Django, no network, no I/O.

Times are timezone-aware UTC. Every id is the network's own, as a string.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Visibility(StrEnum):
    """Who can read an entry: everybody, or only the two sides of a dialogue."""

    PUBLIC = "public"
    DIRECT = "direct"


class Audience(StrEnum):
    """The network's own audience of a post, kept beside our two-valued visibility."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    MENTIONED = "mentioned"
    DIRECT = "direct"

    @property
    def visibility(self) -> Visibility:
        """Only what a network itself calls direct may be treated as direct."""
        return Visibility.DIRECT if self is Audience.DIRECT else Visibility.PUBLIC


@dataclass(frozen=True, slots=True)
class Author:
    """A person or account as the network shows it.

    ``scope`` is empty where ids are valid for the whole network, and the account's id where the
    network hands out ids per account (Facebook's page-scoped ids).
    """

    external_id: str
    handle: str = ""
    name: str = ""
    followers: int | None = None
    avatar_url: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, film or file attached to a post; ``url`` is the stranger's address, never sent to a browser."""

    external_id: str
    kind: str
    url: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """One item as a network shows it, normalised, before it is stored.

    ``root_id`` names the thread as this author sees it (for a direct message: the dialogue).
    ``own`` is true for the connection's own posts, which come back in every stream.
    ``context`` is true for posts fetched only to show what stands above; they are never a turn.
    ``peer`` is the other side of a dialogue where the author is ourselves (own direct messages).
    ``extra`` is kept and shown; the core reads ``can_reply_privately`` (false: see Draft) from it.
    """

    external_id: str
    author: Author
    text: str
    published_at: datetime
    root_id: str
    audience: Audience = Audience.PUBLIC
    in_reply_to: str = ""
    own: bool = False
    context: bool = False
    peer: Author | None = None
    url: str = ""
    language: str = ""
    media: Sequence[Media] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InvalidPost:
    """An item that could not be read. It is counted and shown on the connection; the rest goes on."""

    external_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gap:
    """What the network no longer shows: everything newer than ``after_id`` and older than ``before_id``."""

    after_id: str
    before_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a stream, with the cursor to save in the same transaction as its items.

    ``complete`` says that the walk has met known ground (or the end), so that nothing more is due now.
    """

    items: Sequence[Post]
    cursor: Mapping[str, Any]
    complete: bool
    invalid: Sequence[InvalidPost] = ()
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class RateBudget:
    """What the network last said of our budget for one stream or for sending."""

    limit: int | None
    remaining: int | None
    reset_at: datetime | None


@dataclass(frozen=True, slots=True)
class Measure:
    """Length as the network counts it."""

    used: int
    limit: int
    unit: str

    @property
    def fits(self) -> bool:
        return self.used <= self.limit


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture on its way to a network. It has no file name: what the agent called it is nobody's business.

    ``visibility`` is that of the reply it is for: networks keep public and private media apart.
    """

    key: str
    mime: str
    data: bytes = field(repr=False)
    visibility: Visibility
    alt: str = ""

    @property
    def file_name(self) -> str:
        """The same for everybody, for networks that want one."""
        return f"picture.{self.mime.rpartition('/')[2]}"


@dataclass(frozen=True, slots=True)
class MediaRef:
    """What a network holds of an upload. Unused it is forgotten there at ``expires_at`` (None: not said)."""

    external_id: str
    alt: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What an agent wants sent, as the outbox froze it.

    ``in_reply_to`` is the post answered (public); ``recipient_id`` the person written to (direct).
    ``started_at`` is when the first attempt began: find_sent looks no further back than that.
    ``key`` is unique to the outbox item and stable over all its attempts.

    What the core knows of the person, for networks with rules of when and how one may write: ``answers_at``
    is when the answered post was published, ``last_direct_at`` when the person last wrote directly.
    ``public_id`` and ``public_at`` are, for a direct draft, their public post that the case is about;
    ``can_reply_privately`` is false where that post has had its private reply, or the network said that it or its
    author takes none.
    """

    key: str
    visibility: Visibility
    text: str
    in_reply_to: str = ""
    recipient_id: str = ""
    dialogue_id: str = ""
    started_at: datetime | None = None
    answers_at: datetime | None = None
    last_direct_at: datetime | None = None
    public_id: str = ""
    public_at: datetime | None = None
    can_reply_privately: bool = True
    media: Sequence[MediaRef] = ()


class Act(StrEnum):
    """What can be done to a post or to a person, besides answering."""

    HIDE = "hide"
    UNHIDE = "unhide"
    LIKE = "like"
    UNLIKE = "unlike"
    DELETE = "delete"
    BLOCK = "block"
    UNBLOCK = "unblock"


class Target(StrEnum):
    """To what an act is done: somebody else's public post, our own one, or a person."""

    THEIRS = "theirs"
    OURS = "ours"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Action:
    """An act that somebody wants done, as the outbox froze it.

    ``target_id`` is the post, ``author_id`` who wrote it; acts on people look at ``author_id`` alone.
    ``own`` says that the post is ours, ``root_own`` that its thread is (None: not known). ``key`` and
    ``started_at`` are as in a Draft.
    """

    key: str
    kind: Act
    target_id: str = ""
    author_id: str = ""
    own: bool = False
    root_own: bool | None = None
    visibility: Visibility = Visibility.PUBLIC
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that the network holds the item: its id there and, where known, its public address.

    For an act: proof that it is so there now; the id is that of the post or person.
    """

    external_id: str
    url: str = ""
    published_at: datetime | None = None
    dialogue_id: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """The network was read back far enough and does not hold the item; or, for an act, it is not so there.

    ``ours`` is how many of our own posts it showed where the item would stand, since its first attempt began.
    """

    looked_at: int = 0
    ours: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """The network cannot say. ``reason`` is one sentence for a person.

    ``ours`` is as in Absent; ``alike`` of them are so like the item that a person has to look.
    """

    reason: str
    ours: int | None = field(default=None, compare=False)
    alike: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Allowed:
    """This draft may be sent now. ``warnings`` are sentences for the composer (for example a cost)."""

    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Denied:
    """This draft cannot be sent, with one sentence why and, where it can change, until when."""

    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """New secrets for an account, under their names in the network's configuration, and until when they hold."""

    secrets: Mapping[str, str] = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Missing:
    """A permission that our credentials lack: its name there, what does not work without it, and what to do."""

    name: str
    without: str
    remedy: str


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A stream that a network offers: its key, how often to read it, and what a person calls it."""

    key: str
    label: str
    interval: float  # seconds


@dataclass(frozen=True, slots=True)
class ActSpec:
    """How a network does one act.

    ``repeatable``: the network's documents say that doing it again changes nothing, so an act whose outcome
    nobody knows may simply be done again. ``note`` is a sentence for a person where the act is not what its
    name says, or not for everybody. ``needs`` is the yes/no setting of an account without which the network
    refuses it, and ``without`` the sentence that says so. ``own_threads``: only in threads that the account began.
    """

    act: Act
    on: Target
    repeatable: bool = False
    note: str = ""
    needs: str = ""
    without: str = ""
    own_threads: bool = False


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """Which pictures a network takes with one reply. ``alt`` is the most characters of alternative text; 0: none."""

    mimes: frozenset[str]
    max_bytes: int
    count: int
    alt: int = 0

    def refusal(self, *, mime: str, size: int, alt: str = "") -> str:
        """One sentence why a picture cannot be taken; empty where it can."""
        if mime not in self.mimes:
            known = ", ".join(sorted(name.rpartition("/")[2].upper() for name in self.mimes))
            return f"This kind of file cannot be sent here; use {known}."
        if not 0 < size <= self.max_bytes:
            return f"The picture may have at most {self.max_bytes / 1_000_000:.3g} MB."
        if len(alt) > self.alt:
            return f"The alternative text may have at most {self.alt:,} characters."
        return ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a network can do, as data: outside a network's folder nothing else tells networks apart.

    ``threads``: a public reply may go on in further posts, each answering the one before.
    ``deep_link``: the address that opens a private message to us, with ``{account_id}`` in it; "" for none.
    """

    streams: Sequence[StreamSpec]
    public_reply: bool = True
    direct_message: bool = True
    readable_back: bool = True  # find_sent can answer Absent or a Receipt; False: blind
    settle_seconds: float = 5.0  # how long after a write the network may take to show it
    mark: str = ""  # the icon's name in the sprite
    link_prefix: str = ""
    acts: Sequence[ActSpec] = ()
    threads: bool = False
    media: Mapping[Visibility, MediaLimits] = field(default_factory=dict)  # none for a visibility: no pictures there
    deep_link: str = ""

    def act(self, kind: Act, on: Target) -> ActSpec | None:
        """How the act is done to such a target; None where it cannot be."""
        return next((spec for spec in self.acts if spec.act is kind and spec.on is on), None)
