"""Counts are exact after every step, whatever happens in whatever order."""

from __future__ import annotations

import contextlib
import random
from datetime import timedelta

import pytest
from django.db.models import Count as Number
from django.utils import timezone

from inbox.models import Conversation, Count
from inbox.services import conversations, counts
from inbox.services.conversations import Refused
from routing import selectors
from routing.models import AgentProfile, QueueEntry, RoutingJob
from routing.services import presence, queue, records
from routing.services.assignment import route_due
from routing.services.handing import assign
from tests import factories
from tests.factories import Desk

pytestmark = pytest.mark.django_db


def _check(desk: Desk) -> None:
    truth = queue.recount()
    keys = selectors.count_keys(team_ids=[desk.help_desk.pk, desk.billing.pk], agent_id=None, unrouted=True)
    for user in (desk.alice, desk.bob, desk.erin):
        keys += selectors.count_keys(team_ids=[], agent_id=user.pk, unrouted=False)
    keys += [
        queue.post_key(desk.connection.pk, "our-post", team) for team in (desk.help_desk.pk, desk.billing.pk, None)
    ]
    assert counts.read(keys) == {key: truth.get(key, 0) for key in keys}
    assert set(truth) <= set(keys)
    held = dict(
        QueueEntry.objects.filter(in_hand=True).values_list("assignee").annotate(number=Number("pk")).order_by()
    )
    for profile in AgentProfile.objects.all():
        assert profile.in_hand == held.get(profile.user_id, 0)
    entries = list(QueueEntry.objects.select_related("conversation"))
    current = records.current([entry.pk for entry in entries])
    for entry in entries:
        assert entry.status == entry.conversation.status
        assert entry.in_hand == (entry.status == "open" and entry.assignee_id is not None)
        assert current.get(entry.pk, (None, None)) == (entry.team_id, entry.assignee_id)
    assert not QueueEntry.objects.filter(conversation__status="resolved").exists()
    lost = Conversation.objects.exclude(status="resolved").exclude(pk__in=QueueEntry.objects.values("pk"))
    assert not lost.exists()
    unrouted = QueueEntry.objects.filter(team=None)
    assert not unrouted.exclude(pk__in=RoutingJob.objects.values("conversation_id")).exists()


KINDS = ["post", "post", "comment", "direct", "route", "resolve", "snooze", "reopen", "take", "hand", "there", "fold"]


def _step(chance: random.Random, desk: Desk) -> None:
    """One thing that happens on a desk."""
    pks = list(Conversation.objects.values_list("pk", flat=True))
    pk = chance.choice(pks) if pks else 0
    user = chance.choice([desk.alice, desk.bob, desk.erin])
    kind = chance.choice(
        ["post", "post", "comment", "direct", "route", "resolve", "snooze", "reopen", "take", "hand", "there", "fold"]
    )
    if kind == "post":
        texts = [factories.post(chance.choice(["refund", "hello"]), by=f"c{chance.randrange(9)}") for _ in range(3)]
        factories.arrives(desk, *texts)
    elif kind == "comment":
        texts = [factories.post("hello", by=f"c{chance.randrange(9)}", root="our-post") for _ in range(2)]
        factories.arrives(desk, *texts)
    elif kind == "direct":
        name = f"c{chance.randrange(9)}"
        factories.arrives(desk, factories.post("psst", by=name, direct=True, root=f"dialogue of {name}"))
    elif kind == "route":
        route_due()
    elif kind == "there":
        presence.set_availability(user=user, availability=chance.choice(["available", "busy"]), actor=user)
    elif kind == "fold":
        counts.fold(limit=chance.choice([3, 10_000]))
        counts.prune(limit=chance.choice([2, 1000]))
    elif pks:
        _touch(kind, pk, user, desk, chance)


def _touch(kind: str, pk: int, user: factories.User, desk: Desk, chance: random.Random) -> None:
    if kind == "resolve":
        conversations.resolve(conversation_id=pk, actor=user, resolution="answered")
    elif kind == "snooze":
        conversations.snooze(conversation_id=pk, actor=user, until=timezone.now() + timedelta(hours=1))
    elif kind == "reopen":
        conversations.reopen(conversation_id=pk, actor=user, reason="test")
    elif kind == "take":
        assign(conversation_id=pk, actor=user, agent_id=user.pk)
    elif kind == "hand":
        chosen = chance.choice([None, desk.alice.pk, desk.erin.pk])
        assign(
            conversation_id=pk, actor=user, team_id=chance.choice([desk.help_desk.pk, desk.billing.pk]), agent_id=chosen
        )


@pytest.mark.parametrize("seed", range(5))
def test_counts_equal_the_truth_after_every_step(seed: int) -> None:
    chance = random.Random(seed)
    desk = factories.desk(capacity=3)
    factories.rule("Billing words", desk.billing, "refund")
    for _ in range(60):
        with contextlib.suppress(Refused):
            _step(chance, desk)
        _check(desk)
    counts.fold()
    _check(desk)
    counts.prune()
    _check(desk)
    assert not Count.objects.filter(value=0).exists()
