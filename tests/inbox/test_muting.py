"""Who is muted makes no case, whatever way a post comes; and nothing of it is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from inbox.models import Conversation, Event, Message, Mute
from inbox.services import contacts as deciding
from inbox.services import muting, recalled
from inbox.services.conversations import Refused
from inbox.services.ingest import ingest
from routing.models import QueueEntry, RoutingJob
from tests import factories
from tests.factories import Desk, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def carol(desk: Desk) -> Conversation:
    return factories.routed(desk, "My order has not arrived")


def mute(desk: Desk, conversation: Conversation, *, here: bool = False) -> Mute:
    where = desk.connection.pk if here else None
    return muting.mute(contact_id=conversation.identity.contact_id, connection_id=where, actor=desk.alice)


def rows() -> tuple[int, int, int, int]:
    """What a case would add to."""
    events = Event.objects.filter(kind="message.received").count()
    return Conversation.objects.count(), QueueEntry.objects.count(), RoutingJob.objects.count(), events


@pytest.mark.parametrize("direct", [False, True])
def test_a_muted_post_is_stored_and_makes_no_case(desk: Desk, carol: Any, direct: bool) -> None:
    mute(desk, carol)
    before, turn = rows(), Conversation.objects.get(pk=carol.pk).last_incoming_id
    assert factories.arrives(desk, factories.post("Buy my coins", direct=direct)) == []
    assert rows() == before
    assert Conversation.objects.get(pk=carol.pk).last_incoming_id == turn, "what is open is left as it was"
    stored = Message.objects.get(text="Buy my coins")
    assert (stored.conversation_id, stored.facts["muted"]) == (None, True)
    heard = factories.conversation(desk, "Where is mine?", by="dora")
    assert heard.turn_first_id, "others are heard"


def test_a_mute_for_one_account_leaves_the_others(desk: Desk, carol: Any) -> None:
    mute(desk, carol, here=True)
    other = replace(desk, connection=factories.connection("Norrline Help"))
    assert len(factories.arrives(other, factories.post("Hello there"))) == 1
    assert factories.arrives(desk, factories.post("Hello here")) == []


def test_a_mute_follows_a_merge_and_goes_with_its_undo(desk: Desk, carol: Any) -> None:
    twin = factories.routed(desk, "From my other account", by="twin")
    mute(desk, carol)
    ids = {"contact_id": twin.identity.contact_id, "other_id": carol.identity.contact_id}
    done = deciding.merge(**ids, actor=desk.alice)
    assert factories.arrives(desk, factories.post("Coins", by="twin"), factories.post("Coins")) == []
    deciding.undo(merge_id=done.pk, actor=desk.alice)
    assert len(factories.arrives(desk, factories.post("Hello", by="twin"), factories.post("Coins"))) == 1


def test_who_is_heard_again_makes_cases_and_what_was_muted_stays_so(desk: Desk, carol: Any) -> None:
    row = mute(desk, carol)
    post = factories.post("Buy my coins")
    factories.arrives(desk, post)
    muting.listen(mute_id=row.pk, actor=desk.bob)
    assert factories.arrives(desk, post) == [], "read again by a later poll or a backfill"
    assert len(factories.arrives(desk, factories.post("Sorry, my order"))) == 1
    with pytest.raises(Refused, match="taken this mute away already"):
        muting.listen(mute_id=row.pk, actor=desk.alice)
    assert list(Event.objects.filter(subject="contact").order_by("pk").values_list("kind", flat=True)) == [
        "contact.muted", "contact.heard",
    ]  # fmt: skip


def test_nobody_is_muted_twice_in_one_place(desk: Desk, carol: Any) -> None:
    mute(desk, carol)
    mute(desk, carol, here=True)
    for here in (False, True):
        with pytest.raises(Refused, match="muted there already"):
            mute(desk, carol, here=here)


@pytest.mark.parametrize("direct", [False, True])
def test_a_muted_post_becomes_a_case_after_all_once(desk: Desk, carol: Any, direct: bool) -> None:
    mute(desk, carol)
    factories.arrives(desk, factories.post("My order, please", direct=direct))
    stored = Message.objects.get(text="My order, please")
    made = recalled.make_case(message_id=stored.pk, actor=desk.bob)
    message = Message.objects.get(text="My order, please")
    assert (message.conversation_id, message.direction, message.facts) == (made, "in", {})
    assert Conversation.objects.get(pk=made).status == "open"
    assert (made == carol.pk) is direct, "a private message joins the open case, a post of its own opens one"
    assert RoutingJob.objects.filter(conversation=made).exists() or direct
    with pytest.raises(Refused, match="made a case of it already"):
        recalled.make_case(message_id=stored.pk, actor=desk.bob)
    assert Event.objects.filter(kind="message.recalled", conversation_id=made).count() == 1
    assert factories.arrives(desk, factories.post("More coins", direct=direct)) == [], "the mute itself stays"


def test_what_was_deleted_at_the_network_becomes_no_case(desk: Desk, carol: Any) -> None:
    mute(desk, carol)
    factories.arrives(desk, factories.post("Gone by now"))
    stored = Message.objects.get(text="Gone by now")
    Message.objects.filter(pk=stored.pk).update(deleted_at=stored.arrived_at)
    with pytest.raises(Refused, match="nothing to answer"):
        recalled.make_case(message_id=stored.pk, actor=desk.bob)
    assert Message.objects.get(pk=stored.pk).facts == {"muted": True}
    assert "Gone by now" not in signed_in(desk.bob).get("/muted/").content.decode()


def test_what_is_context_anyway_is_not_listed_as_muted(desk: Desk, carol: Any) -> None:
    mute(desk, carol)
    above = factories.post("Above somebody's thread")
    ingest(connection=desk.connection, posts=[replace(above, context=True)])
    assert not Message.objects.filter(facts__has_key="muted").exists()


def test_muting_hearing_and_recalling_from_the_pages(desk: Desk, carol: Any) -> None:
    alice, bob = signed_in(desk.alice), signed_in(desk.bob)
    contact = carol.identity.contact_id
    page = alice.post(f"/contacts/{contact}/mute/", {"connection": desk.connection.pk}, follow=True).content.decode()
    assert "stored and makes no case" in page
    for wrong in ("999999", "x", "-1"):
        page = alice.post(f"/contacts/{contact}/mute/", {"connection": wrong}, follow=True).content.decode()
        assert "There is no such account" in page
    factories.arrives(desk, factories.post("<script>coins</script>"))
    muted = bob.get("/muted/").content.decode()
    assert "&lt;script&gt;coins" in muted
    stored = Message.objects.get(text="<script>coins</script>")
    page = bob.post(f"/muted/{stored.pk}/case/", follow=True).content.decode()
    assert "waits for an answer now" in page
    again = bob.post(f"/muted/{stored.pk}/case/", follow=True).content.decode()
    assert "made a case of it already" in again
    row = Mute.objects.get()
    heard = bob.post(f"/mutes/{row.pk}/end/", {"next": "/muted/"}, follow=True).content.decode()
    assert "makes a case again" in heard
    assert "Nobody is muted" in heard
