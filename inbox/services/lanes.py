"""Places among the senders: one account, however slow or busy, never has them all (see crew.py)."""

from __future__ import annotations

import time
from collections.abc import Callable

from connectors.models import Connection, Lane
from inbox.services.locks import place

LONG = 5.0  # seconds; who takes so long to answer a sender is not quick
AT_ONCE = {Lane.QUICK: 2, Lane.BUSY: 1, Lane.BROKEN: 1}  # senders that one connection may have, by its lane


def in_place(connection: Connection, work: Callable[[], bool]) -> bool:
    """Do ``work`` if the connection has a place for it, and note the connection's lane by how long it takes."""
    with place(connection.pk, of=AT_ONCE[Lane(connection.send_lane)]) as free:
        began = time.monotonic()
        done = free and work()
        lane = Lane.BROKEN if time.monotonic() - began > LONG else Lane.QUICK
        if done and lane != connection.send_lane:
            Connection.objects.filter(pk=connection.pk).update(send_lane=lane)
        return done
