"""A post that was only shown above a thread and then turns out to address us."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inbox.models import Message
from inbox.services.ingest import ingest
from tests import factories

pytestmark = pytest.mark.django_db


def test_it_becomes_a_turn_behind_everything_that_was_seen() -> None:
    desk = factories.desk()
    above = replace(factories.post("what a day", by="carol", root="thread"), context=True)
    ingest(connection=desk.connection, posts=[above])
    assert Message.objects.get().conversation is None
    conversation = factories.conversation(desk, "@norrline hello", by="carol", root="thread")
    seen = conversation.last_incoming_id
    ingest(connection=desk.connection, posts=[replace(above, context=False)])
    conversation.refresh_from_db()
    promoted = Message.objects.get(external_id=above.external_id)
    assert promoted.conversation_id == conversation.pk
    assert promoted.direction == "in"
    assert promoted.pk == conversation.last_incoming_id > seen
    assert Message.objects.count() == 2
