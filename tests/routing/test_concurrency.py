"""Many routers and people at once: nobody over capacity, nothing assigned twice, counts exact."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Count as Number
from django.db.models import F
from django.utils import timezone

from inbox.models import Conversation
from inbox.services import conversations, counts
from inbox.services.conversations import Refused
from routing import selectors
from routing.models import AgentProfile, Assignment, Membership, QueueEntry, RoutingJob
from routing.services import people, presence, queue, returns, teams
from routing.services.assignment import route_due
from routing.services.handing import assign
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def _together(*tasks: Callable[[], object]) -> list[Exception]:
    """Run all at the same moment, each on a connection of its own. Returns what went wrong."""
    start, trouble = threading.Barrier(len(tasks)), []

    def run(task: Callable[[], object]) -> None:
        try:
            start.wait()
            task()
        except Exception as error:  # noqa: BLE001
            trouble.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return trouble


def _sound(desk: factories.Desk) -> None:
    _exact(desk)
    assert not AgentProfile.objects.filter(in_hand__gt=F("capacity")).exists()


def _exact(desk: factories.Desk) -> None:
    """What must hold also where somebody's capacity was lowered under what they have."""
    held = dict(QueueEntry.objects.filter(in_hand=True).values_list("assignee").annotate(n=Number("pk")).order_by())
    for profile in AgentProfile.objects.all():
        assert profile.in_hand == held.get(profile.user_id, 0)
    doubled = Assignment.objects.filter(ended_at=None).values("conversation").annotate(n=Number("pk")).filter(n__gt=1)
    assert not doubled.exists()
    keys = selectors.count_keys(team_ids=[desk.help_desk.pk, desk.billing.pk], agent_id=None, unrouted=True)
    truth = queue.recount()
    assert counts.read(keys) == {key: truth.get(key, 0) for key in keys}


def test_four_routers_share_the_jobs() -> None:
    desk = factories.desk(capacity=20)
    for index in range(6):
        factories.person(f"agent{index}", desk.help_desk, capacity=7 + index)
    factories.rule("Odd ones", desk.billing, "1", "3", "5", "7", "9")
    pks = factories.arrives(desk, *factories.many(160))
    assert _together(*[lambda: route_due(limit=40)] * 4) == []
    while route_due():
        pass
    _sound(desk)
    assert not RoutingJob.objects.exists()
    assert Assignment.objects.filter(conversation_id__in=pks, ended_at=None).count() == 160
    # Everybody who could take one has as many as they may.
    waiting = QueueEntry.objects.filter(assignee=None, team=desk.help_desk).count()
    assert waiting == 0 or not [p for p in selectors.people_of([desk.help_desk.pk])
                                if p.availability == "available" and p.in_hand < p.capacity]  # fmt: skip


def test_only_one_of_many_takes_it() -> None:
    desk = factories.desk(availability="busy")
    people = [factories.person(f"agent{index}", desk.help_desk, availability="busy") for index in range(6)]
    conversation = factories.routed(desk)
    trouble = _together(
        *[lambda who=who: assign(conversation_id=conversation.pk, actor=who, agent_id=who.pk) for who in people]
    )
    assert len(trouble) == 5
    assert all(isinstance(error, Refused) and "took it first" in str(error) for error in trouble)
    assert Assignment.objects.filter(conversation=conversation, agent__isnull=False).count() == 1
    _sound(desk)


def test_routing_arriving_resolving_and_taking_at_once() -> None:
    desk = factories.desk(capacity=5)
    mei = factories.person("mei", desk.help_desk, capacity=5)
    factories.arrives(desk, *factories.many(20))
    route_due()

    def arriving() -> None:
        for start in range(0, 30, 5):
            names = [f"customer{number % 20}" for number in range(start, start + 5)]
            factories.arrives(desk, *[factories.post("again", by=name, direct=True, root=name) for name in names])

    def resolving() -> None:
        for _ in range(15):
            pk = Conversation.objects.exclude(status="resolved").order_by("?").values_list("pk", flat=True).first()
            if pk:
                conversations.resolve(conversation_id=pk, actor=desk.bob, resolution="answered")

    def taking() -> None:
        for _ in range(15):
            pk = QueueEntry.objects.filter(assignee=None).order_by("?").values_list("pk", flat=True).first()
            try:
                if pk:
                    assign(conversation_id=pk, actor=mei, agent_id=mei.pk)
            except Refused:
                continue

    def routing() -> None:
        for _ in range(8):
            route_due()

    assert _together(arriving, resolving, taking, routing, routing) == []
    _sound(desk)


def test_people_and_teams_change_while_routing_runs() -> None:
    """Memberships, roles, capacity and sign-in change under the routers; nobody ends with what is not theirs."""
    desk = factories.desk(capacity=4)
    crew = [factories.person(f"agent{index}", desk.help_desk, capacity=4) for index in range(4)]
    factories.arrives(desk, *factories.many(40))

    def in_and_out() -> None:
        for index in range(12):
            who = crew[index % 3]
            teams.remove_member(team_id=desk.help_desk.pk, user_id=who.pk, actor=desk.dana)
            if index < 9:
                teams.add_member(team_id=desk.help_desk.pk, user_id=who.pk, actor=desk.dana)

    def on_and_off() -> None:
        for index in range(10):
            wanted = people.Wanted("agent", index % 2 == 1, 3 + index % 2, True, [])
            people.change(user_id=crew[3].pk, wanted=wanted, actor=desk.dana)

    def coming_and_going() -> None:
        for index in range(10):
            there = "available" if index % 2 else "away"
            presence.set_availability(user=desk.alice, availability=there, actor=desk.alice, give_back=True)

    def routing() -> None:
        for _ in range(10):
            returns.find()
            route_due()

    assert _together(in_and_out, on_and_off, coming_and_going, routing, routing) == []
    returns.find()
    route_due()
    _exact(desk)
    for entry in QueueEntry.objects.exclude(assignee=None):
        assert Membership.objects.filter(team_id=entry.team_id, user_id=entry.assignee_id).exists()
    assert not QueueEntry.objects.filter(assignee__in=crew[:3]).exists()


def test_two_sweeps_and_a_give_back_release_once() -> None:
    desk = factories.desk(capacity=6)
    factories.arrives(desk, *factories.many(6))
    route_due()
    old = timezone.now() - timedelta(hours=1)
    AgentProfile.objects.filter(user=desk.alice).update(seen_at=old, availability="away", availability_at=old)

    def sweep() -> None:
        returns.find()
        route_due()

    def gives_back() -> None:
        presence.set_availability(user=desk.alice, availability="away", actor=desk.alice, give_back=True)

    assert _together(sweep, sweep, gives_back, gives_back) == []
    _exact(desk)
    assert AgentProfile.objects.get(user=desk.alice).in_hand == 0


def test_two_admins_cannot_both_step_down() -> None:
    desk = factories.desk()
    olga = factories.person("olga", role="admin")
    wanted = people.Wanted("agent", True, 8, True, [])
    trouble = _together(
        *[lambda who=who: people.change(user_id=who.pk, wanted=wanted, actor=who) for who in (desk.dana, olga)]
    )
    assert [str(error) for error in trouble if not isinstance(error, Refused)] == []
    assert AgentProfile.objects.filter(role="admin").count() == 1
