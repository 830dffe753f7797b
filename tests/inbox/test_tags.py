"""Tags beside a conversation and in the rows of a queue."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import ConversationTag, SavedSearch, Tag, TagMerge
from inbox.services import savedsearches, tagmerges, tags
from inbox.services.conversations import Refused
from routing.models import Rule
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
    dana.post(f"/settings/tags/{delay.pk}/merge/{late.pk}/")
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
            tagmerges.merge(tag_id=tag.pk, into_id=into.pk, actor=desk.bob)
        costs.append(len(asked))
    assert ConversationTag.objects.filter(tag=into).count() == 31
    assert costs[0] == costs[1]


@pytest.mark.parametrize("action", ["archive", "restore", "change", "delete"])
def test_a_tag_that_went_meanwhile_is_one_sentence(desk: Desk, action: str) -> None:
    tag = tags.create(name="Late", colour="red")
    bob = signed_in(desk.bob)
    answer = bob.post(f"/settings/tags/{tag.pk + 1}/{action}/", {"name": "x", "colour": "red"})
    assert answer.status_code == 303
    assert "This tag was removed meanwhile." in bob.get("/settings/tags/").content.decode()
    assert bob.post(f"/settings/tags/{tag.pk + 1}/merge/{tag.pk}/").status_code == 303
    assert "This tag was removed meanwhile." in bob.get("/settings/tags/").content.decode()


def test_a_tag_is_not_merged_into_itself(desk: Desk) -> None:
    tag = tags.create(name="Late", colour="red")
    bob = signed_in(desk.bob)
    for ask in (bob.get, bob.post):
        assert ask(f"/settings/tags/{tag.pk}/merge/{tag.pk}/").status_code == 303
        assert "Choose another tag" in bob.get("/settings/tags/").content.decode()
    assert Tag.objects.get() == tag


def _merged(desk: Desk) -> tuple[Tag, Tag, dict[str, int]]:
    """Delay, which is to become Late: one conversation has both, one it alone; a rule and two searches ask for it."""
    late, delay = tags.create(name="Late", colour="red"), tags.create(name="Delay", colour="grey")
    both, one = factories.routed(desk, by="carol"), factories.routed(desk, by="dora")
    tags.put(conversation_id=both.pk, tag_id=late.pk, actor=desk.alice)
    for case in (both, one):
        tags.put(conversation_id=case.pk, tag_id=delay.pk, actor=desk.bob)
    factories.rule("Both", desk.billing, tags=[late.pk, delay.pk])
    factories.rule("Neither", desk.billing, tags=[])
    savedsearches.save(owner=desk.alice, name="Delayed", query=f"q=parcel&tag={delay.pk}&status=open")
    savedsearches.save(owner=desk.bob, name="Other", query=f"tag={delay.pk}1")
    return late, delay, {"both": both.pk, "one": one.pk}


def _of(tag_id: int) -> set[int]:
    return set(ConversationTag.objects.filter(tag=tag_id).values_list("conversation_id", flat=True))


def test_a_merge_is_previewed_done_everywhere_and_undone_as_it_was(desk: Desk) -> None:
    late, delay, talks = _merged(desk)
    tags.archive(tag_id=delay.pk, on=True)
    dana = signed_in(desk.dana)
    page = dana.get(f"/settings/tags/{delay.pk}/merge/{late.pk}/")
    preview = page.context["preview"]
    assert (preview.conversations, preview.both, preview.rules, preview.searches) == (2, 1, 1, 1)
    assert ConversationTag.objects.filter(tag=delay).count() == 2  # nothing is changed by looking
    dana.post(f"/settings/tags/{delay.pk}/merge/{late.pk}/")
    assert _of(late.pk) == set(talks.values())
    assert list(Rule.objects.order_by("position").values_list("tags", flat=True)) == [[late.pk], []]
    queries = SavedSearch.objects.order_by("name").values_list("query", flat=True)
    assert list(queries) == [f"q=parcel&tag={late.pk}&status=open", f"tag={delay.pk}1"]
    merge = TagMerge.objects.get()
    page = dana.post(f"/settings/tags/merges/{merge.pk}/undo/", follow=True)
    assert "“Delay” is a tag of its own again." in page.content.decode()
    assert (_of(late.pk), _of(delay.pk)) == ({talks["both"]}, set(talks.values()))
    assert ConversationTag.objects.get(tag=delay, conversation=talks["both"]).by == desk.bob
    assert list(Rule.objects.order_by("position").values_list("tags", flat=True)) == [[late.pk, delay.pk], []]
    assert f"q=parcel&tag={delay.pk}&status=open" in queries.all()
    delay.refresh_from_db()
    assert (delay.name, delay.colour, delay.archived) == ("Delay", "grey", True)
    page = dana.post(f"/settings/tags/merges/{merge.pk}/undo/", follow=True)
    assert "Somebody has undone this merge already." in page.content.decode()


def test_an_undo_leaves_what_somebody_changed_since(desk: Desk) -> None:
    late, delay, talks = _merged(desk)
    merge = tagmerges.merge(tag_id=delay.pk, into_id=late.pk, actor=desk.dana)
    tags.remove(conversation_id=talks["one"], tag_id=late.pk, actor=desk.alice)
    Rule.objects.filter(name="Both").update(tags=[])
    tagmerges.undo(merge_id=merge.pk, actor=desk.bob)
    assert _of(delay.pk) == {talks["both"]}
    assert Rule.objects.get(name="Both").tags == []


def test_an_undo_that_cannot_be_says_what_to_do(desk: Desk) -> None:
    late, delay, _ = _merged(desk)
    third = tags.create(name="Third", colour="blue")
    first = tagmerges.merge(tag_id=delay.pk, into_id=late.pk, actor=desk.dana)
    second = tagmerges.merge(tag_id=late.pk, into_id=third.pk, actor=desk.dana)
    with pytest.raises(Refused, match="undo that first"):
        tagmerges.undo(merge_id=first.pk, actor=desk.dana)
    assert [row.pk for row in tagmerges.undoable()] == [second.pk]
    tags.create(name="late", colour="grey")
    with pytest.raises(Refused, match="Rename that one first"):
        tagmerges.undo(merge_id=second.pk, actor=desk.dana)
    TagMerge.objects.update(at=timezone.now() - timedelta(days=31))
    with pytest.raises(Refused, match="too old"):
        tagmerges.undo(merge_id=second.pk, actor=desk.dana)
    assert tagmerges.prune() == 2


def test_an_archived_tag_stays_is_found_and_is_put_on_nothing_more(desk: Desk) -> None:
    carol, dora = factories.routed(desk, by="carol"), factories.routed(desk, by="dora")
    tag = tags.create(name="Late", colour="red")
    tags.put(conversation_id=carol.pk, tag_id=tag.pk, actor=desk.alice)
    dana, alice = signed_in(desk.dana), signed_in(desk.alice)
    dana.post(f"/settings/tags/{tag.pk}/archive/")
    with pytest.raises(Refused, match="archived"):
        tags.put(conversation_id=dora.pk, tag_id=tag.pk, actor=desk.alice)
    assert 'value="Late"' not in alice.get(f"/inbox/mine/{dora.pk}/").content.decode()
    assert "Remove the tag Late" in alice.get(f"/inbox/mine/{carol.pk}/").content.decode()
    found = alice.get(f"/search/?tag={tag.pk}")
    assert [hit.id for hit in found.context["hits"]] == [carol.pk]
    assert "Late (archived)" in found.content.decode()
    dana.post(f"/settings/tags/{tag.pk}/restore/")
    assert tags.put(conversation_id=dora.pk, tag_id=tag.pk, actor=desk.alice)
