"""The clock: publishes through connectors.wake like everybody else and keeps no file.

Celery's own scheduler publishes without a time limit and stores its state in a file that a kill can break.
"""

from __future__ import annotations

from typing import Any

from celery.beat import ScheduleEntry, Scheduler

from connectors.wake import wake
from socialdesk import heartbeat

# So many hints may wait for a stopped worker; it needs one of each kind when it comes back.
BACKLOG = 100


class WakingScheduler(Scheduler):
    # Celery asks for a producer before each entry, and would connect to make one.
    producer: Any = None

    def setup_schedule(self) -> None:
        self.merge_inplace(self.app.conf.beat_schedule)

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        wake(str(entry.task), backlog=BACKLOG)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        heartbeat.touch("beat", every=heartbeat.INTERVAL)
        delay: float = super().tick(*args, **kwargs)
        return delay
