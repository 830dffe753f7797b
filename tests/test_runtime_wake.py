"""The broker only wakes: frozen, absent or flushed, it slows nothing and raises nothing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest
from celery import current_app

from connectors import wake as wake_module
from connectors.wake import PAUSE, failures, wake
from socialdesk.embedded.testing import Services, make_services

QUICK = 0.5


@pytest.fixture(scope="module")
def broker() -> Iterator[Services]:
    """A Valkey of its own, so that freezing it disturbs nobody."""
    services = make_services()
    services.valkey.start()
    before = current_app.conf.broker_url
    current_app.conf.broker_url = services.valkey.url
    wake_module._drop_connection()
    yield services
    current_app.conf.broker_url = before
    wake_module._drop_connection()
    services.stop()


@pytest.fixture(autouse=True)
def _rested(broker: Services) -> None:
    """The pause after an earlier failure is over."""
    time.sleep(max(0.0, wake_module._pause_until - time.monotonic()))


def timed(queue: str) -> tuple[bool, float]:
    start = time.monotonic()
    return wake(queue), time.monotonic() - start


def waiting(broker: Services) -> int:
    with broker.valkey.client() as client:
        return int(client.llen(current_app.conf.task_default_queue))  # type: ignore[arg-type]


def test_a_hint_reaches_the_queue_even_after_a_flush(broker: Services) -> None:
    with broker.valkey.client() as client:
        assert wake("inbox.send") is True
        client.flushall()
        assert wake("inbox.send") is True
        assert waiting(broker) == 1
        [message] = client.lrange(current_app.conf.task_default_queue, 0, -1)  # type: ignore[misc]
    assert b'"task": "inbox.tasks.send"' in message


def test_a_stopped_worker_does_not_fill_the_broker(broker: Services) -> None:
    with broker.valkey.client() as client:
        client.flushall()
    assert [wake("inbox.poll", backlog=3) for _ in range(5)] == [True, True, True, False, False]
    assert waiting(broker) == 3


def test_a_frozen_broker_costs_less_than_half_a_second_once(broker: Services) -> None:
    process = broker.valkey.process
    assert process is not None
    wake("inbox.send")
    before = failures()
    os.kill(process.pid, signal.SIGSTOP)
    try:
        first, second = timed("inbox.send"), timed("inbox.send")
        wake_module._drop_connection()
        time.sleep(PAUSE)
        # A new connection to a frozen broker is accepted by the kernel, and then nobody speaks.
        third = timed("inbox.send")
    finally:
        os.kill(process.pid, signal.SIGCONT)
    assert [answer for answer, _ in (first, second, third)] == [False, False, False]
    assert first[1] < QUICK
    assert second[1] < 0.01
    assert third[1] < QUICK
    assert failures() == before + 3
    time.sleep(PAUSE)
    assert wake("inbox.send") is True


def test_an_absent_broker_is_logged_and_counted_and_its_return_is_noticed(
    broker: Services, caplog: pytest.LogCaptureFixture
) -> None:
    process = broker.valkey.process
    assert process is not None
    process.kill()
    process.wait()
    before = failures()
    answer, seconds = timed("routing.route")
    assert (answer, failures()) == (False, before + 1)
    assert seconds < QUICK
    assert "wake(routing.route) did not reach the broker" in caplog.text
    broker.valkey.start()
    time.sleep(PAUSE)
    assert wake("routing.route") is True
