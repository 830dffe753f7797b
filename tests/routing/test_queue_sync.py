"""The queue follows the conversations, and capacity with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Conversation, Event
from inbox.services import conversations, counts
from routing import selectors
from routing.models import AgentProfile, Assignment, QueueEntry, RoutingJob
from routing.selectors import Place
from routing.services import presence
from routing.services.assignment import route_due
from routing.services.sync import sync
from tests import factories
from tests.factories import Desk

pytestmark = pytest.mark.django_db


def _entry(conversation: Conversation) -> QueueEntry:
    return QueueEntry.objects.get(pk=conversation.pk)


def _hand(desk: Desk) -> int:
    return AgentProfile.objects.get(user=desk.alice).in_hand


def _resolve(desk: Desk, conversation: Conversation) -> None:
    conversations.resolve(conversation_id=conversation.pk, actor=desk.alice, resolution="answered")


def test_a_new_conversation_waits_unrouted_with_a_job_before_anybody_decides() -> None:
    desk = factories.desk()
    conversation = factories.conversation(desk, direct=True)
    entry = _entry(conversation)
    assert (entry.team, entry.assignee, entry.status, entry.visibility) == (None, None, "open", "direct")
    assert entry.waiting_since == conversation.turn_arrived_at
    assert RoutingJob.objects.get().conversation == conversation
    assert counts.read(["unrouted"]) == {"unrouted": 1}


def test_resolving_frees_the_capacity_and_keeps_the_assignment_for_access() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    assert _hand(desk) == 1
    _resolve(desk, conversation)
    assert _hand(desk) == 0
    assert not QueueEntry.objects.exists()
    assert Assignment.objects.get(ended_at=None).agent == desk.alice


def test_snoozing_frees_the_capacity_and_keeps_the_agent() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    until = timezone.now() + timedelta(hours=1)
    conversations.snooze(conversation_id=conversation.pk, actor=desk.alice, until=until)
    assert _hand(desk) == 0
    assert (_entry(conversation).status, _entry(conversation).assignee) == ("snoozed", desk.alice)
    assert counts.read([f"agent:{desk.alice.pk}:snoozed", f"agent:{desk.alice.pk}:open"]) == {
        f"agent:{desk.alice.pk}:snoozed": 1,
        f"agent:{desk.alice.pk}:open": 0,
    }


def test_reopened_it_goes_back_to_the_same_agent() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    _resolve(desk, conversation)
    conversations.reopen(conversation_id=conversation.pk, actor=None, reason="The customer wrote again.")
    assert (_entry(conversation).assignee, _hand(desk)) == (desk.alice, 1)
    assert Assignment.objects.count() == 1


@pytest.mark.parametrize("trouble", [{"availability": "away"}, {"capacity": 0}])
def test_reopened_while_the_agent_cannot_take_it_goes_back_to_the_team(trouble: dict[str, object]) -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    _resolve(desk, conversation)
    AgentProfile.objects.filter(user=desk.alice).update(**trouble)
    conversations.reopen(conversation_id=conversation.pk, actor=None, reason="The customer wrote again.")
    entry = _entry(conversation)
    assert (entry.team, entry.assignee, entry.in_hand) == (desk.help_desk, None, False)
    current = selectors.assignment_of(conversation.pk)
    assert current is not None
    assert "goes back to the team's queue" in current.reasons[0]
    assert RoutingJob.objects.filter(conversation=conversation).exists()
    AgentProfile.objects.filter(user=desk.alice).update(availability="available", capacity=8)
    route_due()
    assert _entry(conversation).assignee == desk.alice
    assert [row.agent for row in selectors.history_of(conversation.pk)] == [desk.alice, None, desk.alice]


def test_resolved_before_it_was_routed_the_job_ends_quietly() -> None:
    desk = factories.desk()
    conversation = factories.conversation(desk)
    conversations.resolve(conversation_id=conversation.pk, actor=desk.bob, resolution="spam")
    route_due()
    assert not RoutingJob.objects.exists()
    assert not Assignment.objects.exists()
    assert counts.read(["unrouted"]) == {"unrouted": 0}


def test_the_visibility_follows_the_latest_message() -> None:
    desk = factories.desk()
    public = factories.routed(desk)
    (pk,) = factories.arrives(desk, factories.post("in private", direct=True, root="dialogue"))
    assert pk == public.pk
    assert _entry(public).visibility == "direct"
    keys = [f"team:{desk.help_desk.pk}:open:{kind}" for kind in ("public", "direct")]
    assert list(counts.read(keys).values()) == [0, 1]


def test_coming_back_hands_out_what_waits() -> None:
    desk = factories.desk(availability="away")
    conversation = factories.routed(desk)
    presence.set_availability(user=desk.alice, availability="available", actor=desk.alice)
    route_due()
    assert _entry(conversation).assignee == desk.alice
    assert Event.objects.get(kind="agent.changed").data == {"availability": "available"}


def test_going_away_keeps_the_work() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    presence.set_availability(user=desk.alice, availability="away", actor=desk.bob)
    assert _entry(conversation).assignee == desk.alice


def test_more_capacity_hands_out_what_waits() -> None:
    desk = factories.desk(capacity=0)
    conversation = factories.routed(desk)
    presence.set_capacity(user=desk.alice, capacity=2, actor=desk.bob)
    route_due()
    assert _entry(conversation).assignee == desk.alice


def test_others_do_not_change_who_is_there() -> None:
    desk = factories.desk()
    with pytest.raises(conversations.Refused):
        presence.set_availability(user=desk.alice, availability="away", actor=desk.erin)
    with pytest.raises(conversations.Refused):
        presence.set_capacity(user=desk.alice, capacity=1, actor=desk.alice)
    with pytest.raises(conversations.Refused):
        presence.set_availability(user=desk.alice, availability="asleep", actor=desk.alice)


def test_the_queue_pages_by_position_in_one_statement() -> None:
    desk = factories.desk(capacity=0)
    pks = factories.arrives(desk, *factories.many(7))
    route_due()
    place = Place(team_id=desk.help_desk.pk, unassigned=True)
    seen: list[int] = []
    after = None
    while True:
        with CaptureQueriesContext(connection) as queries:
            rows = selectors.queue_rows(place=place, after=after, limit=3)
        assert len(queries) == 1
        if not rows:
            break
        seen += [row.conversation_id for row in rows]
        after = (rows[-1].waiting_since, rows[-1].conversation_id)
    assert seen == sorted(pks)


def test_syncing_costs_the_same_for_25_and_for_100() -> None:
    desk = factories.desk(capacity=500)
    pks = factories.arrives(desk, *factories.many(125))
    route_due()
    costs = []
    for chosen in (pks[:25], pks[25:]):
        Conversation.objects.filter(pk__in=chosen).update(status="pending")
        with CaptureQueriesContext(connection) as queries:
            sync(conversation_ids=chosen)
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 10
    assert _hand(desk) == 0
