"""Rules on language, reach, audience, network and account; what a message lacks matches nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox.models import Identity
from routing import selectors
from routing.models import AgentProfile, Expertise, QueueEntry, Rule, Topic
from routing.services.assignment import route_due
from routing.services.rules import language_of
from tests import factories

pytestmark = pytest.mark.django_db


def _routed(desk: factories.Desk, text: str = "Bonjour", **facts: Any) -> list[str]:
    """The reasons of a conversation that comes in now."""
    made = factories.routed(desk, text, **facts)
    current = selectors.assignment_of(made.pk)
    assert current is not None
    return list(current.reasons)


@pytest.mark.parametrize(
    ("conditions", "facts", "found"),
    [
        ({"languages": ["fr", "de"]}, {"language": "fr"}, "in French"),
        ({"languages": ["fr"]}, {"language": "fr-CA"}, "in French"),
        ({"min_followers": 10_000}, {"followers": 12_400}, "12,400 followers"),
        ({"max_followers": 1}, {"followers": 1}, "1 follower"),
        ({"visibility": "direct"}, {"direct": True, "root": "d"}, "written privately"),
        ({"visibility": "public"}, {}, "written publicly"),
        ({"networks": ["x", "y"]}, {}, "on X"),
        ({"authors": ["@Carol"]}, {}, "written by @carol"),
        ({}, {}, "it takes everything"),
        ({"words": ["bonjour"], "languages": ["fr"], "min_followers": 5}, {"language": "fr", "followers": 7},
         "bonjour, in French, 7 followers"),
    ],
)  # fmt: skip
def test_what_holds_is_named(conditions: dict[str, Any], facts: dict[str, Any], found: str) -> None:
    desk = factories.desk()
    Rule.objects.create(position=1, name="R", team=desk.billing, **conditions)
    assert _routed(desk, **facts)[0] == f"Matches the rule “R”: {found}"


@pytest.mark.parametrize(
    ("conditions", "facts"),
    [
        ({"languages": ["fr"]}, {}),
        ({"languages": ["fr"]}, {"language": "en"}),
        ({"languages": ["und"]}, {"language": "und"}),
        ({"languages": ["qme"]}, {"language": "qme"}),
        ({"min_followers": 0}, {}),
        ({"max_followers": 100}, {}),
        ({"min_followers": 10, "max_followers": 20}, {"followers": 21}),
        ({"visibility": "direct"}, {}),
        ({"networks": ["y"]}, {}),
        ({"connections": [10**9]}, {}),
        ({"languages": ["fr"], "min_followers": 10}, {"language": "fr"}),
    ],
)
def test_what_is_missing_or_other_matches_nothing(conditions: dict[str, Any], facts: dict[str, Any]) -> None:
    desk = factories.desk()
    Rule.objects.create(position=1, name="R", team=desk.billing, **conditions)
    assert _routed(desk, **facts)[0] == "No rule matched; the help desk takes it"


def test_an_account_is_named() -> None:
    desk = factories.desk()
    factories.rule("R", desk.billing, connections=[desk.connection.pk])
    assert _routed(desk)[0] == "Matches the rule “R”: to Norrline on X"


def test_a_deleted_rule_is_not_asked() -> None:
    desk = factories.desk()
    rule = factories.rule("R", desk.billing)
    Rule.objects.filter(pk=rule.pk).update(deleted_at=rule.team.memberships.first() and "2026-01-01T00:00:00Z")
    assert _routed(desk)[0] == "No rule matched; the help desk takes it"


@pytest.mark.parametrize(("code", "language"), [("fr-CA", "fr"), ("PT_br", "pt"), ("zxx", ""), ("", ""), ("qht", "")])
def test_languages(code: str, language: str) -> None:
    assert language_of(code) == language


# Who takes it ------------------------------------------------------------------------------------


def _experts(desk: factories.Desk) -> tuple[Any, Any, Topic]:
    team = factories.team("Experts", kind="experts")
    knows, other = factories.person("nora", team, role="expert"), factories.person("olaf", team, role="expert")
    topic = Topic.objects.create(name="Invoices")
    Expertise.objects.create(user=knows, topic=topic)
    AgentProfile.objects.filter(user=knows).update(in_hand=5)
    factories.rule("Bills", team, "bill", topic=topic)
    return knows, other, topic


def test_somebody_who_knows_about_it_goes_before_somebody_with_more_room() -> None:
    desk = factories.desk()
    _experts(desk)
    reasons = _routed(desk, "my bill")
    assert reasons[1] == "Nora knows about Invoices and has the most room in Experts: 5 of 8 in hand"


def test_where_nobody_who_knows_has_room_anybody_there_takes_it_and_it_says_so() -> None:
    desk = factories.desk()
    nora, *_ = _experts(desk)
    AgentProfile.objects.filter(user=nora).update(availability="away")
    reasons = _routed(desk, "my bill")
    assert reasons[1:] == [
        "Nobody in Experts who knows about Invoices has room now",
        "Olaf has the most room in Experts: 0 of 8 in hand",
    ]


def test_a_named_agent_outside_the_team_leaves_it_to_the_team() -> None:
    desk = factories.desk()
    factories.rule("Press", desk.billing, "newspaper", agent=desk.alice)
    assert _routed(desk, "a newspaper asks")[1] == "Alice does not work in Billing"


def test_leads_are_given_work_only_when_they_say_so() -> None:
    desk = factories.desk()
    AgentProfile.objects.filter(user=desk.bob).update(availability="available")
    AgentProfile.objects.filter(user=desk.alice).update(availability="away")
    assert _routed(desk)[-1] == "Nobody in Help desk is available; it waits in the queue"
    AgentProfile.objects.filter(user=desk.bob).update(takes_conversations=True)
    route_due()
    assert set(QueueEntry.objects.values_list("assignee", flat=True)) == {desk.bob.pk}


def test_a_team_of_a_lead_only_keeps_it_in_its_queue() -> None:
    desk = factories.desk()
    team = factories.team("Press office")
    factories.person("lena", team, role="lead")
    factories.rule("Press", team, "newspaper")
    assert _routed(desk, "newspaper")[-1] == (
        "Nobody in Press office takes conversations by themselves; it waits in the queue"
    )


@pytest.mark.parametrize(
    ("trouble", "why"), [({"capacity": 0}, "has room"), ({"availability": "away"}, "is available")]
)
def test_everybody_away_or_without_capacity_leaves_it_in_the_queue(trouble: dict[str, Any], why: str) -> None:
    desk = factories.desk()
    AgentProfile.objects.update(**trouble)
    assert _routed(desk)[-1] == f"Nobody in Help desk {why}; it waits in the queue"


def test_statements_do_not_grow_with_conditions_experts_and_permissions() -> None:
    desk = factories.desk(capacity=500)
    _experts(desk)
    factories.rule("French", desk.billing, languages=["fr"], min_followers=1)
    costs = []
    for number in (3, 40):
        posts = [factories.post(f"my bill {n}", by=f"c{number}-{n}", language="fr", followers=9) for n in range(number)]
        factories.arrives(desk, *posts)
        with CaptureQueriesContext(connection) as queries:
            route_due()
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert Identity.objects.filter(followers=9).count() == 43
