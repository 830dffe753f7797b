"""What stands in the customer's record: its secrets hold, its soft fields warn, however they are spelled."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from inbox.guard.births import dates
from inbox.guard.folding import Folded, fold, normal
from inbox.guard.phones import cores
from inbox.guard.shapes import Field, Protection
from inbox.guard.stream import Place, Stream

_LEAST = 4  # Shorter values stand in every text.
_SURE = 8  # From here on a value is found inside a longer run as well.
_DIGITS_APART = 9  # From here on digits are found with words between them.
_NOTHING_SAID_ALL = (
    "none null unknown undefined test todo true false empty notset nodata notavailable keine unbekannt leer aucun "
    "aucune inconnu vide ninguno ninguna desconocido nessuno nessuna sconosciuto geen onbekend brak nieznany saknas "
    "okand"
)
_NOTHING_SAID = frozenset(_NOTHING_SAID_ALL.split())
_PERHAPS_A_DATE = re.compile(
    r"[\d./ -]{6,14}|\d{1,2}(?:st|nd|rd|th|\.|º)?[ -][^\d]{2,18}[ -]['’]?\d{2,4}|[^\d]{3,14}[. ]\d{1,2}(?:st|nd|rd|th)?,? \d{4}"
)
_PIECES = re.compile(r"[,;\n|]+")


@dataclass(frozen=True, slots=True)
class Known:
    """A field of the record that a text gives away, and where."""

    field: Field
    value: str  # As normalised.
    places: list[Place]


def in_record(
    record: Sequence[Field], stream: Stream, parts: Sequence[Folded], free: frozenset[str]
) -> Iterator[Known]:
    """The fields of ``record`` that the texts give away; what is in ``free`` may be said."""

    @cache
    def dated() -> list[tuple[Place, frozenset[tuple[int, int, int]]]]:
        return [(Place(n, date.start, date.end), date.days) for n, folded in enumerate(parts) for date in dates(folded)]

    for field in record:
        if field.protection is Protection.OPEN:
            continue
        whole = normal(field.value)
        if len(whole) < _LEAST or whole in _NOTHING_SAID or whole in free:
            continue
        seen: set[Place] = set()
        for needle in sorted(needles_of(field.value, whole) - free, key=len, reverse=True):
            for places in _found(needle, stream):
                if not all(any(place.within(other) for other in seen) for place in places):
                    seen.update(places)
                    yield Known(field, needle, places)
        meant = _day(field.value)
        for place, days in dated() if meant else ():
            if days & meant:
                yield Known(field, whole, [place])


def needles_of(value: str, whole: str) -> set[str]:
    """The value itself, the ways to dial it, and those lines of an address that say enough alone."""
    needles = {whole} | (cores(whole) if whole.isdigit() and _dialled(value) else set())
    pieces = _PIECES.split(value) if len(whole) >= _SURE else []
    for piece in map(normal, pieces if len(pieces) > 1 else []):
        digits = sum(c.isdigit() for c in piece)
        if (digits and len(piece) >= 6 and digits < len(piece)) or digits >= 7 or len(piece) >= 14:
            needles.add(piece)
    return needles


def _dialled(value: str) -> bool:
    return value.strip().startswith(("+", "0", "(")) or bool(re.fullmatch(r"\d{9,11}|[\d ()./-]{9,20}", value.strip()))


def _found(needle: str, stream: Stream) -> list[list[Place]]:
    if len(needle) < _LEAST:
        return []
    if len(needle) < _SURE or needle.isalpha():
        return stream.find(needle, whole=True)
    found = stream.find(needle, whole=False)
    if not found and needle.isdigit() and len(needle) >= _DIGITS_APART:
        found = stream.find_digits(needle)
    return found


def _day(value: str) -> frozenset[tuple[int, int, int]]:
    """The day that ``value`` names, in whatever way of writing dates; empty where it is none."""
    text = value.strip()
    if not _PERHAPS_A_DATE.fullmatch(text):
        return frozenset()
    meant = next(dates(fold(text)), None)
    return meant.days if meant and meant.end - meant.start >= len(text) - 2 else frozenset()
