"""Articles and past answers: what is kept, who finds what, and that what is for staff stays with staff."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox import guard
from inbox.models import Article, Event, Message
from inbox.services import findable, guarding, knowledge
from inbox.services.conversations import Refused
from tests import factories
from tests.factories import Desk

pytestmark = pytest.mark.django_db
KEPT = "Offer a goodwill credit of three months before anyone mentions the regulator. Ask for form RG-4471-XB."
LINK = "https://help.norrline.example/router"


def staff(text: str = KEPT, title: str = "Angry customers") -> Article:
    return knowledge.save(title=title, text=text, audience="staff")


def public(text: str = "Hold the button for ten seconds.", title: str = "Restart", address: str = LINK) -> Article:
    return knowledge.save(title=title, text=text, audience="public", address=address)


def found(conversation: Any, text: str) -> set[str]:
    return {str(one.kind) for one in guarding.holding(guarding.look(conversation, [text]))}


def test_every_version_is_kept_and_comes_back(desk: Desk) -> None:
    article = knowledge.save(title=" Late  bills ", text=" Pay later. ", audience="staff", actor=desk.bob)
    assert (article.title, article.text) == ("Late bills", "Pay later.")
    pk = article.pk
    same: dict[str, Any] = {"title": "Late bills", "text": "Pay later.", "audience": "staff", "article_id": pk}
    knowledge.save(**same, actor=desk.dana)  # changes nothing
    knowledge.save(
        title="Late bills", text="Pay by Friday.", audience="public", address=LINK, article_id=pk, actor=desk.dana
    )
    knowledge.archive(article_id=pk, on=True, actor=desk.bob)
    knowledge.archive(article_id=pk, on=True, actor=desk.bob)  # changes nothing
    assert knowledge.find("friday") == []
    knowledge.archive(article_id=pk, on=False, actor=desk.bob)
    assert [row.pk for row in knowledge.find("friday")] == [pk]
    first = knowledge.versions(pk)[-1]
    back = knowledge.restore(article_id=pk, version_id=first.pk, actor=desk.bob)
    assert (back.text, back.audience, back.address) == ("Pay later.", "staff", "")
    assert knowledge.find("friday") == []
    assert [(row.did, row.by) for row in knowledge.versions(pk)] == [
        ("restored", desk.bob), ("offered", desk.bob), ("archived", desk.bob), ("changed", desk.dana),
        ("added", desk.bob),
    ]  # fmt: skip
    told = Event.objects.filter(kind="settings.changed", subject="article", subject_id=pk).order_by("pk")
    assert [row.data["did"] for row in told] == ["added", "changed", "archived", "offered", "restored"]
    assert "Pay" not in str([row.data for row in told])


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"title": " \0"}, "needs a title"), ({"text": " "}, "needs a title"), ({"title": "x" * 121}, "at most 120"),
        ({"text": "x" * 4001}, "at most 4,000"), ({"audience": "all"}, "Choose who reads it"),
        ({"audience": "staff", "address": LINK}, "Only a public article"),
        ({"address": "javascript:alert(1)"}, "https"), ({"address": "http://a.example"}, "https"),
        ({"address": "https://a b"}, "https"), ({"address": "https://[x"}, "https"),
        ({"address": "https://"}, "https"), ({"address": "https://a.example/" + "x" * 400}, "https"),
        ({"title": "KNOWN"}, "already"), ({"article_id": 999_999_999}, "no such article"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_in_a_sentence(desk: Desk, said: dict[str, Any], why: str) -> None:
    public(title="Known")
    with pytest.raises(Refused, match=why):
        knowledge.save(**{"title": "New", "text": "Hello", "audience": "public", "address": "", **said})
    assert Article.objects.count() == 1


def test_a_version_of_another_article_is_not_brought_back(desk: Desk) -> None:
    other = staff(title="Other")
    with pytest.raises(Refused, match="no such version"):
        knowledge.restore(article_id=public().pk, version_id=knowledge.versions(other.pk)[0].pk)


@pytest.mark.parametrize(("query", "titles"), [
    ("", ["Angry customers", "Restart"]), ("butt", ["Restart"]), ("GOODWILL credit", ["Angry customers"]),
    ('"credit goodwill"', []), ("%", []), ("' & !", []), ("x" * 10_000, []), ("\0", ["Angry customers", "Restart"]),
])  # fmt: skip
def test_articles_are_found_by_their_words_in_one_statement(desk: Desk, query: str, titles: list[str]) -> None:
    staff()
    public()
    with CaptureQueriesContext(connection) as queries:
        assert [row.title for row in knowledge.find(query)] == titles
    assert len(queries) <= 1


def say(conversation: Any, text: str, key: str, *, visibility: str = "public", direction: str = "out") -> Message:
    row = Message.objects.create(
        connection=conversation.connection, conversation=conversation, external_id=key, direction=direction,
        visibility=visibility, text=text, published_at=timezone.now(),
    )  # fmt: skip
    findable.index(message_ids=[row.pk])
    return row


def test_past_answers_are_our_public_ones_that_the_agent_sees(desk: Desk) -> None:
    factories.rule("Bills", desk.billing, "bill")
    mine, foreign = factories.routed(desk), factories.routed(desk, "My bill", by="erik")
    answer = say(mine, "Hold the router button", "a")
    say(mine, "Hold the router privately", "b", visibility="direct")
    say(mine, "Which router button?", "c", direction="in")
    theirs = say(foreign, "The router is billed", "d")
    gone = say(mine, "The router is deleted", "e")
    Message.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        assert [row.pk for row in knowledge.answers(desk.alice, "router")] == [answer.pk]
    assert sum(row["sql"].startswith("SELECT") for row in queries.captured_queries) == 1
    assert theirs.pk not in [row.pk for row in knowledge.answers(desk.alice, "billed")]
    assert knowledge.answers(desk.alice, "") == []
    assert knowledge.answers(desk.alice, "%") == []


@pytest.mark.parametrize("text", [
    "We may offer a goodwill credit of three months before anyone mentions it",
    "OFFER a GOODWILL credit, of three MONTHS before anyone mentions the regulator!",
    "о" + "ffer a goodwill credit of three months before anyone mentions the regulator",
    "of\u200bfer a good\u200bwill credit of three months before anyone mentions the regulator",
    "Please send RG-4471-XB",
])  # fmt: skip
def test_what_is_for_staff_is_held_in_public(desk: Desk, text: str) -> None:
    carol = factories.routed(desk)
    assert found(carol, text) == set()
    article = staff()
    assert found(carol, text) == {"article"}
    knowledge.archive(article_id=article.pk, on=True)
    assert found(carol, text) == {"article"}, "what is archived stays with staff"
    knowledge.save(title="Angry customers", text=KEPT, audience="public", article_id=article.pk)
    assert found(carol, text) == set()


def test_the_guard_reads_no_article_that_shares_nothing_and_asks_no_more(desk: Desk) -> None:
    carol = factories.routed(desk)
    text = f"Hello Carol, {KEPT}"
    guarding.look(carol, [text])  # who they are is read once
    with CaptureQueriesContext(connection) as before:
        guarding.look(carol, [text])
    for number in range(300):
        staff(f"Thank you for your message, colleague {number}. Nothing here is said elsewhere.", f"Article {number}")
    staff()
    with CaptureQueriesContext(connection) as after:
        assert found(carol, text) == {"article"}
    assert len(after) == len(before)
    assert [row.title for row in knowledge.staff_only([text, "Thank you for your message"])] == ["Angry customers"]


@pytest.mark.parametrize("text", ["", "four polite thank you words", "\ud800 lone \ud800 half of a pair"])
def test_traces_of_anything_are_numbers_that_a_row_holds(text: str) -> None:
    assert all(-(2**63) <= trace < 2**63 for trace in guard.traces(text))
