"""Figures are exact, and each opens to its rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.downstream import policy
from inbox.models import Conversation, Message
from metrics import current, selectors
from metrics.models import Interaction
from metrics.selectors import Filter
from metrics.services.touches import beat
from routing.services.assignment import route_due
from tests import factories

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ALL = Filter(day_from=DAY, day_to=DAY)


def ended(desk: factories.Desk, agent: User, *, at: datetime = NOON, seconds: float = 60, **facts: Any) -> Interaction:
    """A turn that arrived ``seconds`` before it ended, and was published ten seconds earlier."""
    conversation = factories.conversation(desk, by=f"customer{Message.objects.count()}")
    arrived = at - timedelta(seconds=seconds)
    row = {"team": desk.help_desk, "network": "x", "visibility": "public", "ended_by": "reply", "first": True}
    return Interaction.objects.create(
        conversation=conversation, turn=conversation.turn_first, agent=agent, ended_at=at, arrived_at=arrived,
        published_at=arrived - timedelta(seconds=10), position=1, **{**row, **facts},
    )  # fmt: skip


def test_handled_by_agent_and_day_with_both_clocks() -> None:
    desk = factories.desk()
    for seconds in (10, 20, 30, 40, 100):
        ended(desk, desk.alice, seconds=seconds)
    ended(desk, desk.alice, seconds=9999, first=False, visibility="direct")
    ended(desk, desk.alice, visibility="", ended_by="resolution")
    ended(desk, desk.erin, team=desk.billing)
    beat(agent=desk.alice, conversation_id=Interaction.objects.all()[0].conversation_id, now=NOON)
    alice, erin = selectors.handled_by_agent(ALL)
    assert (alice.name, alice.day) == ("Alice", DAY)
    assert (alice.handled, alice.publicly, alice.privately, alice.no_reply_due) == (7, 5, 1, 1)
    assert (alice.first_responses, alice.arrived_median, alice.published_median) == (5, 30, 40)
    assert alice.arrived_p90 == pytest.approx(76)
    assert alice.published_p90 == pytest.approx(86)
    assert alice.active == 15
    assert (erin.handled, erin.active) == (1, 0)
    everybody = selectors.totals(ALL)
    assert (everybody.handled, everybody.first_responses, everybody.active) == (8, 6, 15)


def test_days_are_those_of_the_readers_time_zone() -> None:
    desk = factories.desk()
    ended(desk, desk.alice, at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    assert selectors.handled_by_agent(ALL) == []
    (row,) = selectors.handled_by_agent(Filter(day_from=DAY, day_to=DAY, zone="Europe/Stockholm"))
    assert row.day == DAY


def test_every_figure_opens_to_exactly_its_rows() -> None:
    desk = factories.desk()
    for number in range(5):
        ended(desk, desk.alice, at=NOON + timedelta(minutes=number), visibility="direct" if number % 2 else "public")
    ended(desk, desk.erin)
    (line, _) = selectors.handled_by_agent(ALL)
    chosen = selectors.of_agent(ALL, agent_id=desk.alice.pk, day=line.day)
    again = selectors.parse({**chosen.parameters(), "visibility": "direct"}, zone="UTC", today=DAY, team_ids=None)
    assert len(selectors.interactions_rows(again)) == line.privately == 2
    seen: list[int] = []
    after = None
    while rows := selectors.interactions_rows(chosen, after=after, limit=2):
        seen += [row.pk for row in rows]
        after = (rows[-1].ended_at, rows[-1].pk)
    assert len(seen) == len(set(seen)) == line.handled
    assert seen == sorted(seen, reverse=True)


def test_other_teams_work_is_not_counted() -> None:
    desk = factories.desk()
    ended(desk, desk.alice)
    ended(desk, desk.erin, team=desk.billing)
    chosen = selectors.parse({}, zone="UTC", today=DAY, team_ids=[desk.billing.pk])
    assert [row.name for row in selectors.handled_by_agent(chosen)] == ["Erin"]
    assert selectors.handled_by_agent(selectors.parse({}, zone="UTC", today=DAY, team_ids=[])) == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"from": "yesterday", "to": "-", "agent": "1 OR 1=1", "visibility": "all", "ended_by": "magic", "first": "yes"},
        {"from": "9999-12-31", "agent": "-1"},
        {"to": "0001-01-01", "agent": "9" * 30},
        {"agent": "٣"},
    ],
)
def test_what_is_not_understood_is_left_out(parameters: dict[str, str]) -> None:
    assert selectors.parse(parameters, zone="Mars/Olympus", today=DAY, team_ids=None) == ALL


def test_an_address_turned_round_or_too_long_is_put_right() -> None:
    turned = selectors.parse({"from": "2026-03-02", "to": "2026-02-01"}, zone="UTC", today=DAY, team_ids=None)
    assert (turned.day_from, turned.day_to) == (date(2026, 2, 1), DAY)
    long = selectors.parse({"from": "2001-01-01", "to": "2026-03-02"}, zone="UTC", today=DAY, team_ids=None)
    assert long.day_to - long.day_from == timedelta(days=366)


def test_the_active_time_opens_to_its_touches() -> None:
    desk = factories.desk()
    pk = factories.conversation(desk).pk
    for agent, seconds in ((desk.alice, 0), (desk.alice, 15), (desk.alice, 300), (desk.erin, 0)):
        beat(agent=agent, conversation_id=pk, now=NOON + timedelta(seconds=seconds))
    beat(agent=desk.alice, conversation_id=pk, now=NOON - timedelta(days=1))
    alice, erin = selectors.handled_by_agent(ALL)
    for line, seconds in ((alice, 45), (erin, 15)):
        rows = selectors.touch_rows(selectors.of_agent(ALL, agent_id=line.agent_id, day=DAY))
        assert sum(row.seconds for row in rows) == line.active == seconds
    chosen = selectors.parse({}, zone="UTC", today=DAY, team_ids=[desk.billing.pk])
    assert {row.agent for row in selectors.touch_rows(chosen)} == {desk.erin}
    assert [row.name for row in selectors.handled_by_agent(chosen)] == ["Erin"]


def test_the_desk_now() -> None:
    desk = factories.desk(capacity=1)
    factories.arrives(desk, *factories.many(3))
    route_due()
    factories.conversation(desk)
    now = current.backlog(team_ids=[desk.help_desk.pk, desk.billing.pk])
    assert (now.open, now.unassigned, now.unrouted) == (3, 2, 1)
    assert now.oldest_waiting is not None
    assert current.backlog(team_ids=[]).open == 0


def test_arrivals_open_to_exactly_the_messages_that_the_reader_may_see() -> None:
    desk = factories.desk()
    factories.rule("Bills", desk.billing, "bill")
    factories.routed(desk, "my bill", by="carol")
    factories.arrives(desk, *factories.many(3))
    route_due()
    today = selectors.parse({}, zone="UTC", today=timezone.now().date(), team_ids=None)
    seen = {}
    for user in (desk.bob, desk.erin):
        visible = policy().filter(user, Conversation.objects.all())
        rows = current.arrival_rows(today, conversations=visible)
        seen[user.username] = [row.text for row in rows]
        assert current.arrivals(today, conversations=visible) == len(rows)
    assert len(seen["bob"]) == 4
    assert seen["erin"] == ["my bill"]


def test_the_statements_do_not_grow_with_the_rows() -> None:
    desk = factories.desk()
    costs = []
    for _ in range(2):
        for number in range(5):
            ended(desk, desk.alice, at=NOON + timedelta(days=number))
        week = Filter(day_from=DAY, day_to=DAY + timedelta(days=6))
        with CaptureQueriesContext(connection) as queries:
            selectors.handled_by_agent(week)
            [str(row.conversation.identity) for row in selectors.interactions_rows(week)]
        costs.append(len(queries))
    assert costs[0] == costs[1] == 4
