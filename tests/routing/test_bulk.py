"""Many at once: each conversation by the single act's services, once, with an outcome of its own."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Conversation, ConversationTag, Event, Tag
from inbox.services import conversations, tags
from inbox.services.conversations import Refused
from routing.models import AgentProfile, Assignment, BulkItem, BulkJob, QueueEntry
from routing.progress import lines_of, progress_of
from routing.services import bulk, handing
from routing.services.assignment import route_due
from routing.services.bulk import Pick
from routing.tasks import bulk_task, tidy
from tests import factories
from tests.factories import Desk

pytestmark = pytest.mark.django_db
_keys = itertools.count(1)


@pytest.fixture
def desk() -> Desk:
    return factories.desk()


def _some(desk: Desk, number: int) -> list[Conversation]:
    return [factories.routed(desk, by=f"person{n}") for n in range(number)]


def _picked(rows: Sequence[Conversation]) -> list[Pick]:
    found = []
    for row in rows:
        row.refresh_from_db()
        current = Assignment.objects.get(conversation=row, ended_at=None)
        found.append(Pick(row.pk, row.last_incoming_id, current.agent_id))
    return found


def _start(author: User, kind: str, picks: Sequence[Pick], **data: Any) -> BulkJob:
    if kind == "resolve":
        data.setdefault("resolution", "")
    return bulk.start(author=author, kind=kind, data=data, picks=picks, client_key=f"k{next(_keys)}")


def _states(job: BulkJob) -> dict[int, str]:
    return dict(BulkItem.objects.filter(job=job).values_list("conversation_id", "state"))


def test_all_that_were_chosen_are_resolved_and_what_changed_is_left(desk: Desk) -> None:
    one, two, three = _some(desk, 3)
    job = _start(desk.alice, "resolve", _picked([one, two, three]))
    factories.arrives(desk, factories.post("And now?", by="person1", root=two.root))
    conversations.resolve(conversation_id=three.pk, actor=desk.bob, resolution="spam")
    bulk_task()
    assert _states(job) == {one.pk: "done", two.pk: "changed", three.pk: "changed"}
    one.refresh_from_db()
    assert (one.status, one.resolution) == ("resolved", "no_action")
    assert Conversation.objects.get(pk=two.pk).status == "open"
    assert Conversation.objects.get(pk=three.pk).resolution == "spam"
    job.refresh_from_db()
    assert job.ended_at is not None
    lines = lines_of(job, desk.alice)
    assert progress_of(job, lines).words == "1 resolved, 2 changed meanwhile"
    assert [line.item.sentence for line in lines[:2]] == [
        "The customer wrote again meanwhile.", "Somebody resolved it meanwhile.",
    ]  # fmt: skip


def test_what_was_resolved_is_taken_back_unless_somebody_went_on(desk: Desk) -> None:
    one, two = _some(desk, 2)
    job = _start(desk.alice, "resolve", _picked([one, two]))
    bulk_task()
    conversations.reopen(conversation_id=two.pk, actor=desk.bob, reason="Wait")
    conversations.resolve(conversation_id=two.pk, actor=desk.bob, resolution="spam")
    bulk.undo(job_id=job.pk, actor=desk.alice)
    bulk_task()
    assert _states(job) == {one.pk: "undone", two.pk: "done"}
    assert Conversation.objects.get(pk=one.pk).status == "open"
    assert Conversation.objects.get(pk=two.pk).resolution == "spam"
    with pytest.raises(Refused, match="already"):
        bulk.undo(job_id=job.pk, actor=desk.alice)


def test_a_small_job_does_not_wait_for_a_big_one(desk: Desk) -> None:
    rows = _some(desk, 5)
    big = _start(desk.bob, "resolve", _picked(rows[:4]))
    bulk.do_next()
    bulk.do_next()
    small = _start(desk.alice, "resolve", _picked(rows[4:]))
    bulk.do_next()
    assert set(_states(small).values()) == {"done"}
    assert Counter(_states(big).values()) == {"done": 2, "waiting": 2}


def test_a_job_that_ended_long_ago_is_forgotten_and_what_it_did_is_not(desk: Desk) -> None:
    old, new = _some(desk, 2)
    jobs = [_start(desk.alice, "resolve", _picked([row])) for row in (old, new)]
    bulk_task()
    BulkJob.objects.filter(pk=jobs[0].pk).update(ended_at=timezone.now() - bulk.KEPT - timedelta(minutes=1))
    tidy()
    assert [job.pk for job in BulkJob.objects.all()] == [jobs[1].pk]
    assert BulkItem.objects.count() == 1
    assert Event.objects.filter(kind="conversation.resolved").count() == 2


def test_what_has_not_been_done_yet_is_stopped(desk: Desk) -> None:
    one, two = _some(desk, 2)
    job = _start(desk.alice, "resolve", _picked([one, two]))
    bulk.do_next()
    assert bulk.undo(job_id=job.pk, actor=desk.alice) == "1 taken back, 1 stopped."
    bulk_task()
    assert sorted(_states(job).values()) == ["skipped", "undone"]
    assert set(Conversation.objects.values_list("status", flat=True)) == {"open"}


def test_handing_on_takes_what_is_still_where_it_was_and_says_where_the_rest_went(desk: Desk) -> None:
    one, two = _some(desk, 2)
    picks = _picked([one, two])
    handing.assign(conversation_id=two.pk, actor=desk.bob, agent_id=desk.bob.pk, seen_agent_id=desk.alice.pk)
    job = _start(desk.bob, "assign", picks, team=desk.billing.pk)
    bulk_task()
    assert _states(job) == {one.pk: "done", two.pk: "changed"}
    assert BulkItem.objects.get(conversation=two).sentence == "It went to Bob meanwhile."
    assert QueueEntry.objects.get(conversation=one).team == desk.billing


def test_capacity_holds_for_each(desk: Desk) -> None:
    AgentProfile.objects.filter(user=desk.alice).update(capacity=1, availability="away")
    rows = _some(desk, 3)
    job = _start(desk.alice, "assign", _picked(rows), agent=desk.alice.pk)
    bulk_task()
    assert sorted(_states(job).values()) == ["done", "failed", "failed"]
    assert "1 of 1 in hand" in BulkItem.objects.filter(job=job, state="failed")[0].sentence


def test_a_tag_is_put_and_taken_off_where_this_job_put_it(desk: Desk) -> None:
    one, two = _some(desk, 2)
    tag = tags.create(name="Outage", colour="red")
    tags.put(conversation_id=two.pk, tag_id=tag.pk, actor=desk.bob)
    job = _start(desk.alice, "tag", _picked([one, two]), tag=tag.pk)
    bulk_task()
    assert ConversationTag.objects.filter(tag=tag).count() == 2
    bulk.undo(job_id=job.pk, actor=desk.alice)
    bulk_task()
    assert list(ConversationTag.objects.filter(tag=tag).values_list("conversation", flat=True)) == [two.pk]


def test_nothing_is_done_to_what_its_author_may_no_longer_see(desk: Desk) -> None:
    (mine,) = _some(desk, 1)
    picks = _picked([mine])
    with pytest.raises(Refused, match="at least one"):
        _start(desk.erin, "resolve", picks)
    job = _start(desk.alice, "resolve", picks)
    handing.assign(conversation_id=mine.pk, actor=desk.bob, team_id=desk.billing.pk)
    bulk_task()
    assert _states(job) == {mine.pk: "failed"}
    assert Conversation.objects.get().status == "open"
    assert lines_of(job, desk.alice)[0].conversation is None
    assert QueueEntry.objects.get().team == desk.billing


def test_somebody_who_was_deactivated_does_nothing_more(desk: Desk) -> None:
    (mine,) = _some(desk, 1)
    job = _start(desk.alice, "resolve", _picked([mine]))
    User.objects.filter(pk=desk.alice.pk).update(is_active=False)
    bulk_task()
    assert _states(job) == {mine.pk: "failed"}


def test_a_double_click_is_one_job(desk: Desk) -> None:
    picks = _picked(_some(desk, 1))
    data = {"resolution": ""}
    made = [bulk.start(author=desk.alice, kind="resolve", data=data, picks=picks, client_key="click") for _ in range(2)]
    assert made[0].pk == made[1].pk
    assert BulkItem.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("destroy", {}), ("assign", {}), ("assign", {"team": None}), ("resolve", {"resolution": "won"}),
        ("tag", {"tag": 999999}), ("tag", {}), ("reply", {"visibility": "public"}),
        ("reply", {"text": "Hello", "visibility": "everybody"}), ("assign", {"team": 1, "line": "  "}),
    ],
)  # fmt: skip
def test_what_can_be_done_to_nothing_is_refused_at_once(desk: Desk, kind: str, data: dict[str, Any]) -> None:
    picks = _picked(_some(desk, 1))
    with pytest.raises(Refused):
        _start(desk.alice, kind, picks, **data)
    assert not BulkJob.objects.exists()


def test_too_many_are_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="At most 500"):
        _start(desk.alice, "resolve", [Pick(n, None, None) for n in range(1, bulk.MOST + 2)])


def test_its_author_alone_hears_of_it(desk: Desk) -> None:
    _start(desk.alice, "resolve", _picked(_some(desk, 1)))
    bulk_task()
    told = Event.objects.filter(kind__startswith="bulk.")
    assert list(told.values_list("kind", "subject", "subject_id")) == [
        ("bulk.moved", "agent", desk.alice.pk), ("bulk.ended", "agent", desk.alice.pk),
    ]  # fmt: skip


@transaction.atomic
def _killed_before_the_commit() -> None:
    """A worker that has done one, and dies."""
    bulk.do_next()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.mark.django_db(transaction=True)
def test_four_workers_do_each_once_and_one_that_died_leaves_its_own_to_the_others(transactional_db: Any) -> None:
    desk = factories.desk(capacity=50)
    rows = _some(desk, 24)
    tag = Tag.objects.create(name="Outage")
    job = _start(desk.alice, "tag", _picked(rows), tag=tag.pk)
    with pytest.raises(OperationalError):
        _killed_before_the_commit()
    connection.close()
    assert set(_states(job).values()) == {"waiting"}
    assert not ConversationTag.objects.exists()

    def work() -> None:
        bulk_task()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert set(_states(job).values()) == {"done"}
    assert Event.objects.filter(kind="conversation.tagged").count() == 24
    assert Event.objects.filter(kind="bulk.moved").count() == 24
    bulk_task()
    assert Event.objects.filter(kind="bulk.ended").count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_locked_for_too_long_is_tried_again_and_the_others_go_on(transactional_db: Any) -> None:
    desk = factories.desk()
    one, two = _some(desk, 2)
    job = _start(desk.alice, "resolve", _picked([one, two]))
    locked, over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            conversations.locked(one.pk)
            locked.set()
            over.wait(20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait(10)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    assert bulk.do_next()
    assert bulk.do_next()
    assert _states(job) == {one.pk: "waiting", two.pk: "done"}
    over.set()
    holder.join()
    bulk_task()
    assert _states(job)[one.pk] == "done"
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


# By its pages -----------------------------------------------------------------------------------------------------


def _sent(desk: Desk, user: User, **form: Any) -> str:
    """What the bar of a list sends; what the next page says of it."""
    client = factories.signed_in(user)
    asked = {"key": f"page{next(_keys)}", "act": "resolve", "queue": "mine", "next": "/inbox/", **form}
    answer = client.post("/bulk/", asked, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_all_that_match_are_those_of_the_queue_and_its_filter(desk: Desk) -> None:
    public = _some(desk, 2)
    private = factories.routed(desk, by="quiet", direct=True)
    elsewhere = factories.routed(desk, by="other")
    handing.assign(conversation_id=elsewhere.pk, actor=desk.bob, team_id=desk.billing.pk)
    page = _sent(desk, desk.alice, all="1", queue=f"team-{desk.help_desk.pk}", audience="public")
    assert "Resolving 0 of 2" in page
    assert set(_states(BulkJob.objects.get())) == {row.pk for row in public}
    _sent(desk, desk.alice, all="1")
    assert set(_states(BulkJob.objects.latest("pk"))) == {row.pk for row in [*public, private]}


@pytest.mark.parametrize(
    "form",
    [
        {}, {"pick": "1.2"}, {"pick": "abc.0.0"}, {"pick": "-1.0.0"}, {"pick": f"{'9' * 40}.0.0"},
        {"pick": "\0.\0.\0"}, {"pick": "1' OR 1=1.0.0"}, {"all": "1", "queue": "team-999999"},
        {"all": "1", "connection": "999999", "post": "\0"}, {"all": "1", "connection": "1", "post": "x" * 5000},
        {"act": "destroy"}, {"act": "team:zero"}, {"key": "k" * 65}, {"act": "reply:everybody", "macro": "1"},
    ],
)  # fmt: skip
def test_a_form_that_says_nonsense_does_nothing_and_says_why(desk: Desk, form: dict[str, str]) -> None:
    row = _some(desk, 1)[0]
    page = _sent(desk, desk.alice, **{"pick": f"{row.pk}.0.0", **form} if "act" in form or "key" in form else form)
    assert 'class="notice bad"' in page
    assert not BulkJob.objects.exists()


def test_a_page_s_statements_do_not_grow_with_posts_or_a_running_job(desk: Desk) -> None:
    AgentProfile.objects.filter(user=desk.alice).update(capacity=50)
    client = factories.signed_in(desk.alice)
    spent = []
    for number in (12, 24):
        for n in range(12):
            factories.arrives(desk, factories.post(by=f"p{number}-{n}", root=f"post-{number}"))
        route_due()
        rows = list(Conversation.objects.all())
        _start(desk.alice, "resolve", _picked(rows))
        with CaptureQueriesContext(connection) as captured:
            shown = client.get("/inbox/").content.decode()
        assert "12 on this post" in shown
        assert f"Resolving 0 of {number}" in shown
        spent.append(len([one for one in captured.captured_queries if "SAVEPOINT" not in one["sql"]]))
    assert spent[0] == spent[1] <= 12


def test_a_job_s_page_costs_the_same_for_2_as_for_20(desk: Desk) -> None:
    AgentProfile.objects.filter(user=desk.alice).update(capacity=50)
    client = factories.signed_in(desk.alice)
    spent = []
    for number in (2, 20):
        job = _start(desk.alice, "resolve", _picked(_some(desk, number)))
        with CaptureQueriesContext(connection) as captured:
            assert len(client.get(f"/bulk/{job.pk}/").context["lines"]) == number
        spent.append(len(captured))
        bulk_task()
    assert spent[0] == spent[1]
    assert factories.signed_in(desk.bob).get(f"/bulk/{job.pk}/").status_code == 404
