"""Work of people who go away comes back, once, with the reason; nothing is taken from anybody when they return."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from inbox.models import Conversation, Event
from inbox.services import conversations
from inbox.services.conversations import Refused
from routing import selectors
from routing.models import AgentProfile, Departure, Membership, QueueEntry, RoutingJob, Team
from routing.services import people, presence, returns, teams
from routing.services.assignment import route_due
from routing.tasks import route
from tests import factories

pytestmark = pytest.mark.django_db


def _mine(user: User) -> list[str]:
    rows = QueueEntry.objects.filter(assignee=user).order_by("conversation_id")
    return [str(status) for status in rows.values_list("status", flat=True)]


def _hand(user: User) -> int:
    return AgentProfile.objects.get(user=user).in_hand


def _gone(user: User, minutes: int, **facts: Any) -> None:
    AgentProfile.objects.filter(user=user).update(seen_at=timezone.now() - timedelta(minutes=minutes), **facts)


def _reasons(pk: int) -> list[str]:
    current = selectors.assignment_of(pk)
    assert current is not None
    return list(current.reasons)


@pytest.fixture
def desk() -> factories.Desk:
    """Alice has three: open, waiting for the customer, snoozed."""
    made = factories.desk()
    pks = factories.arrives(made, *factories.many(3))
    route_due()
    conversations.snooze(conversation_id=pks[2], actor=made.alice, until=timezone.now() + timedelta(hours=1))
    QueueEntry.objects.filter(pk=pks[1]).update(status="pending", in_hand=False)
    AgentProfile.objects.filter(user=made.alice).update(in_hand=1)
    return made


def test_away_for_long_returns_what_waits_for_us_and_keeps_the_rest(desk: factories.Desk) -> None:
    presence.set_availability(user=desk.alice, availability="away", actor=desk.alice)
    assert returns.find() == 0  # they have just gone
    since = timezone.now() - timedelta(minutes=31)
    AgentProfile.objects.filter(user=desk.alice).update(availability_at=since)
    route()
    assert (_mine(desk.alice), _hand(desk.alice)) == (["pending", "snoozed"], 0)
    pk = QueueEntry.objects.get(status="open").pk
    assert _reasons(pk) == [
        "Alice has been away for more than 30 minutes; it came back to Help desk",
        "Nobody in Help desk is available; it waits in the queue",
    ]


def test_whoever_is_not_heard_of_is_set_away_and_their_work_goes_to_a_colleague(desk: factories.Desk) -> None:
    mei = factories.person("mei", desk.help_desk)
    _gone(desk.alice, 31)
    route()
    assert AgentProfile.objects.get(user=desk.alice).availability == "away"
    assert (_hand(desk.alice), _hand(mei)) == (0, 1)
    assert Event.objects.get(kind="agent.changed").data == {"availability": "away", "reason": "not heard of"}


def test_when_they_return_nothing_is_taken_from_others(desk: factories.Desk) -> None:
    mei = factories.person("mei", desk.help_desk)
    _gone(desk.alice, 31)
    route()
    presence.set_availability(user=desk.alice, availability="available", actor=desk.alice)
    _gone(desk.alice, 0)
    route()
    assert (_hand(desk.alice), _hand(mei)) == (0, 1)


def test_a_team_says_after_how_long_and_never_is_never(desk: factories.Desk) -> None:
    Team.objects.filter(pk=desk.help_desk.pk).update(returns_after=120)
    _gone(desk.alice, 100, availability="away")
    route()
    assert _hand(desk.alice) == 1
    Team.objects.filter(pk=desk.help_desk.pk).update(returns_after=None)
    _gone(desk.alice, 10**5)
    route()
    assert _hand(desk.alice) == 1


def test_who_is_busy_and_here_keeps_everything(desk: factories.Desk) -> None:
    AgentProfile.objects.filter(user=desk.alice).update(
        availability="busy", availability_at=timezone.now() - timedelta(hours=5)
    )
    assert returns.find() == 0
    assert _hand(desk.alice) == 1


def test_a_request_says_that_its_person_is_here(desk: factories.Desk) -> None:
    client = factories.signed_in(desk.alice)
    _gone(desk.alice, 29)
    assert client.get("/inbox/mine/").status_code == 200
    assert timezone.now() - AgentProfile.objects.get(user=desk.alice).seen_at < timedelta(seconds=30)


def test_going_away_asks_and_gives_back_or_keeps(desk: factories.Desk) -> None:
    client = factories.signed_in(desk.alice)
    answer = client.post("/me/availability/", {"availability": "away", "next": "/me/"})
    assert answer["Location"] == "/me/away/?next=%2Fme%2F"
    assert AgentProfile.objects.get(user=desk.alice).availability == "available"
    page = client.get(answer["Location"]).content.decode()
    assert "You have 1 conversation in hand" in page
    assert "30 minutes" in page
    client.post("/me/availability/", {"availability": "away", "work": "keep"})
    assert (_hand(desk.alice), AgentProfile.objects.get(user=desk.alice).availability) == (1, "away")
    client.post("/me/availability/", {"availability": "away", "work": "give_back"})
    assert (_mine(desk.alice), _hand(desk.alice)) == (["pending", "snoozed"], 0)
    assert _reasons(QueueEntry.objects.get(status="open").pk) == ["Alice went away and gave it back to the team"]


def test_the_question_leads_to_no_other_host(desk: factories.Desk) -> None:
    client = factories.signed_in(desk.alice)
    page = client.get("/me/away/?next=//evil.example/").content.decode()
    assert '"//evil' not in page


def test_taken_out_of_the_team_everything_there_returns_at_once(desk: factories.Desk) -> None:
    mei = factories.person("mei", desk.help_desk)
    said = teams.remove_member(team_id=desk.help_desk.pk, user_id=desk.alice.pk, actor=desk.bob)
    assert said == "Alice no longer works in Help desk. What they had there is back in its queue."
    assert (_mine(desk.alice), _hand(desk.alice), _hand(mei)) == ([], 0, 1)
    assert _reasons(QueueEntry.objects.get(status="open").pk)[0] == (
        "Alice no longer works in Help desk; it came back to Help desk"
    )
    assert not RoutingJob.objects.exists()
    assert not Departure.objects.exists()


def test_deactivated_everything_returns_at_once(desk: factories.Desk) -> None:
    wanted = people.Wanted("agent", False, 8, True, [])
    people.change(user_id=desk.alice.pk, wanted=wanted, actor=desk.dana)
    assert (_mine(desk.alice), _hand(desk.alice)) == ([], 0)
    assert not User.objects.get(pk=desk.alice.pk).is_active


def test_whoever_was_deactivated_elsewhere_is_found_by_the_sweep(desk: factories.Desk) -> None:
    User.objects.filter(pk=desk.alice.pk).update(is_active=False)
    route()
    assert _hand(desk.alice) == 0


def test_a_departure_whose_end_was_never_reached_is_found_by_the_sweep(desk: factories.Desk) -> None:
    """As a process leaves it that was killed between the two transactions."""
    Membership.objects.filter(user=desk.alice).delete()
    Departure.objects.create(team=desk.help_desk, user=desk.alice)
    route()
    assert (_mine(desk.alice), _hand(desk.alice)) == ([], 0)
    assert not Departure.objects.exists()


def test_reopened_it_does_not_go_to_somebody_who_left_the_team(desk: factories.Desk) -> None:
    pk = QueueEntry.objects.get(status="open").pk
    conversations.resolve(conversation_id=pk, actor=desk.alice, resolution="answered")
    teams.remove_member(team_id=desk.help_desk.pk, user_id=desk.alice.pk, actor=desk.bob)
    conversations.reopen(conversation_id=pk, actor=None, reason="The customer wrote again.")
    assert _reasons(pk) == [
        "It is open again, but Alice no longer works in this team; it goes back to the team's queue"
    ]
    assert _hand(desk.alice) == 0


def test_a_customer_who_answers_when_the_agent_is_full_is_told_of_in_one_line(desk: factories.Desk) -> None:
    pk = QueueEntry.objects.get(status="pending").pk
    waits = Conversation.objects.get(pk=pk)
    Conversation.objects.filter(pk=pk).update(status="pending", turn_first=None)
    AgentProfile.objects.filter(user=desk.alice).update(capacity=1)
    told = Event.objects.filter(kind="conversation.assigned", conversation_id=pk).count()
    factories.arrives(desk, factories.post("Still nothing", by="customer1", root=waits.root))
    for _ in range(2):
        RoutingJob.objects.get_or_create(conversation_id=pk)
        route_due()
    assert _reasons(pk) == [
        f"It came back; kept for Alice until {QueueEntry.objects.get(pk=pk).first_until:%H:%M}",
        "Alice has 1 of 1 in hand",
    ]
    assert Event.objects.filter(kind="conversation.assigned", conversation_id=pk).count() == told + 1
    AgentProfile.objects.filter(user=desk.alice).update(capacity=2)
    route_due()
    assert QueueEntry.objects.get(pk=pk).assignee == desk.alice
    assert Event.objects.filter(kind="conversation.assigned", conversation_id=pk).count() == told + 2


def test_a_second_sweep_releases_nothing_twice(desk: factories.Desk) -> None:
    _gone(desk.alice, 31)
    route()
    route()
    assert (_hand(desk.alice), QueueEntry.objects.filter(in_hand=True).count()) == (0, 0)


def test_others_do_not_send_anybody_away(desk: factories.Desk) -> None:
    with pytest.raises(Refused):
        presence.set_availability(user=desk.alice, availability="away", actor=desk.erin, give_back=True)
    assert _hand(desk.alice) == 1
