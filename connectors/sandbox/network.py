"""One running network: its memory, its switches, its pace limits and what it saw lately."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.sandbox.faults import Faults
from connectors.sandbox.limits import Limits
from connectors.sandbox.recovery import recover
from connectors.sandbox.snowflake import now_ms
from connectors.sandbox.store import Store

LOG_SIZE = 1000
STORY_SECONDS = 20.0  # a player that was silent for so long has gone


@dataclass(frozen=True, slots=True)
class Story:
    """What a player of a story said last: how far it is, and when it said so."""

    told: int
    of: int
    at_ms: int

    @property
    def is_told(self) -> bool:
        """Somebody is telling it at this moment."""
        return now_ms() - self.at_ms < STORY_SECONDS * 1000


@dataclass(slots=True)
class Network:
    """Shared by the API, the control API and the page; lives in one event loop."""

    store: Store
    faults: Faults
    limits: Limits
    public_url: str
    desk_url: str = ""
    story: Story | None = None
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LOG_SIZE))

    @classmethod
    def open(cls, folder: Path, *, public_url: str, desk_url: str) -> Network:
        store = Store(folder)
        recover(store)
        rates = store.setting("rates", {"on": True, "limits": {}})
        limits = Limits(on=rates["on"], own=rates["limits"])
        return cls(store, Faults(store.setting("faults", [])), limits, public_url, desk_url)

    def save_faults(self) -> None:
        self.store.set_setting("faults", self.faults.documents())

    def save_rates(self) -> None:
        self.store.set_setting("rates", {"on": self.limits.on, "limits": self.limits.own})

    def forget(self, *, keep_accounts: bool) -> None:
        """Back to an empty network, with the networks' own limits and no fault."""
        self.store.reset(keep_accounts=keep_accounts)
        self.faults.active.clear()
        self.limits.on, self.limits.own = True, {}
        self.limits.windows.clear()
        self.log.clear()

    def saw(self, method: str, path: str, status: int, note: str = "") -> None:
        """One line for the request log; ``status`` 0 where no answer went back."""
        self.log.append({"at": now_ms(), "method": method, "path": path, "status": status, "note": note})
