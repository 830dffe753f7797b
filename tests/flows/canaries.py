"""Finding a secret in what was emitted, in whatever common form it left."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

SHORTEST = 8  # below that a base64 piece would be found anywhere


def forms(secret: str) -> set[bytes]:
    """Plain, in hex, percent-encoded, and as base64 that begins at any of three offsets."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    found |= {quote(secret, safe="").encode(), quote_plus(secret).encode()}
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            # Whole groups of three only: what stands before and after changes the first and last characters.
            whole = encode(b"\0" * offset + raw)[4 if offset else 0 :]
            piece = whole[: len(whole) - 4].rstrip(b"=")
            if len(piece) >= SHORTEST:
                found.add(piece)
    return found


def leaks(emitted: Iterable[tuple[str, bytes]], secrets: Mapping[str, str]) -> list[str]:
    """Where a secret stands: "name in place". Never the secret itself: this is printed."""
    wanted = {name: forms(secret) for name, secret in secrets.items()}
    return [
        f"{name} in {place}"
        for place, content in emitted
        for name, shapes in wanted.items()
        if any(shape in content for shape in shapes)
    ]
