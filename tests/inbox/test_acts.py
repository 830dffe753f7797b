"""Acts on posts and people on the page: what is offered to whom, what became of it, corrections, and who followed."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from connectors.models import Connection
from connectors.types import Act, ActSpec, Target
from inbox import acts, health
from inbox.models import Conversation, Event, Message, OutboxItem
from inbox.services import acting, outbox
from routing.models import AgentProfile, AnswerPermission
from tests import factories
from tests.factories import signed_in

pytestmark = pytest.mark.django_db


def ours(talk: Conversation, desk: factories.Desk, text: str = "Your parcel leaves on Monday.") -> Message:
    """Something we said in public; its reply is at the network."""
    message = Message.objects.create(
        connection=talk.connection, conversation=talk, external_id="777", root=talk.root, direction="out",
        visibility="public", audience="public", text=text, published_at=timezone.now(), arrived_at=timezone.now(),
        agent=desk.alice,
    )  # fmt: skip
    payload = {"visibility": "public", "text": text, "in_reply_to": talk.messages.get(direction="in").external_id}
    OutboxItem.objects.create(
        kind="reply", state="sent", author=desk.alice, client_key="said", connection=talk.connection,
        conversation=talk, payload=payload, message=message, external_id="777", settled_at=timezone.now(),
    )  # fmt: skip
    return message


def page(user: Any, talk: Conversation) -> str:
    return str(signed_in(user).get(f"/inbox/mine/{talk.pk}/").content.decode())


def test_a_menu_offers_what_the_network_can_with_its_note(desk: factories.Desk) -> None:
    talk = factories.routed(desk, root="9")  # whose thread it is, is not known: the network may let us
    shown = page(desk.alice, talk)
    assert 'name="kind" value="hide"' in shown
    assert 'value="unhide"' not in shown
    assert 'value="delete"' not in shown
    assert 'value="block"' not in shown, "X blocks nobody through its API"
    Connection.objects.filter(pk=desk.connection.pk).update(network="facebook")
    assert 'value="block"' in page(desk.alice, talk)


@pytest.mark.parametrize(("config", "offered"), [({}, False), ({"enterprise": "yes"}, True), ({"enterprise": 1}, True)])
def test_a_menu_and_the_accounts_page_know_its_agreement(
    desk: factories.Desk, config: dict[str, Any], offered: bool
) -> None:
    Connection.objects.filter(pk=desk.connection.pk).update(config=config)
    assert ('value="like"' in page(desk.alice, factories.routed(desk, root="9"))) is offered
    lead = signed_in(desk.bob).get(f"/connections/{desk.connection.pk}/").content.decode()
    assert ("Not offered here" in lead, "Like, Take the like back." in lead) == (not offered, not offered)
    assert ("Enterprise agreement" in lead) is not offered


def test_what_is_for_our_own_threads_is_not_offered_in_a_customers(desk: factories.Desk) -> None:
    assert 'value="hide"' not in page(desk.alice, factories.routed(desk))
    Message.objects.create(
        connection=desk.connection, external_id="9", root="9", direction="out", visibility="public",
        audience="public", text="We are back.", published_at=timezone.now(), arrived_at=timezone.now(),
    )  # fmt: skip
    ours = factories.routed(desk, "Thieves", by="dave", root="9")
    assert 'value="hide"' in page(desk.alice, ours)


def test_what_is_wanted_is_told_at_the_post_and_can_be_undone(desk: factories.Desk, online: Any) -> None:
    first = online.post("norrline", "We are back at work.")
    talk = factories.routed(desk, "You are all thieves", root=first)
    Message.objects.create(
        connection=talk.connection, external_id=first, root=first, direction="out", visibility="public",
        audience="public", text="We are back at work.", published_at=timezone.now(), arrived_at=timezone.now(),
    )  # fmt: skip
    message = talk.messages.get(direction="in")
    alice = signed_in(desk.alice)
    sent = {"kind": "hide", "message": message.pk, "key": f"act-{message.pk}-0"}
    for _ in range(2):
        alice.post(f"/conversations/{talk.pk}/acts/", sent)
    item = OutboxItem.objects.get(kind="hide")
    shown = page(desk.alice, talk)
    assert "Hiding…" in shown
    assert f"/outbox/{item.pk}/undo/" in shown
    assert 'value="hide"' not in shown
    OutboxItem.objects.filter(pk=item.pk).update(state="sent", settled_at=timezone.now())
    Message.objects.filter(pk=message.pk).update(facts={"hidden": True})
    shown = page(desk.alice, talk)
    assert "Hidden by <bdi>Alice</bdi>" in shown
    assert 'value="unhide"' in shown
    assert f'value="act-{message.pk}-1"' in shown


@pytest.mark.parametrize(
    ("state", "said"), [("unknown", "May have been hidden"), ("rejected", "Not done: hide"), ("cancelled", "")]
)
def test_doubt_and_refusal_are_told_with_the_reason(desk: factories.Desk, state: str, said: str) -> None:
    talk = factories.routed(desk)
    OutboxItem.objects.create(
        kind="hide", state=state, author=desk.alice, client_key="h", connection=talk.connection, conversation=talk,
        payload={}, in_reply_to=talk.messages.get(), reason="X hides replies in our own threads only.",
    )  # fmt: skip
    shown = page(desk.alice, talk)
    assert said in shown
    assert ("X hides replies in our own threads only." in shown) == bool(said)
    assert shown.count('class="m us') == 0, "an act is no reply"


def test_an_act_is_no_reply_in_the_figures_of_its_account(desk: factories.Desk) -> None:
    talk = factories.routed(desk)
    ours(talk, desk)
    OutboxItem.objects.create(
        kind="hide", state="sent", author=desk.alice, client_key="h", connection=talk.connection, conversation=talk,
        payload={}, in_reply_to=talk.messages.get(direction="in"), settled_at=timezone.now(),
    )  # fmt: skip
    assert health.outcomes() == {desk.connection.pk: {"sent": 1}}
    assert [item.kind for item in health.items(desk.connection.pk, "sent")] == ["reply"]


def test_who_may_not_reply_there_moderates_nothing(desk: factories.Desk) -> None:
    talk = factories.routed(desk)
    AnswerPermission.objects.create(
        connection=desk.connection, team=desk.billing, may_reply_publicly=True, may_reply_privately=True
    )
    assert 'name="kind"' not in page(desk.alice, talk)
    sent = {"kind": "hide", "message": talk.messages.get().pk, "key": "k"}
    assert signed_in(desk.alice).post(f"/conversations/{talk.pk}/acts/", sent).status_code == 403
    assert not OutboxItem.objects.exists()


def test_posts_of_other_customers_have_no_menu(desk: factories.Desk) -> None:
    Connection.objects.filter(pk=desk.connection.pk).update(config={"enterprise": "yes"})
    first = factories.post("Nobody came", by="pelle")
    factories.arrives(desk, first)
    priya = factories.routed(desk, "Same here", by="priya", root=first.external_id)
    shown = page(desk.bob, priya)
    assert "Nobody came" in shown
    assert shown.count('details class="menu acts"') == 1


def test_nobody_is_blocked_without_a_confirmation(desk: factories.Desk) -> None:
    talk = factories.routed(desk)
    alice = signed_in(desk.alice)
    answer = alice.post(f"/conversations/{talk.pk}/acts/", {"kind": "block", "key": "b", "next": "/me/"}, follow=True)
    assert "confirm it first" in answer.content.decode()
    assert not OutboxItem.objects.exists()


def test_a_correction_deletes_first_and_is_told_at_the_post(desk: factories.Desk, online: Any) -> None:
    talk = factories.routed(desk)
    message = ours(talk, desk)
    assert "Delete and say this instead" in page(desk.alice, talk)
    sent = {"message": message.pk, "text": "Your parcel leaves on Tuesday.", "key": f"mend-{message.pk}-0"}
    signed_in(desk.alice).post(f"/conversations/{talk.pk}/correct/", sent)
    deletion, said = OutboxItem.objects.filter(state="held").order_by("pk")
    assert (deletion.kind, said.after, said.text) == ("delete", deletion, "Your parcel leaves on Tuesday.")
    assert Event.objects.get(kind="reply.corrected").subject_id == said.pk
    assert "Deleting…" in page(desk.alice, talk)
    assert outbox.cancel(item_id=deletion.pk, actor=desk.alice)
    said.refresh_from_db()
    assert said.state == "cancelled"


def test_a_correction_that_is_refused_keeps_its_text(desk: factories.Desk, online: Any) -> None:
    talk = factories.routed(desk)
    message = ours(talk, desk)
    sent = {"message": message.pk, "text": "Write to carol.lind@example.org", "key": "mend-1"}
    signed_in(desk.alice).post(f"/conversations/{talk.pk}/correct/", {**sent, "next": f"/inbox/mine/{talk.pk}/"})
    client = signed_in(desk.alice)
    answer = client.post(f"/conversations/{talk.pk}/correct/", {**sent, "next": f"/inbox/mine/{talk.pk}/"}, follow=True)
    shown = answer.content.decode()
    assert "Write to carol.lind@example.org</textarea>" in shown
    assert OutboxItem.objects.count() == 1
    assert "Write to carol" not in client.get(f"/inbox/mine/{talk.pk}/").content.decode()


def test_a_correction_that_needs_approval_deletes_nothing_before(desk: factories.Desk, online: Any) -> None:
    talk = factories.routed(desk)
    message = ours(talk, desk)
    AgentProfile.objects.filter(user=desk.alice).update(needs_approval=True)
    said = acting.correct(
        author=desk.alice, conversation_id=talk.pk, message_id=message.pk, text="On Tuesday.", client_key="mend"
    )
    outbox.send_now(item_id=said.after_id or 0, actor=desk.alice)
    outbox.release_due()
    assert set(OutboxItem.objects.filter(kind__in=["delete", "reply"], message=None).values_list("state")) == {
        ("held",)
    }
    shown = signed_in(desk.bob).get("/held/").content.decode()
    assert "First our earlier post is deleted" in shown
    assert "On Tuesday." in shown


def test_a_deleted_post_of_ours_is_marked_and_has_no_menu(desk: factories.Desk) -> None:
    talk = factories.routed(desk)
    message = ours(talk, desk)
    Message.objects.filter(pk=message.pk).update(deleted_at=timezone.now())
    shown = page(desk.alice, talk)
    assert 'class="m us sent gone' in shown
    assert "Delete and say this instead" not in shown


def test_a_block_is_taken_back_once_it_is_known() -> None:
    specs = [ActSpec(Act.BLOCK, Target.PERSON), ActSpec(Act.UNBLOCK, Target.PERSON)]
    done = [OutboxItem(pk=1, kind="block", state="sent"), OutboxItem(pk=2, kind="unblock", state="rejected")]
    assert [offer.spec.act for offer in acts.on_person(specs, done[:1])] == [Act.UNBLOCK]
    assert [offer.spec.act for offer in acts.on_person(specs, [OutboxItem(pk=3, kind="block", state="queued")])] == []
    assert [offer.spec.act for offer in acts.on_person(specs, [])] == [Act.BLOCK]


@pytest.mark.parametrize("fell_back", [False, True])
def test_whether_the_person_followed_stands_beside_the_conversation(desk: factories.Desk, fell_back: bool) -> None:
    talk = factories.routed(desk)
    line = ours(talk, desk, "We have written to you privately.")
    item = OutboxItem.objects.get(message=line)
    if fell_back:
        OutboxItem.objects.filter(pk=item.pk).update(fell_back=True)
    else:
        direct = OutboxItem.objects.create(
            kind="direct", state="sent", author=desk.alice, client_key="d", connection=talk.connection,
            conversation=talk, payload={"visibility": "direct", "text": "Your contract"},
        )  # fmt: skip
        OutboxItem.objects.filter(pk=item.pk).update(after=direct)
    said = "Messages are closed; the invitation was said in public" if fell_back else "Invited to private messages"
    shown = page(desk.alice, talk)
    assert said in shown
    assert "has not followed yet" in shown
    factories.arrives(desk, factories.post("Here I am", direct=True))
    shown = page(desk.alice, talk)
    assert "has not followed yet" not in shown
    assert ", followed <time" in shown
