"""Replies that wait for a lead: what the page shows, what it costs, and that what leaves together is decided as one."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox import held
from inbox.models import Event, Identity, OutboxHold, OutboxItem, SavedDraft
from inbox.services import approvals, attachments, editing, guarding, outbox, replies
from inbox.services.conversations import Refused
from routing.models import AgentProfile, Membership
from tests import factories
from tests.factories import signed_in

EMAIL = "carol.lind@example.org"


@pytest.fixture
def desk(desk: factories.Desk, online: Any) -> factories.Desk:
    AgentProfile.objects.filter(user=desk.alice).update(needs_approval=True)
    return desk


def write(desk: factories.Desk, text: str = "Hello Carol", *, by: str = "carol", **options: Any) -> OutboxItem:
    talk = factories.routed(desk, by=by)
    options = {"visibility": "public", "client_key": f"{by}{text}"[:64], "author": desk.alice, **options}
    return replies.compose(
        conversation_id=talk.pk, text=text, seen_message_id=talk.last_incoming_id, undo_seconds=0, **options
    )


def thread(desk: factories.Desk) -> OutboxItem:
    return write(desk, "First your bill.", more=["Then the bank.", "Then we write again."])


def states() -> list[str]:
    outbox.release_due()
    return list(OutboxItem.objects.order_by("pk").values_list("state", flat=True))


def test_what_waits_is_shown_to_a_lead_with_its_reasons(desk: factories.Desk) -> None:
    AgentProfile.objects.filter(user=desk.alice).update(needs_approval=False)
    write(desk, f"We write to {EMAIL} today", ask=True)
    page = signed_in(desk.bob).get("/held/").content.decode()
    assert f">{EMAIL}</mark> today" in page
    assert "Held by the guard" in page
    assert "everyone can read this" in page
    assert "My order has not arrived" in page
    assert EMAIL not in str(list(OutboxHold.objects.values("why", "found", "marks", "reason")))


def test_what_stands_in_a_description_is_marked_there(desk: factories.Desk) -> None:
    talk = factories.routed(desk)
    picture = factories.attachment(talk, desk.alice)
    attachments.describe(attachment=picture, alt=f"A letter to {EMAIL}")
    replies.compose(
        author=desk.alice, conversation_id=talk.pk, visibility="public", text="Here it is.", client_key="p",
        seen_message_id=talk.last_incoming_id, pictures=[picture.pk], ask=True,
    )  # fmt: skip
    page = signed_in(desk.bob).get("/held/").content.decode()
    assert "A letter to <mark" in page
    assert f">{EMAIL}</mark></bdi></figcaption>" in page


def test_only_what_a_lead_may_see_is_shown_and_counted(desk: factories.Desk) -> None:
    write(desk)
    other = factories.person("ola", desk.billing, role="lead")
    assert (held.count(desk.bob), held.count(other), held.count(desk.alice)) == (1, 0, 1)
    assert "Hello Carol" not in signed_in(other).get("/held/").content.decode()
    assert signed_in(desk.alice).get("/held/").status_code == 403


def test_the_page_costs_the_same_whatever_waits(desk: factories.Desk) -> None:
    bob = signed_in(desk.bob)
    write(desk)
    counted = []
    for number in (0, 4):
        for one in range(number):
            write(desk, f"We write to {EMAIL}", by=f"customer{one}", ask=True)
        with CaptureQueriesContext(connection) as captured:
            assert bob.get("/held/").status_code == 200
        counted.append(len(captured))
    assert counted[0] == counted[1] <= 21


def test_a_thread_is_one_case_and_is_approved_as_one(desk: factories.Desk) -> None:
    first = thread(desk)
    (case,) = held.cases(desk.bob)
    assert [part.item.payload["text"] for part in case.parts] == [
        "First your bill.", "Then the bank.", "Then we write again.",
    ]  # fmt: skip
    assert held.count(desk.bob) == 1
    with pytest.raises(Refused, match="changed"):
        approvals.approve(item_id=first.pk, actor=desk.bob, seen=first.payload_hash)
    assert approvals.approve(item_id=first.pk, actor=desk.bob, seen=case.seen)
    assert states() == ["queued", "queued", "queued"]
    assert held.count(desk.bob) == 0


def test_nobody_approves_their_own(desk: factories.Desk) -> None:
    AgentProfile.objects.filter(user=desk.bob).update(needs_approval=True)
    factories.person("mia", desk.help_desk, role="lead")
    item = write(desk, author=desk.bob)
    page = signed_in(desk.bob).get("/held/").content.decode()
    assert 'aria-disabled="true"' in page
    assert "You wrote this: <bdi>Mia</bdi> may approve it." in page
    answer = signed_in(desk.bob).post(f"/held/{item.pk}/approve/", {"seen": item.payload_hash}, follow=True)
    assert approvals.OWN in answer.content.decode()
    assert states() == ["held"]


def test_what_nobody_else_may_approve_is_not_taken(desk: factories.Desk) -> None:
    AgentProfile.objects.filter(user=desk.bob).update(needs_approval=True)
    factories.person("ola", desk.billing, role="lead")  # sees nothing of the help desk
    inactive = factories.person("mia", desk.help_desk, role="lead")
    User.objects.filter(pk=inactive.pk).update(is_active=False)
    with pytest.raises(replies.Stopped, match="nobody else here may"):
        write(desk, author=desk.bob)
    assert not OutboxItem.objects.exists()
    User.objects.filter(pk=inactive.pk).update(is_active=True)
    item = write(desk, author=desk.bob)
    (case,) = held.cases(inactive)
    assert approvals.approve(item_id=item.pk, actor=inactive, seen=case.seen)
    assert states() == ["queued"]


def test_what_nobody_could_let_pass_is_not_taken(desk: factories.Desk) -> None:
    AgentProfile.objects.filter(user=desk.bob).update(role="agent")
    with pytest.raises(replies.Stopped, match="nobody else here may let it pass"):
        write(desk, f"We write to {EMAIL}", ask=True)
    assert not OutboxItem.objects.exists()
    factories.person("mia", desk.help_desk, role="lead")
    write(desk, f"We write to {EMAIL}", ask=True)
    assert states() == ["held"]


def test_whose_only_approver_left_reads_what_to_do(desk: factories.Desk) -> None:
    AgentProfile.objects.filter(user=desk.bob).update(needs_approval=True)
    mia = factories.person("mia", desk.help_desk, role="lead")
    write(desk, author=desk.bob)
    Membership.objects.filter(user=mia).delete()
    page = signed_in(desk.bob).get("/held/").content.decode()
    assert "nobody else here may approve it. Hand the conversation to another team" in page


def test_edit_and_send_is_one_step_and_bound_to_what_was_read(desk: factories.Desk) -> None:
    item = write(desk, "Helo Carol")
    bob = signed_in(desk.bob)
    stale = bob.post(f"/held/{item.pk}/edit/", {"seen": "0" * 64, f"text-{item.pk}": "Hello there"})
    assert stale.status_code == 400
    assert "Hello there" in stale.content.decode()
    bob.post(f"/held/{item.pk}/edit/", {"seen": item.payload_hash, f"text-{item.pk}": "Hello Carol"})
    item.refresh_from_db()
    assert (item.text, states()) == ("Hello Carol", ["queued"])
    hold = item.holds.get(kind="approval")
    assert (hold.released_by_id, hold.payload_hash) == (desk.bob.pk, item.payload_hash)
    assert [event.kind for event in Event.objects.filter(actor=desk.bob).order_by("id")] == [
        "outbox.edited", "outbox.approved",
    ]  # fmt: skip


def test_an_edit_that_would_leak_changes_nothing_and_is_not_lost(desk: factories.Desk) -> None:
    item = write(desk)
    answer = signed_in(desk.bob).post(
        f"/held/{item.pk}/edit/", {"seen": item.payload_hash, f"text-{item.pk}": f"We write to {EMAIL}"}
    )
    assert answer.status_code == 400
    assert f"We write to {EMAIL}</textarea>" in answer.content.decode()
    item.refresh_from_db()
    assert (item.text, states()) == ("Hello Carol", ["held"])


def test_an_edit_of_both_posts_takes_out_what_stood_in_both(desk: factories.Desk) -> None:
    first = write(desk, "Your card is 4111 1111", more=["1111 1111, as you asked."], ask=True)
    (case,) = held.cases(desk.bob)
    words = {part.item.pk: ("Thank you.", "") for part in case.parts}
    assert editing.edit_and_approve(item_id=first.pk, actor=desk.bob, seen=case.seen, words=words)
    assert states() == ["queued", "queued"]


def test_letting_it_pass_approves_it_too_and_keeps_the_reason(desk: factories.Desk) -> None:
    item = write(desk, f"We write to {EMAIL}", ask=True)
    bob = signed_in(desk.bob)
    bob.post(f"/held/{item.pk}/pass/", {"seen": item.payload_hash, "reason": ""})
    assert states() == ["held"]
    bob.post(f"/held/{item.pk}/pass/", {"seen": item.payload_hash, "reason": "Her shop's own address"})
    assert states() == ["queued"]
    assert item.holds.get(kind="guard").reason == "Her shop's own address"
    assert guarding.stops(item) == []


def test_a_returned_thread_is_a_draft_again_above_what_was_begun_since(desk: factories.Desk) -> None:
    item = thread(desk)
    SavedDraft.objects.create(
        author=desk.alice, conversation=item.conversation, audience="public", text="Something new"
    )
    signed_in(desk.bob).post(f"/held/{item.pk}/return/", {"comment": "Shorter, please"})
    assert states() == ["cancelled"] * 3
    draft = SavedDraft.objects.get()
    assert [draft.text, *draft.more] == [
        "First your bill.", "Then the bank.", "Then we write again.", "Something new",
    ]  # fmt: skip
    assert draft.comment == "Shorter, please"
    page = signed_in(desk.alice).get(f"/inbox/mine/{item.conversation_id}/").content.decode()
    assert "Returned by Bob: Shorter, please" in page


def test_a_returned_pair_is_written_again_as_a_pair(desk: factories.Desk) -> None:
    talk = factories.routed(desk)
    Identity.objects.filter(pk=talk.identity_id).update(external_id="4711")  # X knows people by numbers
    item = replies.compose(
        author=desk.alice, conversation_id=talk.pk, visibility="direct", text="Your contract", client_key="pair",
        seen_message_id=talk.last_incoming_id, line="We have written to you.", fallback="Write to us.",
    )  # fmt: skip
    (case,) = held.cases(desk.bob)
    assert [part.item.visibility for part in case.parts] == ["direct", "public"]
    assert approvals.return_(item_id=item.pk, actor=desk.bob, comment="Say which contract")
    draft = SavedDraft.objects.get()
    assert (draft.audience, draft.text, draft.line, draft.fallback, draft.comment) == (
        "direct", "Your contract", "We have written to you.", "Write to us.", "Say which contract",
    )  # fmt: skip


def test_the_timeline_says_what_a_held_reply_waits_for(desk: factories.Desk) -> None:
    item = write(desk)
    waiting = signed_in(desk.alice).get(f"/inbox/mine/{item.conversation_id}/")
    assert waiting.context["undoable"] == [], "nothing says that it leaves soon"
    outbox.send_now(item_id=item.pk, actor=desk.alice)
    page = signed_in(desk.alice).get(f"/inbox/mine/{item.conversation_id}/").content.decode()
    assert "waits for approval" in page
    assert "What Alice writes is read by somebody else before it leaves." in page
