"""A scheduled reply leaves at another time: who may say so, what is refused, and what is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from inbox.models import Event, OutboxHold, OutboxItem
from inbox.services import editing, outbox, replies
from inbox.services.conversations import Refused
from tests import factories
from tests.api.conftest import problem, program
from tests.factories import signed_in


def hours(number: int) -> datetime:
    return timezone.now().replace(microsecond=0) + timedelta(hours=number)


@pytest.fixture
def item(desk: factories.Desk, online: Any) -> OutboxItem:
    """Alice's reply to carol, for in an hour."""
    talk = factories.routed(desk)
    return replies.compose(
        author=desk.alice, conversation_id=talk.pk, visibility="public", text="Hello Carol", client_key="later",
        seen_message_id=talk.last_incoming_id, undo_seconds=0, send_at=hours(1),
    )  # fmt: skip


def leaves_at(item: OutboxItem) -> datetime | None:
    return OutboxHold.objects.get(item=item, kind="schedule", released_at=None).release_at


def test_its_author_changes_the_time_where_it_stands(desk: factories.Desk, item: OutboxItem) -> None:
    alice, address = signed_in(desk.alice), f"/inbox/mine/{item.conversation_id}/"
    assert f'action="/outbox/{item.pk}/schedule/"' in alice.get(address).content.decode()
    wanted = hours(5)
    answer = alice.post(
        f"/outbox/{item.pk}/schedule/", {"send_at": wanted.strftime("%Y-%m-%dT%H:%M:%S"), "next": address}, follow=True
    )
    assert leaves_at(item) == wanted
    assert f'value="{wanted:%Y-%m-%dT%H:%M}"' in answer.content.decode()
    event = Event.objects.get(kind="outbox.rescheduled")
    assert (event.actor, event.subject_id, event.data) == (desk.alice, item.pk, {"send_at": wanted.isoformat()})
    outbox.release_due()
    item.refresh_from_db()
    assert item.state == "held"


def test_a_lead_may_too_and_a_colleague_may_not(desk: factories.Desk, item: OutboxItem) -> None:
    colleague = factories.person("mia", desk.help_desk)
    wanted = hours(3)
    page = signed_in(colleague).get(f"/inbox/team-{desk.help_desk.pk}/{item.conversation_id}/").content.decode()
    assert "Scheduled: leaves" in page
    assert "Change time" not in page
    body = {"send_at": wanted.isoformat()}
    assert signed_in(colleague).post(f"/outbox/{item.pk}/schedule/", body).status_code == 403
    refused = program(colleague)("POST", f"outbox/{item.pk}/schedule/", body)
    assert problem(refused) == (403, "permission_denied")
    answer = program(desk.bob)("POST", f"outbox/{item.pk}/schedule/", body)
    assert (answer.status_code, datetime.fromisoformat(answer.json()["send_at"])) == (200, wanted)
    assert leaves_at(item) == wanted
    assert "Change time" in signed_in(desk.bob).get(f"/inbox/mine/{item.conversation_id}/").content.decode()


@pytest.mark.parametrize(("ahead", "why"), [(-1, "over already"), (24 * 400, "within the next year")])
def test_a_time_that_cannot_be_is_refused_in_one_sentence(
    desk: factories.Desk, item: OutboxItem, ahead: int, why: str
) -> None:
    before = leaves_at(item)
    sent = {"send_at": hours(ahead).strftime("%Y-%m-%dT%H:%M")}
    assert why in signed_in(desk.alice).post(f"/outbox/{item.pk}/schedule/", sent, follow=True).content.decode()
    with pytest.raises(Refused, match=why):
        editing.schedule(item_id=item.pk, actor=desk.alice, send_at=hours(ahead))
    assert leaves_at(item) == before


def test_what_is_no_time_is_asked_for_again(desk: factories.Desk, item: OutboxItem) -> None:
    page = signed_in(desk.alice).post(f"/outbox/{item.pk}/schedule/", {"send_at": "soon"}, follow=True)
    assert "Choose when it leaves." in page.content.decode()


@pytest.mark.parametrize("gone", ["sent now", "taken back"])
def test_what_waits_for_no_time_any_more_says_so(desk: factories.Desk, item: OutboxItem, gone: str) -> None:
    (outbox.send_now if gone == "sent now" else outbox.cancel)(item_id=item.pk, actor=desk.alice)
    sent = {"send_at": hours(2).strftime("%Y-%m-%dT%H:%M")}
    page = signed_in(desk.alice).post(f"/outbox/{item.pk}/schedule/", sent, follow=True).content.decode()
    assert editing.LEFT in page
    answer = program(desk.alice)("POST", f"outbox/{item.pk}/schedule/", {"send_at": hours(2).isoformat()})
    assert problem(answer) == (409, "refused")
    assert program(desk.alice).get(f"outbox/{item.pk}/")["send_at"] is None
    assert not Event.objects.filter(kind="outbox.rescheduled").exists()
