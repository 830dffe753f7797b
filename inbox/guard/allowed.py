"""What may be said: the company's own numbers and addresses, names, and what the record calls open."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from inbox.guard.folding import fold, normal
from inbox.guard.phones import cores, spellings
from inbox.guard.shapes import Field, Kind, Protection, Surroundings
from inbox.guard.stream import Stream

_NAMES_OF_A_PERSON = re.compile(
    r"(?:first|last|full|given|family|sur|middle|display|customer|user)?[ _-]?name|surname|(?:vor|nach|ruf)?name|(?:pre)?nom|nombre|"
    r"apellidos?|nome|cognome|(?:voor|achter)?naam|imie|nazwisko|(?:for|efter)?namn",
)
_PART = 8  # A shorter piece of an address may be anybody's.


class Allowed:
    """Which values may be said in these surroundings."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        words = [*around.names, *(field.value for field in around.record if _is_a_name(field.name))]
        self.names = frozenset(word for name in words for word in re.findall(r"[^\W_]+", fold(name).plain))
        public = [normal(text) for text in around.public]
        self._public = {value for value in public if len(value) >= 3}
        self._dialled = {way for value in self._public for way in spellings(value)}
        # What covers all that lies inside it: half a number of ours is ours.
        self.ours = {way for value in public for way in ({value} | cores(value)) if len(way) >= _PART}
        self._hosts = tuple(text.strip().lower().rpartition("@")[2] for text in around.public if "." in text)
        self._open = _values(around.record, Protection.OPEN)
        self._soft = _values(around.record, Protection.SOFT)
        # Normalised values that no record makes a secret.
        self.free = frozenset(self._public | self._dialled | {normal(name) for name in around.names} | self._open)
        self._said: Stream | None = None

    def is_a_name(self, value: str) -> bool:
        if not self.names or any(c.isdigit() or c == "@" for c in value):
            return False
        words = re.findall(r"[^\W_]+", fold(value).plain)
        return bool(words) and all(word in self.names for word in words)

    def passes(self, kind: Kind, value: str) -> bool:
        """Whether what looks like ``kind`` is the company's own, or open in the record."""
        plain = normal(value)
        if plain in self._public or plain in self._open:
            return True
        if kind is Kind.PHONE:
            return not self._dialled.isdisjoint(spellings(plain))
        if kind is Kind.EMAIL:
            host = value.lower().rpartition("@")[2]
            return any(host == own or host.endswith("." + own) for own in self._hosts)
        if kind is Kind.ADDRESS:
            return any(len(own) >= _PART and (own in plain or plain in own) for own in self._public)
        if kind in {Kind.PASSAGE, Kind.NOTE, Kind.ARTICLE}:
            return any(plain in own for own in self._public)
        return False

    def softened(self, kind: Kind, value: str) -> bool:
        """Whether a find only warns: the record calls it soft, or the customer said it in public."""
        plain = normal(value)
        if kind in _SOFTENED and plain in self._soft:
            return True
        return kind in _SAID and self.said(plain)

    def said(self, value: str) -> bool:
        """Whether the customer wrote this normalised value in public themselves."""
        if self._said is None:
            self._said = Stream([fold(text) for text in self._around.said])
        return len(value) >= 4 and bool(self._said.find(value, whole=True))


_SOFTENED = {Kind.ACCOUNT, Kind.ADDRESS, Kind.BIRTH_DATE, Kind.PHONE, Kind.EMAIL}
_SAID = {Kind.ACCOUNT, Kind.RECORD, Kind.PASSAGE, Kind.NOTE, Kind.ARTICLE}


@lru_cache(maxsize=1024)
def _is_a_name(field: str) -> bool:
    return bool(_NAMES_OF_A_PERSON.fullmatch(fold(field.strip()).plain))


def _values(record: Sequence[Field], protection: Protection) -> set[str]:
    found = {normal(field.value) for field in record if field.protection is protection}
    return {value for value in found if len(value) >= 4}
