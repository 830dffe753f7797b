"""One call of Graph, as the reads and writes see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors.sandbox.faults import Fault
from connectors.sandbox.graph.facts import VERSION
from connectors.sandbox.graph.forms import File
from connectors.sandbox.graph.pages import Page
from connectors.sandbox.graph.problems import invalid, not_permitted
from connectors.sandbox.store import Store


@dataclass(slots=True)
class Call:
    """Who asks (a Page, by its token) and for what; ``address`` is where ``paging.next`` leads."""

    store: Store
    page: Page
    token: str
    address: str
    params: Mapping[str, str]
    faults: Mapping[str, Fault] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)

    def need(self, *permissions: str) -> None:
        for permission in permissions:
            if not self.page.may(permission):
                raise not_permitted(permission)

    def time(self, ms: int) -> str:
        """Graph's times have no fraction of a second."""
        ahead = self.faults.get("future_timestamps")
        extra = (ahead.seconds or 3600.0) if ahead else 0.0
        return datetime.fromtimestamp(ms // 1000 + extra, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")

    def picture(self, photo_id: int) -> str:
        """Where the picture itself is: on the sandbox's page."""
        return f"{self.address.removesuffix('/graph')}/_page/picture/facebook/{photo_id}"

    def link(self, path: str) -> str:
        return f"{self.address}/v{VERSION}.0/{path}"


def read_time(name: str, text: str) -> int:
    """Seconds since 1970, or a date, in milliseconds."""
    try:
        if text.isdigit():
            return int(text[:12]) * 1000
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise invalid(f"param {name} must be a valid date/time string or unix timestamp") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def read_flag(name: str, text: str) -> bool:
    if text.lower() in ("true", "1"):
        return True
    if text.lower() in ("false", "0"):
        return False
    raise invalid(f"param {name} must be a boolean.")
