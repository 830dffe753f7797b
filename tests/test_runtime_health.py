"""GET /healthz, and what logs let through."""

from __future__ import annotations

import logging
import threading
import time
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client, override_settings

from inbox.services.crew import Crew
from socialdesk import heartbeat
from socialdesk.logging import REMOVED, ScrubbingFormatter, scrub
from socialdesk.models import Heartbeat
from socialdesk.watchdog import SILENCE, STUCK, has_stopped, tell_of_hanging

PARTS = ("database", "broker", "worker", "beat", "poller", "sending")


@pytest.mark.django_db
def test_a_whole_desk_is_200_for_anybody_and_a_silent_part_is_503(client: Client) -> None:
    assert client.get("/healthz").status_code == 503
    for name in ("worker", "beat", "poller"):
        heartbeat.touch(name)
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert all(answer.json()[part]["ok"] for part in PARTS)
    heartbeat.touch("beat", seconds_ago=60)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["beat"] == {"ok": False, "detail": "last seen 60 s ago"}
    assert Heartbeat.objects.count() == 3


@pytest.mark.django_db
def test_an_absent_broker_is_told_quickly_and_without_its_address(client: Client) -> None:
    with override_settings(REDIS_URL="redis://:hunter2secret@127.0.0.1:1/0"):
        start = time.monotonic()
        answer = client.get("/healthz")
    assert time.monotonic() - start < 2
    assert answer.json()["broker"] == {"ok": False, "detail": "does not answer"}
    password = urlsplit(settings.DATABASE_URL).password or "hunter2secret"
    assert "hunter2secret" not in answer.text
    assert password not in answer.text


@pytest.mark.django_db
def test_pages_carry_the_strict_policy(client: Client) -> None:
    headers = client.get("/healthz").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
def test_a_reading_thread_that_hangs_is_seen_though_every_task_runs(client: Client) -> None:
    for name in ("worker", "beat", "poller"):
        heartbeat.touch(name)
    hanging, end = threading.Event(), threading.Event()

    def turn(lane: int) -> bool:
        hanging.set()
        assert end.wait(30)
        return False

    readers = Crew("reader", [0], turn)
    try:
        readers.call({0: 1})
        assert hanging.wait(5)
        began = time.monotonic()
        tell_of_hanging(readers)  # it has only begun
        assert client.get("/healthz").json()["poller"]["ok"]
        while readers.longest() <= 0.05:
            time.sleep(0.01)
        assert readers.longest() <= time.monotonic() - began + 1
        tell_of_hanging(readers, longest=0.05)
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()["poller"]["ok"]) == (503, False)
        assert "a reading thread hangs" in answer.json()["poller"]["detail"]
    finally:
        end.set()
    _ends(readers)
    heartbeat.touch(heartbeat.HANGING, seconds_ago=20)  # nobody has said so since
    assert client.get("/healthz").json()["poller"]["ok"]


def _ends(crew: Crew) -> None:
    patience = time.monotonic() + 10
    while crew.longest():
        assert time.monotonic() < patience, "its turns do not end"
        time.sleep(0.01)


def test_a_hand_that_goes_on_to_the_next_turn_begins_anew() -> None:
    turns: list[float] = []

    def turn(lane: int) -> bool:
        time.sleep(0.05)
        turns.append(readers.longest())
        return len(turns) < 5

    readers = Crew("reader", [0], turn)
    readers.call({0: 1})
    _ends(readers)
    assert len(turns) == 5
    assert max(turns) < 0.25  # of five turns of 0.05 s, each for itself


def test_a_worker_is_ended_for_silence_and_not_for_work() -> None:
    assert not has_stopped(SILENCE - 1, running=0, threads=8)
    assert has_stopped(SILENCE + 1, running=0, threads=8)
    assert not has_stopped(SILENCE + 1, running=8, threads=8)
    assert has_stopped(STUCK + 1, running=8, threads=8)


@pytest.mark.parametrize(
    "line",
    [
        "Authorization: Bearer CANARY-0123456789",
        "{'Authorization': 'Bearer CANARY-0123456789', 'x': 1}",
        'Authorization: OAuth oauth_consumer_key="CANARY-0123456789", oauth_signature="CANARY-0123456789"',
        "GET /2/me?access_token=CANARY-0123456789&fields=id",
        '{"refresh_token": "CANARY-0123456789"}',
        "token='CANARY-0123456789'",
        "could not connect to postgresql://desk:CANARY-0123456789@db/desk",
        "redis://:CANARY-0123456789@cache:6379/0",
        "bearer CANARY-0123456789 was refused",
        "the key is KNOWN+CANARY-0123456789",
        "the key is KNOWN%2BCANARY-0123456789",
    ],
)
def test_no_secret_leaves_in_a_log_line(line: str) -> None:
    formatter = ScrubbingFormatter("%(message)s", secrets=["KNOWN+CANARY-0123456789"])
    record = logging.LogRecord("x", logging.INFO, "x", 1, "%s", (line,), None)
    text = formatter.format(record)
    assert "CANARY" not in text
    assert REMOVED in text


def test_no_secret_leaves_in_a_traceback() -> None:
    try:
        raise RuntimeError("refused: access_token=CANARY-0123456789")
    except RuntimeError as error:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "failed", (), (type(error), error, error.__traceback__))
    assert "CANARY" not in ScrubbingFormatter().format(record)


def test_ordinary_words_stay() -> None:
    line = "3 tokens were read; the password page answered 200 in 5 ms for https://desk.example.com/a?b=c"
    assert scrub(line, []) == line
