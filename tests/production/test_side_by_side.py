"""Two of every process in production mode: they share the work, survive each other's death and hand over."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from tests.chaos.world import until
from tests.production.stack import Browser, Program, Stack, Stream, running_stack

pytestmark = pytest.mark.chaos

POSTS, REPLIES = 300, 60
CAME = "SELECT count(*) FROM inbox_message WHERE direction = 'in'"
SENT = "SELECT count(*) FROM inbox_outboxitem WHERE state = 'sent'"
BUSY = "SELECT count(*) FROM inbox_outboxitem WHERE state IN ('queued', 'sending', 'unknown', 'held')"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, static_root: Path) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("production"), static_root) as stack:
        stack.release()
        stack.run("python", "-m", "tests.production.prepare")
        for name in ("a", "b"):
            stack.start("web", f"web-{name}")
            stack.start("worker", f"worker-{name}")
            stack.start("beat", f"beat-{name}")
        stack.up(stack.programs["web-a"], stack.programs["web-b"])
        yield stack


def web(stack: Stack, name: str) -> Program:
    return stack.programs[f"web-{name}"]


@pytest.fixture(scope="module")
def alice(stack: Stack) -> Browser:
    """Signed in at web A; every test goes on from there."""
    browser = Browser(web(stack, "a").url)
    browser.sign_in("alice")
    return browser


def arrive(stack: Stack, prefix: str, number: int) -> list[str]:
    return stack.sandbox.posts(
        [{"handle": f"{prefix}{n}", "text": f"@norrline {prefix} {n}: where is my order?"} for n in range(number)]
    )


def all_in(stack: Stack, prefix: str, number: int) -> list[tuple[int, int]]:
    until(lambda: len(stack.stories(prefix + "%")) == number, f"{number} posts of {prefix} to come in", 40, every=0.1)
    return stack.stories(prefix + "%")


def test_both_serve_one_session_and_the_same_files(stack: Stack, alice: Browser) -> None:
    until(lambda: alice.health()["ok"], "all parts to be seen", 40, every=0.3)
    other = alice.at(web(stack, "b"))
    assert other.get("/inbox/mine/").status == 200
    assert "alice" in other.get("/inbox/mine/").text.lower()
    assert Browser(other.url).get("/inbox/mine/").status == 302
    paths = [
        [word for word in browser.get("/inbox/mine/").text.split('"') if word.startswith("/static/")]
        for browser in (alice, other)
    ]
    assert paths[0] == paths[1]
    path = next(path for path in paths[0] if path.endswith(".css"))
    files = [browser.get(path) for browser in (alice, other)]
    assert files[0].body == files[1].body
    assert all("immutable" in file.headers["Cache-Control"] for file in files)


def test_what_happens_at_one_is_heard_at_the_other(stack: Stack, alice: Browser) -> None:
    arrive(stack, "heard", 1)
    [(conversation, _)] = all_in(stack, "heard", 1)
    streams = [Stream(alice.at(web(stack, name))) for name in ("a", "b")]
    assert all(stream.opened.wait(20) for stream in streams)
    assert alice.post(f"/conversations/{conversation}/resolve/", resolution="answered").status == 303
    for stream in streams:
        until(lambda stream=stream: "conversation.resolved" in stream.kinds, f"the change, not {stream.kinds}", 10)
        assert conversation in stream.heard


def test_300_posts_and_60_replies_while_one_of_each_is_killed(stack: Stack, alice: Browser) -> None:
    other = alice.at(web(stack, "b"))
    before, sent, ledger = stack.number(CAME), stack.number(SENT), len(stack.ledger())
    ids = arrive(stack, "first", POSTS // 2)
    stories = all_in(stack, "first", POSTS // 2)[:REPLIES]
    for n, (conversation, seen) in enumerate(stories[: REPLIES // 2]):
        by = alice if n % 2 else other
        assert by.reply(conversation, seen, f"Answer number {n} for you.", f"side-{n}").status == 303
    for name in ("web-a", "worker-a", "beat-a"):
        stack.kill(name)
    ids += arrive(stack, "then", POSTS // 2)
    for n, (conversation, seen) in enumerate(stories[REPLIES // 2 :], start=REPLIES // 2):
        for _ in range(2):  # a double click, and what a proxy may repeat
            assert other.reply(conversation, seen, f"Answer number {n} for you.", f"side-{n}").status == 303
    until(lambda: stack.number(CAME) == before + POSTS, "all posts", 60, every=0.1)
    until(lambda: stack.number(SENT) == sent + REPLIES and not stack.number(BUSY), "all replies", 60, every=0.1)
    stored = Counter(pk for (pk,) in stack.sql("SELECT external_id FROM inbox_message WHERE direction = 'in'"))
    assert {stored[pk] for pk in ids} == {1}
    texts = Counter(line["text"] for line in stack.ledger()[ledger:])
    assert texts == Counter(f"Answer number {n} for you." for n in range(REPLIES))
    until(lambda: other.health()["ok"], "the others to be enough", 20, every=0.3)
    counted = "SELECT count(*) FROM metrics_interaction"
    ended = "SELECT count(*) FROM inbox_event WHERE kind = 'outbox.sent' AND jsonb_typeof(data->'turn') = 'object'"
    until(lambda: stack.number(counted) >= stack.number(ended), "the figures", 20, every=0.2)
    for name in ("web-a", "worker-a", "beat-a"):
        stack.start(name.partition("-")[0], name)
    stack.up(web(stack, "a"))


def test_sigterm_on_web_finishes_its_requests_and_hands_its_streams_over(stack: Stack, alice: Browser) -> None:
    arrive(stack, "rolling", 2)
    (first, seen), (second, seen_too) = all_in(stack, "rolling", 2)
    here, there = alice.at(web(stack, "a")), alice.at(web(stack, "b"))
    stream = Stream(here)
    assert stream.opened.wait(20)
    assert there.reply(first, seen, "The first.", "rolling-1").status == 303
    until(lambda: first in stream.heard, "the stream to hear of it", 10)
    statuses: list[int] = []
    slow = threading.Thread(
        target=lambda: statuses.append(here.reply(second, seen_too, "The second.", "rolling-2").status)
    )
    lock = psycopg2.connect(stack.url)
    with lock.cursor() as cursor:  # the request waits for this row
        cursor.execute("SELECT 1 FROM inbox_conversation WHERE id = %s FOR UPDATE", [second])
        slow.start()
        waits = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'web-a' AND wait_event_type = 'Lock'"
        until(lambda: stack.number(waits), "the request to be under way", 10)
        program = web(stack, "a")
        program.process.terminate()
        began = time.monotonic()
        stream.join(5)
        assert not stream.is_alive(), "the stream outlives its process's time"
        assert time.monotonic() - began < 2
        assert program.alive(), "the request is still under way"
    lock.rollback()
    lock.close()
    slow.join(20)
    assert statuses == [303]
    assert program.process.wait(15) is not None
    stack.programs.pop("web-a")
    again = Stream(there, last=stream.last)
    until(lambda: second in again.heard, "what was missed", 10)
    until(lambda: not stack.number(BUSY), "both replies", 20, every=0.1)
    texts = Counter(line["text"] for line in stack.ledger())
    assert texts["The first."] == texts["The second."] == 1
    stack.start("web", "web-a")
    stack.up(web(stack, "a"))


def test_sigterm_on_a_worker_leaves_nothing_half_done(stack: Stack, alice: Browser) -> None:
    arrive(stack, "handed", 12)
    stories = all_in(stack, "handed", 12)
    stack.sandbox.fault("slow", method="POST", times=12, seconds=0.8)
    sent = stack.number(SENT)
    for n, (conversation, seen) in enumerate(stories):
        by = alice.at(web(stack, "b"))
        assert by.reply(conversation, seen, f"Handed over {n}.", f"handed-{n}").status == 303
    sending = "SELECT count(*) FROM inbox_outboxitem WHERE state = 'sending'"
    until(lambda: stack.number(sending), "a reply in flight", 20)
    began = time.monotonic()
    stack.terminate("worker-a", patience=20)
    took = time.monotonic() - began
    until(lambda: stack.number(SENT) == sent + 12 and not stack.number(BUSY), "all of them", 30, every=0.1)
    stack.sandbox.clear_faults()
    asked = "SELECT count(*) FROM inbox_event WHERE kind = 'outbox.unknown'"
    assert stack.number(asked + " AND conversation_id = ANY(%s)", [pk for pk, _ in stories]) == 0
    texts = Counter(line["text"] for line in stack.ledger())
    assert [texts[f"Handed over {n}."] for n in range(12)] == [1] * 12
    assert took < 10, f"the worker took {took:.1f} s to end"
    leased = """SELECT count(*) FROM connectors_streamstate
        WHERE lease_until > now() AND next_poll_at < now() - interval '2 seconds'"""
    until(lambda: not stack.number(leased), "no stream to wait for a lease", 1)


def test_healthz_says_what_is_missing(stack: Stack, alice: Browser) -> None:
    for name in list(stack.programs):
        if not name.startswith("web"):
            stack.terminate(name)
    there = alice.at(web(stack, "b"))
    until(lambda: not any(there.health()[part]["ok"] for part in ("beat", "worker")), "the silence to be noticed", 25)
    health = there.health()
    assert not health["ok"]
    assert health["database"]["ok"]
    assert health["broker"]["ok"]
    assert there.get("/healthz").status == 503
