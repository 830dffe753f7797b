"""A desk that finds itself in a copy of its database sends nothing, and after `manage.py restored` asks first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from connectors.sandbox.harness import Sandbox
from inbox.models import OutboxHold, OutboxItem
from inbox.services import locks, outbox, restored, sending, settling
from inbox.services.outbox import State
from tests import factories
from tests.inbox.test_outbox_machine import state_of, to_network

pytestmark = pytest.mark.django_db(transaction=True)


def sql(statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements.split(";"):
            cursor.execute(statement)


@pytest.fixture(autouse=True)
def _home_again(transactional_db: Any) -> Iterator[None]:
    """The marker is no model's table, so nobody else empties it."""
    yield
    restored.come_home()


def away() -> None:
    """As after a restore: the row is there, written by another transaction."""
    sql("CREATE TEMP TABLE dumped AS SELECT * FROM inbox_home; DELETE FROM inbox_home")
    sql("INSERT INTO inbox_home SELECT * FROM dumped; DROP TABLE dumped")


COPIES = {
    "restored rows": "CREATE TEMP TABLE d AS TABLE inbox_home; DELETE FROM inbox_home; "
    "INSERT INTO inbox_home TABLE d; DROP TABLE d",
    "data restored into a migrated database": "INSERT INTO inbox_home TABLE inbox_home",
    "no marker": "DELETE FROM inbox_home",
    "another server, timeline or database": "UPDATE inbox_home SET here = '1/00000002/3', "
    "written_in = pg_current_xact_id()",
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_known_for_one(how: str) -> None:
    assert restored.at_home()
    sql(COPIES[how])
    assert not restored.at_home()
    assert restored.come_home() == restored.Doubts(waiting=0, open=0)
    assert restored.at_home()


def test_upkeep_of_the_database_is_no_restore() -> None:
    for statement in ("VACUUM FREEZE inbox_home", "VACUUM FULL inbox_home", "ANALYZE inbox_home", "CHECKPOINT"):
        sql(statement)
        assert restored.at_home(), statement


def test_the_marker_cannot_be_written_inside_another_transaction() -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        restored.come_home()
    assert restored.at_home()


def test_nothing_leaves_a_copy_and_healthz_says_what_to_do(
    desk: factories.Desk,
    online: Sandbox,
    client: Client,
) -> None:
    row = to_network(desk, online)
    away()
    assert sending.due(limit=10) == []
    assert not sending.send_one(row.pk)
    assert state_of(row) == "queued"
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "manage.py restored" in answer.json()["sending"]["detail"]
    out = StringIO()
    call_command("restored", stdout=out)
    assert "asked about 1 waiting replies before they leave" in out.getvalue()
    assert client.get("/healthz").json()["sending"] == {"ok": True, "detail": "may send"}
    assert online.ledger() == []


def settled(settings: Any) -> None:
    """The network is asked at once, as if its time to settle were over."""
    settings.HTTP_DEADLINE = 1.0
    OutboxItem.objects.filter(state=State.UNKNOWN).update(
        sending_at=timezone.now() - timedelta(minutes=1), check_at=timezone.now()
    )
    settling.settle_doubtful()


def forget(row: OutboxItem, state: str) -> None:
    """The row is as it was in the backup; the network keeps what it got."""
    OutboxItem.objects.filter(pk=row.pk).update(
        state=state, external_id="", message=None, settled_at=None, attempt=0, prepared=None, sending_at=None,
        first_sending_at=None, lease_until=None, server_started_at=None,
    )  # fmt: skip


@pytest.mark.parametrize("state", ["held", "queued", "failed", "unknown"])
def test_what_left_after_the_backup_is_found_and_what_did_not_is_sent_once(
    desk: factories.Desk,
    online: Sandbox,
    settings: Any,
    state: str,
) -> None:
    gone, waiting = to_network(desk, online, text="It left"), to_network(desk, online, text="It waits")
    assert sending.send_one(gone.pk)
    for row in (gone, waiting):
        forget(row, state)
    started = timezone.now() - timedelta(minutes=1)
    OutboxItem.objects.filter(state="unknown").update(first_sending_at=started, check_at=None)
    for row in OutboxItem.objects.filter(state="unknown"):
        row.prepared = {"kind": "tweet", "text": row.payload["text"], "in_reply_to": row.payload["in_reply_to"]}
        row.save(update_fields=["prepared"])
    away()
    restored.come_home()
    for row in (gone, waiting):
        if state == "held":
            OutboxHold.objects.create(item=row, kind="undo", release_at=timezone.now())
        elif state == "failed":
            assert outbox.retry(item_id=row.pk, actor=desk.alice)
    outbox.release_due()
    sending.send_due()
    assert {state_of(gone), state_of(waiting)} == {"unknown"}
    assert len(online.ledger()) == 1
    settled(settings)
    assert [state_of(gone), state_of(waiting)] == ["sent", "queued"]
    sending.send_due()
    assert state_of(waiting) == "sent"
    assert [line["text"] for line in online.ledger()] == ["It left", "It waits"]


def test_a_person_who_decides_is_not_asked_twice(
    desk: factories.Desk,
    online: Sandbox,
) -> None:
    row = to_network(desk, online)
    restored.come_home()
    sending.send_due()
    assert state_of(row) == "unknown"
    assert outbox.send_anyway(item_id=row.pk, actor=desk.bob)
    sending.send_due()
    assert state_of(row) == "sent"


def test_no_sender_slips_through_while_the_desk_comes_home(
    desk: factories.Desk,
    online: Sandbox,
) -> None:
    """Some had read their row before: the claim reads marker and row in one statement."""
    rows = [to_network(desk, online, text=f"Answer {n}") for n in range(8)]
    away()
    together, done = threading.Barrier(5), threading.Event()

    def send(row: OutboxItem) -> None:
        together.wait(20)
        while not done.is_set():
            sending.send_one(row.pk)
        locks.forget()
        connection.close()

    threads = [threading.Thread(target=send, args=[row]) for row in rows[:4]]
    for thread in threads:
        thread.start()
    together.wait(20)
    restored.come_home()
    until = timezone.now() + timedelta(seconds=20)
    while OutboxItem.objects.filter(state="unknown").count() < 4 and timezone.now() < until:
        pass
    done.set()
    for thread in threads:
        thread.join(30)
    sending.send_due()
    assert {state_of(row) for row in rows} == {"unknown"}
    assert online.ledger() == []


def test_pages_say_that_nothing_leaves_and_what_to_do(client: Client) -> None:
    people = factories.desk()
    carol = factories.routed(people)
    talk, accounts = f"/inbox/mine/{carol.pk}/", ["/trouble/", "/connections/", f"/connections/{carol.connection_id}/"]
    tell, do = "Tell whoever keeps the desk running", "Stop every process of the old desk"
    for stopped in (False, True):
        if stopped:
            away()
        for user, pages, step in (
            (people.alice, [talk], tell),
            (people.bob, [talk, *accounts], tell),
            (people.dana, accounts, do),
        ):
            client.force_login(user)
            for path in pages:
                page = client.get(path).content.decode()
                assert ("No reply leaves" in page, step in page) == (stopped, stopped), path
