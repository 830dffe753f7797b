"""One interaction per ended turn, however often the events are read."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from inbox.models import Conversation, Event, EventReader, Message, OutboxItem
from inbox.services import conversations, events
from metrics.models import Interaction
from metrics.services.collecting import collect
from metrics.tasks import collect as collect_task
from routing.services.assignment import route_due
from routing.services.handing import assign
from tests import factories

# Events are read only once their transaction is committed.
pytestmark = pytest.mark.django_db(transaction=True)


def reply(conversation: Conversation, agent: User, *, direct: bool = False) -> OutboxItem:
    """What stands in the database after a reply was sent: the same rows, facts and event as the outbox writes."""
    conversation.refresh_from_db()
    visibility = "direct" if direct else "public"
    seen = conversation.last_incoming_id
    with transaction.atomic():
        message = Message.objects.create(
            connection=conversation.connection, conversation=conversation, external_id=str(uuid4()), direction="out",
            root=conversation.root, visibility=visibility, audience=visibility, agent=agent,
            published_at=timezone.now(),
        )  # fmt: skip
        item = OutboxItem.objects.create(
            kind="direct" if direct else "reply", state="sent", author=agent, client_key=str(uuid4()), message=message,
            connection=conversation.connection, conversation=conversation, seen_message_id=seen, payload={},
        )  # fmt: skip
        facts = conversations.answered(
            conversation_id=conversation.pk, seen_message_id=seen, message_id=message.pk, at=timezone.now()
        )
        data = {**facts, "visibility": visibility, "network": conversation.connection.network}
        sent = Event(kind="outbox.sent", actor=agent, conversation_id=conversation.pk, subject="outbox", data=data)
        sent.subject_id = item.pk
        events.emit([sent])
    return item


def _all() -> None:
    """Read every event. One stays out of reach while an older transaction runs, be it another database's."""
    newest = Event.objects.latest("id").pk
    for _ in range(1500):
        while collect(limit=3):
            pass
        if EventReader.objects.filter(position__gte=newest).exists():
            return
        time.sleep(0.02)
    raise AssertionError("The events were not final within 30 seconds.")


def test_a_sent_reply_is_an_interaction_of_its_author_and_the_team_of_that_time() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    item = reply(conversation, desk.alice)
    assign(conversation_id=conversation.pk, actor=desk.bob, team_id=desk.billing.pk)
    _all()
    row = Interaction.objects.get()
    assert (row.agent, row.team, row.network, row.visibility) == (desk.alice, desk.help_desk, "x", "public")
    assert (row.ended_by, row.first, row.outbox_item) == ("reply", True, item)
    assert row.turn.text == "My order has not arrived"
    assert (row.published_at, row.arrived_at) == (row.turn.published_at, row.turn.arrived_at)
    assert row.arrived_at <= row.ended_at


def test_a_reply_that_ends_no_turn_counts_nothing() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    reply(conversation, desk.alice)
    reply(conversation, desk.alice)
    _all()
    assert Interaction.objects.count() == 1


def test_several_messages_are_one_turn_and_a_new_one_after_the_answer_is_another() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk, direct=True, root="dialogue")
    factories.arrives(desk, factories.post("And one more thing", direct=True, root="dialogue"))
    reply(conversation, desk.alice, direct=True)
    factories.arrives(desk, factories.post("Thanks, but", direct=True, root="dialogue"))
    reply(conversation, desk.alice)
    _all()
    rows = Interaction.objects.order_by("id")
    assert [(row.visibility, row.first) for row in rows] == [("direct", True), ("public", False)]


@pytest.mark.parametrize(("resolution", "counted"), [("no_action", 1), ("answered", 1), ("spam", 0), ("duplicate", 0)])
def test_a_resolution_ends_the_open_turn_but_spam_and_duplicates_do_not_count(resolution: str, counted: int) -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    conversations.resolve(conversation_id=conversation.pk, actor=desk.alice, resolution=resolution)
    _all()
    assert Interaction.objects.filter(ended_by="resolution", visibility="", agent=desk.alice).count() == counted
    assert Interaction.objects.count() == counted


def test_resolving_after_the_answer_counts_once() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    reply(conversation, desk.alice)
    conversations.resolve(conversation_id=conversation.pk, actor=desk.alice, resolution="answered")
    _all()
    assert Interaction.objects.get().ended_by == "reply"


def test_a_reopened_conversation_has_a_first_response_of_its_own() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk, direct=True, root="dialogue")
    reply(conversation, desk.alice, direct=True)
    conversations.resolve(conversation_id=conversation.pk, actor=desk.alice, resolution="answered")
    factories.arrives(desk, factories.post("It broke again", direct=True, root="dialogue"))
    reply(conversation, desk.alice, direct=True)
    _all()
    assert list(Interaction.objects.order_by("id").values_list("first", flat=True)) == [True, True]


def test_reading_everything_again_gives_identical_rows() -> None:
    desk = factories.desk(capacity=50)
    pks = factories.arrives(desk, *factories.many(9))
    route_due()
    for index, conversation in enumerate(Conversation.objects.filter(pk__in=pks).order_by("pk")):
        if index % 3:
            reply(conversation, desk.alice, direct=index % 2 == 0)
        else:
            conversations.resolve(conversation_id=conversation.pk, actor=desk.alice, resolution="no_action")
    _all()
    before = list(Interaction.objects.order_by("id").values())
    assert len(before) == 9
    EventReader.objects.update(position=0)
    _all()
    assert list(Interaction.objects.order_by("id").values()) == before
    Interaction.objects.all().delete()
    EventReader.objects.update(position=0)
    _all()
    again = list(Interaction.objects.order_by("id").values())
    assert [{**row, "id": 0} for row in again] == [{**row, "id": 0} for row in before]


def test_what_cannot_be_read_or_was_erased_stops_nothing() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    turn = {"first": 10**9, "published": timezone.now().isoformat(), "arrived": timezone.now().isoformat()}
    strange = [
        {"turn": turn, "first": True},
        {"turn": {"first": 1, "published": None, "arrived": "never"}},
        {},
    ]
    with transaction.atomic():
        events.emit(
            Event(kind="outbox.sent", actor=desk.alice, conversation_id=conversation.pk, data=data) for data in strange
        )
    reply(conversation, desk.alice)
    _all()
    assert Interaction.objects.count() == 1


def test_a_clock_behind_never_makes_a_negative_time() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    reply(conversation, desk.alice)
    Event.objects.filter(kind="outbox.sent").update(at=timezone.now() - timedelta(days=1))
    _all()
    row = Interaction.objects.get()
    assert row.ended_at == row.arrived_at


def test_the_task_reads_until_nothing_is_left() -> None:
    desk = factories.desk()
    reply(factories.routed(desk), desk.alice)
    _all()
    assert collect_task() == 0
