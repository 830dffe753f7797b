"""Touches add up to the time somebody really looked."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection

from metrics.models import Touch
from metrics.services.touches import beat
from tests import factories

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def _stretches() -> list[tuple[int, float, float]]:
    rows = Touch.objects.order_by("period")
    return [
        (row.conversation_id, (row.period.lower - NINE).total_seconds(), (row.period.upper - NINE).total_seconds())
        for row in rows
    ]


@pytest.mark.django_db
def test_beats_in_a_row_are_one_touch() -> None:
    desk = factories.desk()
    pk = factories.conversation(desk).pk
    for seconds in (0, 15, 30, 45):
        beat(agent=desk.alice, conversation_id=pk, now=_at(seconds))
    assert _stretches() == [(pk, 0, 60)]


@pytest.mark.django_db
def test_a_missed_beat_is_bridged_a_longer_silence_is_not() -> None:
    desk = factories.desk()
    pk = factories.conversation(desk).pk
    for seconds in (0, 40, 200):
        beat(agent=desk.alice, conversation_id=pk, now=_at(seconds))
    assert _stretches() == [(pk, 0, 55), (pk, 200, 215)]


@pytest.mark.django_db
def test_turning_to_another_conversation_ends_the_former() -> None:
    desk = factories.desk()
    first, second = factories.arrives(desk, *factories.many(2))
    beat(agent=desk.alice, conversation_id=first, now=_at(0))
    beat(agent=desk.alice, conversation_id=second, now=_at(5))
    beat(agent=desk.alice, conversation_id=first, now=_at(12))
    assert _stretches() == [(first, 0, 5), (second, 5, 12), (first, 12, 27)]


@pytest.mark.django_db
def test_the_same_beat_twice_and_two_tabs_count_once() -> None:
    desk = factories.desk()
    pk = factories.conversation(desk).pk
    for seconds in (0, 0, 7, 7, 15, 22, 20):
        beat(agent=desk.alice, conversation_id=pk, now=_at(seconds))
    assert _stretches() == [(pk, 0, 37)]


@pytest.mark.django_db
def test_two_conversations_at_the_same_moment_do_not_overlap() -> None:
    desk = factories.desk()
    first, second = factories.arrives(desk, *factories.many(2))
    beat(agent=desk.alice, conversation_id=first, now=_at(0))
    beat(agent=desk.alice, conversation_id=second, now=_at(0))
    assert _stretches() == [(second, 0, 15)]
    beat(agent=desk.erin, conversation_id=second, now=_at(0))
    assert len(_stretches()) == 2


@pytest.mark.django_db(transaction=True)
def test_many_tabs_at_once_never_overlap_and_never_fail() -> None:
    desk = factories.desk()
    pks = factories.arrives(desk, *factories.many(3))
    trouble: list[Exception] = []

    def tab(number: int) -> None:
        try:
            for step in range(10):
                beat(agent=desk.alice, conversation_id=pks[(number + step) % 3], now=_at(step * 4 + number * 0.7))
        except Exception as error:  # noqa: BLE001
            trouble.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=tab, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    spans = sorted((begin, end) for _, begin, end in _stretches())
    assert all(former[1] <= latter[0] for former, latter in pairwise(spans))
