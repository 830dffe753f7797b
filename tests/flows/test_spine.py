"""The one path on which everything hangs: a mention arrives, is answered once, and is counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.models import StreamGap, StreamState
from inbox.models import Conversation, Event, Message, OutboxItem
from inbox.services import conversations, outbox, replies, settling
from tests.flows.conftest import Desk

pytestmark = pytest.mark.django_db(transaction=True)


def tweets(desk: Desk) -> list[dict[str, Any]]:
    return [line for line in desk.network.ledger() if line["kind"] == "tweet"]


def dms(desk: Desk) -> list[dict[str, Any]]:
    return [line for line in desk.network.ledger() if line["kind"] == "dm"]


def states() -> list[str]:
    return list(OutboxItem.objects.order_by("pk").values_list("state", flat=True))


def test_a_mention_becomes_one_answered_conversation(desk: Desk) -> None:
    desk.network.post("carol", "@norrline where is my router?", followers=1234)
    desk.poll(times=2)
    conversation = desk.conversation("carol")
    assert conversation.messages.count() == 1
    assert conversation.identity.followers == 1234
    item = desk.reply("carol", "It leaves our house today, Carol.")
    desk.send()
    desk.poll(times=2)  # our own post comes back, and is not a new entry
    item.refresh_from_db()
    conversation.refresh_from_db()
    assert item.state == "sent"
    assert item.message is not None
    assert [line["text"] for line in tweets(desk)] == ["It leaves our house today, Carol."]
    assert conversation.status == "pending"
    assert conversation.turn_first is None
    assert list(conversation.messages.values_list("direction", flat=True).order_by("pk")) == ["in", "out"]
    sent = Event.objects.get(kind="outbox.sent")
    assert sent.data["turn"]["first"] == conversation.last_incoming_id
    assert sent.data["first"] is True


def test_a_direct_message_joins_the_public_case(desk: Desk) -> None:
    desk.network.post("carol", "@norrline my bill is wrong")
    desk.poll()
    desk.reply("carol", "What is your customer number?", visibility="direct")
    desk.send()
    desk.network.dm("carol", "It is 4471.")
    desk.poll()
    assert Conversation.objects.count() == 1
    seen = desk.conversation("carol").messages.order_by("pk").values_list("direction", "visibility")
    assert list(seen) == [("in", "public"), ("out", "direct"), ("in", "direct")]
    assert len(dms(desk)) == 1
    assert not tweets(desk)


def test_a_double_click_is_one_reply(desk: Desk) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    first = desk.reply("carol", "Hello Carol", client_key="one-click")
    again = desk.reply("carol", "Hello Carol", client_key="one-click")
    desk.send()
    desk.send()
    assert first.pk == again.pk
    assert len(tweets(desk)) == 1


def test_undo_keeps_a_reply_here(desk: Desk) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    item = desk.reply("carol", "Helo Carol")
    assert outbox.cancel(item_id=item.pk, actor=desk.alice)
    desk.send()
    assert states() == ["cancelled"]
    assert not tweets(desk)
    assert not outbox.cancel(item_id=item.pk, actor=desk.alice)


def test_what_the_customer_writes_meanwhile_stays_a_turn_of_its_own(desk: Desk) -> None:
    first = desk.network.post("carol", "@norrline hello")
    desk.poll()
    conversation = desk.conversation("carol")
    desk.reply("carol", "Hello Carol")
    desk.network.post("carol", "@norrline are you there?", in_reply_to=first)
    desk.poll()
    desk.send()
    conversation.refresh_from_db()
    assert conversation.status == "open"
    assert conversation.turn_first_id == conversation.last_incoming_id
    with pytest.raises(replies.Stopped):
        desk.reply("carol", "And so on", seen_message_id=conversation.messages.order_by("pk")[0].pk)


def test_a_colleague_who_answers_in_that_second_stops_the_other(desk: Desk) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    seen = desk.conversation("carol").last_incoming_id
    desk.reply("carol", "Hello from Bob", author=desk.bob, seen_message_id=seen)
    with pytest.raises(replies.Stopped, match="Bob replied publicly"):
        desk.reply("carol", "Hello from Alice", seen_message_id=seen)
    desk.reply("carol", "Hello from Alice", seen_message_id=seen, confirmed=True)


def test_a_time_out_after_the_write_is_found_and_not_sent_again(desk: Desk, settings: Any) -> None:
    settings.HTTP_DEADLINE = 1.0
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    desk.network.fault("timeout_after_write", method="POST", times=1, seconds=3)
    desk.reply("carol", "Once only")
    desk.send()
    assert states() == ["unknown"]
    desk.settle()
    assert states() == ["sent"]
    assert len(tweets(desk)) == 1


def test_a_time_out_before_the_write_is_sent_again_only_when_absence_counts(desk: Desk, settings: Any) -> None:
    settings.HTTP_DEADLINE = 1.0
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    desk.network.fault("timeout_before_write", method="POST", times=1, seconds=3)
    item = desk.reply("carol", "Once only")
    desk.send()
    desk.settle()
    assert states() == ["unknown"], "too early for absence to count"
    OutboxItem.objects.update(sending_at=timezone.now() - timedelta(minutes=2))
    desk.settle()
    assert states() == ["queued"]
    desk.send()
    item.refresh_from_db()
    assert item.state == "sent"
    assert len(tweets(desk)) == 1


def test_identical_twins_stay_two(desk: Desk, settings: Any) -> None:
    settings.HTTP_DEADLINE = 1.0
    first = desk.network.post("carol", "@norrline great")
    desk.poll()
    desk.reply("carol", "Thanks!")
    desk.send()
    desk.network.post("carol", "@norrline really great", in_reply_to=first)
    desk.poll()
    desk.network.fault("timeout_after_write", method="POST", times=1, seconds=3)
    desk.reply("carol", "Thanks!", client_key="the-twin")
    desk.send()
    desk.settle()
    assert states() == ["sent", "sent"]
    assert len({line["id"] for line in tweets(desk)}) == 2
    assert OutboxItem.objects.values("external_id").distinct().count() == 2


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_after_a_write_proves_nothing(desk: Desk, status: int) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    desk.network.fault("status", method="POST", path="/2/tweets", times=1, status=status)
    desk.reply("carol", "Hello")
    desk.send()
    assert states() == ["unknown"]


@pytest.mark.parametrize("fault", ["html", "cut_json", "empty_body", "close"])
def test_an_answer_that_cannot_be_read_proves_nothing(desk: Desk, fault: str) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    desk.network.fault(fault, method="POST", path="/2/tweets", times=1)
    item = desk.reply("carol", "Hello")
    desk.send()
    item.refresh_from_db()
    assert item.state == "unknown"
    assert item.reason


def test_a_refused_token_disconnects_and_the_reply_waits(desk: Desk) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    desk.network.fault("status", method="POST", path="/2/tweets", times=1, status=401)
    item = desk.reply("carol", "Hello")
    desk.send()
    item.refresh_from_db()
    desk.connection.refresh_from_db()
    assert item.state == "queued"
    assert item.reason
    assert desk.connection.state == "unauthorised"
    desk.send()
    assert not tweets(desk)


def test_too_fast_waits_until_the_time_that_the_network_named(desk: Desk) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    desk.network.fault("status", method="POST", path="/2/tweets", times=1, status=429, reset=900)
    item = desk.reply("carol", "Hello")
    desk.send()
    item.refresh_from_db()
    desk.connection.refresh_from_db()
    assert item.state == "queued"
    assert desk.connection.state == "active"
    assert item.run_at > timezone.now() + timedelta(minutes=10)
    assert desk.connection.send_not_before == item.run_at


def test_a_reply_to_a_deleted_post_is_rejected_with_a_sentence(desk: Desk) -> None:
    post = desk.network.post("carol", "@norrline hello")
    desk.poll()
    desk.network.delete(post)
    item = desk.reply("carol", "Hello")
    desk.send()
    item.refresh_from_db()
    assert item.state == "rejected"
    assert "deleted" in item.reason


def test_a_reply_over_the_length_is_refused_before_it_is_kept(desk: Desk) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    with pytest.raises(replies.Refused, match="280"):
        desk.reply("carol", "x" * 281)
    assert states() == []


@pytest.mark.parametrize(("status", "options"), [(404, {}), (429, {"reset": 60}), (429, {}), (500, {}), (503, {})])
def test_a_poll_that_fails_says_so_and_goes_on_later(desk: Desk, status: int, options: dict[str, int]) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.network.fault("status", path="/2/users", times=1, status=status, **options)
    desk.poll()
    stream = StreamState.objects.get(stream="mentions")
    assert stream.last_error
    assert stream.next_poll_at > timezone.now()
    desk.connection.refresh_from_db()
    assert desk.connection.state == "active"
    desk.poll()
    stream.refresh_from_db()
    assert stream.last_error == ""
    assert stream.last_success_at
    assert desk.conversation("carol")


def test_five_times_the_same_item_is_one_message(desk: Desk) -> None:
    desk.network.fault("duplicate_items", times=10)
    desk.network.fault("reorder", times=10)
    desk.network.posts([{"handle": f"c{n}", "text": f"@norrline {n}"} for n in range(30)])
    desk.poll(times=3)
    assert Message.objects.count() == 30 == Conversation.objects.count()


def test_a_gap_beyond_800_is_shown_with_its_bounds(desk: Desk) -> None:
    known = desk.network.post("carol", "@norrline first")
    desk.poll()
    desk.network.posts([{"handle": f"c{n}", "text": f"@norrline {n}"} for n in range(1000)])
    desk.poll(times=3)
    gap = StreamGap.objects.get()
    assert int(gap.after_id) >= int(known)
    assert gap.reason
    assert Conversation.objects.count() == 801
    desk.poll(times=2)
    assert StreamGap.objects.count() == 1


HOSTILE = ["x" * 100_000, "a\x00b", "\u202eright to left\u202c", "lone \ud800 surrogate", "  "]


def test_hostile_texts_arrive_and_the_rest_goes_on(desk: Desk) -> None:
    desk.network.posts([{"handle": f"h{n}", "text": f"@norrline {text}"} for n, text in enumerate(HOSTILE)])
    desk.network.fault("no_milliseconds", times=1)
    desk.network.post("carol", "@norrline and me")
    desk.poll(times=2)
    assert Conversation.objects.count() == len(HOSTILE) + 1
    texts = set(Message.objects.values_list("text", flat=True))
    assert {"@norrline ab", "@norrline lone \ufffd surrogate"} <= texts


def test_a_time_in_the_future_does_not_upset_the_order(desk: Desk) -> None:
    desk.network.fault("future_timestamps", times=1)
    desk.network.post("carol", "@norrline from tomorrow")
    desk.poll()
    assert Message.objects.get().published_at <= timezone.now()


def test_resolving_ends_the_turn_and_a_new_post_reopens(desk: Desk) -> None:
    first = desk.network.post("carol", "@norrline hello")
    desk.poll()
    conversation = desk.conversation("carol")
    conversations.resolve(conversation_id=conversation.pk, actor=desk.alice, resolution="no_action")
    assert Event.objects.get(kind="conversation.resolved").data["turn"]["first"]
    desk.network.post("carol", "@norrline still broken", in_reply_to=first)
    desk.poll()
    conversation.refresh_from_db()
    assert (conversation.status, conversation.reopened, conversation.resolution) == ("open", 1, "")
    assert conversation.turn_first_id == conversation.last_incoming_id


def test_a_paused_connection_sends_nothing(desk: Desk) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    desk.connection.sending_paused = True
    desk.connection.save()
    desk.reply("carol", "Hello")
    desk.send()
    assert states() == ["queued"]
    assert not tweets(desk)


def test_a_frozen_sender_keeps_its_item_and_a_dead_one_gives_it_up(desk: Desk) -> None:
    from inbox.services.locks import sender_lock, server_started_at

    desk.network.post("carol", "@norrline hello")
    desk.poll()
    item = desk.reply("carol", "Hello")
    OutboxItem.objects.filter(pk=item.pk).update(
        state="sending", prepared={}, sending_at=timezone.now(), server_started_at=server_started_at(),
        lease_until=timezone.now() - timedelta(seconds=1),
    )  # fmt: skip
    import threading

    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with sender_lock(item.pk) as held:
            assert held
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(10)
    assert settling.reclaim() == 0
    assert states() == ["sending"]
    leave.set()
    thread.join()
    assert settling.reclaim() == 1
    assert states() == ["unknown"]
