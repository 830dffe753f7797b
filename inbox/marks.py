"""What the guard found, as pages show it: a text in pieces, those that it marks with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Mark = Sequence[Any]  # which text, from, to, why: as a hold and a session keep it
Pieces = Sequence[tuple[str, str]]  # words, and why the guard marks them; "" where it does not


def of(number: int, marks: Iterable[Mark]) -> list[Mark]:
    """Those of ``marks`` that stand in text ``number``, in their order there."""
    return sorted((mark for mark in marks if mark[0] == number), key=lambda mark: (mark[1], mark[2]))


def cut(text: str, marks: Iterable[Mark]) -> Pieces:
    """``text`` in pieces at ``marks``, which are its own and in their order; they may overlap."""
    pieces, at = [], 0
    for _, start, end, why in marks:
        if end > at:
            pieces += [(text[at:start], ""), (text[max(at, start) : end], why)]
            at = end
    return [piece for piece in (*pieces, (text[at:], "")) if piece[0]]
