"""A Facebook page from end to end: comments and messages become cases, are answered once, and doubt is settled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from connectors.models import Connection, StreamState
from connectors.sandbox.harness import Sandbox
from connectors.types import Draft, Visibility
from inbox.models import Conversation, Message, OutboxItem
from inbox.services import locks, replies
from inbox.services.connections import connector_for
from tests import factories
from tests.flows.conftest import Desk
from tests.networks import connect_page

pytestmark = pytest.mark.django_db(transaction=True)


class PageDesk(Desk):
    """The same desk, where people are known by their names and write under the page's post."""

    def conversation(self, handle: str) -> Conversation:
        return Conversation.objects.get(identity__name=handle)

    def page_post(self) -> str:
        return self.network.page_posts([{"page": "norrline", "text": "Our new router is here."}])[0]

    def comment(self, post: str, handle: str, text: str, **options: Any) -> str:
        return self.network.comments([{"post": post, "handle": handle, "text": text, **options}])[0]

    def message(self, handle: str, text: str, **options: Any) -> str:
        return self.network.page_messages([{"page": "norrline", "handle": handle, "text": text, **options}])[0]

    def ledger(self, *kinds: str) -> list[str]:
        return [line["text"] for line in self.network.ledger() if line["kind"] in kinds]


@pytest.fixture
def desk(network: Sandbox, transactional_db: Any) -> Iterator[PageDesk]:
    connection = connect_page(network)
    people = factories.desk()
    yield PageDesk(network, connection, people.alice, people.bob)
    locks.forget()


def timeline(conversation: Conversation) -> list[tuple[str, str]]:
    return list(conversation.messages.order_by("pk").values_list("direction", "visibility"))


def states() -> list[str]:
    return list(OutboxItem.objects.order_by("pk").values_list("state", flat=True))


def test_a_comment_becomes_one_answered_conversation_under_the_page_s_post(desk: PageDesk) -> None:
    post = desk.page_post()
    comment = desk.comment(post, "carol", "where is my router?")
    desk.poll(times=2)
    conversation = desk.conversation("carol")
    assert conversation.root == post
    assert conversation.identity.scope == desk.connection.account_id
    above = Message.objects.get(conversation=None)
    assert (above.external_id, above.root, above.text) == (post, post, "Our new router is here.")
    item = desk.reply("carol", "It leaves our house today, Carol.")
    desk.send()
    desk.poll(times=2)  # our own reply comes back, and is not a new entry
    item.refresh_from_db()
    conversation.refresh_from_db()
    assert item.state == "sent"
    assert item.message is not None
    assert item.message.in_reply_to == comment
    assert desk.ledger("comment") == ["It leaves our house today, Carol."]
    assert timeline(conversation) == [("in", "public"), ("out", "public")]
    assert conversation.status == "pending"


def test_two_commenters_are_two_conversations_with_one_root(desk: PageDesk) -> None:
    post = desk.page_post()
    first = desk.comment(post, "carol", "where is my router?")
    desk.comment(post, "dave", "mine too", parent=first)
    desk.poll()
    assert desk.conversation("carol").root == desk.conversation("dave").root == post


def test_a_visitor_post_is_answered_below_it(desk: PageDesk) -> None:
    [post] = desk.network.visitor_posts([{"page": "norrline", "handle": "carol", "text": "where is my router?"}])
    desk.poll()
    assert desk.conversation("carol").root == post
    desk.reply("carol", "On its way.")
    desk.send()
    assert states() == ["sent"]
    assert desk.ledger("comment") == ["On its way."]


def test_a_private_reply_and_its_answer_join_the_case_of_the_comment(desk: PageDesk) -> None:
    desk.comment(desk.page_post(), "carol", "my bill is wrong")
    desk.poll()
    private = desk.reply("carol", "What is your customer number?", visibility="direct")
    desk.send()
    private.refresh_from_db()
    assert (private.state, private.prepared["kind"]) == ("sent", "private_reply")
    desk.message("carol", "It is 4471.")
    desk.poll(times=2)
    assert Conversation.objects.count() == 1
    desk.reply("carol", "Thank you, it is corrected.", visibility="direct")
    desk.send()
    desk.poll()
    assert states() == ["sent", "sent"]
    assert timeline(desk.conversation("carol")) == [
        ("in", "public"),
        ("out", "direct"),
        ("in", "direct"),
        ("out", "direct"),
    ]
    assert desk.ledger("private_reply", "message") == ["What is your customer number?", "Thank you, it is corrected."]
    assert not desk.ledger("comment")


def test_a_second_private_reply_is_refused_before_it_leaves(desk: PageDesk) -> None:
    desk.comment(desk.page_post(), "carol", "my bill is wrong")
    desk.poll()
    desk.reply("carol", "What is your customer number?", visibility="direct")
    second = desk.reply("carol", "Are you there?", visibility="direct", confirmed=True)
    desk.send()
    desk.send()
    second.refresh_from_db()
    assert states() == ["sent", "rejected"]
    assert "private reply" in second.reason
    with pytest.raises(replies.Refused, match="private reply"):
        desk.reply("carol", "Hello?", visibility="direct")
    desk.reply("carol", "We have written to you.")
    desk.send()
    assert len(desk.network.ledger()) == 2


def test_a_private_reply_made_elsewhere_is_known_from_the_comment(desk: PageDesk) -> None:
    comment = desk.comment(desk.page_post(), "carol", "my bill is wrong")
    elsewhere = connector_for(desk.connection)
    draft = Draft("k", Visibility.DIRECT, "Write to us here.", recipient_id="1", public_id=comment)
    elsewhere.send(draft, elsewhere.prepare(draft))
    desk.poll()
    with pytest.raises(replies.Refused, match="has had its private reply"):
        desk.reply("carol", "Hello?", visibility="direct")


def test_a_message_after_the_window_is_refused_with_a_sentence(desk: PageDesk) -> None:
    desk.message("carol", "hello")
    desk.poll()
    Message.objects.update(published_at=timezone.now() - timedelta(hours=25))
    with pytest.raises(replies.Refused, match="24 hours"):
        desk.reply("carol", "Good morning", visibility="direct")
    Connection.objects.filter(pk=desk.connection.pk).update(config={**desk.connection.config, "human_agent": True})
    item = desk.reply("carol", "Good morning", visibility="direct")
    desk.send()
    item.refresh_from_db()
    assert item.state == "sent"


def test_the_window_that_the_person_opens_meanwhile_is_seen_when_it_leaves(desk: PageDesk) -> None:
    desk.comment(desk.page_post(), "carol", "my bill is wrong")
    desk.poll()
    item = desk.reply("carol", "What is your customer number?", visibility="direct")
    desk.message("carol", "I write here now")
    desk.poll()
    desk.send()
    item.refresh_from_db()
    assert (item.state, item.prepared["kind"]) == ("sent", "message")


@pytest.mark.parametrize("visibility", ["public", "direct"])
def test_a_time_out_after_the_write_is_found_and_not_sent_again(desk: PageDesk, settings: Any, visibility: str) -> None:
    settings.HTTP_DEADLINE = 1.0
    desk.comment(desk.page_post(), "carol", "hello")
    desk.poll()
    desk.network.fault("timeout_after_write", network="facebook", method="POST", times=1, seconds=3)
    item = desk.reply("carol", "Once only", visibility=visibility)
    desk.send()
    assert states() == ["unknown"]
    desk.poll()  # our own entry may come back before anybody asks
    desk.settle()
    item.refresh_from_db()
    assert item.state == "sent"
    assert [line["id"] for line in desk.network.ledger()] == [item.external_id]
    assert Message.objects.filter(direction="out", conversation__isnull=False).count() == 1


@pytest.mark.parametrize("visibility", ["public", "direct"])
def test_a_time_out_before_the_write_is_sent_again_only_when_absence_counts(
    desk: PageDesk, settings: Any, visibility: str
) -> None:
    settings.HTTP_DEADLINE = 1.0
    desk.comment(desk.page_post(), "carol", "hello")
    desk.poll()
    desk.network.fault("timeout_before_write", network="facebook", method="POST", times=1, seconds=3)
    desk.reply("carol", "Once only", visibility=visibility)
    desk.send()
    desk.settle()
    assert states() == ["unknown"], "too early for absence to count"
    OutboxItem.objects.update(sending_at=timezone.now() - timedelta(minutes=2))
    desk.settle()
    assert states() == ["queued"]
    desk.send()
    assert states() == ["sent"]
    assert len(desk.network.ledger()) == 1


def test_a_sender_that_was_killed_after_the_write_is_settled_by_asking(desk: PageDesk) -> None:
    desk.comment(desk.page_post(), "carol", "hello")
    desk.poll()
    item = desk.reply("carol", "Once only")
    desk.send()
    # As a kill between the network's answer and our record leaves it.
    OutboxItem.objects.update(state="unknown", external_id="", message=None, check_at=timezone.now())
    Message.objects.filter(direction="out", agent__isnull=False).delete()
    desk.settle()
    item.refresh_from_db()
    assert item.state == "sent"
    assert [line["id"] for line in desk.network.ledger()] == [item.external_id]


@pytest.mark.parametrize("fault", ["html", "cut_json", "empty_body", "close", "no_content_type"])
def test_an_answer_that_cannot_be_read_proves_nothing(desk: PageDesk, fault: str) -> None:
    desk.comment(desk.page_post(), "carol", "hello")
    desk.poll()
    desk.network.fault(fault, network="facebook", method="POST", times=1)
    desk.reply("carol", "Hello")
    desk.send()
    assert states() == ["unknown"]


def test_a_dead_token_disconnects_and_the_reply_waits(desk: PageDesk) -> None:
    desk.comment(desk.page_post(), "carol", "hello")
    desk.poll()
    desk.network.expire_page_token(desk.connection.account_id)
    desk.reply("carol", "Hello")
    desk.send()
    desk.connection.refresh_from_db()
    assert states() == ["queued"]
    assert desk.connection.state == "unauthorised"
    assert "connect the page again" in desk.connection.state_reason
    assert not desk.network.ledger()


def test_too_fast_waits_until_the_time_that_facebook_named(desk: PageDesk) -> None:
    desk.comment(desk.page_post(), "carol", "hello")
    desk.poll()
    desk.network.fault("status", network="facebook", method="POST", times=1, status=429, reset=900)
    item = desk.reply("carol", "Hello")
    desk.send()
    item.refresh_from_db()
    assert item.state == "queued"
    assert item.run_at > timezone.now() + timedelta(minutes=10)


HOSTILE = ["x" * 100_000, "a\x00b", "\u202eright to left\u202c", "lone \ud800 surrogate"]


def test_hostile_repeated_and_shuffled_comments_arrive_once_each(desk: PageDesk) -> None:
    post = desk.page_post()
    desk.network.fault("duplicate_items", network="facebook", times=10)
    desk.network.fault("reorder", network="facebook", times=10)
    desk.network.comments([{"post": post, "handle": f"h{n}", "text": text} for n, text in enumerate(HOSTILE)])
    desk.poll(times=3)
    assert Conversation.objects.count() == len(HOSTILE)
    texts = set(Message.objects.filter(direction="in").values_list("text", flat=True))
    assert {"ab", "lone \ufffd surrogate"} <= texts
    assert not StreamState.objects.exclude(last_error="").exists()


def test_the_same_page_again_replaces_its_token(desk: PageDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FB_ACCESS_TOKEN", desk.network.renew_page_token(desk.connection.account_id))
    monkeypatch.setenv("FB_APP_SECRET", desk.network.pages()[0]["app_secret"])
    options = [f"base_url={desk.network.facebook_url}", "days=7", "human_agent=yes"]
    call_command("connect", "facebook", name="Brand", secrets_from_environment="FB_", set=options)
    desk.connection.refresh_from_db()
    assert (desk.connection.name, desk.connection.handle) == ("Brand", "norrline")
    assert Connection.objects.filter(network="facebook").count() == 1
    desk.comment(desk.page_post(), "carol", "hello")
    desk.poll()
    assert desk.conversation("carol")


def test_a_wrong_token_is_one_sentence_and_stores_nothing(desk: PageDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FB_ACCESS_TOKEN", "wrong-value")
    monkeypatch.setenv("FB_APP_SECRET", "another-value")
    options = [f"base_url={desk.network.facebook_url}"]
    with pytest.raises(CommandError) as error:
        call_command("connect", "facebook", name="Brand", secrets_from_environment="FB_", set=options)
    assert "-value" not in str(error.value)
    desk.connection.refresh_from_db()
    assert desk.connection.name == "Norrline on Facebook"
