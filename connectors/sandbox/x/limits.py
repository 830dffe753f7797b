"""X's pace limits: fixed windows of 15 minutes and of a day, per operation and account."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from connectors.sandbox.x.facts import Endpoint

WINDOW = 900.0
DAY = 86_400.0


@dataclass(slots=True)
class Window:
    """Calls counted since ``start``."""

    start: float
    used: int = 0


@dataclass(slots=True)
class Limits:
    """Counts calls. ``on=False`` switches counting off; ``own`` holds limits set by hand, by key."""

    on: bool = True
    own: dict[str, int] = field(default_factory=dict)
    windows: dict[tuple[str, int, float], Window] = field(default_factory=dict)

    def count(self, endpoint: Endpoint, account: int) -> tuple[dict[str, str], bool]:
        """The headers for this call, and whether it is within the limits."""
        if not self.on:
            return {}, True
        headers, allowed = self._count(endpoint, account, self._limit(endpoint), WINDOW)
        if endpoint.day_rate is not None and allowed:
            daily, allowed = self._count(endpoint, account, endpoint.day_rate, DAY)
            if not allowed:
                headers = daily
        return headers, allowed

    def _limit(self, endpoint: Endpoint) -> int:
        named = f"{endpoint.method} {endpoint.path}"
        return self.own.get(endpoint.key, self.own.get(named, endpoint.rate))

    def _count(self, endpoint: Endpoint, account: int, limit: int, length: float) -> tuple[dict[str, str], bool]:
        now = time.time()
        key = (endpoint.bucket or endpoint.key, account, length)
        window = self.windows.get(key)
        if window is None or now >= window.start + length:
            window = self.windows[key] = Window(now)
        allowed = window.used < limit
        window.used += allowed
        headers = {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(max(0, limit - window.used)),
            "x-rate-limit-reset": str(int(window.start + length) + 1),
        }
        return headers, allowed
