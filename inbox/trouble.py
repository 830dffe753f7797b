"""What was not sent or done, or may have been, as whoever takes care of it reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.dateparse import parse_datetime

from inbox.models import OutboxItem


@dataclass(frozen=True, slots=True)
class Trouble:
    """One item that needs a person, with what was found at the network."""

    item: OutboxItem

    @property
    def asked_at(self) -> datetime | None:
        """When the network was last asked about it."""
        return parse_datetime(str(self.item.found.get("at", "")))

    @property
    def found(self) -> str:
        """What the network showed, in one sentence; "" where it was not asked."""
        if not self.item.checks:
            return ""
        ours, near = self.item.found.get("ours"), self.item.found.get("alike", 0)
        if ours is None and not near:
            return "It did not show enough to tell."
        if ours is None:
            return "It showed one that fits another reply too."
        shown = f"Since then it showed {ours} post{'s' if ours != 1 else ''} of ours there"
        if near:
            return f"{shown}: {'one is' if near == 1 else f'{near} are'} very like this."
        return f"{shown}: {'none of them is this' if ours else 'this is not there'}."
