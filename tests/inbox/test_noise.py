"""Words that make no case: nothing is lost, private messages and people whom we know are heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Conversation, Event, Message, NoiseRule
from inbox.services import contacts as deciding
from inbox.services import conversations, counts, noise, recalled
from inbox.services.conversations import Refused
from routing.models import QueueEntry, RoutingJob
from routing.services.assignment import route_due
from tests import factories
from tests.api.conftest import program
from tests.factories import Desk, signed_in

pytestmark = pytest.mark.django_db


def keep_out(desk: Desk, *words: str, here: bool = False) -> NoiseRule:
    account = desk.connection.pk if here else None
    return noise.keep_out(words=words, connection_id=account, actor=desk.bob)


def kept(rule: NoiseRule) -> int:
    return counts.read([noise.count_key(rule.pk)])[noise.count_key(rule.pk)]


def test_such_a_post_is_stored_counted_and_makes_no_case(desk: Desk) -> None:
    rule = keep_out(desk, "giveaway", "free followers")
    texts = ("Big GIVEAWAY now!", "get free\u00a0Followers today", "giveaways are fine", "where is my order")
    arrived = factories.arrives(desk, *(factories.post(text, by=f"p{n}") for n, text in enumerate(texts)))
    assert len(arrived) == 2
    assert sorted(Message.objects.filter(direction="in").values_list("text", flat=True)) == sorted(texts[2:])
    stored = Message.objects.filter(conversation=None)
    assert {row.text for row in stored} == set(texts[:2])
    assert all(row.facts["muted"] is True and row.facts["noise"] == rule.pk for row in stored)
    assert kept(rule) == 2
    assert (QueueEntry.objects.count(), RoutingJob.objects.count()) == (2, 2)
    assert not Event.objects.filter(subject="message", subject_id__in=stored.values("pk")).exists()


def test_read_again_it_stays_out_and_is_not_counted_twice(desk: Desk) -> None:
    rule = keep_out(desk, "giveaway")
    post = factories.post("a giveaway")
    factories.arrives(desk, post)
    noise.end(rule_id=rule.pk, actor=desk.bob)
    assert factories.arrives(desk, post) == []
    assert kept(rule) == 1


def test_a_private_message_always_makes_a_case(desk: Desk) -> None:
    keep_out(desk, "giveaway")
    assert len(factories.arrives(desk, factories.post("about your giveaway", direct=True))) == 1


def test_somebody_with_an_open_case_is_heard_on_every_network(desk: Desk) -> None:
    keep_out(desk, "giveaway")
    carol = factories.routed(desk, "My order has not arrived")
    assert len(factories.arrives(desk, factories.post("Is it a giveaway now?"))) == 1
    twin = factories.routed(desk, "Hello", by="twin")
    conversations.resolve(conversation_id=twin.pk, actor=desk.alice, resolution="spam")
    assert factories.arrives(desk, factories.post("giveaway", by="twin")) == []
    deciding.merge(contact_id=carol.identity.contact_id, other_id=twin.identity.contact_id, actor=desk.alice)
    assert len(factories.arrives(desk, factories.post("giveaway again", by="twin"))) == 1, "they are carol"


@pytest.mark.parametrize(("resolution", "heard"), [("answered", 1), ("no_action", 0), ("spam", 0)])
def test_whom_we_have_answered_is_heard_and_whom_we_have_not_is_no_customer_yet(
    desk: Desk, resolution: str, heard: int
) -> None:
    keep_out(desk, "giveaway")
    row = factories.routed(desk, "Hello there")
    conversations.resolve(conversation_id=row.pk, actor=desk.alice, resolution=resolution)
    assert len(factories.arrives(desk, factories.post("your giveaway"))) == heard


def test_a_rule_for_one_account_leaves_the_others_and_an_ended_one_all(desk: Desk) -> None:
    rule = keep_out(desk, "giveaway", here=True)
    other = replace(desk, connection=factories.connection("Norrline Help"))
    assert len(factories.arrives(other, factories.post("giveaway", by="a"))) == 1
    assert factories.arrives(desk, factories.post("giveaway", by="b")) == []
    noise.end(rule_id=rule.pk, actor=desk.bob)
    assert len(factories.arrives(desk, factories.post("giveaway", by="c"))) == 1
    with pytest.raises(Refused, match="ended this rule already"):
        noise.end(rule_id=rule.pk, actor=desk.bob)
    noise.bring_back(rule_id=rule.pk, actor=desk.bob)
    assert factories.arrives(desk, factories.post("giveaway", by="d")) == []
    NoiseRule.objects.update(ended_at=timezone.now() - noise.BACK)
    with pytest.raises(Refused, match="too long ago"):
        noise.bring_back(rule_id=rule.pk, actor=desk.bob)


def test_a_post_becomes_a_case_after_all_and_the_rule_stays(desk: Desk) -> None:
    rule = keep_out(desk, "giveaway")
    factories.arrives(desk, factories.post("won your giveaway, where is it?"))
    stored = Message.objects.get()
    made = recalled.make_case(message_id=stored.pk, actor=desk.bob)
    message = Message.objects.get()
    assert (message.conversation_id, message.direction, message.facts) == (made, "in", {})
    assert Conversation.objects.get(pk=made).status == "open"
    assert noise.in_force().get() == rule


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "at least one word"),
        (" \n , ", "at least one word"),
        ("\n".join(f"w{n}" for n in range(51)), "at most 50"),
        ("x" * 81, "more than 80 characters"),
        ("!!!", "no letter or digit"),
    ],
)
def test_words_that_will_not_do_get_one_sentence(desk: Desk, text: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        noise.read(text)
    page = signed_in(desk.bob).post("/muted/words/new/", {"words": text}, follow=True).content.decode()
    assert sentence in page
    assert not NoiseRule.objects.exists()


def test_words_are_read_from_lines_and_commas_once_each() -> None:
    assert noise.read(" free  followers, giveaway\n\ngiveaway\n<b>") == ["free followers", "giveaway", "<b>"]


def test_a_preview_says_what_of_last_week_it_would_have_kept(desk: Desk) -> None:
    factories.routed(desk, "A <b>giveaway</b> today", by="a")
    factories.routed(desk, "giveaway", by="b", direct=True)
    old = factories.routed(desk, "giveaway of last month", by="c")
    Message.objects.filter(conversation=old).update(arrived_at=timezone.now() - timedelta(days=8))
    client = signed_in(desk.bob)
    page = client.get("/muted/words/?words=giveaway&connection=").content.decode()
    assert "1 post of the last 7 days has these words" in page
    assert "A &lt;b&gt;giveaway&lt;/b&gt; today" in page
    assert "last month" not in page
    assert not NoiseRule.objects.exists()
    client.post("/muted/words/new/", {"words": "giveaway", "connection": ""})
    assert "0 posts kept out" in client.get("/muted/words/").content.decode()
    wrong = client.post("/muted/words/new/", {"words": "giveaway", "connection": "x"}, follow=True)
    assert "There is no such account" in wrong.content.decode()


def test_a_hundred_hits_are_counted_no_further(desk: Desk) -> None:
    factories.arrives(desk, *(factories.post(f"giveaway {n}", by=f"p{n}") for n in range(noise.COUNTED + 5)))
    route_due()
    found = noise.preview(words=["giveaway"], connection_id=None, viewer=desk.bob)
    assert (found.shown_count, len(found.hits)) == ("100+", noise.SHOWN)


def test_a_batch_without_noise_takes_one_statement_for_it_and_with_noise_three(desk: Desk) -> None:
    counted: list[int] = []
    for text in ("hello", "hello", "giveaway"):
        keep_out(desk, "giveaway") if text == "giveaway" else None
        posts = [factories.post(f"{text} {n}", by=f"{text}{n}{len(counted)}") for n in range(9)]
        with CaptureQueriesContext(connection) as captured:
            factories.arrives(desk, *posts)
        asked = [row["sql"] for row in captured.captured_queries]
        signs = ("inbox_noiserule", "same.person_id", "'noise:")
        counted.append(sum(any(sign in sql for sign in signs) for sql in asked))
    assert counted == [1, 1, 3]


def test_programs_keep_words_out_and_end_that(desk: Desk) -> None:
    bob = program(desk.bob)
    made = bob("POST", "noise-rules/", {"words": ["giveaway", "free followers"]})
    assert (made.status_code, made.json()["words"]) == (201, ["giveaway", "free followers"])
    assert [row["id"] for row in bob.all("noise-rules/")] == [made.json()["id"]]
    assert bob("DELETE", f"noise-rules/{made.json()['id']}/").status_code == 204
    assert bob.all("noise-rules/") == []
    assert bob("POST", "noise-rules/", {"words": ["!!"]}).status_code == 409
