"""Nothing private in public: the guard, the pair, approval, correction and pause on a desk that is really connected."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from PIL import ExifTags, Image

from connectors.models import Connection
from inbox.models import Event, OutboxHold, OutboxItem, SavedDraft
from inbox.services import acting, approvals, attachments, editing, outbox, pauses, replies
from inbox.services.conversations import Refused
from routing.models import AgentProfile
from tests.flows.conftest import Desk

pytestmark = pytest.mark.django_db(transaction=True)
KEPT = "the spare key lies under the third flower pot behind the shed"
EMAIL = "carol.lind@example.org"


def said(desk: Desk, kind: str = "tweet") -> list[str]:
    return [line["text"] for line in desk.network.ledger() if line["kind"] == kind]


def states() -> list[str]:
    return list(OutboxItem.objects.order_by("pk").values_list("state", flat=True))


@pytest.fixture
def carol(desk: Desk) -> Desk:
    """Carol has written in public and waits."""
    desk.network.post("carol", "@norrline my bill is wrong")
    desk.poll()
    return desk


# The guard -------------------------------------------------------------------------------------------------


def test_a_secret_stops_a_public_reply_and_its_author_learns_what(carol: Desk) -> None:
    with pytest.raises(replies.Stopped) as stopped:
        carol.reply("carol", f"We write to {EMAIL}")
    assert stopped.value.code == "guard"
    (found,) = stopped.value.reasons.findings
    assert f"We write to {EMAIL}"[found.start : found.end] == EMAIL
    assert EMAIL not in str(stopped.value)
    assert not OutboxItem.objects.exists()


def test_the_same_words_may_leave_privately(carol: Desk) -> None:
    carol.reply("carol", f"We write to {EMAIL}", visibility="direct")
    carol.send()
    assert said(carol, "dm") == [f"We write to {EMAIL}"]


def test_all_reasons_come_at_once(carol: Desk) -> None:
    first = carol.conversation("carol").messages.get()
    carol.network.post("carol", "@norrline are you there?", in_reply_to=first.external_id)
    carol.poll()
    with pytest.raises(replies.Stopped) as stopped:
        carol.reply("carol", f"{'very ' * 80} {EMAIL}", seen_message_id=first.pk)
    why = stopped.value.reasons
    assert why.news
    assert why.findings
    assert any("280" in sentence for sentence in why.plain)


def test_only_a_lead_with_a_reason_lets_it_pass_and_an_event_keeps_it(carol: Desk) -> None:
    with pytest.raises(replies.Stopped, match="Only a lead"):
        carol.reply("carol", f"We write to {EMAIL}", override="I know her")
    carol.reply("carol", f"We write to {EMAIL}", author=carol.bob, override="She published it herself")
    carol.send()
    assert said(carol) == [f"We write to {EMAIL}"]
    event = Event.objects.get(kind="guard.overridden")
    assert (event.actor_id, event.data) == (carol.bob.pk, {"kinds": ["email"]})


def test_an_agent_asks_and_a_lead_lets_it_pass(carol: Desk) -> None:
    item = carol.reply("carol", f"We write to {EMAIL}", ask=True)
    carol.send()
    assert states() == ["held"]
    assert approvals.override(item_id=item.pk, actor=carol.bob, reason="Her own shop's address", seen=item.payload_hash)
    carol.send()
    assert said(carol) == [f"We write to {EMAIL}"]


def test_a_lead_gives_it_back_and_the_text_is_a_draft_again(carol: Desk) -> None:
    item = carol.reply("carol", f"We write to {EMAIL}", ask=True)
    assert approvals.return_(item_id=item.pk, actor=carol.bob, comment="Say it privately")
    carol.send()
    assert states() == ["cancelled"]
    draft = SavedDraft.objects.get()
    assert (draft.author_id, draft.audience, draft.text) == (carol.alice.pk, "public", f"We write to {EMAIL}")
    assert draft.comment == "Say it privately"
    assert not said(carol)


def test_what_became_private_meanwhile_is_held_at_the_last_moment(carol: Desk) -> None:
    """The words were free when they were written; then the customer told them in private."""
    later = timezone.now() + timedelta(hours=1)
    carol.reply("carol", f"You said that {KEPT}", send_at=later)
    carol.network.dm("carol", f"Tell nobody, but {KEPT}")
    carol.poll()
    OutboxHold.objects.filter(kind="schedule").update(release_at=timezone.now())
    carol.send()
    assert states() == ["held"]
    assert OutboxHold.objects.get(kind="guard", released_at=None).found
    assert not said(carol)


def test_an_override_belongs_to_the_text_that_was_seen(carol: Desk) -> None:
    item = carol.reply("carol", f"We write to {EMAIL}", ask=True)
    seen = item.payload_hash
    assert editing.edit(item_id=item.pk, actor=carol.alice, text="Please write to us privately.")
    assert not approvals.override(item_id=item.pk, actor=carol.bob, reason="Fine", seen=seen)
    carol.send()
    assert said(carol) == ["Please write to us privately."]


# From public to private ------------------------------------------------------------------------------------


def test_the_private_message_goes_first_and_the_public_line_follows(carol: Desk) -> None:
    carol.reply("carol", "Your contract: HX-2217", visibility="direct", line="We have written to you privately, Carol.")
    carol.send()
    carol.send()
    assert said(carol, "dm") == ["Your contract: HX-2217"]
    assert said(carol) == ["We have written to you privately, Carol."]


def test_closed_messages_swap_in_the_fallback(carol: Desk) -> None:
    carol.network.user("carol", accepts_dm=False)
    carol.reply(
        "carol", "Your contract: HX-2217", visibility="direct", line="We have written to you.",
        fallback="Please open your messages for us, Carol.",
    )  # fmt: skip
    carol.send()
    carol.send()
    assert states() == ["rejected", "sent"]
    assert not said(carol, "dm")
    assert said(carol) == ["Please open your messages for us, Carol."]


def test_a_line_without_fallback_is_not_said_when_the_message_was_refused(carol: Desk) -> None:
    carol.network.user("carol", accepts_dm=False)
    carol.reply("carol", "Your contract: HX-2217", visibility="direct", line="We have written to you.")
    carol.send()
    carol.send()
    assert states() == ["rejected", "cancelled"]
    assert not said(carol)


def test_doubt_about_the_message_keeps_the_line_here(carol: Desk, settings: Any) -> None:
    settings.HTTP_DEADLINE = 1.0
    carol.network.fault("timeout_after_write", method="POST", times=1, seconds=3)
    carol.reply("carol", "Your contract: HX-2217", visibility="direct", line="We have written to you.")
    carol.send()
    carol.send()
    assert states() == ["unknown", "queued"]
    carol.settle()
    carol.send()
    assert states() == ["sent", "sent"]
    assert said(carol, "dm") == ["Your contract: HX-2217"]


def test_undo_of_the_message_takes_the_line_back(carol: Desk) -> None:
    item = carol.reply("carol", "Your contract: HX-2217", visibility="direct", line="We have written to you.")
    assert outbox.cancel(item_id=item.pk, actor=carol.alice)
    carol.send()
    assert states() == ["cancelled", "cancelled"]


# Threads ---------------------------------------------------------------------------------------------------


def test_a_thread_leaves_in_its_order_and_hangs_together(carol: Desk) -> None:
    carol.reply("carol", "First we look at your bill.", more=["Then we call the bank.", "Then we write again."])
    for _ in range(3):
        carol.send()
    assert said(carol) == ["First we look at your bill.", "Then we call the bank.", "Then we write again."]
    first, second, third = OutboxItem.objects.order_by("pk")
    assert first.external_id in str(second.prepared)
    assert second.external_id in str(third.prepared)


def test_a_card_number_split_over_two_posts_is_found(carol: Desk) -> None:
    with pytest.raises(replies.Stopped) as stopped:
        carol.reply("carol", "Your card is 4111 1111", more=["1111 1111, as you asked."])
    assert "card" in {finding.kind for finding in stopped.value.reasons.findings}


# Approval --------------------------------------------------------------------------------------------------


@pytest.fixture
def watched(carol: Desk) -> Desk:
    AgentProfile.objects.filter(user=carol.alice).update(needs_approval=True)
    return carol


def test_what_needs_approval_waits_for_somebody_else(watched: Desk) -> None:
    item = watched.reply("carol", "Hello Carol")
    watched.send()
    assert states() == ["held"]
    with pytest.raises(Refused, match="Somebody else"):
        approvals.approve(item_id=item.pk, actor=watched.alice, seen=item.payload_hash)
    assert approvals.approve(item_id=item.pk, actor=watched.bob, seen=item.payload_hash)
    watched.send()
    assert said(watched) == ["Hello Carol"]
    assert Event.objects.get(kind="outbox.approved").actor_id == watched.bob.pk


def test_an_edit_after_approval_asks_again(watched: Desk) -> None:
    later = timezone.now() + timedelta(hours=1)
    item = watched.reply("carol", "Hello Carol", send_at=later)
    assert approvals.approve(item_id=item.pk, actor=watched.bob, seen=item.payload_hash)
    assert editing.edit(item_id=item.pk, actor=watched.alice, text="Hello Caroline")
    with pytest.raises(Refused, match="changed"):
        approvals.approve(item_id=item.pk, actor=watched.bob, seen=item.payload_hash)
    OutboxHold.objects.filter(kind="schedule").update(release_at=timezone.now())
    watched.send()
    assert states() == ["held"]
    item.refresh_from_db()
    assert approvals.approve(item_id=item.pk, actor=watched.bob, seen=item.payload_hash)
    watched.send()
    assert said(watched) == ["Hello Caroline"]


def test_an_approver_edits_and_sends(watched: Desk) -> None:
    item = watched.reply("carol", "Helo Carol")
    assert editing.edit(item_id=item.pk, actor=watched.bob, text="Hello Carol")
    item.refresh_from_db()
    assert approvals.approve(item_id=item.pk, actor=watched.bob, seen=item.payload_hash)
    watched.send()
    assert said(watched) == ["Hello Carol"]


# Pause -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("brand", ["", "Norrline"])
def test_a_pause_keeps_everything_here_until_it_ends(carol: Desk, brand: str) -> None:
    Connection.objects.filter(pk=carol.connection.pk).update(brand="Norrline")
    pause = pauses.pause(brand=brand, actor=carol.bob, reason="An outage")
    carol.reply("carol", "Hello Carol")
    carol.send()
    assert states() == ["queued"]
    assert pauses.resume(pause_id=pause.pk, actor=carol.bob)
    assert not pauses.resume(pause_id=pause.pk, actor=carol.bob)
    carol.send()
    assert said(carol) == ["Hello Carol"]


def test_another_brand_goes_on(carol: Desk) -> None:
    Connection.objects.filter(pk=carol.connection.pk).update(brand="Norrline")
    other = Connection.objects.create(network="x", name="Other", account_id="9", brand="Other")
    pauses.pause(brand=other.brand, actor=carol.bob, reason="")
    carol.reply("carol", "Hello Carol")
    carol.send()
    assert said(carol) == ["Hello Carol"]


# Afterwards, acts and correction ------------------------------------------------------------------------------


def test_send_and_resolve(carol: Desk) -> None:
    carol.reply("carol", "It is mended, Carol.", then={"do": "resolve"})
    carol.send()
    assert carol.conversation("carol").status == "resolved"


def test_send_and_snooze_unless_the_customer_wrote_again(carol: Desk) -> None:
    until = timezone.now() + timedelta(days=2)
    carol.reply("carol", "It leaves on Tuesday.", then={"do": "snooze", "until": until.isoformat()})
    carol.send()
    conversation = carol.conversation("carol")
    assert (conversation.status, conversation.snoozed_until) == ("snoozed", until)


def test_a_reply_is_deleted_and_said_anew(carol: Desk) -> None:
    item = carol.reply("carol", "Your parcel leaves on Monday.")
    carol.send()
    item.refresh_from_db()
    new = acting.correct(
        author=carol.alice, conversation_id=item.conversation_id, message_id=item.message_id or 0,
        text="Your parcel leaves on Tuesday.", client_key="mend",
    )  # fmt: skip
    outbox.send_now(item_id=new.after_id or 0, actor=carol.alice)
    for _ in range(2):
        carol.send()
    new.refresh_from_db()
    assert new.state == "sent"
    assert carol.network.done_to("x", item.external_id)["deleted"]
    item.refresh_from_db()
    assert item.message is not None
    assert item.message.deleted_at
    assert Event.objects.filter(kind="reply.corrected", subject_id=new.pk).exists()
    assert Event.objects.filter(kind="outbox.sent").count() == 2


def test_a_correction_that_would_leak_deletes_nothing(carol: Desk) -> None:
    item = carol.reply("carol", "Your parcel leaves on Monday.")
    carol.send()
    item.refresh_from_db()
    with pytest.raises(replies.Stopped):
        acting.correct(
            author=carol.alice, conversation_id=item.conversation_id, message_id=item.message_id or 0,
            text=f"We write to {EMAIL}", client_key="mend",
        )  # fmt: skip
    assert OutboxItem.objects.count() == 1


def test_a_customers_reply_to_us_is_hidden_once_with_a_replys_certainty(desk: Desk, settings: Any) -> None:
    settings.HTTP_DEADLINE = 1.0
    ours = desk.network.post("norrline", "We are back at work.")
    desk.network.post("carol", "@norrline you are not", in_reply_to=ours)
    desk.poll(times=2)
    conversation = desk.conversation("carol")
    message = conversation.messages.get()
    desk.network.fault("timeout_after_write", method="PUT", times=1, seconds=3)
    for _ in range(2):  # a double click is one act
        acting.act(
            author=desk.alice, conversation_id=conversation.pk, kind="hide", message_id=message.pk,
            client_key="hide", undo_seconds=0,
        )  # fmt: skip
    desk.send()
    assert states() == ["unknown"]
    # X does not tell what is hidden, but says that hiding twice is hiding once: it is done again, once nothing can
    # be on its way any more.
    OutboxItem.objects.update(sending_at=timezone.now() - timedelta(minutes=2))
    desk.settle()
    desk.send()
    assert states() == ["sent"]
    message.refresh_from_db()
    assert message.facts["hidden"] is True
    assert desk.network.done_to("x", message.external_id)["hidden"]
    assert not Event.objects.filter(kind__startswith="outbox.").exists()


# Pictures ------------------------------------------------------------------------------------------------------


def _picture() -> bytes:
    """A JPEG with the place where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (59.0, 20.0, 4.0), 3: "E", 4: (18.0, 4.0, 7.0)})
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "JPEG", exif=exif)
    return file.getvalue()


def test_a_picture_leaves_with_its_description_and_without_its_place(carol: Desk, settings: Any) -> None:
    settings.HTTP_DEADLINE = 2.0
    row = attachments.add(
        author=carol.alice, conversation=carol.conversation("carol"), data=_picture(), name=f"{EMAIL}.jpg"
    )
    attachments.describe(attachment=row, alt="Where the cable goes")
    carol.network.fault("timeout_after_write", path="/2/media/upload", method="POST", times=1, seconds=4)
    carol.reply("carol", "It goes there, Carol.", pictures=[row.pk])
    carol.send()
    OutboxItem.objects.update(run_at=timezone.now())
    carol.send()
    assert states() == ["sent"]
    (line,) = [line for line in carol.network.ledger() if line["kind"] == "tweet"]
    row.refresh_from_db()
    mime, data, alt = carol.network.picture("x", row.ref)
    assert (mime, alt) == ("image/jpeg", "Where the cable goes")
    assert not Image.open(io.BytesIO(data)).getexif()
    assert EMAIL not in str(line)


def test_a_secret_in_an_alternative_text_stops_the_reply(carol: Desk) -> None:
    row = attachments.add(author=carol.alice, conversation=carol.conversation("carol"), data=_picture())
    attachments.describe(attachment=row, alt=f"A letter to {EMAIL}")
    with pytest.raises(replies.Stopped) as stopped:
        carol.reply("carol", "Here it is.", pictures=[row.pk])
    assert stopped.value.code == "guard"
    assert not OutboxItem.objects.exists()


def test_a_picture_that_is_gone_is_said(carol: Desk) -> None:
    with pytest.raises(replies.Stopped, match="no longer there"):
        carol.reply("carol", "Here it is.", pictures=[4711])
