"""Cases that were joined wrongly are split, and two that belong together are joined; both are taken back whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.urls import reverse

from connectors.types import Post
from inbox.models import CaseMove, Conversation, Event, Message, OutboxItem
from inbox.services import cases, conversations
from inbox.services.conversations import Refused
from inbox.services.ingest import ingest
from routing.models import QueueEntry
from routing.services.assignment import route_due
from tests import factories
from tests.factories import Desk, signed_in

pytestmark = pytest.mark.django_db


def direct(desk: Desk, text: str) -> Message:
    factories.arrives(desk, factories.post(text, direct=True))
    return Message.objects.get(text=text)


def ours(desk: Desk, text: str, to: Message) -> Message:
    """What we answered from the network's own page."""
    told = factories.post(text, direct=to.visibility == "direct", root=to.root)
    ingest(connection=desk.connection, posts=[replace(told, own=True, in_reply_to=to.external_id, peer=_peer(told))])
    return Message.objects.get(text=text)


def _peer(post: Post) -> Any:
    return factories.author() if post.audience.visibility.value == "direct" else None


@pytest.fixture
def carol(desk: Desk) -> Conversation:
    """She complained in public; later she wrote a message about something else, which joined it by guess."""
    talk = factories.routed(desk, "My order has not arrived", root="first post")
    first = talk.messages.get()
    answer = ours(desk, "We are looking for it", first)
    conversations.answered(
        conversation_id=talk.pk, seen_message_id=first.pk, message_id=answer.pk, at=answer.published_at
    )
    direct(desk, "Can I change my tariff?")
    direct(desk, "To the small one, please")
    return talk


def texts(conversation: int) -> list[str]:
    return list(Message.objects.filter(conversation=conversation).order_by("pk").values_list("text", flat=True))


def whole() -> list[Any]:
    """All that a move and its undo must leave as it was."""
    left_out = {"opened_at", "resolved_at", "resolution", "status", "reopened"}
    return [
        {key: value for key, value in row.items() if key not in left_out}
        for row in Conversation.objects.filter(joined_to=None).order_by("pk").values()
    ] + list(Message.objects.order_by("pk").values_list("pk", "conversation", "text"))


def split(desk: Desk, text: str = "Can I change my tariff?") -> CaseMove:
    return cases.split(message_id=Message.objects.get(text=text).pk, actor=desk.alice)


def state(pk: int) -> tuple[str, str | None]:
    row = Conversation.objects.select_related("turn_first").get(pk=pk)
    return row.status, row.turn_first.text if row.turn_first else None


def test_a_split_gives_the_rest_a_case_that_is_routed_and_can_be_taken_back(desk: Desk, carol: Conversation) -> None:
    before = whole()
    done = split(desk)
    assert texts(carol.pk) == ["My order has not arrived", "We are looking for it"]
    assert texts(done.target_id) == ["Can I change my tariff?", "To the small one, please"]
    assert state(carol.pk) == ("pending", None)
    assert state(done.target_id) == ("open", "Can I change my tariff?")
    route_due()
    entry = QueueEntry.objects.get(pk=done.target_id)
    assert (entry.team_id, entry.status) == (desk.help_desk.pk, "open")
    cases.undo(move_id=done.pk, actor=desk.alice)
    assert whole() == before
    assert state(carol.pk) == ("open", "Can I change my tariff?")
    assert Conversation.objects.get(pk=done.target_id).joined_to_id == carol.pk
    with pytest.raises(Refused, match="already"):
        cases.undo(move_id=done.pk, actor=desk.alice)


def test_what_is_written_next_goes_where_it_belongs_now(desk: Desk, carol: Conversation) -> None:
    done = split(desk)
    assert direct(desk, "Hello?").conversation_id == done.target_id
    factories.arrives(desk, factories.post("Still nothing", root="first post"))
    assert Message.objects.get(text="Still nothing").conversation_id == carol.pk
    cases.undo(move_id=done.pk, actor=desk.alice)
    assert texts(carol.pk)[-2:] == ["Hello?", "Still nothing"], "what came meanwhile comes along"
    assert direct(desk, "And now?").conversation_id == carol.pk


def test_an_answer_to_a_public_post_that_was_split_off_goes_with_it(desk: Desk) -> None:
    first = factories.routed(desk, "It is slow", root="r")
    factories.arrives(desk, factories.post("And the bill is wrong", root="r"))
    done = split(desk, "And the bill is wrong")
    bill = Message.objects.get(text="And the bill is wrong")
    answer = ours(desk, "Which month?", bill)
    assert answer.conversation_id == done.target_id
    said = [
        replace(factories.post("March", root="r"), in_reply_to=answer.external_id),
        replace(factories.post("Still slow", root="r"), in_reply_to=first.messages.get().external_id),
    ]
    factories.arrives(desk, *said)
    assert texts(done.target_id) == ["And the bill is wrong", "Which month?", "March"]
    assert texts(first.pk) == ["It is slow", "Still slow"]


def test_our_replies_go_with_what_they_answer(desk: Desk, carol: Conversation) -> None:
    message = Message.objects.get(text="To the small one, please")
    item = OutboxItem.objects.create(
        kind="direct", author=desk.alice, client_key="k", connection=desk.connection, conversation=carol,
        in_reply_to=message, payload={"text": "Done"},
    )  # fmt: skip
    with pytest.raises(Refused, match="on its way"):
        split(desk)
    OutboxItem.objects.filter(pk=item.pk).update(state="cancelled")
    done = split(desk)
    item.refresh_from_db()
    assert item.conversation_id == done.target_id
    cases.undo(move_id=done.pk, actor=desk.alice)
    item.refresh_from_db()
    assert item.conversation_id == carol.pk


@pytest.mark.parametrize("text", ["My order has not arrived", "We are looking for it"])
def test_a_split_that_leaves_nothing_or_begins_with_us_is_refused(desk: Desk, text: str) -> None:
    talk = factories.routed(desk, "My order has not arrived", root="p")
    ours(desk, "We are looking for it", talk.messages.get())
    with pytest.raises(Refused, match="Choose"):
        split(desk, text)
    assert not CaseMove.objects.exists()


def test_a_resolved_case_is_not_opened_by_being_split(desk: Desk, carol: Conversation) -> None:
    conversations.resolve(conversation_id=carol.pk, actor=desk.alice, resolution="answered")
    done = split(desk)
    assert state(carol.pk) == state(done.target_id) == ("resolved", None)
    direct(desk, "One more thing")
    assert state(done.target_id) == ("open", "One more thing")


def test_a_join_moves_everything_with_its_notes_and_what_comes_next(desk: Desk, carol: Conversation) -> None:
    other = factories.routed(desk, "Nobody answers", root="second post")
    conversations.add_note(conversation_id=other.pk, author=desk.alice, text="She is right")
    before = whole()
    done = cases.join(source_id=other.pk, target_id=carol.pk, actor=desk.alice)
    assert texts(other.pk) == []
    assert [note.text for note in carol.notes.all()] == ["She is right"]
    assert state(other.pk) == ("resolved", None)
    assert not QueueEntry.objects.filter(pk=other.pk).exists()
    factories.arrives(desk, factories.post("Hello?", root="second post"))
    assert Message.objects.get(text="Hello?").conversation_id == carol.pk
    Message.objects.filter(text="Hello?").delete()
    conversations_of_carol = Conversation.objects.filter(pk=carol.pk)
    conversations_of_carol.update(last_message=Message.objects.get(text="Nobody answers"))
    cases.undo(move_id=done.pk, actor=desk.alice)
    assert [row for row in whole() if isinstance(row, tuple)] == [row for row in before if isinstance(row, tuple)]
    assert state(other.pk) == ("open", "Nobody answers")
    assert texts(other.pk) == ["Nobody answers"]
    assert [note.text for note in other.notes.all()] == ["She is right"]


def test_a_chain_is_taken_back_in_the_order_in_which_it_was_made(desk: Desk) -> None:
    one, two, three = (factories.routed(desk, f"Post {name}", root=name) for name in "abc")
    first = cases.join(source_id=one.pk, target_id=two.pk, actor=desk.alice)
    second = cases.join(source_id=two.pk, target_id=three.pk, actor=desk.alice)
    assert Conversation.objects.get(pk=one.pk).joined_to_id == three.pk
    factories.arrives(desk, factories.post("More", root="a"))
    assert texts(three.pk) == ["Post a", "Post b", "Post c", "More"]
    with pytest.raises(Refused, match="further"):
        cases.undo(move_id=first.pk, actor=desk.alice)
    cases.undo(move_id=second.pk, actor=desk.alice)
    assert (texts(two.pk), texts(three.pk)) == (["Post a", "Post b"], ["Post c", "More"])
    cases.undo(move_id=first.pk, actor=desk.alice)
    assert texts(one.pk) == ["Post a"]


def test_what_does_not_belong_together_is_not_joined(desk: Desk, carol: Conversation) -> None:
    stranger = factories.routed(desk, "Mine too", by="dora")
    for source, target in ((carol, carol), (stranger, carol)):
        with pytest.raises(Refused, match=r"one conversation already|same customer"):
            cases.join(source_id=source.pk, target_id=target.pk, actor=desk.alice)


def test_both_sides_tell_of_it_and_lead_to_each_other(desk: Desk, carol: Conversation) -> None:
    done = split(desk)
    route_due()
    told = Event.objects.filter(kind="conversation.split").values_list("conversation_id", flat=True)
    assert set(told) == {carol.pk, done.target_id}
    browser = signed_in(desk.bob)
    here = browser.get(reverse("conversation", args=["mine", carol.pk])).content.decode()
    assert "Alice split 2 messages off" in here
    assert f"../{done.target_id}/" in here
    assert reverse("case_undo", args=[done.pk]) in here
    there = browser.get(reverse("conversation", args=["mine", done.target_id])).content.decode()
    assert "Alice split this off" in there


def test_the_page_shows_what_would_move_and_a_post_does_it(desk: Desk, carol: Conversation) -> None:
    message = Message.objects.get(text="Can I change my tariff?")
    browser = signed_in(desk.bob)
    address = reverse("case_split", args=[message.pk])
    page = browser.get(address).content.decode()
    assert "To the small one, please" in page
    assert "My order has not arrived" not in page.partition("<main")[2]
    answer = browser.post(address)
    done = CaseMove.objects.get()
    assert answer.status_code == 303
    assert answer["Location"].endswith(f"/{done.target_id}/")
    old = browser.post(reverse("case_undo", args=[done.pk]))
    assert old["Location"].endswith(f"/{carol.pk}/")
    gone = browser.get(reverse("conversation", args=["mine", done.target_id]))
    assert (gone.status_code, gone["Location"]) == (302, reverse("conversation", args=["mine", carol.pk]))


def test_two_are_joined_from_the_page(desk: Desk, carol: Conversation) -> None:
    other = factories.routed(desk, "Nobody answers", root="second post")
    browser = signed_in(desk.bob)
    address = reverse("case_join", args=[other.pk, carol.pk])
    assert address in browser.get(reverse("conversation", args=["mine", other.pk])).content.decode()
    assert "Nobody answers" in browser.get(address).content.decode()
    assert browser.post(address)["Location"].endswith(f"/{carol.pk}/")
    assert texts(other.pk) == []


def test_nobody_splits_or_joins_what_they_may_not_view(desk: Desk, carol: Conversation) -> None:
    elsewhere = factories.person("mia", desk.billing)
    browser = signed_in(elsewhere)
    message = Message.objects.get(text="Can I change my tariff?")
    done = split(desk)
    other = factories.conversation(desk, "Nobody answers", root="second post")
    for address in (
        reverse("case_split", args=[message.pk]), reverse("case_undo", args=[done.pk]),
        reverse("case_join", args=[other.pk, carol.pk]),
    ):  # fmt: skip
        assert browser.post(address).status_code == 404
    assert CaseMove.objects.count() == 1
