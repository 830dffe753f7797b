"""Tags beside a conversation and in the rows of a queue."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

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


def test_settings_rename_recolour_merge_and_delete_with_who_did_it(desk: Desk) -> None:
    late, delay = tags.create(name="Late", colour="red"), tags.create(name="Delay", colour="grey")
    both, one = factories.routed(desk, by="carol"), factories.routed(desk, by="dora")
    for case, tag in ((both, late), (both, delay), (one, delay)):
        tags.put(conversation_id=case.pk, tag_id=tag.pk, actor=desk.alice)
    dana = signed_in(desk.dana)
    dana.post(f"/settings/tags/{late.pk}/change/", {"name": "Too late", "colour": "orange"})
    dana.post(f"/settings/tags/{delay.pk}/merge/", {"into": late.pk})
    assert list(ConversationTag.objects.order_by("conversation").values_list("conversation", "tag__name")) == [
        (both.pk, "Too late"),
        (one.pk, "Too late"),
    ]
    page = dana.get("/settings/tags/").content.decode()
    assert "on 2 conversations" in page
    assert "“Too late”: renamed from “Late”, red → orange" in page
    assert "“Too late”: took in “Delay”" in page
    dana.post(f"/settings/tags/{late.pk}/delete/")
    assert not Tag.objects.exists()
    assert not ConversationTag.objects.exists()
    assert "“Too late”: deleted" in dana.get("/settings/tags/").content.decode()


def test_a_merge_is_the_same_few_statements_for_one_conversation_and_for_many(desk: Desk) -> None:
    into = tags.create(name="Into", colour="grey")
    costs = []
    for number, name in ((1, "One"), (30, "Many")):
        tag = tags.create(name=name, colour="grey")
        cases = factories.arrives(desk, *[factories.post("?", by=f"{name}{each}") for each in range(number)])
        ConversationTag.objects.bulk_create(ConversationTag(conversation_id=pk, tag=tag) for pk in cases)
        with CaptureQueriesContext(connection) as asked:
            tags.merge(tag_id=tag.pk, into_id=into.pk, actor=desk.bob)
        costs.append(len(asked))
    assert ConversationTag.objects.filter(tag=into).count() == 31
    assert costs[0] == costs[1]


@pytest.mark.parametrize("action", ["merge", "change", "delete"])
def test_a_tag_that_went_meanwhile_is_one_sentence(desk: Desk, action: str) -> None:
    tag = tags.create(name="Late", colour="red")
    bob = signed_in(desk.bob)
    answer = bob.post(f"/settings/tags/{tag.pk + 1}/{action}/", {"into": tag.pk, "name": "x", "colour": "red"})
    assert answer.status_code == 303
    assert "This tag was removed meanwhile." in bob.get("/settings/tags/").content.decode()


def test_a_tag_is_not_merged_into_itself(desk: Desk) -> None:
    tag = tags.create(name="Late", colour="red")
    bob = signed_in(desk.bob)
    bob.post(f"/settings/tags/{tag.pk}/merge/", {})
    assert "Choose another tag" in bob.get("/settings/tags/").content.decode()
    assert Tag.objects.get() == tag
