"""Many comments under one post of ours: one place, answered and hidden in one go, each for itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.sandbox.harness import Sandbox
from inbox import held
from inbox.models import Conversation, Identity, OutboxHold, OutboxItem
from inbox.services import locks, macros
from routing.models import BulkItem, BulkJob, QueueEntry, Team
from routing.services import handing, queue
from routing.tasks import bulk_task
from tests import factories
from tests.flows.test_facebook import PageDesk
from tests.networks import connect_page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(network: Sandbox, transactional_db: Any) -> Iterator[PageDesk]:
    connection = connect_page(network)
    people = factories.desk(capacity=50)
    yield PageDesk(network, connection, people.alice, people.bob)
    locks.forget()


def _drawn(desk: PageDesk, number: int) -> str:
    """A post of ours that drew ``number`` comments, read and routed. Returns its id."""
    post = desk.page_post()
    for n in range(number):
        desk.comment(post, f"guest{n}", f"When do you deliver? {n}")
    desk.poll(times=2)
    assert Conversation.objects.filter(root=post).count() == number
    return post


def _address(desk: PageDesk, post: str) -> str:
    return f"/posts/{desk.connection.pk}/?post={quote(post)}"


def _chosen(page: Client, desk: PageDesk, post: str, **form: Any) -> BulkJob:
    """What the post's page sends, for all that match."""
    shown = page.get(_address(desk, post))
    sent = {"all": "1", "connection": desk.connection.pk, "post": post, "status": "open", **form}
    answer = page.post("/bulk/", {"key": shown.context["bulk_key"], "next": "/inbox/", **sent})
    assert answer.status_code == 303
    return BulkJob.objects.latest("pk")


def _states(job: BulkJob) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in BulkItem.objects.filter(job=job).values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def test_a_macro_answers_all_on_a_post_and_what_the_guard_holds_waits_for_a_lead(desk: PageDesk) -> None:
    post = _drawn(desk, 4)
    # What a placeholder would say to everybody.
    Identity.objects.filter(name="guest2").update(name="4111 1111 1111 1111")
    macro = macros.save(name="Delivery", text="On Monday, {customer}.", actor=desk.bob)
    alice = factories.signed_in(desk.alice)
    job = _chosen(alice, desk, post, act="reply:public", macro=macro.pk)
    bulk_task()
    assert _states(job) == {"done": 3, "held": 1}
    waiting = held.waiting(desk.bob)
    assert [hold.item.conversation.identity.name for hold in waiting] == ["4111 1111 1111 1111"]
    page = alice.get(f"/bulk/{job.pk}/")
    assert "3 answered, 1 held for a lead" in page.content.decode()
    OutboxHold.objects.filter(kind="undo").update(release_at=timezone.now())
    for _ in range(2):
        desk.send()
    assert sorted(desk.ledger("comment")) == ["On Monday, guest0.", "On Monday, guest1.", "On Monday, guest3."]


def test_bulk_replies_are_taken_back_before_they_leave(desk: PageDesk) -> None:
    post = _drawn(desk, 2)
    macro = macros.save(name="Delivery", text="On Monday.", actor=desk.bob)
    alice = factories.signed_in(desk.alice)
    job = _chosen(alice, desk, post, act="reply:public", macro=macro.pk)
    bulk_task()
    assert alice.post(f"/bulk/{job.pk}/undo/").status_code == 303
    bulk_task()
    assert _states(job) == {"undone": 2}
    assert set(OutboxItem.objects.values_list("state", flat=True)) == {"cancelled"}


def test_comments_are_hidden_and_a_second_time_says_so(desk: PageDesk) -> None:
    post = _drawn(desk, 3)
    bob = factories.signed_in(desk.bob)
    assert "Hide" in bob.get(_address(desk, post)).content.decode()
    job = _chosen(bob, desk, post, act="hide")
    bulk_task()
    assert _states(job) == {"done": 3}
    assert OutboxItem.objects.filter(kind="hide").count() == 3
    again = _chosen(bob, desk, post, act="hide")
    bulk_task()
    assert _states(again) == {"failed": 3}
    assert OutboxItem.objects.filter(kind="hide").count() == 3


def test_a_post_s_page_counts_exactly_and_costs_the_same_for_12_as_for_40(desk: PageDesk) -> None:
    post = _drawn(desk, 12)
    alice = factories.signed_in(desk.alice)
    spent = []
    for _ in range(2):
        with CaptureQueriesContext(database) as captured:
            shown = alice.get(_address(desk, post))
        spent.append(len(captured))
        total = QueueEntry.objects.filter(post=post, status="open").count()
        assert shown.context["total"] == total
        assert "Our new router is here." in shown.content.decode()
        assert f"{total} on this post" in alice.get("/inbox/mine/").content.decode()
        for n in range(28 if len(spent) == 1 else 0):
            desk.comment(post, f"late{n}", "Me too")
        desk.poll(times=2)
    assert spent[0] == spent[1] <= 12
    assert QueueEntry.objects.filter(post=post).count() == 40


def test_counts_of_a_post_follow_every_step_and_only_what_one_may_see_is_counted(desk: PageDesk) -> None:
    post = _drawn(desk, 12)
    billing = Team.objects.get(name="Billing")
    one = Conversation.objects.filter(root=post)[0]
    handing.assign(conversation_id=one.pk, actor=desk.bob, team_id=billing.pk)
    alice, bob = factories.signed_in(desk.alice), factories.signed_in(desk.bob)
    assert alice.get(_address(desk, post)).context["total"] == 11
    assert bob.get(_address(desk, post)).context["total"] == 12
    job = _chosen(alice, desk, post, act="resolve")
    bulk_task()
    assert _states(job) == {"done": 11}
    empty = alice.get(_address(desk, post))
    assert (empty.status_code, empty.context["total"]) == (200, 0)
    assert "Nothing on this post waits for an answer." in empty.content.decode()
    desk.comment(post, "guest3", "Hello?")
    desk.poll(times=2)
    assert alice.get(_address(desk, post)).context["total"] == 1
    assert queue.recount()[queue.post_key(desk.connection.pk, post, billing.pk)] == 1
