"""What an address or a form says, read strictly: it comes from outside."""

from __future__ import annotations


def whole(text: str | None) -> int | None:
    """A row's id as somebody sent it: plain digits within a bigint, else nothing."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
