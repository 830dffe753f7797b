"""One person across networks: merged by a person's decision, taken back by one, and the guard follows."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from inbox import contacts, guard
from inbox.guard import Field, Level, Protection
from inbox.models import Contact, ContactMerge, Conversation, Event, Identity, RecordField, RecordIndex
from inbox.services import contacts as deciding
from inbox.services import conversations, records, surroundings
from inbox.services.conversations import Refused
from routing.services import handing
from tests import factories
from tests.factories import Desk, signed_in

pytestmark = pytest.mark.django_db
CANARY = "KD-7C4N4RY-88231"


@pytest.fixture
def elsewhere(desk: Desk) -> Desk:
    """The same company on another network."""
    return replace(desk, connection=factories.connection("Norrline on Facebook", network="facebook"))


@pytest.fixture
def carol(desk: Desk) -> Conversation:
    return factories.routed(desk, "My order has not arrived")


@pytest.fixture
def twin(elsewhere: Desk, carol: Conversation) -> Conversation:
    """Her other account, on the other network."""
    return factories.routed(elsewhere, "It still has not", by="carol.jansen")


def who(conversation: Conversation) -> int:
    return conversation.identity.contact_id


def merge(desk: Desk, kept: Conversation, joined: Conversation) -> ContactMerge:
    return deciding.merge(contact_id=who(kept), other_id=who(joined), actor=desk.alice)


def put(desk: Desk, conversation: Conversation, *fields: Field) -> None:
    records.put(contact_id=who(conversation), fields=fields, actor=desk.dana)


def secret(name: str, value: str) -> Field:
    return Field(name, value, Protection.SECRET)


def held(conversation: Conversation, text: str) -> set[str]:
    return {str(f.kind) for f in guard.find([text], surroundings.of(conversation)) if f.level == Level.HOLD}


def everything() -> list[Any]:
    """All that a merge must not move."""
    return [
        list(Identity.objects.order_by("pk").values()), list(Conversation.objects.order_by("pk").values()),
        list(RecordField.objects.order_by("pk").values_list("pk", "contact", "name")),
        list(RecordIndex.objects.order_by("pk").values_list("contact", "mark")),
    ]  # fmt: skip


# --- merging and taking it back -------------------------------------------------------------------------------------
def test_a_merge_moves_no_row_and_is_taken_back_whole(desk: Desk, carol: Any, twin: Any) -> None:
    put(desk, twin, secret("contract", CANARY))
    before, links = everything(), list(Contact.objects.order_by("pk").values())
    done = merge(desk, carol, twin)
    assert everything() == before, "identities, and so the channel of every reply, stay with their conversations"
    assert Contact.objects.get(pk=who(twin)).person_id == who(carol)
    assert [row.pk for row in contacts.conversations_of(desk.alice, who(twin))[0]] == [twin.pk, carol.pk]
    deciding.undo(merge_id=done.pk, actor=desk.bob)
    assert list(Contact.objects.order_by("pk").values()) == links
    assert everything() == before
    told = Event.objects.filter(subject="contact", kind__in=["contact.merged", "contact.separated"]).order_by("pk")
    assert [(row.kind, row.actor_id, row.subject_id) for row in told] == [
        ("contact.merged", desk.alice.pk, who(carol)), ("contact.separated", desk.bob.pk, who(carol)),
    ]  # fmt: skip
    assert {key for row in told for key in row.data} == {"merge", "joined", "contacts"}, "ids only"


def test_the_guard_knows_the_merged_record_until_it_is_taken_back(desk: Desk, carol: Any, twin: Any) -> None:
    put(desk, twin, secret("contract", CANARY))
    assert held(carol, f"about {CANARY}") == {"stranger"}
    done = merge(desk, carol, twin)
    assert held(carol, f"about {CANARY}") == held(twin, f"about {CANARY}") == {"record"}
    deciding.undo(merge_id=done.pk, actor=desk.alice)
    assert held(carol, f"about {CANARY}") == {"stranger"}
    assert held(twin, f"about {CANARY}") == {"record"}


def test_what_they_wrote_in_private_stays_private_in_all_their_conversations(desk: Desk, carol: Any, twin: Any) -> None:
    told = "My new flat is on the third floor behind the old bakery and the bell is broken"
    later = factories.routed(desk, "Something else", root="another post")
    (joined,) = factories.arrives(desk, factories.post(told, direct=True))
    conversations.add_note(conversation_id=later.pk, author=desk.alice, text="She pays with the voucher WX-77Q-1002-B")
    assert joined == later.pk
    assert held(carol, f"Hello Carol, {told}") == {"passage"}
    assert held(carol, "It was voucher WX-77Q-1002-B") == {"note"}
    assert held(twin, f"Hello Carol, {told}") == set()  # as far as we know it is somebody else
    merge(desk, carol, twin)
    assert held(twin, f"Hello Carol, {told}") == {"passage"}


def test_a_chain_comes_apart_in_the_order_in_which_it_was_made(desk: Desk, carol: Any, twin: Any) -> None:
    third = factories.routed(desk, "And me", by="third")
    first = merge(desk, carol, twin)
    second = merge(desk, third, carol)
    assert set(Contact.objects.filter(person=who(third)).values_list("pk", flat=True)) == {who(carol), who(twin)}
    with pytest.raises(Refused, match="Alice merged this person with somebody else since"):
        deciding.undo(merge_id=first.pk, actor=desk.bob, anyway=True)
    deciding.undo(merge_id=second.pk, actor=desk.bob)
    assert Contact.objects.get(pk=who(twin)).person_id == who(carol)
    deciding.undo(merge_id=first.pk, actor=desk.bob)
    assert not Contact.objects.filter(person__isnull=False).exists()


@pytest.mark.parametrize("merged_before", [False, True])
def test_nobody_is_merged_with_themselves(desk: Desk, carol: Any, twin: Any, merged_before: bool) -> None:
    if merged_before:
        merge(desk, carol, twin)
    with pytest.raises(Refused, match="the same person already"):
        merge(desk, twin if merged_before else carol, carol)
    assert ContactMerge.objects.count() == int(merged_before)


def test_a_merge_is_taken_back_once(desk: Desk, carol: Any, twin: Any) -> None:
    done = merge(desk, carol, twin)
    deciding.undo(merge_id=done.pk, actor=desk.bob)
    with pytest.raises(Refused, match="undone already, by Bob"):
        deciding.undo(merge_id=done.pk, actor=desk.alice)
    assert Event.objects.filter(kind="contact.separated").count() == 1


@pytest.mark.parametrize("change", ["another value", "a field more", "gone"])
def test_an_undo_says_that_somebody_changed_the_record(desk: Desk, carol: Any, twin: Any, change: str) -> None:
    put(desk, twin, secret("contract", CANARY))
    done = merge(desk, carol, twin)
    if change == "gone":
        records.forget(contact_id=who(twin), actor=desk.dana)
    elif change == "a field more":
        put(desk, carol, secret("pin", "48213"))
    else:
        put(desk, twin, secret("contract", "KD-OTHER-1"))
    with pytest.raises(deciding.Changed, match="record was changed since the merge"):
        deciding.undo(merge_id=done.pk, actor=desk.bob)
    assert Contact.objects.get(pk=who(twin)).person_id == who(carol), "nothing was taken back by half"
    deciding.undo(merge_id=done.pk, actor=desk.bob, anyway=True)
    assert Contact.objects.get(pk=who(twin)).person_id is None


@pytest.mark.django_db(transaction=True)
def test_two_who_merge_at_once_take_turns(desk: Desk, carol: Any, twin: Any) -> None:
    third = factories.routed(desk, "And me", by="third")
    said: list[str] = []

    def second() -> None:
        try:
            merge(desk, third, twin)
        except Refused as error:
            said.append(str(error))
        finally:
            connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic():
        merge(desk, carol, twin)
        other.start()
        _until_somebody_waits()
    other.join(60)
    assert ContactMerge.objects.filter(joined=who(twin), undone_at=None).count() == 1
    assert Contact.objects.get(pk=who(twin)).person_id == who(carol)
    assert said == ["One of the two was merged with somebody else meanwhile. Look again."]


def _until_somebody_waits() -> None:
    end = time.monotonic() + 60
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < end, "the other merge never came to the lock"
            time.sleep(0.02)


# --- what is suggested and found ------------------------------------------------------------------------------------
def test_suggested_are_the_same_handle_elsewhere_and_the_same_secret(desk: Desk, elsewhere: Desk, carol: Any) -> None:
    namesake = factories.routed(elsewhere, "Me too", by="CAROL")
    by_record = factories.routed(desk, "Hello", by="customer9")
    factories.routed(desk, "Hello", by="unknown")
    put(desk, carol, secret("contract", CANARY), Field("mail", "carol@mail.example", Protection.SOFT))
    put(desk, by_record, secret("number", CANARY))
    found = contacts.suggestions(desk.alice, who(carol), [carol.identity])
    assert {(one.contact_id, one.why) for one in found} == {
        (who(namesake), "the same handle"), (who(by_record), "the same “contract” on record"),
    }  # fmt: skip
    assert not Contact.objects.filter(person__isnull=False).exists(), "nobody is merged by themselves"
    merge(desk, carol, namesake)
    left = contacts.suggestions(desk.alice, who(carol), contacts.identities_of(desk.alice, who(carol)))
    assert [one.contact_id for one in left] == [who(by_record)]


def test_nobody_is_found_or_suggested_whom_the_reader_may_not_see(desk: Desk, elsewhere: Desk, carol: Any) -> None:
    theirs = factories.routed(elsewhere, "For billing", by="CAROL")
    handing.assign(conversation_id=theirs.pk, actor=desk.bob, team_id=desk.billing.pk)
    assert contacts.search(desk.alice, "carol", besides=0) == contacts.search(desk.alice, "CAROL", besides=0)
    assert [one.contact_id for one in contacts.search(desk.alice, "@Car", besides=0)] == [who(carol)]
    assert contacts.suggestions(desk.alice, who(carol), [carol.identity]) == []
    assert contacts.search(desk.alice, "carol", besides=who(carol)) == []


@pytest.mark.parametrize("asked", ["", "c", "%", "%%", "\0\0", "\ud800", "x" * 5000, "\u202ecarol"])
def test_a_search_for_next_to_nothing_finds_nobody(desk: Desk, carol: Any, asked: str) -> None:
    assert contacts.search(desk.alice, asked, besides=0) == []


# --- pages ----------------------------------------------------------------------------------------------------------
def test_the_page_tells_what_is_never_public_and_shows_no_secret(desk: Desk, carol: Any) -> None:
    put(desk, carol, secret("contract", CANARY), Field("city", "Lyon", Protection.SOFT))
    page = signed_in(desk.alice).get(f"/contacts/{who(carol)}/").content.decode()
    assert "never in public" in page
    assert "Lyon" in page
    assert "only warned about" in page
    assert CANARY not in page
    assert "••••8231" in page


def test_merge_and_undo_from_the_page(desk: Desk, carol: Any, twin: Any) -> None:
    browser = signed_in(desk.alice)
    put(desk, carol, secret("contract", CANARY))
    put(desk, twin, secret("contract", "KD-OTHER-4711"))
    preview = browser.get(f"/contacts/{who(carol)}/merge/{who(twin)}/").content.decode()
    assert "The records say different things" in preview
    assert "contract" in preview
    assert "••••4711" in preview
    assert ContactMerge.objects.count() == 0, "looking changes nothing"
    page = browser.post(f"/contacts/{who(carol)}/merge/{who(twin)}/", follow=True).content.decode()
    assert "carol.jansen" in page
    assert ">Undo<" in page
    assert browser.get(f"/contacts/{who(twin)}/")["Location"] == f"/contacts/{who(carol)}/"
    again = browser.post(f"/contacts/{who(carol)}/merge/{who(twin)}/", follow=True).content.decode()
    assert "the same person already" in again
    put(desk, twin, secret("contract", "KD-NEWER-1"))
    done = ContactMerge.objects.get()
    refused = browser.post(f"/contacts/merges/{done.pk}/undo/", follow=True).content.decode()
    assert "record was changed since the merge" in refused
    assert "Separate them all the same" in refused
    page = browser.post(f"/contacts/merges/{done.pk}/undo/", {"anyway": "yes"}, follow=True).content.decode()
    assert "two people again" in page
    line = "merged <bdi>Carol.Jansen</bdi> with <bdi>Carol</bdi>; <b><bdi>Alice</bdi></b> took that back"
    assert line in page
    assert line in browser.get(f"/contacts/{who(twin)}/").content.decode(), "both pages keep it"
    assert Contact.objects.get(pk=who(twin)).person_id is None


def test_a_hostile_name_of_300_characters_is_shown_as_text(desk: Desk, carol: Any) -> None:
    name = ("\u202e\u200f<script>alert(1)</script>" * 20)[:300]
    Identity.objects.filter(pk=carol.identity_id).update(name=name)
    for path in (f"/contacts/{who(carol)}/", f"/contacts/{who(carol)}/?q={name}&before=1"):
        page = signed_in(desk.alice).get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()
        assert "<bdi>\u202e\u200f&lt;script&gt;" in page.content.decode() or "before" in path


def test_the_page_costs_the_same_for_many(desk: Desk, carol: Any) -> None:
    browser = signed_in(desk.alice)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(f"/contacts/{who(carol)}/").status_code == 200
        return len(queries)

    few = cost()
    factories.arrives(desk, *(factories.post(f"Again {number}") for number in range(25)))
    put(desk, carol, *(secret(f"f{number}", f"KD-{number}-{number}1234") for number in range(20)))
    for number in range(3):
        merge(desk, carol, factories.routed(desk, "Me too", by=f"other{number}"))
    assert cost() <= few + 2, "one more for whose names a merge has, one where a record could be shared"


def test_conversations_come_in_pages_without_a_gap(desk: Desk, carol: Any) -> None:
    factories.arrives(desk, *(factories.post(f"Again {number}") for number in range(45)))
    seen: list[int] = []
    before: int | None = None
    while before != 0:
        rows, before = contacts.conversations_of(desk.bob, who(carol), before=before)
        assert len(rows) <= contacts.PAGE
        seen += [row.pk for row in rows]
    theirs = Conversation.objects.filter(identity=carol.identity_id).order_by("-pk")
    assert seen == list(theirs.values_list("pk", flat=True))
