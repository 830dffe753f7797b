"""Notes that speak to colleagues: who can be named, who is offered, and how it is shown."""

from __future__ import annotations

from typing import Any

import pytest

from inbox import mentions
from inbox.models import Mention, Note
from inbox.services import conversations
from inbox.services.conversations import Refused
from tests import factories
from tests.api.conftest import problem, program
from tests.factories import signed_in

pytestmark = pytest.mark.django_db


def noted(desk: factories.Desk, conversation_id: int, text: str) -> set[str]:
    """Who is mentioned by a note of alice."""
    note = conversations.add_note(conversation_id=conversation_id, author=desk.alice, text=text)
    return set(Mention.objects.filter(note=note).values_list("user__username", flat=True))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@bob can you look?", {"bob"}),
        ("Ask @BOB.", {"bob"}),
        ("(@bob) and @bob again, and @alice", {"bob", "alice"}),
        ("@bob@carol", set()),
        ("write to bob@example.com or @nobody", set()),
        ("@", set()),
        ("@bobby", set()),
        ("@\u202ebob", set()),
        ("@" * 5000 + "bob", set()),
    ],
)
def test_a_note_mentions_whom_it_names(desk: factories.Desk, text: str, named: set[str]) -> None:
    assert noted(desk, factories.routed(desk).pk, text) == named


def test_whoever_may_not_see_the_conversation_is_refused_in_a_sentence(desk: factories.Desk) -> None:
    carol = factories.routed(desk, "My secret order")
    with pytest.raises(Refused, match=r"cannot be mentioned: @erin\. Hand it to their team first"):
        noted(desk, carol.pk, "@bob and @erin, look")
    assert not Note.objects.exists()
    assert not Mention.objects.exists()


def test_somebody_deactivated_is_a_word(desk: factories.Desk) -> None:
    desk.bob.is_active = False
    desk.bob.save()
    assert noted(desk, factories.routed(desk).pk, "@bob") == set()


def test_a_note_mentions_so_many_and_no_more(desk: factories.Desk) -> None:
    carol = factories.routed(desk).pk
    names = [factories.person(f"helper{n}", desk.help_desk).username for n in range(mentions.MOST + 1)]
    assert len(noted(desk, carol, " ".join(f"@{name}" for name in names[:-1]))) == mentions.MOST
    with pytest.raises(Refused, match="at most 20 people"):
        noted(desk, carol, " ".join(f"@{name}" for name in names))


def test_the_page_shows_who_is_mentioned_and_runs_nothing(desk: factories.Desk) -> None:
    desk.bob.first_name = "<script>alert(1)</script>"
    desk.bob.save()
    carol = factories.routed(desk)
    noted(desk, carol.pk, "<b>@bob</b>, and @carol the customer")
    page = signed_in(desk.alice).get(f"/inbox/mine/{carol.pk}/").content.decode()
    assert '<b class="at" title="&lt;script&gt;alert(1)&lt;/script&gt;"><bdi>@bob</bdi></b>' in page
    assert "&lt;b&gt;<b" in page
    assert "<script>alert" not in page
    assert "and @carol the customer" in page


def test_the_refusal_stands_at_the_note_and_its_text_is_kept(desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    alice = signed_in(desk.alice)
    form = {"audience": "note", "text": "@erin, look", "next": f"/inbox/mine/{carol.pk}/"}
    page = alice.post(f"/conversations/{carol.pk}/compose/", form, follow=True).content.decode()
    assert "cannot be mentioned: @erin" in page
    assert ">@erin, look</textarea>" in page
    answer = program(desk.alice)("POST", f"conversations/{carol.pk}/notes/", {"text": "@erin, look"})
    assert problem(answer) == (409, "refused")
    assert "cannot be mentioned: @erin" in answer.json()["error"]["detail"]


@pytest.mark.parametrize(
    ("query", "names"),
    [("", ["bob", "gus"]), ("b", ["bob"]), ("ande", ["gus"]), ("GUS", ["gus"]), ("e", []), ("%", []), ("a" * 5000, [])],
)
def test_only_those_who_may_see_it_are_offered(desk: factories.Desk, query: str, names: list[str]) -> None:
    gus = factories.person("gus", desk.help_desk)
    gus.last_name = "Andersen"
    gus.save()
    carol = factories.routed(desk)
    answer: Any = signed_in(desk.alice).get(f"/conversations/{carol.pk}/colleagues/", {"q": query}).json()
    assert [one["username"] for one in answer["colleagues"]] == names
