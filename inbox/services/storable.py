"""What comes from outside, as the database takes it."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_WEB = re.compile(r"https?://", re.IGNORECASE)


def storable(text: str) -> str:
    """Text as PostgreSQL takes it: no NUL, lone surrogates as the replacement character."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNSTORABLE.sub(lambda match: "" if match[0] == "\0" else "\ufffd", text)


def address(url: str) -> str:
    """A web address of at most 1,000 characters, or nothing: everything from outside is hostile."""
    return storable(url) if _WEB.match(url) and len(url) <= 1000 else ""
