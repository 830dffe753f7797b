"""The pages over HTTP: what they cost, what they refuse, where they lead."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox import timeline
from inbox.models import Conversation, Message, OutboxItem
from inbox.services import conversations
from routing.services.assignment import route_due
from tests import factories
from tests.factories import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> factories.Desk:
    cache.clear()
    return factories.desk(capacity=500)


def statements(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_the_queue_costs_the_same_whatever_its_length(desk: factories.Desk) -> None:
    alice = signed_in(desk.alice)
    path = f"/inbox/team-{desk.help_desk.pk}/"
    factories.arrives(desk, *factories.many(25))
    route_due()
    short = statements(alice, path)
    factories.arrives(desk, *[factories.post(f"More {n}", by=f"more{n}") for n in range(100)])
    route_due()
    assert statements(alice, path) == short <= 9


def test_a_conversation_costs_the_same_whatever_its_length(desk: factories.Desk) -> None:
    alice = signed_in(desk.alice)
    carol = factories.routed(desk)
    path = f"/inbox/mine/{carol.pk}/"
    short = statements(alice, path)
    factories.arrives(desk, *[factories.post(f"Again {n}", root=carol.root) for n in range(60)])
    assert statements(alice, path) == short <= 23


def test_a_long_conversation_opens_with_its_end_and_shows_what_was_earlier(desk: factories.Desk) -> None:
    alice = signed_in(desk.alice)
    carol = factories.routed(desk, "The first word")
    factories.arrives(desk, *[factories.post(f"Again {n}.", root=carol.root) for n in range(150)])
    conversations.add_note(conversation_id=carol.pk, author=desk.bob, text="Written last.")
    texts, counted, address = [], [], f"/inbox/mine/{carol.pk}/?audience=public"
    while address:
        page = alice.get(address)
        lines = [line.text for stretch in page.context["stretches"] for line in stretch.lines]
        assert len(lines) == len(set(lines))
        assert lines[-len(texts) :] == texts or not texts
        assert "audience=public" in address
        texts, address = lines, page.context["earlier"]
        counted.append(len(lines))
    assert counted[:2] == [60, 120]
    assert "The first word" in texts[0]
    assert {f"Again {n}." for n in range(150)} <= set(texts)
    assert "Written last." in texts


def test_a_conversation_of_5000_messages_opens_as_a_short_one_does_and_is_there_whole(desk: factories.Desk) -> None:
    alice = signed_in(desk.alice)
    carol = factories.routed(desk, "The first word")
    path = f"/inbox/mine/{carol.pk}/"
    short = statements(alice, path)
    for batch in range(10):
        factories.arrives(desk, *[factories.post(f"Again {batch}.{n}.", root=carol.root) for n in range(500)])
    assert statements(alice, path) == short
    page = alice.get(path)
    assert sum(len(stretch.lines) for stretch in page.context["stretches"]) == timeline.LINES
    assert "Again 9.499." in page.content.decode()
    whole = alice.get(f"{path}?lines=999999")
    texts = [line.text for stretch in whole.context["stretches"] for line in stretch.lines]
    said = ["The first word", *(f"Again {batch}.{n}." for batch in range(10) for n in range(500))]
    assert sorted(text for text in texts if text in set(said)) == sorted(said)
    assert whole.context["earlier"] == ""
    assert "The first word" in whole.content.decode()


def test_what_other_customers_wrote_above_is_read_and_led_to_where_one_may(desk: factories.Desk) -> None:
    """Pelle complains, Nils answers him, Priya answers Nils: Priya's agent reads what she talks about."""
    pelle = factories.post("Third time! Nobody came.", by="pelle")
    nils = replace(
        factories.post("Same here", by="nils", root=pelle.external_id, published_at=later(1)),
        in_reply_to=pelle.external_id,
    )
    private = factories.post("My number is 605", by="pelle", root=pelle.external_id, direct=True)
    beside = replace(
        factories.post("Not above Priya", by="oskar", root=pelle.external_id), in_reply_to=pelle.external_id
    )
    priya = replace(
        factories.post("And mine is booked", by="priya", root=pelle.external_id, published_at=later(2)),
        in_reply_to=nils.external_id,
    )
    factories.rule("Priya's", desk.billing, "booked")
    factories.arrives(desk, pelle, nils, private, beside, priya)
    route_due()
    hers = Conversation.objects.get(identity__handle="priya")
    others = [Conversation.objects.get(identity__handle=name, root=pelle.external_id) for name in ("pelle", "nils")]
    leads: dict[Any, list[int | None]] = {desk.erin: [None, None], desk.bob: [row.pk for row in others]}
    for user, seen in leads.items():
        page = signed_in(user).get(f"/inbox/team-{desk.billing.pk}/{hers.pk}/")
        above = page.context["stretches"][0]
        assert (above.place, [line.text for line in above.lines]) == (
            "context",
            ["Third time! Nobody came.", "Same here"],
        )
        assert [line.leads_to for line in above.lines] == seen
        assert page.content.decode().count("Their conversation") == sum(pk is not None for pk in seen)
        assert "605" not in page.content.decode()
    Message.objects.filter(text="Same here").update(deleted_at=timezone.now())
    page = signed_in(desk.bob).get(f"/inbox/mine/{hers.pk}/")
    assert [line.text for line in page.context["stretches"][0].lines] == ["Third time! Nobody came."]


def test_of_a_long_chain_the_nearest_ten_are_shown(desk: factories.Desk) -> None:
    chain = [factories.post("Word 0", by="customer0")]
    for n in range(1, 40):
        below = factories.post(f"Word {n}", by=f"customer{n}", root=chain[0].external_id, published_at=later(n))
        chain.append(replace(below, in_reply_to=chain[-1].external_id))
    factories.arrives(desk, *chain)
    route_due()
    last = Conversation.objects.get(identity__handle="customer39")
    lines = signed_in(desk.alice).get(f"/inbox/mine/{last.pk}/").context["stretches"][0].lines
    assert [line.text for line in lines] == ["Word 0", *[f"Word {n}" for n in range(30, 39)]]


def later(seconds: int) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def test_what_an_agent_has_seen_does_not_hang_on_how_much_a_page_shows(desk: factories.Desk) -> None:
    alice = signed_in(desk.alice)
    carol = factories.routed(desk)
    for n in range(70):
        conversations.add_note(conversation_id=carol.pk, author=desk.bob, text=f"Note {n}")
    page = alice.get(f"/inbox/mine/{carol.pk}/")
    assert all(line.message is None for stretch in page.context["stretches"] for line in stretch.lines)
    assert page.context["composer"]["seen"] == carol.messages.get().pk
    assert page.context["composer"]["public"]
    assert page.context["clocks"]


@pytest.mark.parametrize("lines", ["0", "-1", "x", "١٢", "9" * 30])
def test_a_length_that_makes_no_sense_is_the_first_page(desk: factories.Desk, lines: str) -> None:
    carol = factories.routed(desk)
    factories.arrives(desk, *[factories.post(f"Again {n}", root=carol.root) for n in range(80)])
    page = signed_in(desk.alice).get(f"/inbox/mine/{carol.pk}/", {"lines": lines})
    assert sum(len(stretch.lines) for stretch in page.context["stretches"]) == 60


def test_the_rest_of_a_queue_comes_by_position(desk: factories.Desk) -> None:
    alice = signed_in(desk.alice)
    factories.arrives(desk, *factories.many(60))
    route_due()
    seen: list[str] = []
    path = f"/inbox/team-{desk.help_desk.pk}/"
    mark = ""
    while True:
        page = alice.get(path + (f"?after={mark}" if mark else ""), headers={"HX-Request": "true"} if mark else {})
        seen += [str(row.conversation_id) for row, *_ in page.context["rows"]]
        mark = page.context["more"]
        if not mark:
            break
    assert len(seen) == len(set(seen)) == 60


def test_a_conversation_of_another_team_is_not_there(desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    erin = signed_in(desk.erin)
    assert erin.get(f"/inbox/mine/{carol.pk}/").status_code == 404
    assert erin.post(f"/conversations/{carol.pk}/compose/", {"audience": "note", "text": "x"}).status_code == 404
    assert erin.get(f"/api/v1/conversations/{carol.pk}/").status_code == 404


def test_who_answers_reads_how_we_speak_there_and_nothing_where_nobody_said(desk: factories.Desk) -> None:
    [carol] = factories.arrives(desk, factories.post("Hello", by="carol"))
    route_due()
    alice, path = signed_in(desk.alice), f"/inbox/mine/{carol}/"
    assert "How we speak here" not in alice.get(path).content.decode()
    desk.connection.voice = "First names.\n<b>No</b> emoji."
    desk.connection.save(update_fields=["voice"])
    page = alice.get(path).content.decode()
    assert "How we speak here" in page
    assert "First names.<br>&lt;b&gt;No&lt;/b&gt; emoji." in page


def test_a_form_never_leads_to_another_host(desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    note = {"audience": "note", "text": "x", "next": "https://evil.example/"}
    answer = signed_in(desk.alice).post(f"/conversations/{carol.pk}/compose/", note)
    assert (answer.status_code, answer["Location"]) == (303, "/")


@pytest.mark.parametrize("audience", ["", "everyone", "PUBLIC"])
def test_an_audience_that_does_not_exist_sends_nothing(desk: factories.Desk, audience: str) -> None:
    carol = factories.routed(desk)
    alice = signed_in(desk.alice)
    alice.post(f"/conversations/{carol.pk}/compose/", {"audience": audience, "text": "Hello"})
    assert not OutboxItem.objects.exists()
    assert "Choose who will read this" in alice.get(f"/inbox/mine/{carol.pk}/").content.decode()


def test_roles_see_their_own_pages(desk: factories.Desk) -> None:
    pages = ("/trouble/", "/connections/", "/metrics/")
    codes = {
        name: [signed_in(getattr(desk, name)).get(page).status_code for page in pages]
        for name in ("alice", "bob", "dana")
    }
    assert codes == {"alice": [403, 403, 403], "bob": [200, 200, 200], "dana": [200, 200, 403]}


def test_times_are_in_the_readers_own_zone(desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    desk.alice.profile.time_zone = "Asia/Tokyo"
    desk.alice.profile.save()
    assert "JST" in signed_in(desk.alice).get(f"/inbox/mine/{carol.pk}/").content.decode()
