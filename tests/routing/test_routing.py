"""Rules, least-loaded assignment and its reasons."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox.models import Conversation, Event
from inbox.services import conversations
from routing import selectors
from routing.models import AgentProfile, Assignment, QueueEntry, RoutingJob, Rule, Team
from routing.services.assignment import drain, route_due
from tests import factories

pytestmark = pytest.mark.django_db


def _reasons(conversation: Conversation) -> list[str]:
    current = selectors.assignment_of(conversation.pk)
    assert current is not None
    return list(current.reasons)


def test_a_rules_words_give_the_team_and_say_why() -> None:
    desk = factories.desk()
    rule = factories.rule("Billing words", desk.billing, "refund", "charged", "invoice")
    conversation = factories.routed(desk, "You CHARGED me twice. I want a refund!")
    current = selectors.assignment_of(conversation.pk)
    assert current is not None
    assert (current.team, current.agent) == (desk.billing, desk.erin)
    assert current.reasons == [
        "Matches the rule “Billing words”: refund, charged",
        "Erin has the most room in Billing: 0 of 8 in hand",
    ]
    assert current.inputs["rule"] == rule.pk
    assert current.inputs["words"] == ["refund", "charged"]
    assert {load["agent"] for load in current.inputs["loads"]} == {desk.erin.pk, desk.bob.pk}
    assert not RoutingJob.objects.exists()


def test_the_first_matching_rule_decides() -> None:
    desk = factories.desk()
    factories.rule("First", desk.help_desk, "refund")
    factories.rule("Second", desk.billing, "refund")
    conversation = factories.routed(desk, "refund please")
    assert _reasons(conversation)[0].startswith("Matches the rule “First”")


def test_a_disabled_rule_is_passed_over() -> None:
    desk = factories.desk()
    factories.rule("Billing words", desk.billing, "refund")
    Rule.objects.update(enabled=False)
    assert _reasons(factories.routed(desk, "refund"))[0] == "No rule matched; the help desk takes it"


def test_words_and_author_must_both_match() -> None:
    desk = factories.desk()
    factories.rule("Regulars", desk.billing, "refund", authors=["@Carol"])
    assert _reasons(factories.routed(desk, "refund", by="dave"))[0].startswith("No rule matched")
    assert _reasons(factories.routed(desk, "refund"))[0] == "Matches the rule “Regulars”: refund, written by @carol"


def test_the_whole_open_turn_is_read() -> None:
    desk = factories.desk()
    factories.rule("Billing words", desk.billing, "refund")
    first = factories.post("hello", direct=True, root="dialogue")
    second = factories.post("I want a refund", direct=True, root="dialogue")
    (pk,) = factories.arrives(desk, first)
    assert factories.arrives(desk, second) == [pk]
    route_due()
    current = selectors.assignment_of(pk)
    assert current is not None
    assert current.team == desk.billing


def test_the_agent_whom_the_rule_names_takes_it() -> None:
    desk = factories.desk()
    factories.person("mei", desk.billing)
    factories.rule("Press", desk.billing, "newspaper", agent=desk.erin)
    AgentProfile.objects.filter(user=desk.erin).update(in_hand=7)
    conversation = factories.routed(desk, "I write for a newspaper")
    assert QueueEntry.objects.get(pk=conversation.pk).assignee == desk.erin
    assert _reasons(conversation)[1] == "The rule gives it to Erin: 7 of 8 in hand"


def test_a_named_agent_who_is_away_leaves_it_to_the_team() -> None:
    desk = factories.desk()
    mei = factories.person("mei", desk.billing)
    factories.rule("Press", desk.billing, "newspaper", agent=desk.erin)
    AgentProfile.objects.filter(user=desk.erin).update(availability="away")
    conversation = factories.routed(desk, "I write for a newspaper")
    assert QueueEntry.objects.get(pk=conversation.pk).assignee == mei
    assert _reasons(conversation)[1] == "Erin is away, so it goes to the team"


def test_a_rule_that_names_somebody_inactive_goes_on_with_a_reason() -> None:
    desk = factories.desk()
    empty = factories.team("Nobody's")
    factories.rule("Press", empty, "newspaper", agent=desk.erin)
    desk.erin.is_active = False
    desk.erin.save()
    conversation = factories.routed(desk, "I write for a newspaper")
    assert _reasons(conversation)[1:3] == [
        "Erin no longer takes conversations",
        "Nobody works in Nobody's; the help desk takes it",
    ]
    assert QueueEntry.objects.get(pk=conversation.pk).team == desk.help_desk


def test_the_least_loaded_takes_it_then_the_longest_without() -> None:
    desk = factories.desk()
    mei = factories.person("mei", desk.help_desk, capacity=4)
    taken = []
    for index in range(6):
        conversation = factories.routed(desk, by=f"customer{index}")
        taken.append(QueueEntry.objects.get(pk=conversation.pk).assignee)
    # Equal shares (0/8 and 0/4, 2/8 and 1/4) go to whoever was given nothing for longer.
    assert taken == [desk.alice, mei, desk.alice, mei, desk.alice, desk.alice]


def test_nobody_free_leaves_it_in_the_queue_and_the_oldest_goes_first() -> None:
    desk = factories.desk(capacity=1)
    pks = factories.arrives(desk, *factories.many(3))
    route_due()
    waiting = list(QueueEntry.objects.filter(assignee=None).values_list("pk", flat=True))
    assert len(waiting) == 2
    assert _reasons(Conversation(pk=waiting[0]))[-1] == "Nobody in Help desk has room; it waits in the queue"
    held = QueueEntry.objects.get(assignee=desk.alice).pk
    conversations.resolve(conversation_id=held, actor=desk.alice, resolution="answered")
    late = factories.conversation(desk, by="latecomer")
    route_due()
    assert QueueEntry.objects.get(assignee=desk.alice).pk == min(set(pks) - {held})
    assert QueueEntry.objects.get(pk=late.pk).assignee is None
    assert _reasons(Conversation(pk=min(set(pks) - {held})))[0] == "It waited the longest in Help desk"


def test_busy_and_away_are_not_given_work() -> None:
    desk = factories.desk(availability="away")
    conversation = factories.routed(desk)
    assert _reasons(conversation)[-1] == "Nobody in Help desk is available; it waits in the queue"
    assert drain() == 0


def test_a_job_that_fails_is_tried_again_and_the_rest_goes_on() -> None:
    desk = factories.desk()
    factories.rule("Billing words", desk.billing, "refund")
    pks = factories.arrives(desk, factories.post("refund"), factories.post("hello", by="dave"))
    Team.objects.filter(pk=desk.help_desk.pk).update(kind="support")  # nothing can take what no rule takes
    assert route_due() == 1
    job = RoutingJob.objects.get()
    assert job.attempts == 1
    assert job.last_error == "Routing failed (NoHelpDesk); it is tried again."
    assert QueueEntry.objects.get(team=desk.billing).pk in pks
    assert route_due() == 0  # not due yet
    Team.objects.filter(pk=desk.help_desk.pk).update(kind="help_desk")
    RoutingJob.objects.update(due_at=job.due_at.replace(year=2000))
    assert route_due() == 1


def test_an_assignment_is_told_as_an_event_without_any_text() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    event = Event.objects.get(kind="conversation.assigned")
    assert event.conversation_id == conversation.pk
    assert event.data == {
        "team": desk.help_desk.pk,
        "agent": desk.alice.pk,
        "previous_team": None,
        "previous_agent": None,
        "reasons": 2,
    }


def _statements(desk: factories.Desk, number: int) -> tuple[int, int]:
    posts = factories.many(number, root=f"root{number}")
    with CaptureQueriesContext(connection) as arriving:
        pks = factories.arrives(desk, *posts)
    with CaptureQueriesContext(connection) as routing:
        assert route_due() == number
    assert Assignment.objects.filter(conversation_id__in=pks).count() == number
    return len(arriving), len(routing)


def test_statements_do_not_grow_with_the_batch() -> None:
    desk = factories.desk(capacity=500)
    factories.rule("Billing words", desk.billing, "refund")
    _statements(desk, 2)
    assert _statements(desk, 25) == _statements(desk, 100)
