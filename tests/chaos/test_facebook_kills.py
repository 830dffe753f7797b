"""The aimed kills on a Facebook page: 40 comments, private replies and messages leave exactly once each."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.sandbox.harness import Sandbox
from tests.chaos import judge, plan
from tests.chaos.kills import AFTER, BEFORE, BETWEEN, Killer
from tests.chaos.plan import Reply
from tests.chaos.world import World, running_world, until

pytestmark = pytest.mark.chaos

COMMENTS, PRIVATE, MESSAGES = 16, 6, 6  # each with a text of its own
THREAD_TWINS, DIALOGUE_TWINS = 4, 2  # two "Thanks!" below one post, in one dialogue
REPLIES = COMMENTS + PRIVATE + MESSAGES + 2 * (THREAD_TWINS + DIALOGUE_TWINS)
SENDERS, AIMED, PATIENCE = 4, 3, 60


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path, "facebook") as world:
        yield world


def written(network: Sandbox) -> tuple[list[str], list[Reply]]:
    """What customers wrote, and what will be answered."""
    [post] = network.page_posts([{"page": "norrline", "text": "Our new router is here."}])

    def comment(*names: str) -> list[str]:
        return network.comments([{"post": post, "handle": name, "text": f"what says {name}?"} for name in names])

    def message(*names: str) -> list[str]:
        return network.page_messages(
            [{"page": "norrline", "handle": name, "text": f"hello from {name}"} for name in names]
        )

    public = comment(*(f"public{n}" for n in range(COMMENTS)))
    private = comment(*(f"private{n}" for n in range(PRIVATE)))
    dialogues = message(*(f"dialogue{n}" for n in range(MESSAGES)))
    threads = comment(*(f"twin{n}" for n in range(THREAD_TWINS)), *(f"twin{n}" for n in range(THREAD_TWINS)))
    again = message(*(f"again{n}" for n in range(DIALOGUE_TWINS)))
    planned = [Reply(f"public-{post}", post, "public", f"Answer {n} for you.") for n, post in enumerate(public)]
    planned += [Reply(f"private-{post}", post, "direct", f"Between us, {n}.") for n, post in enumerate(private)]
    planned += [Reply(f"dialogue-{post}", post, "direct", f"Your number is {n}.") for n, post in enumerate(dialogues)]
    planned += [Reply(f"twin-{post}", post, "public", "Thanks!") for post in threads]
    planned += [Reply(f"again-{post}-{n}", post, "direct", "Thanks!") for post in again for n in (1, 2)]
    assert len(planned) == REPLIES
    # Every kind meets every kind of trouble.
    return [*public, *private, *dialogues, *threads, *again], sorted(planned, key=lambda reply: reply.key[::-1])


def kill_in_flight_and_after(world: World, killer: Killer) -> None:
    counts, deadline = killer.counts, time.monotonic() + PATIENCE
    while min(counts[kind] for kind in (BEFORE, BETWEEN, AFTER)) < AIMED:
        assert time.monotonic() < deadline, f"too few kills: {counts}"
        if counts[AFTER] < AIMED:
            killer.shoot_after_commit(patience=2, within=1000)
        if counts[BEFORE] < AIMED:
            killer.shoot_in_flight("timeout_before_write", number=1, seconds=2)
        if counts[BETWEEN] < AIMED:
            killer.shoot_in_flight("timeout_after_write", number=1, seconds=2)
        settle(world)


def settle(world: World) -> None:
    """Facebook may show a write half a minute late; the sandbox shows it at once, so that time may have passed.

    Only what was sent longer ago than a request can last.
    """
    world.sql(
        """UPDATE inbox_outboxitem SET check_at = now(), sending_at = sending_at - interval '31 seconds'
        WHERE state = 'unknown' AND check_at > now()
        AND sending_at BETWEEN now() - interval '30 seconds' AND now() - interval '2 seconds'"""
    )


def test_a_page_s_replies_leave_exactly_once(world: World, tell: Callable[[str], None]) -> None:
    began = time.monotonic()
    killer = Killer(world)
    world.ready()
    ids, planned = written(world.sandbox)
    orders, note = world.folder / "plan.json", world.folder / "notes.jsonl"
    orders.write_text(json.dumps(plan.as_json(planned)))
    world.fork("poller", note=str(note))
    killer.staff(SENDERS)
    world.fork("agent", plan=str(orders), note=str(note), pace=0.25)
    kill_in_flight_and_after(world, killer)
    total = "SELECT count(*) FROM inbox_outboxitem"
    until(lambda: world.number(total) == REPLIES, "all replies to be written", PATIENCE, every=0.1)
    until(lambda: settle(world) or world.number(judge.OPEN) == 0, "every reply to be settled", PATIENCE, every=0.1)
    read = """SELECT count(*) FROM inbox_event WHERE id > (
        SELECT position FROM inbox_eventreader WHERE name = 'metrics.interactions')"""
    until(lambda: world.number(read) == 0, "the metrics to have read everything", PATIENCE, every=0.1)
    verdict = judge.outbox(world)
    judge.accepted_ones_were_found(world, killer)
    judge.posts(world, ids)
    counted = judge.interactions(world)
    assert (verdict.replies, verdict.written - verdict.sent <= verdict.unknown) == (REPLIES, True)
    tell("Facebook, kills: " + ", ".join(f"{number} {kind}" for kind, number in sorted(killer.counts.items())))
    tell(
        f"Facebook, {verdict.replies} replies: {verdict.sent} sent ({verdict.found} of them found at the network, "
        f"{verdict.resent} absent and sent again), {verdict.unknown} unknown; {verdict.written} in the ledger; "
        f"{counted} interactions; {time.monotonic() - began:.1f} s"
    )
