"""How rows reach the database in bulk, and two pollers that meet the same posts."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from connectors.types import Author
from inbox import bulk
from inbox.models import Contact, Conversation, Identity, Message
from inbox.services.ingest import ingest
from tests import factories

HOSTILE = ['"', "\\", '\\"', "NULL", "{a,b}", "'; DROP TABLE x; --", "%s %(now)s", "a\nb\tc", "", "שלום ‮", "🦊"]


@pytest.mark.django_db
def test_every_text_comes_back_as_it_went() -> None:
    rows = bulk.run("SELECT * FROM {rows}", "n bigint, t text", enumerate(HOSTILE))
    assert rows == list(enumerate(HOSTILE))


@pytest.mark.django_db
def test_every_kind_of_value_comes_back() -> None:
    moment = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
    row = (None, True, moment, {"a": ['"\\', 1]}, {})
    kinds = "a text, b boolean, c timestamptz, d jsonb, e jsonb"
    found = bulk.run("SELECT new.*, %(same)s FROM {rows}", kinds, [row], same="of all")
    assert [*found[0][:3], found[0][5]] == [*row[:3], "of all"]
    assert bulk.run("SELECT d->'a'->>0, e = '{}' FROM {rows}", kinds, [row]) == [('"\\', True)]
    assert bulk.run("this is no SQL", kinds, []) == []


@pytest.mark.django_db
def test_a_text_with_a_nul_or_none_shifts_nothing() -> None:
    with pytest.raises(ValueError, match="NUL"):
        bulk.run("SELECT * FROM {rows}", "t text", [("a\0b",), ("c",)])
    assert bulk.run("SELECT * FROM {rows}", "t text", [(None,), ('"',)]) == [(None,), ('"',)]


@pytest.mark.django_db
def test_hostile_text_is_stored_as_it_came() -> None:
    desk = factories.desk()
    factories.arrives(desk, *(factories.post(text, by=f"c{n}") for n, text in enumerate(HOSTILE)))
    assert set(Message.objects.values_list("text", flat=True)) == set(HOSTILE)


@pytest.mark.django_db
def test_who_is_known_keeps_the_contact_and_what_is_not_said_again() -> None:
    desk = factories.desk()
    factories.arrives(desk, replace(factories.post(by="carol"), author=replace(factories.author("carol"), followers=7)))
    before = Identity.objects.get()
    quiet = Author(external_id=before.external_id, handle="carol_new")
    factories.arrives(desk, replace(factories.post(by="carol"), author=quiet), factories.post(by="dave"))
    after = Identity.objects.get(pk=before.pk)
    assert (after.contact, after.handle, after.name, after.followers) == (before.contact, "carol_new", "Carol", 7)
    assert set(Identity.objects.values_list("contact", flat=True)) == set(Contact.objects.values_list("pk", flat=True))
    assert Contact.objects.count() == 2


@pytest.mark.django_db
def test_a_new_message_rewrites_its_conversation_in_place() -> None:
    desk = factories.desk()
    factories.arrives(desk, factories.post(by="carol", root="thread"))
    with connection.cursor() as cursor:
        look = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'inbox_conversation'"
        cursor.execute(look)
        updated, hot = cursor.fetchone()
        ingest(connection=desk.connection, posts=[factories.post(by="carol", root="thread")])
        cursor.execute(look)
        assert cursor.fetchone() == (updated + 1, hot + 1)


@pytest.mark.django_db(transaction=True)
def test_two_pollers_store_the_same_posts_once() -> None:
    """The second looks before the first commits, and waits for the authors' rows."""
    desk = factories.desk()
    posts = [*factories.many(5), factories.post("Privately", by="customer1", direct=True)]
    results: list[Any] = []

    def second() -> None:
        try:
            results.append(ingest(connection=desk.connection, posts=posts))
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        first = ingest(connection=desk.connection, posts=posts)
        thread.start()
        thread.join(1.0)
        assert not results
    thread.join(20)
    assert len(first.message_ids) == 6
    assert results[0].message_ids == []
    assert Message.objects.count() == 6
    assert Contact.objects.count() == Identity.objects.count() == 5
    for conversation in Conversation.objects.all():
        assert conversation.last_incoming.conversation_id == conversation.pk
