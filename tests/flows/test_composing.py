"""The composer's form over HTTP, on a desk that is really connected: everything one can send with, and what it says."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from inbox.models import Conversation, Note, OutboxHold, OutboxItem, SavedDraft
from inbox.services import conversations, macros, outbox
from tests import factories
from tests.api.conftest import program
from tests.flows.conftest import Desk

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "carol.lind@example.org"
_keys = itertools.count(1)


@pytest.fixture
def carol(desk: Desk) -> Conversation:
    desk.network.post("carol", "@norrline my bill is wrong")
    desk.poll()
    return desk.conversation("carol")


@pytest.fixture
def alice(desk: Desk) -> Client:
    return factories.signed_in(desk.alice)


def send(who: Client, conversation: Conversation, audience: str = "public", **fields: Any) -> dict[str, Any]:
    """Press the button. Returns the composer of the page that follows."""
    seen = conversation.messages.filter(direction="in").order_by("-pk").first()
    form = {"audience": audience, "client_key": f"form-{next(_keys)}", "seen": seen.pk if seen else "", **fields}
    form.setdefault("seen_outbox", OutboxItem.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)
    path = f"/inbox/mine/{conversation.pk}/"
    answer = who.post(f"/conversations/{conversation.pk}/compose/", {**form, "next": path})
    assert (answer.status_code, answer["Location"]) == (303, path)
    return dict(who.get(path).context["composer"])


def left(desk: Desk, kind: str = "tweet") -> list[str]:
    return [line["text"] for line in desk.network.ledger() if line["kind"] == kind]


def test_a_thread_leaves_post_by_post(desk: Desk, carol: Conversation, alice: Client) -> None:
    assert not send(alice, carol, text="It is fixed.", more=["Restart your router.", "  ", "Then write to us."])[
        "stopped"
    ]
    for item in OutboxItem.objects.order_by("pk"):
        outbox.send_now(item_id=item.pk, actor=desk.alice)
        desk.send()
    desk.send()
    assert left(desk) == ["It is fixed.", "Restart your router.", "Then write to us."]


def test_a_private_message_leaves_with_its_public_line(desk: Desk, carol: Conversation, alice: Client) -> None:
    send(alice, carol, "direct", text=f"We write to {EMAIL}", line="We sent you a message.", fallback="Write to us.")
    private, public = OutboxItem.objects.order_by("pk")
    assert (private.kind, public.kind, public.after, public.fallback) == ("direct", "reply", private, "Write to us.")
    outbox.send_now(item_id=private.pk, actor=desk.alice)
    desk.send()
    desk.send()
    assert (left(desk, "dm"), left(desk)) == ([f"We write to {EMAIL}"], ["We sent you a message."])


def test_a_thread_that_goes_private_is_one_message(carol: Conversation, alice: Client) -> None:
    send(alice, carol, "direct", text="One", more=["Two"], line="", fallback="Alone it says nothing")
    assert [item.payload["text"] for item in OutboxItem.objects.all()] == ["One\n\nTwo"]


@pytest.mark.parametrize(("then", "status"), [("resolve", "resolved"), ("snooze:tomorrow", "snoozed")])
def test_what_is_done_once_it_is_sent(desk: Desk, carol: Conversation, alice: Client, then: str, status: str) -> None:
    send(alice, carol, text="It is fixed.", then=then)
    item = OutboxItem.objects.get()
    assert Conversation.objects.get().status == "open"
    outbox.send_now(item_id=item.pk, actor=desk.alice)
    desk.send()
    assert Conversation.objects.get().status == status


@pytest.mark.parametrize("then", ["snooze:", "snooze:never", "burn", "snooze"])
def test_a_wish_for_afterwards_that_makes_no_sense_sends_nothing(carol: Conversation, alice: Client, then: str) -> None:
    shown = send(alice, carol, text="It is fixed.", then=then)
    assert "until when" in shown["stopped"]["plain"][0]
    assert shown["text"] == "It is fixed."
    assert not OutboxItem.objects.exists()


def test_a_scheduled_reply_leaves_in_the_agents_own_time(desk: Desk, carol: Conversation, alice: Client) -> None:
    desk.alice.profile.time_zone = "Asia/Tokyo"
    desk.alice.profile.save()
    tomorrow = timezone.now() + timedelta(days=1)
    send(alice, carol, text="Good morning.", when="later", send_at=f"{tomorrow:%Y-%m-%d}T09:00")
    hold = OutboxHold.objects.get(kind="schedule")
    assert hold.release_at is not None
    assert f"{hold.release_at:%H:%M}" == "00:00"
    OutboxHold.objects.filter(kind="undo").update(release_at=timezone.now())
    outbox.release_due()
    assert "Scheduled: leaves" in alice.get(f"/inbox/mine/{carol.pk}/").content.decode()
    assert OutboxItem.objects.get().state == "held"


@pytest.mark.parametrize(
    ("send_at", "said"),
    [
        ("2020-01-01T09:00", "over already"), ("0001-01-01T00:00", "over already"), ("9999-12-31T23:59", "next year"),
        ("", "Choose when"), ("soon", "Choose when"), ("2026-02-31T09:00", "Choose when"),
    ],
)  # fmt: skip
def test_a_time_that_cannot_be_is_refused_in_a_sentence(
    carol: Conversation, alice: Client, send_at: str, said: str
) -> None:
    shown = send(alice, carol, text="Good morning.", when="later", send_at=send_at)
    assert said in " ".join(shown["stopped"]["plain"])
    assert not OutboxItem.objects.exists()


def test_a_time_in_the_field_alone_schedules_nothing(carol: Conversation, alice: Client) -> None:
    send(alice, carol, text="Now.", send_at="2020-01-01T09:00")
    assert OutboxItem.objects.get().holds.get().kind == "undo"


def test_all_reasons_stand_in_one_place_with_the_passage_marked(desk: Desk, carol: Conversation, alice: Client) -> None:
    seen = carol.messages.get()
    desk.network.post("carol", "@norrline <b>hello?</b>", in_reply_to=seen.external_id)
    desk.poll()
    shown = send(alice, carol, text=f"{'long ' * 60}{EMAIL}", more=["and more"], seen=seen.pk)
    why = shown["stopped"]
    assert any("280" in sentence for sentence in why["plain"])
    assert [message.text for message in why["messages"]] == ["@norrline <b>hello?</b>"]
    assert [text for text, marked in why["passages"][0]["cut"] if marked] == [EMAIL]
    assert shown["more"] == ["and more"]
    assert not OutboxItem.objects.exists()


def test_what_the_guard_holds_waits_for_a_lead_who_is_asked(carol: Conversation, alice: Client) -> None:
    send(alice, carol, text=f"We write to {EMAIL}", ask="1")
    assert OutboxHold.objects.filter(kind="guard", released_at=None).count() == 1
    assert "waits for a lead" in alice.get(f"/inbox/mine/{carol.pk}/").content.decode()


def test_a_lead_lets_it_pass_with_a_reason_and_nobody_else(desk: Desk, carol: Conversation, alice: Client) -> None:
    refused = send(alice, carol, text=f"We write to {EMAIL}", reason="Because", **{"pass": "1"})
    assert "Only a lead" in refused["stopped"]["plain"][0]
    bob = factories.signed_in(desk.bob)
    without = send(bob, carol, text=f"We write to {EMAIL}", reason="", **{"pass": "1"})
    assert without["stopped"]["passages"]
    assert not OutboxItem.objects.exists()
    send(bob, carol, text=f"We write to {EMAIL}", reason="She published it", **{"pass": "1"})
    assert OutboxHold.objects.get(kind="guard").reason == "She published it"


def test_without_scripts_the_text_turns_private_with_its_line(carol: Conversation, alice: Client) -> None:
    shown = send(alice, carol, text=f"We write to {EMAIL}", more=["Two"], turn="direct")
    assert (shown["audience"], shown["text"]) == ("direct", f"We write to {EMAIL}\n\nTwo")
    assert shown["line"] == "We have sent you a private message, carol."
    assert shown["fallback"].startswith("Please write to us privately here: https://")
    assert not OutboxItem.objects.exists()


# Macros ----------------------------------------------------------------------------------------------------


def test_macros_are_found_and_filled_once(carol: Conversation, alice: Client) -> None:
    carol.identity.name = "{agent} <b>"
    carol.identity.save()
    macros.save(name="Restart", text="Hello {customer}, {agent} of {account} on {network} here: {link} {case}")
    macros.save(name="Other", text="Have you tried a restart?")
    macros.save(name="Bye", text="Goodbye")
    answer = alice.get(f"/conversations/{carol.pk}/macros/", {"q": "RESTART"}).json()["macros"]
    assert [row["name"] for row in answer] == ["Restart", "Other"]
    assert answer[0]["text"].startswith("Hello {agent} <b>, Alice of ")
    assert "https://x.com/messages/compose?recipient_id=" in answer[0]["text"]
    assert answer[0]["text"].endswith("{case}")
    assert alice.get(f"/conversations/{carol.pk}/macros/", {"q": "no such words\0"}).json() == {"macros": []}


@pytest.mark.parametrize("audience", ["public", "direct"])
def test_a_placeholder_that_nobody_filled_stops_the_sending(carol: Conversation, alice: Client, audience: str) -> None:
    shown = send(alice, carol, audience, text="Your case is {case}.")
    assert shown["stopped"]["plain"] == [macros.unfilled("{case}")]
    assert "{case}" in shown["stopped"]["plain"][0]


# Drafts ----------------------------------------------------------------------------------------------------


def keep(who: Client, conversation: Conversation, **fields: Any) -> int:
    address = f"/conversations/{conversation.pk}/draft/"
    form = urlencode(fields, doseq=True)
    return who.put(address, form, content_type="application/x-www-form-urlencoded").status_code


def test_a_draft_is_ones_own_by_audience_and_gone_once_it_is_sent(
    desk: Desk, carol: Conversation, alice: Client
) -> None:
    assert keep(alice, carol, audience="public", text="Half a sen", more=["Two", "Three"]) == 204
    assert keep(alice, carol, audience="direct", text="Only you", line="Said so") == 204
    shown = alice.get(f"/inbox/mine/{carol.pk}/").context["composer"]
    assert (shown["audience"], shown["text"], shown["more"]) == ("public", "Half a sen", ["Two", "Three"])
    assert json.loads(shown["drafts"])["direct"]["line"] == "Said so"
    assert factories.signed_in(desk.bob).get(f"/inbox/mine/{carol.pk}/").context["composer"]["text"] == ""
    assert not send(alice, carol, text="Half a sentence.")["stopped"]
    assert [row.audience for row in SavedDraft.objects.all()] == ["direct"]
    assert keep(alice, carol, audience="direct", text="  ") == 204
    assert not SavedDraft.objects.exists()
    assert keep(alice, carol, audience="everyone", text="x") == 400


def test_what_arrives_after_its_form_was_sent_is_no_draft(carol: Conversation, alice: Client) -> None:
    send(alice, carol, text="Sent.", client_key="mine")
    keep(alice, carol, audience="public", text="Sent.", client_key="mine")
    assert not SavedDraft.objects.exists()
    send(alice, carol, "note", text="For us")
    assert Note.objects.get().text == "For us"


# Held, and changed ----------------------------------------------------------------------------------------


def test_a_held_reply_is_changed_by_its_author_alone(desk: Desk, carol: Conversation, alice: Client) -> None:
    send(alice, carol, text="It is fixd.")
    item = OutboxItem.objects.get()
    path = f"/outbox/{item.pk}/edit/"
    assert factories.signed_in(desk.bob).post(path, {"text": "Mine"}).status_code == 403
    alice.post(path, {"text": f"Ask {EMAIL}", "next": f"/inbox/mine/{carol.pk}/"})
    page = alice.get(f"/inbox/mine/{carol.pk}/")
    assert page.context["composer"]["rewriting"]["text"] == f"Ask {EMAIL}"
    assert page.context["composer"]["text"] == ""
    alice.post(path, {"text": "It is fixed."})
    item.refresh_from_db()
    assert item.payload["text"] == "It is fixed."
    outbox.cancel(item_id=item.pk, actor=desk.alice)
    assert "cannot be changed" in alice.post(path, {"text": "Late", "next": "/me/"}, follow=True).content.decode()


# The API ---------------------------------------------------------------------------------------------------


def test_a_program_sends_with_everything(desk: Desk, carol: Conversation) -> None:
    api, path = program(desk.alice), f"conversations/{carol.pk}/replies/"
    seen = {"seen_message": carol.last_incoming_id}
    held = api("POST", path, {"visibility": "public", "text": f"Ask {EMAIL}", "more": ["Two"], **seen})
    error = held.json()["error"]
    assert (held.status_code, error["code"]) == (409, "guard")
    assert error["fields"]["guard"][0] == f"email in text 0 from 4 to {4 + len(EMAIL)}"
    assert EMAIL not in held.content.decode()
    body = {"visibility": "public", "text": f"Ask {EMAIL}", "ask": True, "then": {"do": "resolve"}, **seen}
    assert api("POST", path, body).status_code == 201
    item = OutboxItem.objects.get()
    assert (item.then, item.holds.filter(kind="guard").count()) == ({"do": "resolve"}, 1)
    for wrong in (
        {"more": ["x"], "visibility": "direct"},
        {"line": "x", "visibility": "public"},
        {"send_at": "2020-01-01T00:00:00Z", "visibility": "public"},
        {"then": {"do": "snooze"}, "visibility": "public"},
    ):
        answer = api("POST", path, {"text": "Hello", "confirmed": True, **wrong})
        assert answer.status_code in (400, 409), wrong
        assert answer.json()["error"]["detail"]
    assert OutboxItem.objects.count() == 1


def test_a_measure_also_says_what_the_guard_finds(desk: Desk, carol: Conversation) -> None:
    conversations.add_note(conversation_id=carol.pk, author=desk.alice, text="x")
    ask = {"conversation": carol.pk, "visibility": "public", "text": "Fine", "more": [f"\U0001f642 {EMAIL}"]}
    public = program(desk.alice)("POST", "measure/", ask).json()
    assert [(one["kind"], one["level"], one["part"], one["start"]) for one in public["findings"]] == [
        ("email", "hold", 1, 2)
    ]
    assert public["parts"][0]["used"] > 0
    line = {"line": f"Ask {EMAIL}", "fallback": ""}
    private = program(desk.alice)(
        "POST", "measure/", {**ask, "visibility": "direct", "text": EMAIL, "more": [], **line}
    )
    assert [one["part"] for one in private.json()["findings"]] == [0]
    unknown = {**ask, "text": "Your {case}", "more": []}
    assert "{case}" in program(desk.alice)("POST", "measure/", unknown).json()["refused"]
