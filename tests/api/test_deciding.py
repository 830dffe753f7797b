"""Approving, correcting, moderating and pausing by a program: the same rules, the same outbox."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.models import Message, OutboxItem, SavedDraft
from inbox.services import outbox, replies
from routing.models import AgentProfile
from tests import factories
from tests.api.conftest import program
from tests.inbox.conftest import network, online  # noqa: F401  (fixtures)
from tests.inbox.test_acts import ours

EMAIL = "carol.lind@example.org"


@pytest.fixture
def desk(desk: factories.Desk, online: Any) -> factories.Desk:  # noqa: F811
    AgentProfile.objects.filter(user=desk.alice).update(needs_approval=True)
    return desk


def wrote(desk: factories.Desk, text: str = "Helo Carol", **options: Any) -> OutboxItem:
    talk = factories.routed(desk)
    item = replies.compose(
        author=desk.alice, conversation_id=talk.pk, visibility="public", text=text, client_key="k",
        seen_message_id=talk.last_incoming_id, undo_seconds=0, **options,
    )  # fmt: skip
    outbox.release_due()
    return item


def test_a_program_of_a_lead_reads_what_waits_changes_it_and_approves(desk: factories.Desk) -> None:
    item = wrote(desk)
    bob = program(desk.bob)
    (case,) = bob.get("held/")["results"]
    assert (case["id"], case["approval"], case["guard"], case["own"]) == (item.pk, True, False, False)
    words = [{"item": item.pk, "text": "Hello Carol"}]
    answer = bob("POST", f"outbox/{item.pk}/approve/", {"seen": "old", "words": words})
    assert answer.status_code == 409
    answer = bob("POST", f"outbox/{item.pk}/approve/", {"seen": case["seen"], "words": words})
    assert (answer.status_code, answer.json()["state"], answer.json()["text"]) == (200, "queued", "Hello Carol")
    assert bob.get("held/")["results"] == []
    assert bob("POST", f"outbox/{item.pk}/approve/", {"seen": case["seen"]}).status_code == 409


def test_where_the_guard_found_something_is_told_in_places(desk: factories.Desk) -> None:
    text = f"We write to {EMAIL}"
    item = wrote(desk, text, ask=True)
    bob = program(desk.bob)
    (case,) = bob.get("held/")["results"]
    (mark,) = case["marks"][str(item.pk)]
    assert text[mark["start"] : mark["end"]] == EMAIL
    given = {"seen": case["seen"], "reason": "Her shop's own"}
    assert bob("POST", f"outbox/{item.pk}/override/", {**given, "reason": ""}).status_code == 400
    assert bob("POST", f"outbox/{item.pk}/override/", given).json()["state"] == "queued"


def test_an_author_changes_their_own_and_a_lead_gives_it_back(desk: factories.Desk) -> None:
    item = wrote(desk)
    answer = program(desk.alice)("POST", f"outbox/{item.pk}/edit/", {"text": "Hello Carol"})
    assert (answer.status_code, answer.json()["text"]) == (200, "Hello Carol")
    assert program(desk.bob)("POST", f"outbox/{item.pk}/edit/", {"text": "Mine"}).status_code == 403
    answer = program(desk.bob)("POST", f"outbox/{item.pk}/return/", {"comment": "Kinder"})
    assert answer.json()["state"] == "cancelled"
    assert SavedDraft.objects.get().comment == "Kinder"


def test_an_act_is_one_item_whatever_is_repeated_and_its_key_means_one_thing(desk: factories.Desk, online: Any) -> None:  # noqa: F811
    first = online.post("norrline", "We are back at work.")
    talk = factories.routed(desk, "You are not", root=first)
    Message.objects.create(
        connection=talk.connection, external_id=first, root=first, direction="out", visibility="public",
        audience="public", text="We are back at work.", published_at=talk.opened_at, arrived_at=talk.opened_at,
    )  # fmt: skip
    message = talk.messages.get(direction="in")
    alice = program(desk.alice)
    asked = {"act": "hide", "message": message.pk}
    answers = [alice("POST", f"conversations/{talk.pk}/acts/", asked, key="k1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert OutboxItem.objects.count() == 1
    shown = alice.get(f"outbox/{OutboxItem.objects.get().pk}/")
    assert (shown["state"], shown["text"], shown["measure"]) == ("held", "", None)
    assert alice("POST", f"conversations/{talk.pk}/acts/", {**asked, "act": "like"}, key="k1").status_code == 422
    assert alice("POST", f"conversations/{talk.pk}/acts/", asked, key="").status_code == 400
    assert alice("POST", f"conversations/{talk.pk}/acts/", {"act": "block"}).status_code == 409, "X blocks nobody"
    few = program(desk.alice, "write:replies")
    assert few("POST", f"conversations/{talk.pk}/acts/", asked).status_code == 403


def test_a_correction_answers_with_the_new_reply(desk: factories.Desk) -> None:
    AgentProfile.objects.filter(user=desk.alice).update(needs_approval=False)
    talk = factories.routed(desk)
    message = ours(talk, desk)
    asked = {"message": message.pk, "text": "Your parcel leaves on Tuesday."}
    alice = program(desk.alice)
    leak = alice("POST", f"conversations/{talk.pk}/corrections/", {**asked, "text": f"Write to {EMAIL}"})
    assert leak.status_code == 409
    assert not OutboxItem.objects.filter(kind="delete").exists()
    answer = alice("POST", f"conversations/{talk.pk}/corrections/", asked)
    assert (answer.status_code, answer.json()["text"]) == (201, "Your parcel leaves on Tuesday.")
    assert OutboxItem.objects.get(pk=answer.json()["id"]).after == OutboxItem.objects.get(kind="delete")


def test_a_pause_begins_and_ends(desk: factories.Desk) -> None:
    bob = program(desk.bob)
    pause = bob("POST", "pauses/", {"reason": "An outage"}).json()
    assert [row["id"] for row in bob.get("pauses/")["results"]] == [pause["id"]]
    assert bob("POST", "pauses/", {"brand": "nowhere"}).status_code == 409
    assert program(desk.alice)("POST", "pauses/", {}).status_code == 403
    assert bob("DELETE", f"pauses/{pause['id']}/").status_code == 204
    assert bob("DELETE", f"pauses/{pause['id']}/").status_code == 404
    assert bob.get("pauses/")["results"] == []
