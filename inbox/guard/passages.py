"""What was copied from a private place: a run of words that is no politeness, or a number or code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from hashlib import blake2b
from itertools import pairwise, product

from inbox.guard.folding import PLAIN, Folded, fold
from inbox.guard.masking import mask
from inbox.guard.polite import POLITE

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_GRAM = 4  # Words that must agree before a run is followed.
_WORDS = 8
_CHARACTERS = 40
_OWN = 3  # Words of a short run that are no politeness; of a long one, one.
_CODE = re.compile(r"[^\W_]+(?:[-_./@+][^\W_]+)*")
_PERHAPS = re.compile(r"(?<!\S)[^\s\d@]*[\d@]\S*")  # Words with a digit or an @ in them.
_OTHER = re.compile(r"[\W_]+")
_DIGIT = re.compile(r"[0-9]")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_PRODUCT = re.compile(r"[a-z]{2,}\d{1,3}[a-z]{0,3}$")


class Read:
    """A text with its words and its codes, its links left out: a link to an article may be given to anybody."""

    def __init__(self, folded: Folded) -> None:
        masked = mask(folded.text).text
        plain = folded.plain if masked == folded.text else masked.translate(PLAIN)
        self._plain = plain
        self.words: list[str] = _WORD.findall(plain)
        self.codes = list(_codes(masked))

    @cached_property
    def grams(self) -> dict[tuple[str, ...], list[int]]:
        """Where each few words in a row begin."""
        found: dict[tuple[str, ...], list[int]] = {}
        for here, gram in enumerate(_grams(self.words)):
            found.setdefault(gram, []).append(here)
        return found

    def spans(self) -> list[tuple[int, int]]:
        """The places of the words."""
        return [match.span() for match in _WORD.finditer(self._plain)]


_REMEMBERED = 4_000  # Characters of a text that is worth remembering; few messages are longer.


def read(text: str) -> Read:
    """A private text, prepared once: it is compared with every draft of its conversation, at each pause in typing."""
    return _read(text) if len(text) <= _REMEMBERED else Read(fold(text))


@lru_cache(maxsize=2048)
def _read(text: str) -> Read:
    """By content, so that an edited message is another text; the oldest go when others come."""
    return Read(fold(text))


def traces(text: str) -> frozenset[int]:
    """Numbers for what ``copied`` or a code could find of a text: two texts without one in common share no passage.

    They choose what is worth comparing among more texts than can be read for every draft.
    """
    source = read(text)
    telling = (" ".join(gram) for gram in source.grams if any(len(word) > 2 and word not in POLITE for word in gram))
    codes = (value for value, _, _ in source.codes)
    return frozenset(_number(sign) for signs in (telling, codes) for sign in signs)


def _number(sign: str) -> int:
    return int.from_bytes(blake2b(sign.encode("utf-8", "surrogatepass"), digest_size=8).digest(), signed=True)


def copied(draft: Read, sources: Sequence[Read], names: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Runs of ``draft`` that stand in one of ``sources`` as well: eight words, or forty characters."""
    words = draft.words
    grams = draft.grams
    run = [0] * len(words)  # How many words from here on were copied.
    for source in sources:
        theirs = source.words
        for gram in () if source.grams.keys().isdisjoint(grams) else source.grams.keys() & grams.keys():
            for at, here in product(source.grams[gram], grams[gram][:8]):
                if at and here and theirs[at - 1] == words[here - 1]:
                    continue  # The run began earlier.
                length, most = _GRAM, min(len(words) - here, len(theirs) - at)
                while length < most and words[here + length] == theirs[at + length]:
                    length += 1
                run[here] = max(run[here], length)
    yield from _that_say_something(draft, run, names)


def _grams(words: list[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[first:] for first in range(_GRAM)), strict=False)


def _that_say_something(draft: Read, runs: list[int], names: frozenset[str]) -> Iterator[tuple[int, int]]:
    at = 0
    spans = draft.spans() if any(runs) else []
    while at < len(runs):
        length = runs[at]
        if length:
            start, end = spans[at][0], spans[at + length - 1][1]
            piece = {word for word in draft.words[at : at + length] if len(word) > 2}
            own = len(piece - POLITE - names)
            if (length >= _WORDS and own) or (end - start >= _CHARACTERS and own >= _OWN):
                yield start, end
                at += length
                continue
        at += 1


def _codes(masked: str) -> Iterator[tuple[str, int, int]]:
    """The numbers and codes of a text, normalised, with their places; years, amounts and products are none."""
    for piece in _PERHAPS.finditer(masked):
        for match in _CODE.finditer(masked, *piece.span()):
            value = _OTHER.sub("", match.group()).lower()
            digits = len(_DIGIT.findall(value))
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
