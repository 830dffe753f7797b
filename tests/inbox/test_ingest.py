"""Where a post belongs, and that a batch costs the same number of statements whatever its size."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Conversation, Message
from inbox.services import conversations
from inbox.services.ingest import ingest
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_number_of_statements_does_not_grow_with_the_batch(desk: factories.Desk) -> None:
    def statements(number: int) -> int:
        posts = [factories.post(f"Question {n}", by=f"c{number}-{n}") for n in range(number)]
        with CaptureQueriesContext(
            connection,
        ) as seen:
            ingest(connection=desk.connection, posts=posts)
        return len(seen)

    assert statements(10) == statements(500)


def test_two_people_in_one_thread_have_a_conversation_each(desk: factories.Desk) -> None:
    factories.arrives(
        desk,
        factories.post("me", by="carol", root="thread"),
        factories.post("me too", by="dave", root="thread"),
        factories.post("still me", by="carol", root="thread"),
    )
    assert sorted(c.messages.count() for c in Conversation.objects.all()) == [1, 2]


def test_what_others_write_in_a_thread_is_shown_and_no_turn(desk: factories.Desk) -> None:
    case = factories.conversation(desk, by="carol", root="thread")
    ingest(connection=desk.connection, posts=[replace(factories.post("hm", by="eve", root="thread"), context=True)])
    other = Message.objects.get(direction="context")
    assert other.conversation is None
    assert Conversation.objects.count() == 1
    case.refresh_from_db()
    assert case.last_incoming_id != other.pk


@pytest.mark.parametrize(("days", "joins"), [(None, True), (6, True), (8, False)])
def test_a_direct_message_joins_an_open_or_freshly_resolved_case(
    desk: factories.Desk, days: int | None, joins: bool
) -> None:
    case = factories.conversation(desk, by="carol")
    if days is not None:
        conversations.resolve(conversation_id=case.pk, actor=desk.alice, resolution="answered")
        Conversation.objects.filter(pk=case.pk).update(resolved_at=timezone.now() - timedelta(days=days))
    found = factories.conversation(desk, by="carol", direct=True)
    assert (found.pk == case.pk) is joins
    case.refresh_from_db()
    assert case.reopened == (1 if joins and days is not None else 0)


def test_our_own_post_is_shown_where_it_answers_and_is_no_turn(desk: factories.Desk) -> None:
    case = factories.conversation(desk, by="carol", root="thread")
    theirs = case.messages.get()
    own = replace(factories.post("Hello", by="norrline", root="thread"), own=True, in_reply_to=theirs.external_id)
    ingest(connection=desk.connection, posts=[own, own])
    assert list(case.messages.order_by("pk").values_list("direction", flat=True)) == ["in", "out"]
    assert Conversation.objects.count() == 1
