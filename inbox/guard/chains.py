"""Numbers as people write them: groups of digits with a little between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_DIGITS = re.compile(r"[0-9]+")
_GAP = re.compile(r"[ \t\n.,\-–/()_·:|*#'’\[\]+~=\\]{1,4}")


@dataclass(frozen=True, slots=True)
class Group:
    digits: str
    start: int
    end: int


def chains(text: str) -> Iterator[list[Group]]:
    """The runs of digit groups of ``text`` that nothing but a short gap parts."""
    chain: list[Group] = []
    for match in _DIGITS.finditer(text):
        group = Group(match.group(), match.start(), match.end())
        if chain and not _GAP.fullmatch(text, chain[-1].end, group.start):
            yield chain
            chain = []
        chain.append(group)
    if chain:
        yield chain


def joined(groups: Sequence[Group]) -> str:
    return "".join(group.digits for group in groups)
