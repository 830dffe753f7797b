"""All texts of a reply as one run of letters and digits, so that spaces, marks and seams hide nothing."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from inbox.guard.folding import Folded

# "1/3", "(2/3)", "2.": the count of a thread's posts is no digit of a number that runs over the seam.
COUNTER_AT_START = re.compile(r"\s*[(\[]?\d{1,2}\s?(?:/\s?\d{0,2}[)\]]?|[)\].])\s")
COUNTER_AT_END = re.compile(r"\s[(\[]?\d{1,2}\s?/\s?\d{0,2}[)\]]?\s*$")
_WORD = re.compile(r"[^\W_]+")
_FREE = 12
_DIGIT = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of one folded text."""

    part: int
    start: int
    end: int

    def within(self, other: Place) -> bool:
        return self.part == other.part and other.start <= self.start and self.end <= other.end


class Stream:
    """The letters and digits of several folded texts, and where each of them stands."""

    def __init__(self, parts: Sequence[Folded]) -> None:
        letters: list[str] = []
        self._starts: list[int] = []  # Where words begin in the stream,
        self._origins: list[tuple[int, int]] = []  # in which text and where they begin there,
        self._bent: dict[int, list[int]] = {}  # and where each letter stands, of the few that are spelled longer here.
        length = 0
        for number, folded in enumerate(parts):
            counters = _counters(folded) if len(parts) > 1 else []
            for word in _WORD.finditer(folded.plain):
                start, end = word.span()
                if any(first <= start and end <= last for first, last in counters):
                    continue
                spelled = word.group()
                if "ß" in spelled:
                    places = range(start, end)
                    self._bent[length] = [at for at in places for _ in ("ss" if folded.plain[at] == "ß" else "s")]
                    spelled = spelled.replace("ß", "ss")
                self._starts.append(length)
                self._origins.append((number, start))
                letters.append(spelled)
                length += len(spelled)
        self._word_starts = {*self._starts, length}
        self.letters = "".join(letters)
        self._digit_places = [match.start() for match in _DIGIT.finditer(self.letters)]
        self.digits = "".join([self.letters[at] for at in self._digit_places])

    def _origin(self, at: int) -> tuple[int, int]:
        """The text and the place in it of a letter of the stream."""
        word = bisect_right(self._starts, at) - 1
        (part, start), begins = self._origins[word], self._starts[word]
        return part, self._bent[begins][at - begins] if begins in self._bent else start + at - begins

    def words(self) -> list[tuple[int, int]]:
        """The words of all texts, as places of the stream."""
        return list(pairwise([*self._starts, len(self.letters)]))

    def find(self, needle: str, *, whole: bool) -> list[list[Place]]:
        """Where ``needle`` stands: it ends where a word ends. ``whole``: it begins with one too, inside one text."""
        found = []
        at = self.letters.find(needle)
        while at >= 0:
            end = at + len(needle)
            in_one = self._origin(at)[0] == self._origin(end - 1)[0]
            free = len(needle) >= _FREE or needle.isdigit()  # IBANDE89…, 0049170…: the beginning may be glued to more.
            begins = at in self._word_starts or (free and not whole)
            if begins and end in self._word_starts and (in_one or not whole):
                found.append(self.places(self._from_its_start(at), end))
            at = self.letters.find(needle, at + 1)
        return found

    def _from_its_start(self, at: int) -> int:
        """The first digit of the number that runs over ``at``: a 0 or the code of a country belongs to it."""
        while self.letters[at].isdigit() and at not in self._word_starts and self.letters[at - 1].isdigit():
            at -= 1
        return at

    def find_digits(self, needle: str) -> list[list[Place]]:
        """Where the digits of ``needle`` stand in this order, whatever words stand between them."""
        found = []
        at = self.digits.find(needle)
        while at >= 0:
            first, last = self._digit_places[at], self._digit_places[at + len(needle) - 1]
            found.append(self.places(first, last + 1))
            at = self.digits.find(needle, at + len(needle))
        return found

    def digit_windows(
        self, lengths: Sequence[int], fits: Callable[[str], bool], *, alone: bool
    ) -> Iterator[list[Place]]:
        """Groups of digits that ``fits`` says belong together: over several texts, or all of four digits in one."""
        places = self._digit_places
        begins = [n for n, at in enumerate(places) if not n or at in self._word_starts or places[n - 1] != at - 1]
        ends = {*begins[1:], len(places)}
        done = 0
        for n in begins:
            for length in lengths:
                if n < done or n + length not in ends or not fits(self.digits[n : n + length]):
                    continue
                first = bisect_left(begins, n)
                groups = [b for b in begins[first : first + length] if b < n + length]
                sizes = {b - a for a, b in pairwise([*groups, n + length])}
                in_one = self._origin(places[n])[0] == self._origin(places[n + length - 1])[0]
                if len(groups) > 1 and (sizes == {4} if in_one or alone else min(sizes) >= 2):
                    done = n + length
                    yield self._places_of(places[n:done])

    def _places_of(self, ats: Sequence[int]) -> list[Place]:
        by_part: dict[int, Place] = {}
        for at in ats:
            part, here = self._origin(at)
            start = by_part[part].start if part in by_part else here
            by_part[part] = Place(part, start, here + 1)
        return list(by_part.values())

    def places(self, start: int, end: int) -> list[Place]:
        """A piece of the stream as one place in each text that it touches."""
        return self._places_of(range(start, end))


def _counters(folded: Folded) -> list[tuple[int, int]]:
    found = (COUNTER_AT_START.match(folded.plain), COUNTER_AT_END.search(folded.plain))
    return [match.span() for match in found if match]
