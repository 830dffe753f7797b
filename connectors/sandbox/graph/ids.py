"""Graph's names for things: ``page_post``, ``post_comment``, ``t_thread``, ``m_message``."""

from __future__ import annotations

import base64
import hashlib
import re

_PAIR = re.compile(r"^(\d{1,19})_(\d{1,19})$")
_THREAD = re.compile(r"^t_(\d{1,19})$")


def pair(first: int, second: int) -> str:
    return f"{first}_{second}"


def read_pair(name: str) -> tuple[int, int] | None:
    match = _PAIR.match(name)
    return (_small(match[1]), _small(match[2])) if match else None


def thread_name(thread_id: int) -> str:
    return f"t_{thread_id}"


def read_thread(name: str) -> int | None:
    match = _THREAD.match(name)
    return _small(match[1]) if match else None


def read_number(name: str) -> int | None:
    return _small(name) if re.match(r"^\d{1,19}$", name) else None


def _small(digits: str) -> int:
    """SQLite's integers end at 2**63; nothing here has a larger id."""
    return min(int(digits), 2**63 - 1)


def message_name(message_id: int) -> str:
    """Opaque, as Messenger's are, and the same each time it is made."""
    raw = hashlib.blake2b(f"message:{message_id}".encode(), digest_size=36).digest()
    return "m_" + base64.urlsafe_b64encode(raw).decode()
