"""What must not be taken for a number or a name of a person: links, handles and hashtags are blanked first.

What a link carries in its query is looked at by itself, because that is where an account number hides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_plus

_LINK = re.compile(
    r"(?<![\w@])(?:https?://|www\.)[^\s<>\"]+|(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}/[^\s<>\"]*",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@.])@[\w-]+(?:\.[\w-]+)*(?:@[\w-]+(?:\.[\w-]+)*)?")
_HASHTAG = re.compile(r"(?<!\w)#(?=\w*[^\W\d])\w+")
_LIKE_A_NUMBER = re.compile(r"#[A-Z]{0,4}-?\d{4,}[A-Z]?$|#(?=\w{6,}$)(?=(?:\D*\d){4})[A-Z0-9]+$")
_PARAMETER = re.compile(r"[?&;#]([\w.\[\]-]{1,40})=([^&;#\s]+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One name and value of a link's query, with the place of the value in the text."""

    name: str
    value: str  # Percent-decoded.
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Masked:
    """The text as long as before, with blanks for what is masked, and where the links were."""

    text: str
    links: list[tuple[int, int]]


def blank(text: str, spans: list[tuple[int, int]]) -> str:
    """``text`` with blanks for every span, so that all places stay."""
    pieces = []
    done = 0
    for start, end in sorted(spans):
        if end <= done:
            continue
        start = max(start, done)
        pieces += [text[done:start], " " * (end - start)]
        done = end
    return "".join([*pieces, text[done:]])


def mask(text: str) -> Masked:
    """``text`` without its links, handles and hashtags."""
    links = [match.span() for match in _LINK.finditer(text)] if "/" in text or "www." in text.lower() else []
    rest = blank(text, links) if links else text
    spans = [match.span() for match in _HANDLE.finditer(rest)] if "@" in rest else []
    if "#" in rest:
        spans += [match.span() for match in _HASHTAG.finditer(rest) if not _LIKE_A_NUMBER.match(match.group())]
    return Masked(blank(rest, spans) if spans else rest, links)


def parameters(text: str, links: list[tuple[int, int]]) -> Iterator[Parameter]:
    """What the links of ``text`` carry behind their question mark or hash."""
    for start, end in links:
        for match in _PARAMETER.finditer(text, start, end):
            yield Parameter(match.group(1).lower(), unquote_plus(match.group(2)), *match.span(2))
