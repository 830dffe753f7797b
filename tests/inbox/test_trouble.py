"""What was not sent: whose it is, who learns of it, and what was found at the network."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from inbox.models import Conversation, Event, OutboxItem
from inbox.services import events, settling
from inbox.services.outbox import State, move
from inbox.trouble import Trouble
from routing.services import handing
from socialdesk import live_reads
from socialdesk.live import Client as LiveClient
from tests import factories
from tests.factories import signed_in

pytestmark = pytest.mark.django_db


def stuck(desk: factories.Desk, talk: Conversation, state: str = "failed", **facts: Any) -> OutboxItem:
    facts = {"kind": "reply", "payload": {"visibility": "public", "text": "Hello Carol", "in_reply_to": "1"}, **facts}
    return OutboxItem.objects.create(
        state=state, author=desk.alice, client_key=f"k{OutboxItem.objects.count()}", connection=desk.connection,
        conversation=talk, reason="X timed out.", **facts,
    )  # fmt: skip


def page(user: Any, path: str = "/inbox/mine/") -> str:
    return str(signed_in(user).get(path).content.decode())


def test_its_author_and_the_leads_of_the_team_are_told_and_nobody_else(desk: factories.Desk) -> None:
    talk = factories.routed(desk)
    other = factories.person("ola", desk.billing, role="lead")
    item = stuck(desk, talk)
    said = "Your reply to <bdi>Carol</bdi> was not sent"
    assert said in page(desk.alice)
    assert f"/inbox/mine/{talk.pk}/#item-{item.pk}" in page(desk.alice)
    assert '1<span class="vh"> not sent, or in doubt' in page(desk.bob)
    for user in (desk.bob, desk.erin, other):
        assert said not in page(user)
    assert "not sent, or in doubt" not in page(other)


def test_an_author_who_no_longer_has_it_is_told_without_whose_it_is(desk: factories.Desk) -> None:
    talk = factories.routed(desk)
    stuck(desk, talk, "unknown")
    handing.assign(conversation_id=talk.pk, actor=desk.bob, team_id=desk.billing.pk)
    shown = page(desk.alice)
    assert "Your reply may not have been sent; its conversation is with somebody else now" in shown
    assert "Carol" not in shown


def test_who_takes_care_is_shown_and_the_author_is_no_longer_alarmed(desk: factories.Desk) -> None:
    item = stuck(desk, factories.routed(desk))
    bob = signed_in(desk.bob)
    assert "Take care of it" in bob.get("/trouble/").content.decode()
    bob.post(f"/outbox/{item.pk}/take/")
    item.refresh_from_db()
    assert item.owner == desk.bob
    shown = bob.get("/trouble/").content.decode()
    assert "<bdi>Bob</bdi> takes care" in shown
    assert "Take care of it" not in shown
    assert "was not sent" not in page(desk.alice)
    assert Event.objects.get(kind="outbox.owned").actor == desk.bob
    bob.post(f"/outbox/{item.pk}/take/")
    assert Event.objects.filter(kind="outbox.owned").count() == 1


def test_what_is_settled_already_is_nobodys(desk: factories.Desk) -> None:
    item = stuck(desk, factories.routed(desk), "sent")
    answer = signed_in(desk.bob).post(f"/outbox/{item.pk}/take/", {"next": "/trouble/"}, follow=True)
    assert "settled meanwhile" in answer.content.decode()
    item.refresh_from_db()
    assert item.owner is None


def test_acts_stand_among_them_in_their_own_words(desk: factories.Desk) -> None:
    talk = factories.routed(desk, "You are all thieves")
    stuck(desk, talk, "rejected", kind="hide", payload={}, in_reply_to=talk.messages.get())
    shown = page(desk.bob, "/trouble/")
    assert "Not done" in shown
    assert "You are all thieves" in shown
    assert "What you wanted done (hide) at <bdi>Carol</bdi> was not done" in page(desk.alice)


def test_what_the_network_showed_is_kept_in_numbers_and_told(desk: factories.Desk, online: Any) -> None:
    """The network holds something very like it: whoever decides reads how much it showed."""
    post = online.post("carol", "@norrline my bill is wrong")
    talk = factories.routed(desk)
    item = stuck(
        desk, talk, "unknown", payload={"visibility": "public", "text": "We look at it today.", "in_reply_to": post},
        prepared={"kind": "tweet", "text": "We look at it today.", "in_reply_to": post},
        first_sending_at=timezone.now() - timedelta(seconds=60), sending_at=timezone.now() - timedelta(seconds=60),
        check_at=timezone.now(),
    )  # fmt: skip
    online.post("norrline", "We look at it today!", in_reply_to=post)
    settling.settle_doubtful()
    item.refresh_from_db()
    assert (item.state, item.checks, item.found["ours"], item.found["alike"]) == ("unknown", 1, 1, 1)
    assert Trouble(item).found == "Since then it showed 1 post of ours there: one is very like this."
    shown = page(desk.bob, "/trouble/")
    assert "was asked 1 time, last" in shown
    assert "It is asked again" in shown


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"ours": 0, "alike": 0}, "Since then it showed 0 posts of ours there: this is not there."),
        ({"ours": 3, "alike": 0}, "Since then it showed 3 posts of ours there: none of them is this."),
        ({"ours": None, "alike": 0}, "It did not show enough to tell."),
        ({"ours": None, "alike": 1}, "It showed one that fits another reply too."),
    ],
)
def test_what_was_found_is_one_sentence(found: dict[str, Any], said: str) -> None:
    assert Trouble(OutboxItem(checks=1, found=found)).found == said
    assert Trouble(OutboxItem(checks=0)).found == ""


@pytest.mark.django_db(transaction=True)
def test_the_author_hears_of_it_at_once_wherever_the_conversation_went(desk: factories.Desk) -> None:
    talk = factories.routed(desk)
    handing.assign(conversation_id=talk.pk, actor=desk.bob, team_id=desk.billing.pk)
    item = stuck(desk, talk, "queued")
    before = events.position()
    with transaction.atomic():
        assert move(item, to=State.REJECTED, source=[State.QUEUED], reason="The customer blocked us.")
    batch = live_reads.batch(before, frozenset({f"user:{desk.alice.pk}"}))
    alice = LiveClient(user_id=desk.alice.pk, session_key="", scopes=frozenset({f"user:{desk.alice.pk}"}))
    message = alice.message(batch)
    assert "outbox.rejected" in message
    assert '"conversations": []' in message
