"""One way of writing: what is hidden behind odd characters and spelled digits becomes plain, with a map back.

Patterns then need to know one spelling only, and a finding still points into the text as it was written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Letters of other scripts that look like Latin ones, as used to get round a filter.
_LOOKALIKES = str.maketrans(
    "асеорхуіјѕԁһАВСЕНІЈКМОРЅТХУοаΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aceopxyijsdhABCEHIJKMOPSTXYoaABEZHIKMNOPTYX",
)
_STROKES = str.maketrans("łøđŁØĐıæœ", "lodLODiao")
_ASCII_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_DIGIT_WORDS = {
    "0": "zero null nul noll nula oh nought naught cero",
    "1": "one eins ein un une uno una een jeden en ett",
    "2": "two zwei zwo deux dos due twee dwa tva",
    "3": "three drei trois tres tre drie trzy",
    "4": "four vier quatre cuatro quattro cztery fyra",
    "5": "five funf fuenf cinq cinco cinque vijf piec fem",
    "6": "six sechs seis sei zes szesc sex",
    "7": "seven sieben sept siete sette zeven siedem sju",
    "8": "eight acht huit ocho otto osiem atta",
    "9": "nine neun neuf nueve nove negen dziewiec nio",
}
_DIGIT = {word: digit for digit, words in _DIGIT_WORDS.items() for word in words.split()}
_REPEAT = {"double": 2, "triple": 3, "doppel": 2, "doble": 2, "doppio": 2}
_ONE = "(?:" + "|".join(sorted({*_DIGIT, *_REPEAT}, key=len, reverse=True)) + r"|\d{1,6})(?![a-z0-9])"
_SPELLED = re.compile(rf"(?<![a-z0-9]){_ONE}(?:[ \t\n]{{0,2}}[-,.;/·_]?[ \t\n]{{0,2}}{_ONE}){{3,}}")
_UNIT = re.compile(r"[a-z]+|\d")
_COUNTED = frozenset({*_DIGIT, *_REPEAT})
_LETTERS = re.compile(r"[a-z]+")
_OTHER = re.compile(r"[\W_]+")
_LEAST_WORDS = 4
_SHORTEST_RUN = 11  # "one one one" is not yet one.


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in one way of writing. ``plain`` is ``text`` in small letters without accents, as long as it."""

    text: str
    plain: str
    starts: Sequence[int]
    ends: Sequence[int]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where a piece of the folded text stands in the text as it was written."""
        return self.starts[start], self.ends[end - 1]


def _folded(char: str) -> str:
    """What one character stands for: nothing where it is invisible, a space where it is one of many spaces."""
    category = unicodedata.category(char)
    if category in {"Cf", "Me"} or (category == "Cc" and char not in "\n\r\t") or "\ufe00" <= char <= "\ufe0f":
        return ""
    if char in "\r\u2028\u2029\x85":
        return "\n"
    if category == "Zs":
        return " "
    if category == "Pd" or char == "\u2212":
        return "-"
    if char == "…":
        return char
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    wide = unicodedata.normalize("NFKC", char)
    return "".join(c for c in wide if unicodedata.category(c) != "Mn" or c == char).translate(_LOOKALIKES)


class _Table(dict[int, str]):
    """A table for str.translate that learns each character when it is met."""

    def __init__(self, one: Callable[[str], str]) -> None:
        super().__init__()
        self._one = one

    def __missing__(self, code: int) -> str:
        if len(self) > 20000:
            self.clear()
        self[code] = found = self._one(chr(code))
        return found


def _plain(char: str) -> str:
    """A small letter without its accent, always one character."""
    base = unicodedata.normalize("NFD", char)[0].translate(_STROKES).lower()
    return base if len(base) == 1 else char


_FOLDED = _Table(_folded)
PLAIN = _Table(_plain)


def _characters(original: str) -> tuple[str, list[int], list[int]]:
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for at, char in enumerate(original):
        for one in _FOLDED[ord(char)]:
            if chars and unicodedata.combining(one):  # An accent of its own joins its letter where that exists.
                joined = unicodedata.normalize("NFC", chars[-1] + one)
                if len(joined) == 1:
                    chars[-1], ends[-1] = joined, at + 1
                continue
            chars.append(one)
            starts.append(at)
            ends.append(at + 1)
    return "".join(chars), starts, ends


def _spelled(run: str) -> list[tuple[str, int, int]] | None:
    """The digits of a run of digit words with the place of each; None where too few are words."""
    digits: list[tuple[str, int, int]] = []
    words, repeat, begun = 0, 1, None
    for unit in _UNIT.finditer(run):
        word = unit.group()
        if word in _REPEAT:
            repeat, begun = _REPEAT[word], unit.start()
            continue
        words += repeat if word in _DIGIT else 0
        start = unit.start() if begun is None else begun
        digits += [(_DIGIT.get(word, word), start, unit.end())] * repeat
        repeat, begun = 1, None
    return digits if words >= _LEAST_WORDS else None


def _without_words(folded: Folded) -> Folded:
    """Runs of at least four spelled digits become digits."""
    if (
        len(folded.plain) < _SHORTEST_RUN
        or _COUNTED.isdisjoint(words := _LETTERS.findall(folded.plain))
        or sum(word in _COUNTED for word in words) < _LEAST_WORDS // 2
    ):
        return folded
    runs = [(run.span(), digits) for run in _SPELLED.finditer(folded.plain) if (digits := _spelled(run.group()))]
    if not runs:
        return folded
    text: list[str] = []
    plain: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for (start, end), digits in runs:
        text.append(folded.text[done:start])
        plain.append(folded.plain[done:start])
        starts += folded.starts[done:start]
        ends += folded.ends[done:start]
        for digit, first, last in digits:
            text.append(digit)
            plain.append(digit)
            starts.append(folded.starts[start + first])
            ends.append(folded.ends[start + last - 1])
        done = end
    text.append(folded.text[done:])
    plain.append(folded.plain[done:])
    return Folded("".join(text), "".join(plain), [*starts, *folded.starts[done:]], [*ends, *folded.ends[done:]])


_SIMPLE: set[str] = set()  # Characters that were met and stand for exactly one other.


def _one_for_one(chars: set[str]) -> bool:
    unknown = chars - _SIMPLE
    if any(len(_FOLDED[ord(char)]) != 1 or unicodedata.combining(char) for char in unknown):
        return False
    _SIMPLE.update(unknown)
    return True


def fold(original: str) -> Folded:
    """``original`` in one way of writing. It is never an error, whatever stands in it."""
    if original.isascii() and not _ASCII_CONTROLS.search(original):
        places = range(len(original) + 1)
        return _without_words(Folded(original, original.lower(), places[:-1], places[1:]))
    if _one_for_one(set(original)):
        text, places = original.translate(_FOLDED), range(len(original) + 1)
        return _without_words(Folded(text, text.translate(PLAIN), places[:-1], places[1:]))
    text, starts, ends = _characters(original)
    return _without_words(Folded(text, text.translate(PLAIN), starts, ends))


def normal(value: str) -> str:
    """How two spellings of one value are told to be the same: letters and digits only, small, without accents."""
    if value.isascii() and _COUNTED.isdisjoint(_LETTERS.findall(plain := value.lower())):
        return _OTHER.sub("", plain)  # What folding would take out or turn into a space goes as well.
    return _OTHER.sub("", fold(value).plain.replace("ß", "ss"))
