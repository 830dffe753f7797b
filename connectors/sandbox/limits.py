"""How often a network may be asked: the switch, limits set by hand, and what was counted so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Window:
    """Calls counted since ``start``."""

    start: float
    used: int = 0


@dataclass(slots=True)
class Limits:
    """Shared by all networks. ``on=False`` switches counting off; ``own`` holds limits set by hand, by key."""

    on: bool = True
    own: dict[str, int] = field(default_factory=dict)
    windows: dict[tuple[str, int, float], Window] = field(default_factory=dict)

    def window(self, key: str, account: int, length: float) -> Window:
        """The current window of ``length`` seconds; a new one where the last has passed."""
        now = time.time()
        found = self.windows.get((key, account, length))
        if found is None or now >= found.start + length:
            found = self.windows[key, account, length] = Window(now)
        return found
