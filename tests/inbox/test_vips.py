"""Lists of people who matter: who put whom there and why, the mark in rows, and what merging carries along."""

from __future__ import annotations

import json

import pytest

from inbox import describing
from inbox.models import Event, VipEntry, VipList
from inbox.services import contacts, vips
from inbox.services.conversations import Refused
from tests import factories
from tests.factories import Desk, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return factories.desk()


def _marks(conversation_id: int, contact_id: int) -> list[str]:
    return [row["name"] for row in describing.beside(conversation_id, contact_id).vips]


def test_somebody_is_put_on_a_list_is_marked_and_taken_off_with_who_and_why(desk: Desk) -> None:
    carol = factories.routed(desk)
    contact = carol.identity.contact_id
    press = vips.create(name="Press <b>", actor=desk.dana)
    alice, bob = signed_in(desk.alice), signed_in(desk.bob)
    alice.post(f"/contacts/{contact}/vips/", {"list": press.pk, "why": "Hemmelig reporter <i>"})
    page = alice.get(f"/inbox/mine/{carol.pk}/").content.decode()
    assert page.count('class="chip vip"') == 2  # in the row and beside the conversation
    assert "Press &lt;b&gt;" in page
    assert "Press <b>" not in page
    assert "Hemmelig reporter &lt;i&gt;" in page
    assert "Press &lt;b&gt;" in alice.get("/search/?status=open").content.decode()
    entry = VipEntry.objects.get()
    assert "Hemmelig" not in json.dumps(list(Event.objects.values_list("data", flat=True)))
    bob.post(f"/vips/{entry.pk}/end/")
    assert "chip vip" not in alice.get(f"/inbox/mine/{carol.pk}/").content.decode()
    said = alice.get(f"/contacts/{contact}/").content.decode()
    assert "taken off by <bdi>Bob</bdi>" in said
    assert "Put back" in said
    again = bob.post(f"/vips/{entry.pk}/end/", follow=True)
    assert "Somebody took this person off the list already." in again.content.decode()


@pytest.mark.parametrize("why", ["", "  ", "\0", "x" * 201])
def test_nobody_is_on_a_list_without_a_reason(desk: Desk, why: str) -> None:
    carol = factories.routed(desk)
    press = vips.create(name="Press")
    with pytest.raises(Refused, match="Say why"):
        vips.put(list_id=press.pk, contact_id=carol.identity.contact_id, why=why, actor=desk.alice)


@pytest.mark.parametrize("number", ["", "x", "999999", "9" * 40])
def test_a_list_that_is_not_there_is_one_sentence(desk: Desk, number: str) -> None:
    carol = factories.routed(desk)
    address = f"/contacts/{carol.identity.contact_id}/vips/"
    answer = signed_in(desk.alice).post(address, {"list": number, "why": "Because"}, follow=True)
    assert "There is no such list any more." in answer.content.decode()


def test_an_archived_list_marks_nobody_and_comes_back_with_everybody(desk: Desk) -> None:
    carol = factories.routed(desk)
    contact = carol.identity.contact_id
    press = vips.create(name="Press")
    vips.put(list_id=press.pk, contact_id=contact, why="A reporter", actor=desk.alice)
    dana = signed_in(desk.dana)
    dana.post(f"/settings/vips/{press.pk}/archive/")
    assert _marks(carol.pk, contact) == []
    with pytest.raises(Refused, match="archived"):
        vips.put(list_id=press.pk, contact_id=contact, why="A reporter", actor=desk.alice)
    dana.post(f"/settings/vips/{press.pk}/restore/")
    assert _marks(carol.pk, contact) == ["Press"]
    dana.post(f"/settings/vips/{press.pk}/rename/", {"name": "Newspapers"})
    page = dana.get("/settings/vips/").content.decode()
    for words in ("renamed from “Press”", "archived", "brought back", "1 contact on it"):
        assert words in page


@pytest.mark.parametrize("name", ["", "\0 ", "x" * 41, "PRESS"])
def test_a_name_that_is_none_or_there_already_is_refused(name: str) -> None:
    vips.create(name="Press")
    with pytest.raises(Refused):
        vips.create(name=name)
    assert VipList.objects.count() == 1


# Merging ----------------------------------------------------------------------------------------


def test_a_merge_carries_the_lists_along_and_its_undo_gives_them_back(desk: Desk) -> None:
    carol, twin = factories.routed(desk, by="carol"), factories.routed(desk, by="twin")
    kept, joined = carol.identity.contact_id, twin.identity.contact_id
    press, partner = vips.create(name="Press"), vips.create(name="Partner")
    vips.put(list_id=press.pk, contact_id=kept, why="A reporter", actor=desk.alice)
    vips.put(list_id=partner.pk, contact_id=joined, why="A reseller", actor=desk.alice)
    page = signed_in(desk.alice).get(f"/contacts/{kept}/merge/{joined}/").content.decode()
    assert "A reporter" in page
    assert "A reseller" in page
    done = contacts.merge(contact_id=kept, other_id=joined, actor=desk.alice)
    assert _marks(carol.pk, kept) == _marks(twin.pk, joined) == ["Partner", "Press"]
    rows = signed_in(desk.alice).get("/inbox/mine/").context["rows"]
    assert [sorted(row.vips) for row, *_ in rows] == [["Partner", "Press"]] * 2
    contacts.undo(merge_id=done.pk, actor=desk.alice)
    assert (_marks(carol.pk, kept), _marks(twin.pk, joined)) == (["Press"], ["Partner"])


def test_two_who_were_on_one_list_are_one_there_and_two_again(desk: Desk) -> None:
    carol, twin = factories.routed(desk, by="carol"), factories.routed(desk, by="twin")
    kept, joined = carol.identity.contact_id, twin.identity.contact_id
    press = vips.create(name="Press")
    for contact in (kept, joined):
        vips.put(list_id=press.pk, contact_id=contact, why="A reporter", actor=desk.alice)
    done = contacts.merge(contact_id=kept, other_id=joined, actor=desk.alice)
    assert signed_in(desk.alice).get("/inbox/mine/").content.decode().count('class="chip vip"') == 2
    with pytest.raises(Refused, match="already"):
        vips.put(list_id=press.pk, contact_id=joined, why="Again", actor=desk.alice)
    contacts.undo(merge_id=done.pk, actor=desk.alice)
    assert _marks(carol.pk, kept) == _marks(twin.pk, joined) == ["Press"]


def test_taken_off_while_merged_they_are_off_by_both_contacts(desk: Desk) -> None:
    carol, twin = factories.routed(desk, by="carol"), factories.routed(desk, by="twin")
    kept, joined = carol.identity.contact_id, twin.identity.contact_id
    press = vips.create(name="Press")
    entries = [vips.put(list_id=press.pk, contact_id=one, why="A reporter", actor=desk.alice) for one in (kept, joined)]
    done = contacts.merge(contact_id=kept, other_id=joined, actor=desk.alice)
    vips.take_off(entry_id=entries[1].pk, actor=desk.alice)
    assert _marks(carol.pk, kept) == _marks(twin.pk, joined) == []
    contacts.undo(merge_id=done.pk, actor=desk.alice)
    assert _marks(carol.pk, kept) == _marks(twin.pk, joined) == []
