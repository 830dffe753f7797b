"""Assigning by hand."""

from __future__ import annotations

import pytest

from inbox.models import Event
from inbox.services import conversations
from inbox.services.conversations import Refused
from routing import selectors
from routing.models import AgentProfile, QueueEntry
from routing.services.assignment import route_due
from routing.services.handing import assign
from tests import factories

pytestmark = pytest.mark.django_db


def _holder(pk: int) -> object:
    return QueueEntry.objects.get(pk=pk).assignee


def test_an_agent_takes_a_waiting_conversation() -> None:
    desk = factories.desk(availability="busy")
    conversation = factories.routed(desk)
    assert assign(conversation_id=conversation.pk, actor=desk.alice, agent_id=desk.alice.pk) == "Alice took it."
    assert _holder(conversation.pk) == desk.alice
    assert AgentProfile.objects.get(user=desk.alice).in_hand == 1
    event = Event.objects.filter(kind="conversation.assigned").latest("id")
    assert (event.actor_id, event.data["agent"], event.data["previous_agent"]) == (desk.alice.pk, desk.alice.pk, None)


def test_a_colleague_took_it_first() -> None:
    desk = factories.desk(availability="busy")
    mei = factories.person("mei", desk.help_desk)
    conversation = factories.conversation(desk)
    assign(conversation_id=conversation.pk, actor=mei, agent_id=mei.pk)
    with pytest.raises(Refused, match="Mei took it first"):
        assign(conversation_id=conversation.pk, actor=desk.alice, agent_id=desk.alice.pk)
    assert _holder(conversation.pk) == mei


def test_an_agent_takes_over_from_the_colleague_whom_the_page_showed() -> None:
    desk = factories.desk()
    mei = factories.person("mei", desk.help_desk, availability="busy")
    conversation = factories.routed(desk)
    assign(conversation_id=conversation.pk, actor=mei, agent_id=mei.pk, seen_agent_id=desk.alice.pk)
    assert _holder(conversation.pk) == mei
    assert AgentProfile.objects.get(user=desk.alice).in_hand == 0


def test_an_agent_hands_it_to_a_team_where_the_least_loaded_takes_it() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    said = assign(conversation_id=conversation.pk, actor=desk.alice, team_id=desk.billing.pk, line="a refund")
    assert said == "Alice handed it to Billing."
    assert _holder(conversation.pk) is None
    route_due()
    assert _holder(conversation.pk) == desk.erin


def test_a_lead_gives_to_others_without_a_word_an_agent_says_why() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    with pytest.raises(Refused, match="Say in a line why"):
        assign(conversation_id=conversation.pk, actor=desk.alice, agent_id=desk.erin.pk)
    assert assign(conversation_id=conversation.pk, actor=desk.bob, agent_id=desk.erin.pk) == "Bob gave it to Erin."
    current = selectors.assignment_of(conversation.pk)
    assert current is not None
    assert (current.team, current.agent, current.by) == (desk.billing, desk.erin, desk.bob)


def test_beyond_capacity_only_a_lead_and_it_is_written_down() -> None:
    desk = factories.desk(capacity=1)
    first, second = factories.arrives(desk, *factories.many(2))
    route_due()
    waiting = second if _holder(first) == desk.alice else first
    with pytest.raises(Refused, match="You have 1 of 1 in hand"):
        assign(conversation_id=waiting, actor=desk.alice, agent_id=desk.alice.pk)
    assign(conversation_id=waiting, actor=desk.bob, agent_id=desk.alice.pk)
    assert AgentProfile.objects.get(user=desk.alice).in_hand == 2
    current = selectors.assignment_of(waiting)
    assert current is not None
    assert current.inputs["override"] is True
    assert current.reasons == ["Bob gave it to Alice", "A lead went beyond the capacity of Alice: 1 of 1 in hand"]


def test_nobody_gives_to_an_admin_or_to_somebody_inactive() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    with pytest.raises(Refused, match="takes no conversations"):
        assign(conversation_id=conversation.pk, actor=desk.bob, agent_id=desk.dana.pk)
    desk.erin.is_active = False
    desk.erin.save()
    with pytest.raises(Refused, match="takes no conversations"):
        assign(conversation_id=conversation.pk, actor=desk.bob, agent_id=desk.erin.pk)
    with pytest.raises(Refused, match="Only agents, experts and leads"):
        assign(conversation_id=conversation.pk, actor=desk.dana, team_id=desk.billing.pk)
    with pytest.raises(Refused, match="no such team"):
        assign(conversation_id=conversation.pk, actor=desk.bob, team_id=10**9)
    with pytest.raises(Refused, match="Choose"):
        assign(conversation_id=conversation.pk, actor=desk.bob)


def test_a_resolved_conversation_is_reopened_first() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    conversations.resolve(conversation_id=conversation.pk, actor=desk.alice, resolution="answered")
    with pytest.raises(Refused, match="Reopen it first"):
        assign(conversation_id=conversation.pk, actor=desk.alice, agent_id=desk.alice.pk)


def test_twice_the_same_changes_nothing() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    said = assign(conversation_id=conversation.pk, actor=desk.alice, agent_id=desk.alice.pk)
    assert said == "It is already with Alice."
    assert len(selectors.history_of(conversation.pk)) == 1
