"""What the guard is asked and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """What a finding does to a public reply: keep it back, or be shown beside it."""

    HOLD = "hold"
    WARN = "warn"


class Protection(StrEnum):
    """What a field of a customer's record is: never public, better not, or free to say."""

    SECRET = "secret"
    SOFT = "soft"
    OPEN = "open"


class Kind(StrEnum):
    """What may be found, in words that a finding and a test share."""

    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"
    NATIONAL_ID = "national_id"
    ACCOUNT = "account"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    IP = "ip"
    CODE = "code"
    TOKEN = "token"
    RECORD = "record"
    PASSAGE = "passage"
    NOTE = "note"
    ARTICLE = "article"
    STRANGER = "stranger"
    SOFT = "soft"


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a customer's record."""

    name: str
    value: str
    protection: Protection


@dataclass(frozen=True, slots=True)
class Finding:
    """A place in one of the texts: offsets count code points of the text as it was given."""

    kind: Kind
    level: Level
    part: int
    start: int
    end: int
    why: str  # A sentence for a person; it never repeats what was found.


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a reply and must not be in it, or may."""

    record: Sequence[Field] = ()
    direct: Sequence[str] = ()  # The messages of the private thread.
    notes: Sequence[str] = ()
    articles: Sequence[str] = ()  # What is written for staff only.
    names: Sequence[str] = ()  # People who may be greeted.
    public: Sequence[str] = ()  # The company's own numbers, addresses, e-mails and domains.
    said: Sequence[str] = ()  # What the customer wrote in public themselves.
    # Of these normalised values, those that stand in another customer's record.
    strangers: Callable[[Sequence[str]], Collection[str]] | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A find of one pattern in one folded text, before the surroundings have had their say."""

    kind: Kind
    start: int
    end: int
    level: Level = Level.HOLD
    why: str = ""
