"""The outbox as a machine: what may follow what, who may move it, and what happens when eight want the same item."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from connectors.sandbox.harness import Sandbox
from inbox.models import Conversation, Event, OutboxHold, OutboxItem
from inbox.services import connections, errands, locks, outbox, sending, settling
from inbox.services.outbox import State
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

_keys = itertools.count(1)
STATES = list(OutboxItem.State.values)


def item(
    desk: factories.Desk, state: str = State.QUEUED, conversation: Conversation | None = None, **facts: Any
) -> OutboxItem:
    conversation = conversation or factories.conversation(desk, by=f"c{next(_keys)}")
    return OutboxItem.objects.create(
        kind="reply", state=state, author=facts.pop("author", desk.alice), client_key=str(next(_keys)),
        connection=desk.connection, conversation=conversation,
        payload=facts.pop("payload", {"visibility": "public", "text": "Hello", "in_reply_to": "1"}), **facts,
    )  # fmt: skip


def to_network(desk: factories.Desk, network: Sandbox, text: str = "Hello", **facts: Any) -> OutboxItem:
    """A queued reply to a post that the network really holds."""
    post = network.post(f"c{next(_keys)}", "@norrline hello")
    return item(desk, payload={"visibility": "public", "text": text, "in_reply_to": post}, **facts)


def state_of(row: OutboxItem) -> str:
    row.refresh_from_db()
    return str(row.state)


def at_once(number: int, work: Callable[[], Any]) -> list[Any]:
    """What ``number`` threads return that begin ``work`` together."""
    together, results = threading.Barrier(number), []

    def run() -> None:
        together.wait(20)
        try:
            results.append(work())
        finally:
            locks.forget()
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == number
    return results


# Moves ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "to"), list(itertools.product(STATES, STATES)))
def test_declared_moves_are_made_and_told_and_others_raise(desk: factories.Desk, source: str, to: str) -> None:
    row = item(desk, source)
    with transaction.atomic():
        if to not in OutboxItem.TRANSITIONS[source]:
            with pytest.raises(ValueError, match="cannot go"):
                outbox.move(row, to=to, source=[source])
            return
        assert outbox.move(row, to=to, source=[source])
        assert not outbox.move(row, to=to, source=[source]), "it is elsewhere by now"
    assert state_of(row) == to
    assert Event.objects.filter(kind=f"outbox.{to}", subject_id=row.pk).count() == 1
    assert (row.settled_at is None) == (to in ("queued", "held", "sending", "unknown"))


def test_every_state_can_be_reached_and_only_sent_and_cancelled_are_ends() -> None:
    reached, edge = {"held"}, {"held"}
    while edge:
        edge = set().union(*(OutboxItem.TRANSITIONS[state] for state in edge)) - reached
        reached |= edge
    assert reached == set(STATES) == set(OutboxItem.TRANSITIONS)
    assert {state for state, after in OutboxItem.TRANSITIONS.items() if not after} == {"sent", "cancelled"}


PEOPLE: dict[str, tuple[Callable[..., bool], dict[str, str]]] = {
    "cancel": (outbox.cancel, {"held": "cancelled", "queued": "cancelled"}),
    "send anyway": (outbox.send_anyway, {"unknown": "queued"}),
    "give up": (outbox.give_up, {"unknown": "cancelled", "rejected": "cancelled", "failed": "cancelled"}),
    "retry": (outbox.retry, {"failed": "queued"}),
    "check again": (outbox.check_again, {"unknown": "unknown"}),
}


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("state", STATES)
def test_what_people_do_works_in_its_states_only(desk: factories.Desk, name: str, state: str) -> None:
    act, results = PEOPLE[name]
    row = item(desk, state, attempt=3)
    assert act(item_id=row.pk, actor=desk.bob) is (state in results)
    assert state_of(row) == results.get(state, state)
    if state in results and results[state] != state:
        assert Event.objects.get(subject="outbox", subject_id=row.pk).actor_id == desk.bob.pk
    if name == "check again" and state == "unknown":
        assert row.check_at is not None
    if name == "retry" and state == "failed":
        assert row.attempt == 0


def test_of_two_people_who_decide_at_once_one_wins(desk: factories.Desk) -> None:
    row = item(desk, State.UNKNOWN)
    decide = itertools.cycle([outbox.send_anyway, outbox.give_up])
    assert at_once(6, lambda: next(decide)(item_id=row.pk, actor=desk.bob)).count(True) == 1
    moves = list(
        Event.objects.filter(subject="outbox", subject_id=row.pk).order_by("id").values_list("kind", flat=True)
    )
    assert moves in (["outbox.queued"], ["outbox.cancelled"])


# Holds ------------------------------------------------------------------------------------------


def test_an_item_is_queued_when_its_last_hold_goes(desk: factories.Desk) -> None:
    row, now = item(desk, State.HELD), timezone.now()
    OutboxHold.objects.create(item=row, kind="undo", release_at=now - timedelta(seconds=1))
    schedule = OutboxHold.objects.create(item=row, kind="schedule", release_at=now + timedelta(hours=1))
    assert outbox.release_due() == 0
    assert state_of(row) == "held"
    assert sending.due(limit=10) == []
    OutboxHold.objects.filter(pk=schedule.pk).update(release_at=now - timedelta(seconds=1))
    assert sorted(at_once(4, outbox.release_due)) == [0, 0, 0, 1]
    assert state_of(row) == "queued"


def test_send_now_releases_undo_and_schedule(desk: factories.Desk) -> None:
    row, later = item(desk, State.HELD), timezone.now() + timedelta(hours=1)
    for kind in ("undo", "schedule"):
        OutboxHold.objects.create(item=row, kind=kind, release_at=later)
    assert outbox.send_now(item_id=row.pk, actor=desk.alice)
    assert state_of(row) == "queued"
    assert not outbox.send_now(item_id=row.pk, actor=desk.alice)


# Who may leave ----------------------------------------------------------------------------------


def test_eight_senders_send_one_item_once(desk: factories.Desk, online: Sandbox) -> None:
    rows = [to_network(desk, online, text=f"Answer {n}") for n in range(3)]
    for row in rows:
        assert sum(at_once(8, lambda row=row: sending.send_one(row.pk))) == 1
    assert [state_of(row) for row in rows] == ["sent"] * 3
    assert sorted(line["text"] for line in online.ledger()) == ["Answer 0", "Answer 1", "Answer 2"]


def test_two_replies_of_one_conversation_are_never_in_flight_together(desk: factories.Desk, online: Sandbox) -> None:
    first = to_network(desk, online, text="One")
    second = to_network(desk, online, text="Two", conversation=first.conversation)
    online.fault("slow", method="POST", times=1, seconds=0.5)
    ids, lock = iter([first.pk, second.pk]), threading.Lock()

    def one() -> bool:
        with lock:
            pk = next(ids)
        return sending.send_one(pk)

    assert sorted(at_once(2, one)) == [False, True]
    assert sorted([state_of(first), state_of(second)]) == ["queued", "sent"]
    sending.send_due()
    assert [state_of(first), state_of(second)] == ["sent", "sent"]


def test_the_database_refuses_a_second_one_in_flight(desk: factories.Desk) -> None:
    row = item(desk, State.SENDING)
    assert sending.due(limit=10) == []
    item(desk, State.QUEUED, conversation=row.conversation)
    assert sending.due(limit=10) == []
    with pytest.raises(IntegrityError):
        item(desk, State.SENDING, conversation=row.conversation)


def test_one_id_is_claimed_once(desk: factories.Desk) -> None:
    item(desk, State.SENT, external_id="77")
    with pytest.raises(IntegrityError):
        item(desk, State.SENT, external_id="77")


def test_a_follower_waits_until_its_predecessor_is_sent(desk: factories.Desk) -> None:
    private = item(desk, State.QUEUED, run_at=timezone.now() + timedelta(hours=1))
    line = item(desk, State.QUEUED, after=private)
    for state in STATES:
        OutboxItem.objects.filter(pk=private.pk).update(state=state)
        assert (line.pk in sending.due(limit=10)) is (state == "sent"), state


# Doubt ------------------------------------------------------------------------------------------


def doubtful(desk: factories.Desk, network: Sandbox, **facts: Any) -> OutboxItem:
    """Nobody knows whether it left; long enough ago that the network's answer counts."""
    long_ago = timezone.now() - timedelta(minutes=2)
    row = to_network(
        desk, network, state=State.UNKNOWN, attempt=1, sending_at=long_ago, first_sending_at=long_ago,
        check_at=timezone.now(), **facts,
    )  # fmt: skip
    connector = connections.connector_for(desk.connection)
    OutboxItem.objects.filter(pk=row.pk).update(prepared=errands.errand_of(row).prepare(connector))
    return row


def test_absent_is_sent_again(desk: factories.Desk, online: Sandbox) -> None:
    row = doubtful(desk, online, server_started_at=locks.server_started_at())
    settling.settle_doubtful()
    assert state_of(row) == "queued"
    sending.send_due()
    assert state_of(row) == "sent"
    assert len(online.ledger()) == 1


def test_absent_after_a_restart_of_the_database_stays_unknown(desk: factories.Desk, online: Sandbox) -> None:
    earlier = locks.server_started_at() - timedelta(hours=1)
    row = doubtful(desk, online, server_started_at=earlier)
    settling.settle_doubtful()
    assert state_of(row) == "unknown"
    assert row.check_at is None
    assert "restarted" in row.reason
    settling.settle_doubtful()
    sending.send_due()
    assert state_of(row) == "unknown"
    assert online.ledger() == []


def direct(row: OutboxItem, to: str) -> None:
    OutboxItem.objects.filter(pk=row.pk).update(
        kind="direct", payload={"visibility": "direct", "text": "Thanks!", "recipient_id": to}
    )


def test_what_another_conversation_sent_to_the_same_person_proves_nothing(
    desk: factories.Desk, online: Sandbox
) -> None:
    """Twins in one dialogue from two conversations: the second is sent, the first never was."""
    person = online.user("carol")
    lost = doubtful(desk, online, conversation=factories.conversation(desk, "One"))
    direct(lost, person)
    lost.refresh_from_db()
    prepared = errands.errand_of(lost).prepare(connections.connector_for(desk.connection))
    OutboxItem.objects.filter(pk=lost.pk).update(prepared=prepared)
    twin = item(desk, conversation=factories.conversation(desk, "Two"))
    assert twin.conversation_id != lost.conversation_id
    assert twin.conversation.identity_id == lost.conversation.identity_id
    direct(twin, person)
    sending.send_one(twin.pk)
    assert state_of(twin) == "sent"
    settling.settle_doubtful()
    assert state_of(lost) == "queued", "the twin's id is claimed, so this one is absent"
    sending.send_due()
    assert state_of(lost) == "sent"
    assert len(online.ledger()) == 2
