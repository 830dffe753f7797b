"""The measurement gives nothing away for free: what misses the value, its name or its level does not count."""

from __future__ import annotations

import pytest

from tests.quality.guard.measure import Finding, Recall, findings, tally
from tests.quality.guard.replies import Reply, replies


def first(kind: str) -> Reply:
    return next(reply for reply in replies(seed=3, times=1, halves=frozenset({"open"})) if reply.template.kind == kind)


def finding(reply: Reply, kind: str, *, level: str = "hold", part: int = 0, moved: int = 0) -> Finding:
    planted = reply.planted[0]
    return {"kind": kind, "level": level, "part": part, "start": planted.start + moved, "end": planted.end + moved}


def recall(reply: Reply, *found: Finding) -> tuple[int, int, int]:
    total: Recall = tally([reply], [list(found)]).recall(kind=reply.template.kind)
    return total.planted, total.held, total.named


def test_a_value_that_is_held_by_its_name_counts() -> None:
    reply = first("phone")
    assert recall(reply, finding(reply, "phone")) == (1, 1, 1)


def test_a_value_that_is_held_by_another_name_is_held_and_not_named() -> None:
    reply = first("phone")
    assert recall(reply, finding(reply, "account")) == (1, 1, 0)


@pytest.mark.parametrize("wrong", [{"part": 1}, {"moved": 1_000}, {"level": "warn"}])
def test_what_marks_another_place_or_only_warns_does_not_count(wrong: dict[str, int]) -> None:
    reply = first("phone")
    assert recall(reply, finding(reply, "phone", **wrong)) == (1, 0, 0)  # type: ignore[arg-type]


def test_nothing_found_is_nothing_held() -> None:
    assert recall(first("card")) == (1, 0, 0)


def test_a_soft_value_counts_when_it_warns_and_not_when_it_holds() -> None:
    reply = first("soft")
    assert recall(reply, finding(reply, "soft", level="warn")) == (1, 1, 1)
    assert recall(reply, finding(reply, "soft", level="hold")) == (1, 0, 0)


def test_a_secret_of_the_record_may_be_called_what_its_shape_says() -> None:
    reply = first("record")
    assert recall(reply, finding(reply, "account")) == (1, 1, 1)


def test_a_clean_reply_that_is_held_is_an_alarm_and_a_warned_one_is_not() -> None:
    reply = first("")
    mark = {"kind": "phone", "part": 0, "start": 0, "end": 2}
    result = tally([reply, reply, reply], [[{**mark, "level": "hold"}], [{**mark, "level": "warn"}], []])
    alarms = result.alarms["open"]
    assert (alarms.texts, alarms.held, alarms.warned) == (3, 1, 1)
    assert alarms.per_thousand == pytest.approx(1000 / 3)


def test_the_command_answers_each_line() -> None:
    held, passed = findings(['{"text": "Write to anna.berg@gmail.com"}', "Thanks for your patience!"])
    assert [one["kind"] for one in held] == ["email"]
    assert passed == []
