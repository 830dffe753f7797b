"""Text as words to search by: cut in one way for what is stored, what is asked and what is marked.

PostgreSQL's own parser depends on the locale of the database and knows no words in scripts without spaces. So texts
are cut here, and the server gets finished tsvectors and tsqueries, which mean the same on every server.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from django.utils.translation import gettext

from inbox.marks import Pieces
from inbox.services.storable import storable

LONGEST = 200  # characters of what is asked
MOST = 16  # words of it
_WORD = 100  # characters of a word that are kept
# Of one text. The server takes 16,383 positions and a megabyte.
_WORDS, _BYTES = 10_000, 400_000
EXCERPT = 240
_BEFORE = 80  # characters of an excerpt before the first word that was found

# Scripts without spaces between words: each letter is a word, and what stands together is asked for together.
_SINGLE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Marks that readers leave out when they type: accents, Hebrew points, Arabic vowels.
_DROPPED = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670\u0640]")
_ASCII = re.compile("[0-9A-Za-z]+")


@lru_cache(maxsize=1)
def _cutter() -> re.Pattern[str]:
    """One word: a letter of _SINGLE with its marks, or a run of other letters, digits and marks."""
    marks = "".join(chr(code) for code in range(0x300, 0x10000) if unicodedata.category(chr(code))[0] == "M")
    joined = rf"[^\W_]|[{re.escape(marks)}]"
    return re.compile(rf"[{_SINGLE}][{re.escape(marks)}]*|(?:(?![{_SINGLE}])(?:{joined}))+")


def _fold(word: str) -> str:
    """Without capitals, accents and the forms that only look different."""
    plain = _DROPPED.sub("", unicodedata.normalize("NFKD", word.casefold()))
    return "".join(sign for sign in plain if sign.isalnum() or unicodedata.category(sign)[0] == "M")[:_WORD]


def spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each word of ``text`` stands, and the word as it is compared."""
    plain = text.isascii()
    for found in (_ASCII if plain else _cutter()).finditer(text):
        word = found[0].lower()[:_WORD] if plain else _fold(found[0])
        if word:
            yield found.start(), found.end(), word


def vector(text: str) -> str:
    """``text`` as the literal of a tsvector. A word holds letters, digits and marks only: nothing needs escaping."""
    places: dict[str, list[str]] = {}
    size = 0
    for number, (_, _, word) in enumerate(spans(text), start=1):
        size += len(word.encode())
        if number > _WORDS or size > _BYTES:
            break
        places.setdefault(word, []).append(str(number))
    return " ".join(f"'{word}':{','.join(at[:255])}" for word, at in places.items())


class Unasked(ValueError):
    """Nothing can be looked for; ``str()`` is the sentence that says why."""


Phrase = Sequence[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for: every phrase, its words in this order. The last word may only be a beginning (``open``)."""

    phrases: Sequence[Phrase]
    open: bool

    @property
    def tsquery(self) -> str:
        """The literal of a tsquery."""
        said = [" <-> ".join(f"'{word}'" for word in phrase) for phrase in self.phrases]
        return " & ".join(f"({phrase})" for phrase in [*said[:-1], said[-1] + (":*" if self.open else "")])

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where the phrases stand in ``text``."""
        words = list(islice(spans(text), _WORDS))
        found: list[tuple[int, int]] = []
        for number, phrase in enumerate(self.phrases):
            begins = self.open and number == len(self.phrases) - 1
            for at in range(len(words) - len(phrase) + 1):
                if self._stands([word for _, _, word in words[at : at + len(phrase)]], phrase, begins=begins):
                    found.append((words[at][0], words[at + len(phrase) - 1][1]))
        return sorted(found)

    @staticmethod
    def _stands(words: Phrase, phrase: Phrase, *, begins: bool) -> bool:
        last = words[-1].startswith(phrase[-1]) if begins else words[-1] == phrase[-1]
        return last and list(words[:-1]) == list(phrase[:-1])


_CHUNK = re.compile(r'"([^"]*)"|“([^”]*)”|„([^“”]*)[“”]|«([^»]*)»|(\S+)')


def read(query: str) -> Asked:
    """What somebody typed. Words in quotation marks stand together; so does what has no space in it (an address).

    Raises Unasked.
    """
    if len(query) > LONGEST:
        raise Unasked(
            gettext("Search for at most %(longest)s characters; these are %(query)s. Take out what matters less.")
            % {"longest": LONGEST, "query": f"{len(query):,}"}
        )
    phrases: list[Phrase] = []
    loose = False
    for found in _CHUNK.finditer(storable(query)):
        words = [word for _, _, word in spans(next(filter(None, found.groups()), ""))]
        if words:
            phrases.append(words)
            loose = found.lastindex == 5
    if not phrases:
        raise Unasked(gettext("There is no word in this search. Type a word, a name or a number."))
    if sum(map(len, phrases)) > MOST:
        raise Unasked(
            gettext("Search for at most %(most)s words at once. Take out what matters less.") % {"most": MOST}
        )
    return Asked(phrases, loose and len(phrases[-1][-1]) > 1)


def excerpt(text: str, asked: Asked | None) -> Pieces:
    """A line of ``text`` around what was found, in pieces: the words, and "found" where they are marked."""
    places = asked.places(text) if asked else []
    begin = max(0, (places[0][0] if places else 0) - _BEFORE)
    if begin:  # not within a word
        begin = next((start for start, _, _ in spans(text) if start >= begin), begin)
    end = min(len(text), begin + EXCERPT)
    pieces: list[tuple[str, str]] = [("…", "")] if begin else []
    at = begin
    for start, stop in places:
        if start >= at and stop <= end:
            pieces += [(text[at:start], ""), (text[start:stop], "found")]
            at = stop
    return [piece for piece in (*pieces, (text[at:end], ""), ("…" if end < len(text) else "", "")) if piece[0]]
