"""Killed at every point: 200 replies leave exactly once and 1,000 posts arrive exactly once.

Nothing is simulated: real processes die by kill -9, freeze, lose PostgreSQL and the broker; the judge reads the
ledger that the network writes to disk before it answers.
"""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import judge, plan
from tests.chaos.kills import AFTER, BEFORE, BETWEEN, Killer
from tests.chaos.world import World, running_world, until

pytestmark = pytest.mark.chaos

SENDERS = 5
AIMED = 10
PATIENCE = 60  # seconds for a phase, on a machine that does much else


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as world:
        yield world


class Customers(threading.Thread):
    """Posts go on arriving, a batch at a time, while everything else happens."""

    def __init__(self, world: World, posts: list[dict[str, Any]], *, every: float, batch: int) -> None:
        super().__init__(daemon=True)
        self.world, self.left, self.every, self.batch = world, posts, every, batch
        self.ids: list[str] = []

    def run(self) -> None:
        while self.left:
            now, self.left = self.left[: self.batch], self.left[self.batch :]
            self.ids += self.world.sandbox.posts(now)
            time.sleep(self.every)


class Run:
    """One run, phase by phase."""

    def __init__(self, world: World) -> None:
        self.world, self.killer = world, Killer(world)
        self.notes = {name: world.folder / f"{name}.jsonl" for name in ("poll", "compose")}
        self.plan = world.folder / "plan.json"

    def begin(self) -> None:
        self.world.ready()
        self.first_ids, answers = plan.first_posts(self.world.sandbox.posts)
        self.plan.write_text(json.dumps(plan.as_json(answers)))
        rest = plan.further_posts(plan.POSTS - len(self.first_ids))
        self.customers = Customers(self.world, rest, every=0.5, batch=20)
        self.world.celery("worker")
        self.world.celery("beat")
        self.killer.staff(SENDERS)
        self.pollers = [self._poller(), self._poller()]
        self.agent = self._agent()
        self.customers.start()

    def _poller(self) -> str:
        return self.world.fork("poller", note=str(self.notes["poll"]))

    def _agent(self, pace: float = 0.07) -> str:
        return self.world.fork("agent", plan=str(self.plan), note=str(self.notes["compose"]), pace=pace)

    def kill_the_rest(self) -> None:
        """A poller and the process that composes: neither posts nor replies may be lost or doubled."""
        self.world.kill(self.pollers.pop(0))
        self.pollers.append(self._poller())
        self.world.kill(self.agent)
        self.agent = self._agent()
        self.killer.counts.update({"poller": 1, "web": 1})

    def kills_in_flight(self) -> None:
        counts, killer, deadline = self.killer.counts, self.killer, time.monotonic() + PATIENCE
        while counts[BEFORE] < AIMED or counts[BETWEEN] < AIMED:
            assert time.monotonic() < deadline, f"too few kills in flight: {counts}"
            if counts[BEFORE] < AIMED:
                killer.shoot_in_flight("timeout_before_write", number=2, seconds=3)
                killer.shoot_in_flight("slow", number=1, seconds=0.8)
            if counts[BETWEEN] < AIMED:
                killer.shoot_in_flight("timeout_after_write", number=3, seconds=3)
            if counts["web"] < 4:
                self.kill_the_rest()
            if counts[AFTER] < AIMED:
                killer.shoot_after_commit(patience=1)

    def freeze_across_reclaim(self) -> None:
        """The lease runs out and every sweep looks, but the item stays with its frozen sender."""
        killer = self.killer
        faults = (("timeout_after_write", 3.0), ("timeout_before_write", 3.0), ("slow", 0.5))
        self.frozen = []
        for name, seconds in faults:  # one after the other: an account has few places among the senders
            flight = killer.freeze_in_flight(name, seconds=seconds)
            until(partial(killer.lease_is_over, flight), "the lease to run out", PATIENCE)
            row = self.world.sql("SELECT state, attempt FROM inbox_outboxitem WHERE id = %s", (flight.item,))[0]
            wrote = self.world.sql("SELECT name, state, at FROM witness WHERE item_id = %s ORDER BY id", (flight.item,))
            assert row == ("sending", flight.attempt), f"a frozen sender lost its item: {flight}, {wrote}"
            killer.thaw(flight)
            self.frozen.append(flight)

    def lose_postgres(self) -> None:
        """Living senders hang, one is frozen, one is dead: each doubt has to be settled by evidence alone."""
        killer = self.killer
        frozen = killer.freeze_in_flight("timeout_before_write", seconds=5)
        killer.shoot_in_flight("timeout_before_write", number=1, seconds=5)
        killer.arm("timeout_after_write", 1, 3)
        killer.arm("slow", 1, 0.7)
        killer.await_flight(PATIENCE)
        killer.kill_postgres()
        until(lambda: killer.lease_is_over(frozen), "the lease to run out", PATIENCE)
        killer.thaw(frozen)

    def lose_the_broker(self) -> None:
        """Flushed, then frozen for a while: nothing gets slow and nothing waits for it."""
        valkey = self.world.services.valkey
        with valkey.client() as client:
            client.flushall()
        assert valkey.process is not None
        valkey.process.send_signal(signal.SIGSTOP)
        began, before = time.time(), self.sent()
        until(
            lambda: self.sent() >= before + 10 and time.time() > began + 3,
            "replies to leave without a broker",
            PATIENCE,
        )
        ended = time.time()
        valkey.process.send_signal(signal.SIGCONT)
        self.slowest = {name: self._slowest(path, began, ended) for name, path in self.notes.items()}
        for name, path in self.notes.items():  # beside what the network and this machine took before
            usual = self._slowest(path, began - 5, began)
            assert 0 < self.slowest[name] <= usual + 1, f"{name}: {self.slowest[name]} s, usually up to {usual} s"
        with valkey.client() as client:
            client.flushall()
        self.killer.counts.update({"broker flushed": 2, "broker frozen": 1})

    def kills_after_commit(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.killer.counts[AFTER] < AIMED:
            assert time.monotonic() < deadline, f"too few kills after the commit: {self.killer.counts}"
            self.killer.shoot_after_commit()

    def leave_it_to_celery(self) -> None:
        """The quick workers go, and who composes; what is left is for a fresh Celery worker and a fresh beat."""
        until(lambda: self.replies() >= plan.REPLIES, "all replies to be written", 3 * PATIENCE, every=0.1)
        for name in set(self.world.pids):
            self.world.kill(name)
        self.killer.counts.update({"Celery worker": 1, "beat": 1})
        self.world.celery("worker")
        self.world.celery("beat")

    def end(self) -> None:
        self.customers.join(PATIENCE)
        came = "SELECT count(*) FROM inbox_message WHERE direction = 'in'"
        until(lambda: self.world.number(came) >= plan.POSTS, "all posts to come in", PATIENCE, every=0.1)
        until(lambda: self.world.number(judge.OPEN) == 0, "every reply to be settled", PATIENCE, every=0.1)
        read = """SELECT count(*) FROM inbox_event WHERE id > (
            SELECT position FROM inbox_eventreader WHERE name = 'metrics.interactions')"""
        until(lambda: self.world.number(read) == 0, "the metrics to have read everything", 15, every=0.1)

    def replies(self) -> int:
        return self.world.number("SELECT count(*) FROM inbox_outboxitem")

    def sent(self) -> int:
        return self.world.number("SELECT count(*) FROM inbox_outboxitem WHERE state = 'sent'")

    @staticmethod
    def _slowest(note: Path, began: float, ended: float) -> float:
        lines = [json.loads(line) for line in note.read_text().split("\n")[:-1]]
        return max(
            (line["seconds"] for line in lines if began <= line["at"] <= ended and line["what"] != "route"), default=0
        )


def test_nothing_is_lost_doubled_or_guessed(world: World, tell: Callable[[str], None]) -> None:
    began = time.monotonic()
    run = Run(world)
    clock = [("start", time.monotonic())]
    for phase in (
        run.begin,
        run.kills_in_flight,
        run.freeze_across_reclaim,
        run.lose_postgres,
        run.lose_the_broker,
        run.kills_after_commit,
        run.leave_it_to_celery,
        run.end,
    ):
        phase()
        clock.append((phase.__name__, time.monotonic()))
    took = ", ".join(f"{name} {at - clock[n][1]:.1f}" for n, (name, at) in enumerate(clock[1:]))
    killer, counts = run.killer, run.killer.counts
    verdict = judge.outbox(world)
    judge.accepted_ones_were_found(world, killer)
    judge.posts(world, [*run.first_ids, *run.customers.ids])
    counted = judge.interactions(world)
    frozen = {flight.item for flight in run.frozen}
    states = dict(world.sql("SELECT id, state FROM inbox_outboxitem"))
    assert {states[item] for item in frozen} == {"sent"}
    assert verdict.replies >= plan.REPLIES
    assert min(counts[kind] for kind in (BEFORE, BETWEEN, AFTER)) >= AIMED
    kills = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
    tell(f"kills: {kills}")
    tell(
        f"{verdict.replies} replies: {verdict.sent} sent ({verdict.found} of them found at the network, "
        f"{verdict.resent} absent and sent again), {verdict.unknown} unknown; {verdict.written} in the ledger"
    )
    tell(f"{plan.POSTS} posts, each one message; {counted} interactions; slowest with a frozen broker: {run.slowest}")
    tell(f"seconds: {time.monotonic() - began:.1f} ({took})")
