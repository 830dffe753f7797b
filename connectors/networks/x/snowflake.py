"""X's ids hold the time at which they were made: milliseconds since 2010-11-04, then 22 other bits."""

from __future__ import annotations

from datetime import UTC, datetime

EPOCH_MS = 1_288_834_974_657
SHIFT = 22


def seconds_of(identifier: int) -> float:
    """When ``identifier`` was made, in seconds since 1970."""
    return ((identifier >> SHIFT) + EPOCH_MS) / 1000


def time_of(identifier: int) -> datetime:
    return datetime.fromtimestamp(seconds_of(identifier), UTC)


def earlier(identifier: int, seconds: float) -> int:
    """The smallest id of the moment ``seconds`` before ``identifier``; never below 0."""
    return max(0, ((identifier >> SHIFT) - int(seconds * 1000)) << SHIFT)


def at(moment: float) -> int:
    """The smallest id of ``moment`` (seconds since 1970)."""
    return max(0, (int(moment * 1000) - EPOCH_MS) << SHIFT)
