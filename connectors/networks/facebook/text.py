"""Text as Facebook takes and shows it."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from typing import Any

from connectors.networks.facebook.fields import COMMENT_LIMIT, MESSAGE_LIMIT
from connectors.types import Measure, Visibility

ALIKE = 0.85  # similarity from which a person must judge


def clean(value: Any) -> str:
    """``value`` as text that a database takes: no NUL, U+FFFD for a lone surrogate, "" for anything else."""
    if not isinstance(value, str):
        return ""
    return re.sub("[\ud800-\udfff]", "\ufffd", value.replace("\x00", ""))


def outgoing(text: str) -> str:
    """Exactly what is sent: cleaned, NFC, \\n as the only line end, no space around it."""
    return unicodedata.normalize("NFC", re.sub(r"\r\n?", "\n", clean(text))).strip()


def measure(text: str, visibility: Visibility) -> Measure:
    """The length of what ``outgoing`` makes of ``text``."""
    limit = MESSAGE_LIMIT if visibility is Visibility.DIRECT else COMMENT_LIMIT
    return Measure(used=len(outgoing(text)), limit=limit, unit="characters")


def comparable(text: str) -> str:
    """``text`` without what may differ between what was sent and what is shown."""
    return " ".join(unicodedata.normalize("NFC", clean(text)).split())


def alike(one: str, other: str) -> bool:
    """Whether a person might take the two for the same text. Cheap bounds first: texts may be long."""
    matcher = SequenceMatcher(None, one, other)
    return all(ratio() >= ALIKE for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))
