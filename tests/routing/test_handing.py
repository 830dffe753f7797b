"""Assigning by hand."""

from __future__ import annotations

import pytest

from inbox.models import Event
from inbox.services import conversations
from inbox.services.conversations import Refused
from routing import selectors
from routing.models import AgentProfile, Assignment, QueueEntry
from routing.services.assignment import route_due
from routing.services.handing import accept, assign, give_back
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


# Handing on with a line, accepting, giving back --------------------------------------------------


def _current(pk: int) -> Assignment:
    current = selectors.assignment_of(pk)
    assert current is not None
    return current


def test_the_line_is_what_who_gets_it_reads_first_until_the_team_changes() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    assign(conversation_id=conversation.pk, actor=desk.alice, team_id=desk.billing.pk, line=" a refund\nof March ")
    assert _current(conversation.pk).reasons == ["Alice: a refund of March", "Alice handed it to Billing"]
    route_due()
    current = _current(conversation.pk)
    assert (current.agent, current.line) == (desk.erin, "Alice: a refund of March")
    assert current.reasons[0] == "Alice: a refund of March"
    assign(conversation_id=conversation.pk, actor=desk.bob, team_id=desk.help_desk.pk)
    assert _current(conversation.pk).line == ""
    assert "refund" not in str(list(Event.objects.values_list("data", flat=True)))


def test_an_agent_hands_it_to_somebody_who_is_there_and_has_room() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    AgentProfile.objects.filter(user=desk.erin).update(availability="away")
    with pytest.raises(Refused, match=r"Erin is away\. Hand it to their team"):
        assign(conversation_id=conversation.pk, actor=desk.alice, agent_id=desk.erin.pk, line="a refund")
    AgentProfile.objects.filter(user=desk.erin).update(availability="available", capacity=0)
    with pytest.raises(Refused, match="Erin has 0 of 0 in hand"):
        assign(conversation_id=conversation.pk, actor=desk.alice, agent_id=desk.erin.pk, line="a refund")
    AgentProfile.objects.filter(user=desk.erin).update(capacity=1)
    assign(conversation_id=conversation.pk, actor=desk.alice, agent_id=desk.erin.pk, line="a refund")
    assert (_current(conversation.pk).team, _current(conversation.pk).agent) == (desk.billing, desk.erin)


def test_accepting_is_told_once() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    assign(conversation_id=conversation.pk, actor=desk.bob, agent_id=desk.erin.pk, line="a refund")
    with pytest.raises(Refused, match="no longer with you"):
        accept(conversation_id=conversation.pk, actor=desk.alice)
    for _ in range(2):
        accept(conversation_id=conversation.pk, actor=desk.erin)
    assert _current(conversation.pk).accepted_at is not None
    assert Event.objects.filter(kind="conversation.accepted").count() == 1


def test_given_back_it_goes_to_who_handed_it_on() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    assign(conversation_id=conversation.pk, actor=desk.alice, agent_id=desk.erin.pk, line="a refund")
    with pytest.raises(Refused, match="Say in a line why"):
        give_back(conversation_id=conversation.pk, actor=desk.erin, line=" ")
    said = give_back(conversation_id=conversation.pk, actor=desk.erin, line="no invoice in March")
    assert said == "You gave it back to Alice, who handed it on."
    current = _current(conversation.pk)
    assert (current.team, current.agent) == (desk.help_desk, desk.alice)
    assert current.reasons == ["Erin: no invoice in March", "Erin gave it back to Alice, who handed it on"]
    assert [AgentProfile.objects.get(user=one).in_hand for one in (desk.alice, desk.erin)] == [1, 0]


def test_given_back_through_a_team_it_still_finds_its_way() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    assign(conversation_id=conversation.pk, actor=desk.alice, team_id=desk.billing.pk, line="a refund")
    route_due()
    AgentProfile.objects.filter(user=desk.alice).update(availability="away")
    assert (
        give_back(conversation_id=conversation.pk, actor=desk.erin, line="not ours") == "You gave it back to Help desk."
    )
    assert (_current(conversation.pk).team, _current(conversation.pk).agent) == (desk.help_desk, None)


def test_what_somebody_gave_back_is_not_given_to_them_again_and_holds_nobody_up() -> None:
    desk = factories.desk(capacity=1)
    first = factories.routed(desk)
    give_back(conversation_id=first.pk, actor=desk.alice, line="I know her")
    route_due()
    assert _holder(first.pk) is None
    second = factories.routed(desk, by="dave")
    assert _holder(second.pk) == desk.alice
    mei = factories.person("mei", desk.help_desk)
    route_due()
    assert _holder(first.pk) == mei
    assert QueueEntry.objects.get(pk=first.pk).not_for is None


def test_who_waits_behind_something_given_back_is_not_held_up() -> None:
    desk = factories.desk(capacity=1)
    pks = factories.arrives(desk, *factories.many(3))
    route_due()
    mine = QueueEntry.objects.get(assignee=desk.alice).pk
    give_back(conversation_id=mine, actor=desk.alice, line="I know her")
    route_due()
    assert QueueEntry.objects.get(assignee=desk.alice).pk in set(pks) - {mine}


def test_the_pane_asks_to_accept_and_the_timeline_shows_the_line() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    assign(conversation_id=conversation.pk, actor=desk.alice, agent_id=desk.erin.pk, line="a <b>refund</b>")
    client = factories.signed_in(desk.erin)
    address = f"/inbox/mine/{conversation.pk}/"
    page = client.get(address).content.decode()
    assert "Alice gave it to Erin, Billing. “a &lt;b&gt;refund&lt;/b&gt;”" in page
    assert f"/conversations/{conversation.pk}/accept/" in page
    client.post(f"/conversations/{conversation.pk}/accept/")
    page = client.get(address).content.decode()
    assert f"/conversations/{conversation.pk}/accept/" not in page
    assert "Erin accepted it." in page
    assert '<span class="why">Alice: a &lt;b&gt;refund' in client.get("/inbox/mine/").content.decode()


def test_whoever_hands_away_what_they_then_may_not_see_lands_in_the_inbox() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    client = factories.signed_in(desk.alice)
    address = f"/inbox/mine/{conversation.pk}/"
    sent = {"to": f"team:{desk.billing.pk}", "line": "a refund", "next": address}
    answer = client.post(f"/conversations/{conversation.pk}/assign/", sent)
    assert (answer.status_code, answer["Location"]) == (303, "/inbox/")
