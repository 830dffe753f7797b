"""X's ids: milliseconds since X's epoch, 22 bits of worker and sequence below them."""

from __future__ import annotations

import time

EPOCH_MS = 1288834974657
_SHIFT = 22
_WORKER = 7 << 12  # one imaginary worker
_SEQUENCE = 1 << 12


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def first_of(ms: int) -> int:
    """The smallest id that a post of that moment could have."""
    return max(0, ms - EPOCH_MS) << _SHIFT


def moment_of(snowflake: int) -> int:
    """The milliseconds since 1970 in an id."""
    return (snowflake >> _SHIFT) + EPOCH_MS


class Snowflakes:
    """Hands out ids that are unique, and increasing for those of the present moment."""

    def __init__(self, newest: int) -> None:
        self._last_ms = moment_of(newest) if newest else 0
        self._used = _SEQUENCE - 1 if newest else -1
        self._past: dict[int, int] = {}

    def next(self, at_ms: int | None = None) -> int:
        """An id of now or, where ``at_ms`` is given, of that moment."""
        if at_ms is not None:
            return self._of_past(at_ms)
        ms = max(now_ms(), self._last_ms)
        self._used = self._used + 1 if ms == self._last_ms else 0
        if self._used >= _SEQUENCE // 2:
            ms, self._used = ms + 1, 0
        self._last_ms = ms
        return first_of(ms) | _WORKER | self._used

    def _of_past(self, ms: int) -> int:
        # The upper half of the sequence, so that it never meets an id handed out live in that millisecond.
        used = self._past.get(ms, _SEQUENCE // 2)
        if used >= _SEQUENCE:
            return self._of_past(ms + 1)
        self._past[ms] = used + 1
        if len(self._past) > 100_000:
            self._past.pop(next(iter(self._past)))
        return first_of(ms) | _WORKER | used
