"""What was reached is kept: recall and false alarms on both halves, and on the further open templates."""

from __future__ import annotations

import pytest

from tests.quality.guard.measure import ALARMS_TARGET, TARGETS, Result, measure
from tests.quality.guard.replies import HALVES, ORDINARY, replies


@pytest.fixture(scope="module")
def result() -> Result:
    return measure(list(replies(seed=5, times=4, halves=frozenset({*HALVES, ORDINARY}))))


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("kind", TARGETS)
def test_the_guard_finds_what_it_promises(result: Result, kind: str, half: str) -> None:
    recall = result.recall(kind=kind, half=half)
    assert recall.planted >= 4 * 9
    assert recall.share >= TARGETS[kind], f"{recall.named} of {recall.planted}"


@pytest.mark.parametrize("half", [*HALVES, ORDINARY])
def test_replies_that_leak_nothing_pass(result: Result, half: str) -> None:
    alarms = result.alarms[half]
    assert alarms.texts >= 250
    shown = list(result.alarm_samples.values())  # of what is open
    assert alarms.per_thousand <= ALARMS_TARGET, f"{alarms.held} of {alarms.texts} are held: {shown}"
