"""GET /healthz, and what logs let through."""

from __future__ import annotations

import logging
import time
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client, override_settings

from socialdesk import heartbeat
from socialdesk.logging import REMOVED, ScrubbingFormatter, scrub
from socialdesk.models import Heartbeat
from socialdesk.watchdog import SILENCE, STUCK, has_stopped

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
