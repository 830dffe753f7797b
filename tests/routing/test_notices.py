"""Notifications: who is told of what, once; what a page shows of it; and what is read."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.errors import TransientError
from connectors.models import Connection, StreamState
from inbox.models import EventReader, OutboxHold, OutboxItem
from inbox.services import approvals, connections, conversations, events, guarding, outbox, poll
from inbox.services.events import Fact
from routing.models import AgentProfile, Notification
from routing.selectors import frame_of
from routing.services import handing, notices
from tests import factories
from tests.factories import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def take_in() -> None:
    while notices.collect():
        continue


def told(user: User) -> list[tuple[str, str]]:
    """Kind and event of each notification, the oldest first."""
    take_in()
    rows = Notification.objects.filter(user=user).order_by("pk")
    return list(rows.values_list("kind", "told"))


def read_all(*people: User) -> None:
    take_in()
    Notification.objects.filter(user__in=people).delete()


def page(user: User, query: str = "") -> str:
    answer = signed_in(user).get(f"/notifications/{query}")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def reply(desk: factories.Desk, conversation_id: int, **facts: Any) -> OutboxItem:
    payload = {"visibility": "public", "text": "Hello"}
    values = {"kind": "reply", "author": desk.alice, "connection": desk.connection, "payload": payload, **facts}
    number = OutboxItem.objects.count()
    return OutboxItem.objects.create(
        conversation_id=conversation_id, client_key=f"k{number}", payload_hash=guarding.fingerprint(payload), **values
    )


def becomes(item: OutboxItem, *, to: str, source: str) -> None:
    with transaction.atomic():
        OutboxItem.objects.filter(pk=item.pk).update(state=source)
        assert outbox.move(item, to=to, source=[source])


def test_who_is_mentioned_is_told_once_and_never_of_their_own_note(desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    read_all(desk.alice)
    conversations.add_note(conversation_id=carol.pk, author=desk.alice, text="@bob and @alice, @bob")
    assert told(desk.bob) == [("mention", "note.added")]
    assert told(desk.alice) == []


def test_reading_the_log_twice_tells_nobody_twice(desk: factories.Desk) -> None:
    factories.routed(desk)
    before = told(desk.alice)
    EventReader.objects.filter(name=notices.READER).update(position=0)
    assert told(desk.alice) == before == [("assigned", "conversation.assigned")]


def test_work_that_comes_by_itself_and_by_hand(desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    assert told(desk.alice) == [("assigned", "conversation.assigned")]
    gus = factories.person("gus", desk.help_desk)
    handing.assign(conversation_id=carol.pk, actor=desk.alice, agent_id=gus.pk, line="You know her")
    assert told(gus) == [("handed", "conversation.assigned")]
    handing.give_back(conversation_id=carol.pk, actor=gus, line="I do not")
    assert told(desk.alice)[1:] == [("handed", "conversation.assigned")]
    assert told(gus) == [("handed", "conversation.assigned")]
    handing.assign(conversation_id=carol.pk, actor=desk.bob, agent_id=desk.bob.pk, seen_agent_id=desk.alice.pk)
    assert told(desk.bob) == []


def test_an_answer_is_told_to_who_had_it_when_it_came(desk: factories.Desk) -> None:
    carol = factories.routed(desk)  # its own first message is no answer
    posts = [factories.post(f"Again {n}", root=carol.root) for n in range(3)]
    factories.arrives(desk, *posts)
    handing.assign(conversation_id=carol.pk, actor=desk.bob, team_id=desk.billing.pk, agent_id=desk.erin.pk)
    assert told(desk.alice) == [("assigned", "conversation.assigned"), ("answer", "message.received")]
    assert told(desk.erin) == [("handed", "conversation.assigned")]
    factories.arrives(desk, factories.post("And again", root=carol.root))
    assert told(desk.erin)[1:] == [("answer", "message.received")]
    assert len(told(desk.alice)) == 2


def test_approvers_are_asked_and_the_author_learns_what_was_decided(desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    read_all(desk.alice, desk.bob)
    item = reply(desk, carol.pk)
    with transaction.atomic():
        approvals.ask(item, "Read first")
        events.emit([Fact("outbox.held", carol.pk, desk.alice.pk, "outbox", item.pk)])
    assert told(desk.bob) == [("approval", "outbox.held")]
    assert told(desk.alice) == told(desk.erin) == []
    assert approvals.approve(item_id=item.pk, actor=desk.bob, seen=item.payload_hash)
    assert told(desk.alice) == [("decided", "outbox.approved")]
    other = reply(desk, carol.pk)
    with transaction.atomic():
        approvals.ask(other, "Read first")
        events.emit([Fact("outbox.held", carol.pk, desk.alice.pk, "outbox", other.pk)])
    assert approvals.return_(item_id=other.pk, actor=desk.bob, comment="Kinder, please")
    assert told(desk.alice)[1:] == [("decided", "outbox.returned")]
    assert len(told(desk.bob)) == 1  # it was decided before anybody was asked


def test_what_only_waits_out_its_undo_asks_nobody(desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    read_all(desk.bob)
    item = reply(desk, carol.pk)
    with transaction.atomic():
        OutboxHold.objects.create(item=item, kind="undo", release_at=timezone.now())
        events.emit([Fact("outbox.held", carol.pk, desk.alice.pk, "outbox", item.pk)])
    assert told(desk.bob) == []


@pytest.mark.parametrize("state", ["rejected", "failed", "unknown"])
def test_what_was_not_sent_is_told_to_its_author(desk: factories.Desk, state: str) -> None:
    carol = factories.routed(desk)
    read_all(desk.alice)
    becomes(reply(desk, carol.pk), to=state, source="sending")
    assert told(desk.alice) == [("unsent", f"outbox.{state}")]
    assert told(desk.bob) == []


def test_admins_hear_of_an_ill_connection(desk: factories.Desk) -> None:
    connections.unauthorised(connection_id=desk.connection.pk, reason="Refused")
    connections.pause(connection_id=desk.connection.pk, actor=desk.dana)
    assert told(desk.dana) == [("ill", "connection.changed")]
    assert told(desk.bob) == []
    assert "The network no longer accepts our access to Norrline on X" in page(desk.dana)


def test_nobody_deactivated_and_nobody_without_a_desk_is_told(desk: factories.Desk) -> None:
    factories.routed(desk)
    User.objects.filter(pk=desk.alice.pk).update(is_active=False)
    assert told(desk.alice) == []


def test_several_about_one_conversation_fold_and_each_is_read_alone(desk: factories.Desk) -> None:
    carol = factories.routed(desk, "Where is it?", by="carol")
    for n in range(5):
        factories.arrives(desk, factories.post(f"Hello <b>{n}</b>", root=carol.root))
    factories.routed(desk, "And mine?", by="dora")
    take_in()
    shown = page(desk.alice)
    assert shown.count('<p class="whom">') == 2
    assert "6, 6 unread" in shown
    assert "3 more" in shown
    assert "Hello &lt;b&gt;4&lt;/b&gt;" in shown
    first = Notification.objects.filter(user=desk.alice).earliest("pk")
    alice = signed_in(desk.alice)
    assert alice.post(f"/notifications/{first.pk}/read/").status_code == 303
    assert "6, 5 unread" in page(desk.alice)
    assert alice.post(f"/notifications/{first.pk}/unread/").status_code == 303
    assert "6, 6 unread" in page(desk.alice)
    assert alice.post(f"/notifications/{first.pk}/destroy/").status_code == 404


def test_all_read_is_what_was_on_the_screen(desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    take_in()
    form = dict(re.findall(r'name="(first|last)" value="(\d+)"', page(desk.alice)))
    factories.arrives(desk, factories.post("Meanwhile", root=carol.root))
    take_in()
    signed_in(desk.alice).post("/notifications/read/", form)
    unread = Notification.objects.filter(user=desk.alice, read_at=None)
    assert [row.kind for row in unread] == ["answer"]
    for hostile in ({}, {"first": "x", "last": "y"}, {"first": "9" * 30, "last": "0"}):
        signed_in(desk.alice).post("/notifications/read/", hostile)
    assert unread.count() == 1


def test_another_s_is_not_touched(desk: factories.Desk) -> None:
    factories.routed(desk)
    take_in()
    one = Notification.objects.get(user=desk.alice)
    bob = signed_in(desk.bob)
    bob.post(f"/notifications/{one.pk}/read/")
    bob.post("/notifications/read/", {"first": "0", "last": str(one.pk)})
    one.refresh_from_db()
    assert one.read_at is None


def test_of_what_somebody_may_no_longer_see_nothing_is_shown(desk: factories.Desk) -> None:
    carol = factories.routed(desk, "My secret order", by="carol")
    factories.arrives(desk, factories.post("Hurry", root=carol.root))
    conversations.add_note(conversation_id=carol.pk, author=desk.bob, text="@alice she lives in Elm Street")
    take_in()
    assert "Elm Street" in page(desk.alice)
    assert "Hurry" in page(desk.alice)
    AgentProfile.objects.update(desktop="words")
    assert "Elm Street" in signed_in(desk.alice).get("/notifications/new/?after=0").content.decode()
    handing.assign(conversation_id=carol.pk, actor=desk.bob, team_id=desk.billing.pk)
    shown = page(desk.alice)
    assert shown.count("About a conversation that you may no longer see.") == 3
    for word in ("Elm Street", "Hurry", "Carol", "Bob", f"/{carol.pk}/"):
        assert word not in shown.partition('id="notices"')[2], word
    assert signed_in(desk.alice).get("/notifications/new/?after=0").json()["notifications"] == []


def test_a_message_that_was_deleted_is_not_quoted(desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    factories.arrives(desk, factories.post("Forget this", root=carol.root))
    take_in()
    carol.messages.update(deleted_at=timezone.now())
    assert "Forget this" not in page(desk.alice)


def test_the_page_costs_the_same_for_many(desk: factories.Desk) -> None:
    alice = signed_in(desk.alice)

    def cost() -> int:
        take_in()
        with CaptureQueriesContext(connection) as captured:
            assert alice.get("/notifications/").status_code == 200
        return len(captured)

    carol = factories.routed(desk)
    conversations.add_note(conversation_id=carol.pk, author=desk.bob, text="@alice look")
    factories.arrives(desk, factories.post("Again", root=carol.root))
    few = cost()
    for n in range(7):
        talk = factories.routed(desk, f"Question {n}", by=f"customer{n}")
        conversations.add_note(conversation_id=talk.pk, author=desk.bob, text="@alice look")
    assert cost() == few <= 11


def test_the_count_stands_in_the_frame_s_one_statement(desk: factories.Desk) -> None:
    factories.routed(desk)
    factories.routed(desk, by="dora")
    take_in()
    with CaptureQueriesContext(connection) as captured:
        frame = frame_of(desk.alice, "agent")
    assert len(captured) == 1
    assert frame.notices["unread"] == 2
    assert frame.notices["newest"] == Notification.objects.latest("pk").pk
    assert re.search(r'id="bell"[^>]*>2<span class="vh"> unread', page(desk.alice))


def test_pages_of_notifications_go_on_behind_the_last(desk: factories.Desk) -> None:
    rows = [
        Notification(user=desk.alice, event_id=n, kind="ill", told="connection.failing", at=timezone.now())
        for n in range(120)
    ]
    Notification.objects.bulk_create(rows)
    seen: list[str] = []
    query = ""
    for _ in range(3):
        shown = page(desk.alice, query)
        seen += re.findall(r'id="notice-(\d+)"', shown)
        more = re.search(r'href="(\?before=\d+)"', shown)
        query = more[1] if more else ""
    assert len(seen) == len(set(seen)) == 120
    assert query == ""
    assert "99+" in page(desk.alice)


def test_a_page_on_the_screen_reads_what_it_knew_of(desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    take_in()
    known = Notification.objects.get(user=desk.alice)
    factories.arrives(desk, factories.post("Meanwhile", root=carol.root))
    take_in()
    alice = signed_in(desk.alice)

    def beats(**more: Any) -> None:
        body = {"conversation": carol.pk, "noticed": known.pk, **more}
        assert alice.post("/api/v1/heartbeat/", body, "application/json").status_code == 200

    unread = Notification.objects.filter(user=desk.alice, read_at=None)
    beats(active=False)
    assert unread.count() == 2
    beats(active=True)
    assert [row.kind for row in unread] == ["answer"]


def test_what_was_read_long_ago_is_forgotten_and_what_was_not_is_kept(desk: factories.Desk) -> None:
    factories.routed(desk)
    factories.routed(desk, by="dora")
    take_in()
    old = timezone.now() - notices.KEPT - timedelta(days=1)
    one, other = Notification.objects.filter(user=desk.alice).order_by("pk")
    Notification.objects.filter(pk=one.pk).update(read_at=old)
    Notification.objects.filter(pk=other.pk).update(at=old)
    assert notices.prune() == 1
    assert Notification.objects.get(user=desk.alice) == other


def test_a_stream_that_fails_three_times_is_told_once(desk: factories.Desk) -> None:
    StreamState.objects.create(connection=desk.connection, stream="mentions", interval=60, lease_token=uuid.uuid4())
    for _ in range(5):
        poll._failed(StreamState.objects.get(), TransientError("The network does not answer."), 0.0)
    assert told(desk.dana) == [("ill", "connection.failing")]
    assert told(desk.alice) == told(desk.bob) == []
    Connection.objects.update(name="Renamed <b>")
    assert "Reading Renamed &lt;b&gt; has failed three times" in page(desk.dana)
