"""What comes back while the hands of who had it are full waits for them some minutes before it goes to anybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Conversation
from inbox.services import conversations
from routing import selectors
from routing.models import AgentProfile, QueueEntry, RoutingJob
from routing.services import handing, presence
from routing.services.assignment import route_due
from routing.services.sync import sync
from tests import factories

pytestmark = pytest.mark.django_db


def _entry(case: Conversation) -> QueueEntry:
    return QueueEntry.objects.get(pk=case.pk)


def _kept(case: Conversation) -> tuple[Any, Any]:
    entry = _entry(case)
    return entry.first_for, entry.first_until


def _reasons(case: Conversation) -> list[str]:
    current = selectors.assignment_of(case.pk)
    assert current is not None
    return list(current.reasons)


def _capacity(user: User, number: int) -> None:
    AgentProfile.objects.filter(user=user).update(capacity=number)


def _time_passes(case: Conversation) -> None:
    """Ten minutes later: what was due then is due now."""
    QueueEntry.objects.filter(pk=case.pk).update(first_until=timezone.now())
    RoutingJob.objects.filter(conversation=case).update(due_at=timezone.now())


class Back:
    """Alice had two; one was resolved, her hands were filled, and it came back. Mei has room."""

    def __init__(self) -> None:
        self.desk = desk = factories.desk(capacity=2)
        self.case = factories.routed(desk, by="carol")
        self.other = factories.routed(desk, by="dora")
        conversations.resolve(conversation_id=self.case.pk, actor=desk.alice, resolution="answered")
        _capacity(desk.alice, 1)
        self.mei = factories.person("mei", desk.help_desk)
        self.before = timezone.now()
        conversations.reopen(conversation_id=self.case.pk, actor=None, reason="The customer wrote again.")


@pytest.fixture
def back() -> Back:
    return Back()


def test_it_waits_for_who_had_it_though_a_colleague_has_room(back: Back) -> None:
    first_for, until = _kept(back.case)
    assert first_for == back.desk.alice.pk
    assert timedelta(minutes=10) <= until - back.before < timedelta(minutes=11)
    for _ in range(2):
        route_due()
    assert _entry(back.case).assignee is None
    assert _reasons(back.case) == [
        f"It came back; kept for Alice until {timezone.localtime(until):%H:%M}",
        "Alice has 1 of 1 in hand",
    ]


def test_the_queue_says_for_whom_and_until_when(back: Back) -> None:
    client = factories.signed_in(back.mei)
    page = client.get(f"/inbox/team-{back.desk.help_desk.pk}/").content.decode()
    assert f'<span class="why">It came back; kept for Alice until {_kept(back.case)[1]:%H:%M}</span>' in page


def test_with_a_free_hand_she_is_given_it_before_what_waits_longer(back: Back) -> None:
    AgentProfile.objects.filter(user=back.mei).update(availability="away")
    older = factories.conversation(back.desk, by="ben")
    route_due()
    QueueEntry.objects.filter(pk=older.pk).update(waiting_since=timezone.now() - timedelta(days=1))
    conversations.resolve(conversation_id=back.other.pk, actor=back.desk.alice, resolution="answered")
    route_due()
    assert (_entry(back.case).assignee, _entry(older).assignee) == (back.desk.alice, None)
    assert _kept(back.case) == (None, None)
    assert _reasons(back.case) == ["It came back to Alice, who had it: 0 of 1 in hand"]


def test_when_the_time_is_over_somebody_else_is_given_it_and_it_says_so(back: Back) -> None:
    _time_passes(back.case)
    route_due()
    assert (_entry(back.case).assignee, _kept(back.case)) == (back.mei, (None, None))
    assert not RoutingJob.objects.exists()


def test_when_the_time_is_over_and_nobody_has_room_it_waits_for_all(back: Back) -> None:
    _capacity(back.mei, 0)
    _time_passes(back.case)
    route_due()
    assert (_entry(back.case).assignee, _kept(back.case)) == (None, (None, None))
    assert _reasons(back.case)[0] == "It is no longer kept for Alice"
    _capacity(back.mei, 1)
    route_due()
    assert _entry(back.case).assignee == back.mei


def test_looked_at_too_early_its_job_waits_for_the_end(back: Back) -> None:
    RoutingJob.objects.update(due_at=timezone.now())
    route_due()
    assert RoutingJob.objects.get(conversation=back.case).due_at == _kept(back.case)[1]


@pytest.mark.parametrize("trouble", [{"availability": "away"}, {"availability": "busy"}, {"capacity": 0}])
def test_nothing_is_kept_for_somebody_who_is_not_there_or_takes_nothing(trouble: dict[str, Any]) -> None:
    desk = factories.desk()
    case = factories.routed(desk)
    conversations.resolve(conversation_id=case.pk, actor=desk.alice, resolution="answered")
    AgentProfile.objects.filter(user=desk.alice).update(**trouble)
    conversations.reopen(conversation_id=case.pk, actor=None, reason="The customer wrote again.")
    assert _kept(case) == (None, None)


def test_who_goes_away_meanwhile_is_not_waited_for(back: Back) -> None:
    presence.set_availability(user=back.desk.alice, availability="away", actor=back.desk.alice)
    route_due()
    assert (_entry(back.case).assignee, _kept(back.case)) == (back.mei, (None, None))


def test_by_hand_anybody_takes_it(back: Back) -> None:
    handing.assign(conversation_id=back.case.pk, actor=back.mei, agent_id=back.mei.pk)
    assert (_entry(back.case).assignee, _kept(back.case)) == (back.mei, (None, None))


def test_resolved_meanwhile_nothing_is_kept(back: Back) -> None:
    conversations.resolve(conversation_id=back.case.pk, actor=back.desk.bob, resolution="answered")
    _time_passes(back.other)
    RoutingJob.objects.update(due_at=timezone.now())
    route_due()
    assert not QueueEntry.objects.filter(first_for__isnull=False).exists()
    assert not RoutingJob.objects.exists()


def test_a_customer_who_writes_on_changes_nothing_of_it(back: Back) -> None:
    kept = _kept(back.case)
    factories.arrives(back.desk, factories.post("and?", by="carol", root=back.case.root))
    route_due()
    assert _kept(back.case) == kept


def test_what_a_colleague_gives_back_waits_for_who_handed_it_on() -> None:
    desk = factories.desk(capacity=1)
    mei, case = factories.person("mei", desk.help_desk, capacity=0), factories.routed(desk)
    _capacity(mei, 1)
    handing.assign(conversation_id=case.pk, actor=desk.alice, agent_id=mei.pk, line="her customer")
    factories.routed(desk, by="dora")
    tom = factories.person("tom", desk.help_desk)
    handing.give_back(conversation_id=case.pk, actor=mei, line="not mine")
    route_due()
    assert _kept(case)[0] == desk.alice.pk
    assert "kept for Alice until" in _reasons(case)[1]
    _time_passes(case)
    route_due()
    assert _entry(case).assignee == tom


def test_it_can_be_switched_off(settings: Any) -> None:
    settings.KEPT_MINUTES = 0
    back = Back()
    assert _reasons(back.case)[0] == "It is open again, but Alice has 1 of 1 in hand; it goes back to the team's queue"
    route_due()
    assert _entry(back.case).assignee == back.mei


def test_keeping_costs_the_same_for_5_and_for_50() -> None:
    desk = factories.desk(capacity=100)
    pks = factories.arrives(desk, *factories.many(56))
    route_due()
    Conversation.objects.exclude(pk=pks[-1]).update(status="pending")
    sync(conversation_ids=pks)
    _capacity(desk.alice, 1)
    costs = []
    for chosen in (pks[:5], pks[5:55]):
        Conversation.objects.filter(pk__in=chosen).update(status="open")
        with CaptureQueriesContext(connection) as queries:
            sync(conversation_ids=chosen)
        costs.append(len(queries))
    assert QueueEntry.objects.filter(first_for=desk.alice.pk).count() == 55
    assert costs[0] == costs[1]
    costs = []
    for _ in range(2):
        _capacity(desk.alice, AgentProfile.objects.get(user=desk.alice).in_hand + (5 if not costs else 50))
        with CaptureQueriesContext(connection) as queries:
            route_due()
        costs.append(len(queries))
    assert AgentProfile.objects.get(user=desk.alice).in_hand == 56
    assert costs[0] == costs[1]
