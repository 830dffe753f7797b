"""X's pace limits: fixed windows of 15 minutes and of a day, per operation and account."""

from __future__ import annotations

from connectors.sandbox.limits import Limits
from connectors.sandbox.x.facts import Endpoint

WINDOW = 900.0
DAY = 86_400.0


def count(limits: Limits, endpoint: Endpoint, account: int) -> tuple[dict[str, str], bool]:
    """The headers for this call, and whether it is within the limits."""
    if not limits.on:
        return {}, True
    named = f"{endpoint.method} {endpoint.path}"
    limit = limits.own.get(endpoint.key, limits.own.get(named, endpoint.rate))
    headers, allowed = _count(limits, endpoint, account, limit, WINDOW)
    if endpoint.day_rate is not None and allowed:
        daily, allowed = _count(limits, endpoint, account, endpoint.day_rate, DAY)
        if not allowed:
            headers = daily
    return headers, allowed


def _count(limits: Limits, endpoint: Endpoint, account: int, limit: int, length: float) -> tuple[dict[str, str], bool]:
    window = limits.window(endpoint.bucket or endpoint.key, account, length)
    allowed = window.used < limit
    window.used += allowed
    headers = {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(max(0, limit - window.used)),
        "x-rate-limit-reset": str(int(window.start + length) + 1),
    }
    return headers, allowed
