"""What may be another customer's: every value of a text that could be one of a record, without knowing any record."""

from __future__ import annotations

from collections.abc import Iterator

from inbox.guard.folding import fold, normal
from inbox.guard.record import needles_of
from inbox.guard.stream import Place, Stream

LEAST = 5  # Shorter values belong to too many.
_WORDS = 5
_LONGEST = 40
_DIGITS = 3  # Of a number.
_MIXED = 8  # Letters and digits of a house with its street.


def candidates(stream: Stream) -> Iterator[list[Place]]:
    """Up to five words in a row that hold digits together, as places of the texts."""
    words = stream.words()
    for at in range(len(words)):
        for last in range(at, min(len(words), at + _WORDS)):
            start, end = words[at][0], words[last][1]
            if end - start > _LONGEST:
                break
            letters = stream.letters[start:end]
            first, final = _has_digits(stream, words[at]), _has_digits(stream, words[last])
            a_number = first and final and sum(map(str.isdigit, letters)) >= _DIGITS
            if end - start >= LEAST and (a_number or (first != final and end - start >= _MIXED)):
                yield stream.places(start, end)


def _has_digits(stream: Stream, word: tuple[int, int]) -> bool:
    return any(c.isdigit() for c in stream.letters[slice(*word)])


def indexed(value: str) -> set[str]:
    """The normalised spellings of a secret under which another conversation may meet it."""
    if not any(c.isdigit() or c == "@" for c in fold(value).text):
        return set()  # A word that anybody may use.
    whole = normal(value)
    return {needle for needle in needles_of(value, whole) if len(needle) >= LEAST}
