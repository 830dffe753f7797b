"""Every change of a rule keeps what it was, with what that decided, and it can be taken again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inbox.services.conversations import Refused
from routing import ruleversions
from routing.models import Assignment, Rule, Team
from routing.services import handing, ruling
from tests import factories

pytestmark = pytest.mark.django_db


def _changed(rule: Rule, desk: factories.Desk, **values: Any) -> Rule:
    now = {name: getattr(rule, name) for name in ruling.FIELDS}
    return ruling.save(rule_id=rule.pk, values={**now, **values}, actor=desk.dana)


def test_each_version_tells_what_it_asked_what_it_decided_and_what_people_moved(desk: factories.Desk) -> None:
    rule = factories.rule("Money", desk.billing, "refund")
    one, _ = factories.routed(desk, "A refund!", by="ana"), factories.routed(desk, "My refund?", by="bo")
    handing.assign(conversation_id=one.pk, actor=desk.bob, team_id=desk.help_desk.pk, agent_id=None, seen_agent_id=None)
    rule = _changed(rule, desk, words=["refund", "money back"])
    factories.routed(desk, "I want my money back", by="cy")
    factories.routed(desk, "Hello", by="di")
    now, before = ruleversions.of(rule)
    assert (now.number, now.conditions, now.goes) == (2, ["any of: refund, money back"], "Billing")
    assert (now.given, now.moved, now.until, now.by) == (1, 0, None, None)
    assert (before.number, before.conditions, before.by) == (1, ["any of: refund"], desk.dana)
    assert (before.given, before.moved) == (2, 1)
    decided = Assignment.objects.filter(rule=rule).order_by("pk").values_list("rule_version", flat=True)
    assert list(decided) == [1, 1, 2]


def test_a_version_is_taken_again_as_a_new_one(desk: factories.Desk) -> None:
    rule = factories.rule("Money", desk.billing, "refund")
    rule = _changed(rule, desk, words=["bill"], team=desk.help_desk, min_followers=10)
    rule = ruling.take_again(rule_id=rule.pk, number=1, actor=desk.dana)
    rule.refresh_from_db()
    assert (rule.words, rule.team, rule.min_followers, rule.version) == (["refund"], desk.billing, None, 3)
    assert [version.number for version in ruleversions.of(rule)] == [3, 2, 1]


def test_what_changes_nothing_and_an_order_make_no_version(desk: factories.Desk) -> None:
    rule = factories.rule("Money", desk.billing, "refund")
    factories.rule("Other", desk.help_desk, "bill")
    _changed(rule, desk)
    ruling.move(rule_id=rule.pk, by=1, actor=desk.dana)
    ruling.switch(rule_id=rule.pk, on=False, actor=desk.dana)
    rule.refresh_from_db()
    assert [version.number for version in ruleversions.of(rule)] == [1]


def test_what_a_version_pointed_to_may_be_gone(desk: factories.Desk) -> None:
    gone = Team.objects.create(name="Gone")
    rule = factories.rule("Money", gone, "refund")
    rule = _changed(rule, desk, team=desk.billing)
    gone.delete()
    assert ruleversions.of(rule)[1].goes == "a team that is gone"
    with pytest.raises(Refused, match="gone"):
        ruling.take_again(rule_id=rule.pk, number=1, actor=desk.dana)
    with pytest.raises(Refused, match="no such version"):
        ruling.take_again(rule_id=rule.pk, number=7, actor=desk.dana)


def test_the_rules_page_shows_its_versions_and_takes_one_again(desk: factories.Desk) -> None:
    rule = factories.rule("Money", desk.billing, "refund")
    _changed(rule, desk, words=["bill"])
    browser = Client()
    browser.force_login(desk.dana)
    page = f"/settings/rules/{rule.pk}/"
    assert "until" in browser.get(page).content.decode()
    assert browser.post(page, {"version": "1"}).status_code == 303
    rule.refresh_from_db()
    assert rule.words == ["refund"]
    for _ in range(5):
        _changed(rule, desk, words=[*rule.words, "more"])
        rule.refresh_from_db()
    with CaptureQueriesContext(connection) as few:
        ruleversions.of(rule)
    for number in range(5):
        _changed(rule, desk, words=[f"again {number}"])
    with CaptureQueriesContext(connection) as many:
        ruleversions.of(rule)
    assert len(few) == len(many)
