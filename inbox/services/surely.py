"""Writing down what only this process knows."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError, connections


def surely(record: Callable[[], Any]) -> None:
    """Write an outcome down even if PostgreSQL restarts just now: it may be the only proof there is."""
    for pause in (0.2, 0.5, 1, 2, 4, 8, 0):
        try:
            record()
            return
        except (OperationalError, InterfaceError):
            connections["default"].close()
            if not pause:
                raise  # the lease runs out, and what follows from that is the caller's
            time.sleep(pause)
