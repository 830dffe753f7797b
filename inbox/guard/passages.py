"""What was copied from a private place: a run of words that is no politeness, or a number or code."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from inbox.guard.folding import Folded, fold
from inbox.guard.masking import mask
from inbox.guard.polite import POLITE

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_GRAM = 4  # Words that must agree before a run is followed.
_WORDS = 8
_CHARACTERS = 40
_OWN = 3  # Words of a run that are no politeness, or it is one.
_CODE = re.compile(r"[^\W_]+(?:[-_./@+][^\W_]+)*")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_PRODUCT = re.compile(r"[a-z]{2,}\d{1,3}[a-z]{0,3}$")


def copied(folded: Folded, sources: Sequence[str], names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Runs of ``folded`` that stand in one of ``sources`` as well: eight words, or forty characters."""
    plain = mask(folded.plain).text  # A link to an article may be given to anybody.
    words = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(plain)]
    if len(words) < _GRAM:
        return
    grams: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at in range(len(words) - _GRAM + 1):
        grams[tuple(word for word, _, _ in words[at : at + _GRAM])].append(at)
    run = [0] * len(words)  # How many words from here on were copied.
    for source in sources:
        theirs = _WORD.findall(mask(fold(source).plain).text)
        for at in range(len(theirs) - _GRAM + 1):
            for here in grams.get(tuple(theirs[at : at + _GRAM]), ())[:8]:
                if at and here and theirs[at - 1] == words[here - 1][0]:
                    continue  # The run began earlier.
                length = _GRAM
                while (
                    here + length < len(words)
                    and at + length < len(theirs)
                    and words[here + length][0] == theirs[at + length]
                ):
                    length += 1
                run[here] = max(run[here], length)
    yield from _that_say_something(words, run, names)


def _that_say_something(
    words: list[tuple[str, int, int]], runs: list[int], names: frozenset[str]
) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(words):
        length = runs[at]
        piece = words[at : at + length]
        if length and (length >= _WORDS or piece[-1][2] - piece[0][1] >= _CHARACTERS):
            own = {word for word, _, _ in piece if word not in POLITE and word not in names and len(word) > 2}
            if len(own) >= _OWN:
                yield piece[0][1], piece[-1][2]
                at += length
                continue
        at += 1


def codes_of(folded: Folded) -> Iterator[tuple[str, int, int]]:
    """The numbers and codes of a text, normalised, with their places; years, amounts and products are none."""
    text = mask(folded.text).text
    for match in _CODE.finditer(text):
        value = "".join(c for c in match.group().lower() if c.isalnum())
        digits = sum(c.isdigit() for c in value)
        a_number = digits >= 4 and not _ordinary(match.group(), value)
        if "@" in match.group() or a_number or (digits >= 2 and len(value) >= 6 and _mixed(value)):
            yield value, match.start(), match.end()


def _mixed(value: str) -> bool:
    """Whether letters and digits take turns, as they do in no word and no product's name."""
    return sum(a.isdigit() != b.isdigit() for a, b in pairwise(value)) >= 3


def _ordinary(written: str, value: str) -> bool:
    if _YEAR.match(value) or _PRODUCT.match(value) or (value.isdigit() and value.rstrip("0") == value[:1]):
        return True
    # Dates and times, 2023/24, 10.30-12.00, amounts with their cents.
    return bool(
        re.fullmatch(
            r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|(?:19|20)\d\d[./-]\d{1,2}(?:[./-]\d{1,2})?|\d{1,4}[.]\d\d(?:-\d{1,2}[.]\d\d)?|\d{1,3}(?:\.\d{3})+",
            written,
        )
    )
