"""Text as Facebook takes and shows it."""

from __future__ import annotations

import unicodedata

from connectors.networks.facebook.fields import COMMENT_LIMIT, MESSAGE_LIMIT
from connectors.text import clean, outgoing
from connectors.types import Measure, Visibility


def measure(text: str, visibility: Visibility) -> Measure:
    """The length of what ``outgoing`` makes of ``text``."""
    limit = MESSAGE_LIMIT if visibility is Visibility.DIRECT else COMMENT_LIMIT
    return Measure(used=len(outgoing(text)), limit=limit, unit="characters")


def comparable(text: str) -> str:
    """``text`` without what may differ between what was sent and what is shown."""
    return " ".join(unicodedata.normalize("NFC", clean(text)).split())
