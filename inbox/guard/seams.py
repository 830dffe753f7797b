"""What is spread over the posts of a thread: half of a number here, the other half there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from inbox.guard.cards import is_card
from inbox.guard.emails import emails
from inbox.guard.folding import Folded
from inbox.guard.patterns import patterns
from inbox.guard.shapes import Kind, Level, Span
from inbox.guard.stream import COUNTER_AT_END, COUNTER_AT_START, Place, Stream

_NEAR = 100  # Characters on each side of a seam that are looked at together.
_TRAILING = re.compile(r"[\s…>→\-–/&+]*(?:\.{2,})?[\s…>→\-–/&+]*$")
_LEADING = re.compile(r"^[\s…>→\-–/&+.]*")
_SIGNS = re.compile(r"[0-9@]|\b(?:at|dot)\b")
_UNBROKEN = {Kind.EMAIL, Kind.TOKEN, Kind.IBAN}  # What is written without a space, so that a seam adds none.
_OVER = {Kind.CARD, Kind.IBAN}  # What is also looked for between posts that do not follow each other.


def over_seams(parts: Sequence[Folded], stream: Stream) -> Iterator[tuple[Kind, Level, list[Place]]]:
    """Finds that need two texts: those that run over a seam, and those whose word stands before it."""
    yield from _cards_in_pieces(parts, stream)
    for first in range(len(parts)):
        for second in range(first + 1, len(parts)):
            if _SIGNS.search(parts[second].plain[: _NEAR * 2]) or "@" in parts[first].text[-_NEAR:]:
                yield from _seam(parts, first, second)


def _seam(parts: Sequence[Folded], first: int, second: int) -> Iterator[tuple[Kind, Level, list[Place]]]:
    left, right = parts[first], parts[second]
    counter = COUNTER_AT_END.search(left.plain)
    end = _TRAILING.search(left.text[: counter.start() if counter else None]).start()  # type: ignore[union-attr]
    counter = COUNTER_AT_START.match(right.plain)
    begin = counter.end() if counter else 0
    begin += _LEADING.match(right.text[begin:]).end()  # type: ignore[union-attr]
    start = max(0, end - _NEAR)
    follows = second == first + 1
    for glue in (" ", ""):
        both = left.text[start:end] + glue + right.text[begin : begin + _NEAR]
        plain = left.plain[start:end] + glue + right.plain[begin : begin + _NEAR]
        edge = end - start
        for span in patterns(Folded(both, plain, range(len(both)), range(1, len(both) + 1))):
            crosses = span.start < edge and span.end > edge + len(glue)
            halves = crosses and (follows or span.kind in _OVER) and (glue or span.kind in _UNBROKEN)
            word_before = follows and glue and span.start >= edge  # The word here, the number there.
            if not (halves or word_before) or (halves and _only_glued(both, edge, span)):
                continue
            places = []
            if span.start < edge:
                places.append(Place(first, start + span.start, start + min(span.end, edge)))
            after = begin - edge - len(glue)
            places.append(Place(second, max(begin, after + span.start), after + span.end))
            yield span.kind, span.level, places


def _only_glued(both: str, edge: int, span: Span) -> bool:
    """Whether an address is whole on its side of the seam, so that the word on the other side is none of it.

    A piece with a dot in it may well be: "carol@mail.exam", "ple.com".
    """
    if span.kind is not Kind.EMAIL:
        return False
    left, right = both[span.start : edge], both[edge : span.end]
    whole, rest = (left.removesuffix("."), right) if "@" in left else (right, left)
    alone = any((one.start, one.end, one.level) == (0, len(whole), span.level) for one in emails(whole))
    return alone and "." not in rest


def _cards_in_pieces(parts: Sequence[Folded], stream: Stream) -> Iterator[tuple[Kind, Level, list[Place]]]:
    """Card numbers whose groups stand apart, with words or seams between them."""
    for places in stream.digit_windows((15, 16), is_card, alone=len(parts) == 1):
        yield Kind.CARD, Level.HOLD, places
