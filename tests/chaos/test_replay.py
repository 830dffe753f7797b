"""A file of tweets arrives whole while every process of the real desk is killed; beyond X's window a gap is shown.

SOCIALDESK_REPLAY names a file with tab-separated columns (tweets in the third) to replay 700 lines of, for example
VADER's tweets_GroundTruth.txt; without it, 150 lines are made up.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.sandbox.harness import ROOT
from tests.chaos.desk import PROGRAMS, RunningDesk, running_desk
from tests.chaos.world import until

pytestmark = pytest.mark.chaos

REAL = os.environ.get("SOCIALDESK_REPLAY", "")
LINES, RATE = (700, 20) if REAL else (150, 20)
WINDOW = 800
BEYOND = 850

# Of the customers that a replay makes: the demo's own may still be coming in.
CONVERSATIONS = """
SELECT count(*) FROM inbox_conversation c JOIN inbox_identity i ON i.id = c.identity_id
WHERE i.handle ~ '[0-9a-f]{6}[0-9]+$'
"""
UNROUTED = """
SELECT count(*) FROM inbox_conversation c
WHERE NOT EXISTS (SELECT 1 FROM routing_assignment d WHERE d.conversation_id = c.id AND d.reasons <> '[]')
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RunningDesk]:
    with running_desk(tmp_path / "desk") as desk:
        yield desk


def lines() -> list[str]:
    if REAL:
        return Path(REAL).read_text(errors="replace").splitlines()[:LINES]
    return [f"{n}\t0.0\tMy line is down again, number {n}" for n in range(LINES)]


def replay(desk: RunningDesk, file: Path, texts: list[str], *, rate: float) -> subprocess.Popen[bytes]:
    file.write_text("\n".join(texts) + "\n")
    command = ["sandbox", "replay", str(file), "--column", "3", "--rate", f"{rate}/s", "--url", desk.network.url]
    return subprocess.Popen([sys.executable, "-u", "manage.py", *command], cwd=ROOT, stdout=subprocess.PIPE)


def begun(posting: subprocess.Popen[bytes]) -> None:
    """It has found the network: whatever is killed now, it goes on."""
    assert posting.stdout is not None
    assert posting.stdout.readline().startswith(b"Posting")


def test_a_replay_arrives_whole_under_kills_and_a_flood_shows_its_gap(
    desk: RunningDesk, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    began = time.monotonic()
    desk.read_often(1)
    texts = lines()
    half = len(texts) // 2
    kills = 0
    for number, part in enumerate((texts[:half], texts[half:])):
        until(desk.answers, "the network to answer", 30, every=0.1)
        posting = replay(desk, tmp_path / f"part{number}.txt", part, rate=RATE)
        begun(posting)
        for name in PROGRAMS:  # the network too, while it is written to and read
            desk.kill(name)
            kills += 1
        assert posting.wait(120) == 0
    wanted = len(texts)
    until(lambda: desk.number(CONVERSATIONS) >= wanted, "every post to be a conversation", 90, every=0.3)
    until(lambda: desk.number(UNROUTED) == 0, "every conversation to be routed with reasons", 60, every=0.3)
    until(desk.healthy, "the desk to say that it is well", 60, every=0.3)
    assert desk.number(CONVERSATIONS) == wanted
    assert desk.number("SELECT count(*) FROM connectors_streamgap") == 0
    tell(
        f"replay: {len(texts)} lines, {kills} kills, {desk.number(CONVERSATIONS)} conversations,"
        f" {time.monotonic() - began:.0f} s"
    )

    desk.read_often(600)
    until(lambda: desk.number(POLLING) == 0, "the poll that runs to end", 30, every=0.1)
    flood = [f"{n}\t0.0\tAnd another one, {n}" for n in range(BEYOND)]
    assert replay(desk, tmp_path / "flood.txt", flood, rate=2_000).wait(120) == 0
    desk.read_often(1)
    until(lambda: desk.number("SELECT count(*) FROM connectors_streamgap") == 1, "the gap to be shown", 60, every=0.2)
    until(lambda: desk.number(CONVERSATIONS) >= wanted + WINDOW, "what X still shows to come in", 60, every=0.2)
    reason, after, bound = desk.sql("SELECT reason, after_id, before_id FROM connectors_streamgap")[0]
    assert "800" in reason
    assert int(after) < int(bound)
    tell(f"flood: {BEYOND} lines at once, {desk.number(CONVERSATIONS) - wanted} conversations and a gap: {reason}")


POLLING = """
SELECT count(*) FROM connectors_streamstate
WHERE stream = 'mentions' AND (lease_until IS NOT NULL OR next_poll_at <= now() + interval '60 seconds')
"""
