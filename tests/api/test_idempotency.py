"""The same write twice is written once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import close_old_connections, connections
from django.utils import timezone

from connectors.sandbox.harness import Sandbox
from inbox.models import ApiWrite, Note, OutboxItem
from inbox.services import idempotency
from inbox.services.idempotency import Answer
from inbox.tasks import tidy_task
from tests import factories
from tests.api.conftest import Api, problem, program
from tests.factories import Desk
from tests.flows.conftest import Desk as ConnectedDesk
from tests.flows.conftest import desk as connected  # noqa: F401  (a fixture)
from tests.flows.conftest import network  # noqa: F401  (a fixture)


@pytest.mark.django_db
def test_the_same_write_twice_is_one_and_gets_one_answer(desk: Desk, alice: Api) -> None:
    carol = factories.routed(desk)
    path, body = f"conversations/{carol.pk}/notes/", {"text": "Called her"}
    first, second = (alice("POST", path, body, key="k1") for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (201, first.json())
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert Note.objects.count() == 1
    assert alice("POST", path, body, key="k2").json() != first.json()
    assert Note.objects.count() == 2


@pytest.mark.django_db
def test_without_a_key_each_request_counts(desk: Desk, alice: Api) -> None:
    carol = factories.routed(desk)
    for _ in range(2):
        assert alice("POST", f"conversations/{carol.pk}/notes/", {"text": "x"}, key="").status_code == 201
    assert Note.objects.count() == 2
    assert not ApiWrite.objects.exists()


@pytest.mark.django_db
def test_a_key_belongs_to_one_request(desk: Desk, alice: Api) -> None:
    carol = factories.routed(desk)
    path = f"conversations/{carol.pk}/notes/"
    alice("POST", path, {"text": "one"}, key="k")
    assert problem(alice("POST", path, {"text": "two"}, key="k")) == (422, "other_request")
    other = f"conversations/{carol.pk}/resolve/"
    assert problem(alice("POST", other, {"resolution": "answered"}, key="k")) == (422, "other_request")
    assert Note.objects.get().text == "one"
    bob = program(desk.bob)
    assert bob("POST", path, {"text": "two"}, key="k").status_code == 201  # each person has keys of their own


@pytest.mark.django_db
def test_a_refused_request_frees_its_key(desk: Desk, alice: Api) -> None:
    carol = factories.routed(desk)
    path = f"conversations/{carol.pk}/notes/"
    assert problem(alice("POST", path, {"text": "   "}, key="k")) == (400, "invalid")
    past = {"until": "2020-01-01T00:00:00Z"}
    assert problem(alice("POST", f"conversations/{carol.pk}/snooze/", past, key="k")) == (409, "refused")
    assert alice("POST", path, {"text": "now"}, key="k").status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 129, "a b", "kø"])
def test_a_key_that_is_none_is_refused(desk: Desk, alice: Api, key: str) -> None:
    carol = factories.routed(desk)
    answer = alice("POST", f"conversations/{carol.pk}/notes/", {"text": "x"}, key=key)
    assert problem(answer) == (400, "invalid")
    assert not Note.objects.exists()


@pytest.mark.django_db
def test_rights_are_asked_before_an_answer_is_given_again(desk: Desk, alice: Api) -> None:
    """Whoever may no longer see the conversation is not told by a repeated request either."""
    carol = factories.routed(desk)
    path, body = f"conversations/{carol.pk}/notes/", {"text": "Called her"}
    assert alice("POST", path, body, key="k").status_code == 201
    desk.alice.is_active = False
    desk.alice.save()
    assert problem(alice("POST", path, body, key="k"))[0] == 401


@pytest.mark.django_db
def test_old_answers_are_forgotten_by_the_sweep(desk: Desk, alice: Api) -> None:
    carol = factories.routed(desk)
    for key in ("old", "new"):
        alice("POST", f"conversations/{carol.pk}/notes/", {"text": key}, key=key)
    ApiWrite.objects.filter(key="old").update(at=timezone.now() - timedelta(hours=25))
    tidy_task()
    assert [row.key for row in ApiWrite.objects.all()] == ["new"]


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_write_once_and_hear_the_same(transactional_db: Any) -> None:
    desk = factories.desk(capacity=500)
    carol = factories.routed(desk)
    alice = program(desk.alice)
    answers: list[Any] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        answers.append(alice("POST", f"conversations/{carol.pk}/notes/", {"text": "Once"}, key="same"))
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer for answer in answers) == 7
    assert Note.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_beside_a_request_that_does_not_end_the_second_is_told_so(transactional_db: Any) -> None:
    desk = factories.desk()
    entered, go_on = threading.Event(), threading.Event()

    def slow() -> Answer:
        entered.set()
        go_on.wait(30)
        return Answer(200, {"done": 1})

    def first() -> None:
        close_old_connections()
        idempotency.once(user_id=desk.alice.pk, key="k", fingerprint="f", work=slow)
        connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    entered.wait(10)
    try:
        with pytest.raises(idempotency.StillRunning):
            idempotency.once(user_id=desk.alice.pk, key="k", fingerprint="f", work=slow)
    finally:
        go_on.set()
        thread.join(30)
    assert idempotency.once(user_id=desk.alice.pk, key="k", fingerprint="f", work=slow) == Answer(
        200, {"done": 1}, True
    )


def test_a_reply_sent_twice_is_one_even_when_the_desk_has_forgotten_the_request(
    connected: ConnectedDesk,  # noqa: F811
    network: Sandbox,  # noqa: F811
) -> None:
    connected.network.post("carol", "@norrline where is my router?")
    connected.poll()
    carol = connected.conversation("carol")
    alice = program(connected.alice)
    path = f"conversations/{carol.pk}/replies/"
    body = {"visibility": "public", "text": "On its way.", "seen_message": carol.last_incoming_id}
    first = alice("POST", path, body, key="once")
    assert first.status_code == 201, first.content
    assert (first.json()["state"], first.json()["measure"]["fits"]) == ("held", True)
    ApiWrite.objects.all().delete()
    second = alice("POST", path, body, key="once")
    assert second.json()["id"] == first.json()["id"]
    ApiWrite.objects.all().delete()
    for other in ({"text": "Something else"}, {"more": ["And more."]}):
        assert problem(alice("POST", path, {**body, **other}, key="once")) == (422, "other_request")
    assert OutboxItem.objects.count() == 1
