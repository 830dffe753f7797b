"""Aimed kills: who is sending what right now, and what was true in the moment of death."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tests.chaos.world import World, until

HANGS = 0.2  # seconds in `sending` after which it is a fault of ours that keeps it there, not work
BEFORE, BETWEEN, AFTER = "before the write", "between acceptance and commit", "after the commit"

SENDING = """
SELECT i.id, w.name, w.at, i.attempt, i.payload FROM inbox_outboxitem i
JOIN LATERAL (SELECT name, at FROM witness WHERE item_id = i.id AND state = 'sending' ORDER BY id DESC LIMIT 1) w
ON true WHERE i.state = 'sending'
"""
JUST_SENT = """
SELECT w.name FROM witness w WHERE w.state = 'sent' AND w.at > clock_timestamp() - %s * interval '1 millisecond'
AND NOT EXISTS (SELECT 1 FROM witness later WHERE later.name = w.name AND later.id > w.id)
"""


@dataclass(frozen=True, slots=True)
class Flight:
    """An item that is being sent, and by whom."""

    item: int
    name: str
    since: datetime
    attempt: int
    payload: dict[str, Any]


def key_of(payload: dict[str, Any]) -> tuple[str, str, str]:
    """How a reply looks in the ledger: audience, target, text."""
    target = payload["in_reply_to"] if payload["visibility"] == "public" else payload["recipient_id"]
    return (str(payload["visibility"]), str(target), str(payload["text"]))


# In the ledger: whether it is public, and where its target stands.
KINDS = {
    "tweet": ("public", "in_reply_to"),
    "dm": ("direct", "participant_id"),
    "comment": ("public", "object_id"),
    "message": ("direct", "recipient_id"),
    "private_reply": ("direct", "recipient_id"),
}


def key_in_ledger(line: dict[str, Any]) -> tuple[str, str, str]:
    audience, target = KINDS[line["kind"]]
    return (audience, str(line[target]), line["text"])


def written_at(line: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(line["at"] / 1000, UTC)


@dataclass
class Killer:
    """Kills senders and starts others in their place, and keeps count of what each kill hit."""

    world: World
    senders: set[str] = field(default_factory=set)
    spared: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    hit: dict[tuple[int, int], str] = field(default_factory=dict)  # (item, attempt): the kind of the kill

    def staff(self, number: int) -> None:
        """Keep ``number`` senders that can work."""
        while len(self.senders - self.spared) < number:
            self.senders.add(self.world.fork("sender"))

    def flights(self) -> list[Flight]:
        return [Flight(*row) for row in self.world.sql(SENDING)]

    def hanging(self) -> list[Flight]:
        """Flights that a fault holds, without those that are frozen on purpose."""
        now = self.world.sql("SELECT clock_timestamp()")[0][0]
        return [
            flight
            for flight in self.flights()
            if flight.name not in self.spared
            and flight.name in self.world.pids
            and (now - flight.since).total_seconds() > HANGS
        ]

    def await_flight(self, patience: float) -> list[Flight]:
        """The first that hang; where none comes, the failure says in which states the replies are."""
        try:
            return list(until(self.hanging, "a reply in flight", patience))
        except AssertionError as why:
            states = self.world.sql("SELECT state, count(*), max(created_at) FROM inbox_outboxitem GROUP BY 1")
            raise AssertionError(f"{why}; replies: {states}, senders: {self.senders}, spared: {self.spared}") from why

    def written(self, flight: Flight) -> bool:
        """Whether the network has accepted this attempt by now."""
        key = key_of(flight.payload)
        return any(key_in_ledger(line) == key and written_at(line) >= flight.since for line in self.world.ledger())

    def arm(self, fault: str, times: int, seconds: float) -> None:
        self.world.sandbox.fault(fault, method="POST", times=times, seconds=seconds)

    def shoot_in_flight(self, fault: str, *, number: int, seconds: float) -> None:
        """Let ``fault`` hold ``number`` senders in the middle of a reply, and kill each."""
        self.arm(fault, number, seconds)
        shot = 0
        deadline = time.monotonic() + 4
        while shot < number and time.monotonic() < deadline:
            for flight in self.hanging():
                if flight.name in self.world.pids:
                    self.kill(flight.name)
                    shot += 1
            time.sleep(0.01)

    def shoot_after_commit(self, patience: float = 4, *, within: int = 80) -> None:
        """Kill the next sender whose reply was committed this moment (``within`` milliseconds)."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            for (name,) in self.world.sql(JUST_SENT, (within,)):
                if name in self.senders - self.spared:
                    self.kill(name)
                    return
            time.sleep(0.004)

    def kill(self, name: str) -> str:
        """kill -9 a sender, start another, and say what the kill hit."""
        self.world.kill(name)
        self.senders.discard(name)
        if name.startswith("sender"):
            self.senders.add(self.world.fork("sender"))
        else:
            self.world.celery("worker")
            self.counts["of them a Celery worker"] += 1
        gone = "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = %s"
        until(lambda: self.world.sql(gone, (name,))[0][0], f"PostgreSQL to see that {name} is gone", 5)
        mine = [flight for flight in self.flights() if flight.name == name]
        for flight in mine:
            self.hit[flight.item, flight.attempt] = BETWEEN if self.written(flight) else BEFORE
        kinds = {self.hit[flight.item, flight.attempt] for flight in mine}
        last = self.world.sql("SELECT state FROM witness WHERE name = %s ORDER BY id DESC LIMIT 1", (name,))
        if not mine:
            kinds = {AFTER if last and last[0][0] == "sent" else "at rest"}
        self.counts.update(kinds)
        return "".join(sorted(kinds))

    # --- freezing --------------------------------------------------------------------------------------------------
    def freeze_in_flight(self, fault: str, *, seconds: float) -> Flight:
        """Stop a sender in the middle of a reply. It keeps its item until `thaw`."""
        while True:
            self.arm(fault, 1, seconds)
            flight = self.await_flight(30)[0]
            self.spared.add(flight.name)
            self.world.signal(flight.name, signal.SIGSTOP)
            until(partial(self._at_rest, flight.name), "PostgreSQL to have done what it had asked for", 5)
            if flight in self.flights():
                break
            self.thaw(flight)  # its reply was over before the signal came
        self.counts["frozen in flight"] += 1
        if flight.name in self.senders:
            self.senders.add(self.world.fork("sender"))
        return flight

    def _at_rest(self, name: str) -> bool:
        busy = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND state = 'active'"
        return bool(self.world.sql(busy, (name,))[0][0] == 0)

    def lease_is_over(self, flight: Flight) -> bool:
        """Long enough ago that every sweep had its chance to take the item away."""
        late = "SELECT lease_until < clock_timestamp() - interval '1 second' FROM inbox_outboxitem WHERE id = %s"
        return bool(self.world.sql(late, (flight.item,))[0][0])

    def thaw(self, flight: Flight) -> None:
        self.spared.discard(flight.name)
        with contextlib.suppress(KeyError):
            self.world.signal(flight.name, signal.SIGCONT)

    # --- services --------------------------------------------------------------------------------------------------
    def kill_postgres(self) -> None:
        """kill -9 of the postmaster; its backends follow. Then start it again."""
        process = self.world.services.postgres.process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        self.world.services.postgres.start()
        self.counts["PostgreSQL killed"] += 1
