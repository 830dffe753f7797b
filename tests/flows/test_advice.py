"""What a composer is told while somebody types, and what it asks the database for it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox.models import Conversation
from tests.api.conftest import program
from tests.flows.conftest import Desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def carol(desk: Desk) -> Conversation:
    desk.network.post("carol", "@norrline my bill is wrong")
    desk.poll()
    return desk.conversation("carol")


def measured(desk: Desk, conversation: Conversation, visibility: str, **words: Any) -> list[str]:
    """The statements of one call."""
    call = program(desk.alice)
    body = {"conversation": conversation.pk, "visibility": visibility, "text": "Hello", **words}
    assert call("POST", "measure/", body).status_code == 200  # what is read once for all is read by now
    with CaptureQueriesContext(connection) as queries:
        answer = call("POST", "measure/", body).json()
    assert len(answer["parts"]) == len(words.get("more", words))
    return [row["sql"] for row in queries]


def test_typing_asks_the_same_whatever_the_number_of_texts(desk: Desk, carol: Conversation) -> None:
    one, many = (measured(desk, carol, "public", more=["And so on"] * number) for number in (0, 9))
    assert len(one) == len(many) <= 19
    assert sum(sql.startswith('SELECT "inbox_conversation"') for sql in many) == 1
    assert sum('FROM "connectors_credential"' in sql for sql in many) == 1
    assert len(measured(desk, carol, "direct", line="We wrote to you.", fallback="Write to us.")) == len(one) + 3


def composed(desk: Desk, **words: Any) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        desk.reply("carol", f"Hello {words}", **words)
    return [row["sql"] for row in queries]


def test_a_reply_reads_secrets_and_conversation_once_whatever_the_number_of_texts(
    desk: Desk, carol: Conversation
) -> None:
    one, thread = composed(desk), composed(desk, more=["And so on"] * 9)
    pair = composed(desk, visibility="direct", line="We wrote to you.", fallback="Please write to us.")
    assert [sum("connectors_credential" in sql for sql in sqls) for sqls in (one, thread, pair)] == [1, 1, 1]
    # A post more is stored, queued and told: four statements, none of which reads. One read says which may be queued.
    assert len(thread) == len(one) + 1 + 4 * 9
    assert (len(one), len(pair)) == (24, 34)  # two of them are this test's own
