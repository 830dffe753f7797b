"""What was not sent or done, or may have been, as whoever takes care of it reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, ngettext

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
            return gettext("It did not show enough to tell.")
        if ours is None:
            return gettext("It showed one that fits another reply too.")
        shown = ngettext(
            "Since then it showed %(number)s post of ours there",
            "Since then it showed %(number)s posts of ours there",
            ours,
        ) % {"number": ours}
        if near:
            alike = ngettext("one is very like this.", "%(number)s are very like this.", near) % {"number": near}
            return f"{shown}: {alike}"
        return f"{shown}: {gettext('none of them is this.') if ours else gettext('this is not there.')}"
