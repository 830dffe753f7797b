"""Pictures as bytes, for every network: what they are, whatever they claim to be."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from typing import Any

_SIGNS = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/gif": b"GIF8",
    "image/bmp": b"BM",
}


def kind_of(data: bytes) -> str:
    """The kind that the first bytes tell; empty for what is no picture."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for kind, sign in _SIGNS.items() if data.startswith(sign)), "")


def decoded(text: str) -> bytes:
    """Base64 as bytes; ValueError says that it is none."""
    try:
        return b64decode(text, validate=True)
    except Error:
        raise ValueError("the picture is not base64") from None


def given(item: Mapping[str, Any]) -> list[tuple[bytes, str, str]]:
    """The pictures of something that a customer writes: bytes, kind and alternative text."""
    found = []
    for picture in item.get("media") or ():
        data = decoded(str(picture["data"]))
        if not kind_of(data):
            raise ValueError("what should be attached is no picture")
        found.append((data, kind_of(data), str(picture.get("alt", ""))))
    return found


def facts(data: bytes) -> dict[str, Any]:
    """What the ledger keeps of a picture."""
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
