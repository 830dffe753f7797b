"""A pause of all sending, or of one brand: who may, who learns of it, and that nothing else stops."""

from __future__ import annotations

import pytest
from django.test import Client

from connectors.models import Connection
from inbox.models import Event, SendingPause
from inbox.services import pauses
from socialdesk import heartbeat
from tests import factories
from tests.factories import signed_in

pytestmark = pytest.mark.django_db
BAND = "Sending is paused"


def branded(desk: factories.Desk, brand: str) -> None:
    Connection.objects.filter(pk=desk.connection.pk).update(brand=brand)


def test_everybody_reads_who_paused_what_since_when_and_why(desk: factories.Desk) -> None:
    talk = factories.routed(desk)
    pages = {desk.alice: f"/inbox/mine/{talk.pk}/", desk.dana: "/connections/", desk.bob: "/metrics/"}
    for user, path in pages.items():
        assert BAND not in signed_in(user).get(path).content.decode()
    signed_in(desk.bob).post("/pauses/", {"brand": "", "reason": "An outage <b>"})
    for user, path in pages.items():
        page = signed_in(user).get(path).content.decode()
        assert "<b>Sending is paused</b>, by <bdi>Bob</bdi>" in page
        assert "An outage &lt;b&gt;" in page
        assert ("Resume" in page) == (user != desk.alice)
    assert (
        "they wait here and leave once it is resumed" in signed_in(desk.alice).get(pages[desk.alice]).content.decode()
    )
    signed_in(desk.dana).post(f"/pauses/{SendingPause.objects.get().pk}/resume/")
    assert BAND not in signed_in(desk.alice).get(pages[desk.alice]).content.decode()
    assert [event.kind for event in Event.objects.filter(subject="pause").order_by("id")] == [
        "sending.paused", "sending.resumed",
    ]  # fmt: skip


def test_one_brand_is_paused_and_only_its_conversations_say_so(desk: factories.Desk) -> None:
    talk = factories.routed(desk)
    other = Connection.objects.create(network="x", name="Other", account_id="9", brand="Other")
    branded(desk, "Norrline")
    bob = signed_in(desk.bob)
    page = bob.get("/connections/").content.decode()
    assert '<option value="Norrline">' in page
    bob.post("/pauses/", {"brand": other.brand})
    page = bob.get(f"/inbox/mine/{talk.pk}/").content.decode()
    assert "<bdi>Other</bdi></b>, by" in page
    assert "Replies are taken as ever" not in page
    bob.post("/pauses/", {"brand": "Norrline"})
    assert "Sending is paused for Norrline. Replies" in bob.get(f"/inbox/mine/{talk.pk}/").content.decode()


def test_an_agent_neither_pauses_nor_resumes(desk: factories.Desk) -> None:
    paused = pauses.pause(brand="", actor=desk.bob, reason="")
    alice = signed_in(desk.alice)
    assert alice.post(f"/pauses/{paused.pk}/resume/").status_code == 403
    assert alice.post("/pauses/", {"brand": ""}).status_code == 403
    assert pauses.running() == [paused]


def test_a_second_pause_keeps_who_was_first(desk: factories.Desk) -> None:
    first = pauses.pause(brand="", actor=desk.bob, reason="An outage")
    assert pauses.pause(brand="", actor=desk.dana, reason="Mine") == first
    assert pauses.running()[0].reason == "An outage"


def test_a_brand_is_kept_with_its_change_and_offered_to_the_next_account(desk: factories.Desk) -> None:
    dana = signed_in(desk.dana)
    dana.post(f"/connections/{desk.connection.pk}/brand/", {"brand": "  Norrline   Fibre "})
    page = dana.get(f"/connections/{desk.connection.pk}/").content.decode()
    assert '<option value="Norrline Fibre">' in page
    assert "changed its brand to “Norrline Fibre”" in page


def test_healthz_tells_of_a_pause_and_stays_well(desk: factories.Desk, client: Client) -> None:
    for name in ("worker", "beat", "poller"):
        heartbeat.touch(name)
    pauses.pause(brand="", actor=desk.bob, reason="An outage")
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["sending"] == {"ok": True, "detail": "a person paused everything"}
