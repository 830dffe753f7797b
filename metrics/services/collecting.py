"""The event log becomes facts, and every day that they touch is rolled anew."""

from __future__ import annotations

from collections.abc import Sequence

from inbox.models import Event
from inbox.services import events
from metrics.services import interactions, occurrences, rollups

READER = "metrics.interactions"


def collect(*, limit: int = 500) -> int:
    """Read the next events and write what they tell. Returns how many events were read."""
    return events.consume(READER, _write, limit=limit)


def _write(batch: Sequence[Event]) -> None:
    rollups.spoil([*interactions.write(batch), *occurrences.write(batch)])
