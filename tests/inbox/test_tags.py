"""Tags beside a conversation and in the rows of a queue."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from inbox.models import ConversationTag, Tag
from inbox.services import tags
from inbox.services.conversations import Refused
from tests import factories
from tests.factories import Desk, signed_in

pytestmark = pytest.mark.django_db


def test_an_agent_puts_a_tag_on_sees_it_in_the_row_and_takes_it_off(desk: Desk) -> None:
    carol = factories.routed(desk)
    tag = tags.create(name="Late <b>", colour="red")
    alice = signed_in(desk.alice)
    address = f"/conversations/{carol.pk}/tags/"
    assert alice.post(address, {"name": " late  <B> "}).status_code == 303
    page = alice.get(f"/inbox/mine/{carol.pk}/").content.decode()
    assert page.count('tag-red"') == 2  # beside the conversation and in its row
    assert "Late &lt;b&gt;" in page
    assert "Late <b>" not in page
    alice.post(address, {"remove": str(tag.pk)})
    assert "tag-red" not in alice.get(f"/inbox/mine/{carol.pk}/").content.decode()


def test_a_new_word_is_a_lead_s_to_make(desk: Desk) -> None:
    carol = factories.routed(desk)
    address = f"/conversations/{carol.pk}/tags/"
    alice, bob = signed_in(desk.alice), signed_in(desk.bob)
    alice.post(address, {"name": "Refund"})
    assert not Tag.objects.exists()
    assert "ask a lead to make it" in alice.get(f"/inbox/mine/{carol.pk}/").content.decode()
    bob.post(address, {"name": "Refund"})
    assert ConversationTag.objects.get().tag.name == "Refund"


@pytest.mark.parametrize("name", ["", "   ", "\0", "x" * 41])
def test_a_name_that_is_none_is_refused(desk: Desk, name: str) -> None:
    carol = factories.routed(desk)
    with pytest.raises(Refused):
        tags.create(name=name, colour="grey")
    assert signed_in(desk.bob).post(f"/conversations/{carol.pk}/tags/", {"name": name}).status_code == 303
    assert not Tag.objects.exists()


def test_the_database_holds_one_tag_of_a_name_and_one_on_a_conversation(desk: Desk) -> None:
    carol = factories.routed(desk)
    tag = tags.create(name="Refund", colour="grey")
    with pytest.raises(IntegrityError), transaction.atomic():
        Tag.objects.create(name="REFUND")
    assert tags.put(conversation_id=carol.pk, tag_id=tag.pk, actor=desk.alice)
    assert not tags.put(conversation_id=carol.pk, tag_id=tag.pk, actor=desk.bob)
    with pytest.raises(IntegrityError), transaction.atomic():
        ConversationTag.objects.create(conversation=carol, tag=tag)


def test_a_tag_that_was_removed_meanwhile_is_not_put_on(desk: Desk) -> None:
    carol = factories.routed(desk)
    with pytest.raises(Refused, match="removed meanwhile"):
        tags.put(conversation_id=carol.pk, tag_id=999_999, actor=desk.alice)
