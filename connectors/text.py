"""Text as any network takes and shows it: what may be stored, what is sent, and what looks like the same text."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from typing import Any

ALIKE = 0.85  # similarity from which a person must judge


def clean(value: Any) -> str:
    """``value`` as text that a database takes: no NUL, U+FFFD for a lone surrogate, "" for anything else."""
    if not isinstance(value, str):
        return ""
    return re.sub("[\ud800-\udfff]", "\ufffd", value.replace("\x00", ""))


def outgoing(text: str) -> str:
    """Exactly what is sent: cleaned, NFC, \\n as the only line end, no space around it."""
    return unicodedata.normalize("NFC", re.sub(r"\r\n?", "\n", clean(text))).strip()


def alike(one: str, other: str) -> bool:
    """Whether a person might take the two for the same text. Cheap bounds first: texts may be long."""
    matcher = SequenceMatcher(None, one, other)
    return all(ratio() >= ALIKE for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))
