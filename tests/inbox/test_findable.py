"""What arrives, is sent and is noted becomes findable once, whatever happens to the worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.db import connection, transaction
from django.utils import timezone

from connectors.types import Receipt
from inbox import words
from inbox.models import Conversation, Event, EventReader, Identity, OutboxItem, SearchEntry
from inbox.services import conversations, events, findable, locks, outcomes
from tests import factories
from tests.factories import signed_in

# The log is read up to what no running transaction can still slip in front of: a test within one would see nothing.
pytestmark = pytest.mark.django_db(transaction=True)


def found(query: str) -> list[str]:
    rows = SearchEntry.objects.filter(words__finds=words.read(query).tsquery).order_by("pk")
    return ["message" if row.message_id else "note" if row.note_id else "person" for row in rows]


@pytest.fixture
def desk(transactional_db: Any) -> Iterator[factories.Desk]:
    yield factories.desk()
    locks.forget()


def test_messages_people_and_notes_are_found(desk: factories.Desk) -> None:
    talk = factories.routed(desk, "The zither is broken")
    conversations.add_note(conversation_id=talk.pk, author=desk.alice, text="She plays the zither well")
    assert found("zither") == []
    findable.collect()
    assert found("zither") == ["message", "note"]
    assert found("carol") == ["person"]


def test_our_reply_is_found_once_it_was_sent(desk: factories.Desk) -> None:
    talk = factories.routed(desk)
    item = OutboxItem.objects.create(
        kind="reply", state="sending", author=desk.alice, client_key="k", connection=desk.connection,
        conversation=talk, payload={"text": "A new bassoon is on its way", "visibility": "public"},
        run_at=timezone.now(), seen_message=talk.last_incoming,
    )  # fmt: skip
    findable.collect()
    assert found("bassoon") == []
    assert outcomes.sent(item, Receipt(external_id="991", published_at=timezone.now(), url=""))
    findable.collect()
    assert found("bassoon") == ["message"]


def test_a_worker_that_dies_in_the_middle_has_changed_nothing_and_the_next_goes_on(desk: factories.Desk) -> None:
    factories.arrives(desk, *factories.many(7))
    with transaction.atomic():
        findable.collect(limit=3)
        assert SearchEntry.objects.exists()
        transaction.set_rollback(True)  # what the server does for a client that is gone
    assert not SearchEntry.objects.exists()
    while findable.collect(limit=3):
        pass
    assert SearchEntry.objects.filter(message__isnull=False).count() == 7
    assert EventReader.objects.get(name=findable.READER).position == events.position()


def test_reading_the_log_again_makes_nothing_twice(desk: factories.Desk) -> None:
    factories.arrives(desk, *factories.many(3))
    findable.collect()
    before = list(SearchEntry.objects.order_by("pk").values_list("pk", "words"))
    EventReader.objects.filter(name=findable.READER).update(position=0)
    assert findable.collect() == Event.objects.count()
    assert list(SearchEntry.objects.order_by("pk").values_list("pk", "words")) == before


def test_who_calls_themselves_otherwise_is_found_by_the_new_name(desk: factories.Desk) -> None:
    factories.arrives(desk)
    findable.collect()
    Identity.objects.update(name="Carol Lindqvist")
    factories.arrives(desk, factories.post("Once more"))
    Identity.objects.update(name="Carol Lindqvist")
    findable.collect()
    assert found("lindq") == ["person"]


def test_what_is_only_context_belongs_to_nobody_and_is_not_found(desk: factories.Desk) -> None:
    talk = factories.conversation(desk, "The zither is broken")
    talk.messages.update(conversation=None, direction="context")
    findable.collect()
    assert found("zither") == []


def test_what_is_deleted_takes_its_entry_with_it(desk: factories.Desk) -> None:
    talk = factories.conversation(desk, "The zither is broken")
    note = conversations.add_note(conversation_id=talk.pk, author=desk.alice, text="A zither")
    findable.collect()
    note.delete()
    assert found("zither") == ["message"]
    assert Conversation.objects.filter(pk=talk.pk).exists()


def test_a_search_that_takes_too_long_ends_with_a_sentence(desk: factories.Desk) -> None:
    talk = factories.routed(desk, "The zither is broken")
    findable.collect()
    other = psycopg2.connect(**connection.get_connection_params())
    with other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE inbox_searchentry IN ACCESS EXCLUSIVE MODE")
        assert "This search takes too long" in signed_in(desk.alice).get("/search/?q=zither").content.decode()
    other.close()
    assert f"/{talk.pk}/" in signed_in(desk.alice).get("/search/?q=zither").content.decode()
