"""Credentials that expire: renewed once, saved before use, and never guessed at after a death."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.db import connections as databases
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.base import Connector
from connectors.errors import AuthError, TransientError
from connectors.models import Connection, StreamState
from connectors.sandbox.harness import ROOT, Sandbox
from inbox.models import OutboxItem
from inbox.services import locks, tokens
from tests import factories
from tests.flows.conftest import Desk
from tests.networks import authorise, connect

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "/2/oauth2/token"
WORKERS = 8


@pytest.fixture
def desk(network: Sandbox, transactional_db: Any) -> Iterator[Desk]:
    """Connected by OAuth 2.0; the access was just handed out and holds two hours."""
    connection = connect(network, oauth2=True)
    people = factories.desk()
    desk = Desk(network, connection, people.alice, people.bob)
    expires(desk, hours=2)
    yield desk
    network.clear_faults()
    locks.forget()


def expires(desk: Desk, **later: float) -> None:
    Connection.objects.update(expires_at=timezone.now() + timedelta(**later))


def rested() -> None:
    """The pause after a renewal that failed is over."""
    Connection.objects.update(renew_not_before=None)


def renewals(desk: Desk) -> int:
    """How often the network was asked for new tokens."""
    return sum(line["path"] == TOKEN for line in desk.network.log())


def account(desk: Desk) -> Connection:
    return Connection.objects.get(pk=desk.connection.pk)


def tweets(desk: Desk) -> list[str]:
    return [line["text"] for line in desk.network.ledger() if line["kind"] == "tweet"]


def all_at_once(desk: Desk, work: Callable[[Connection], Any]) -> list[Any]:
    """What each of several workers got that begin in the same moment, each with its own session."""
    start = threading.Barrier(WORKERS)

    def one(number: int) -> Any:
        try:
            row = account(desk)
            start.wait(10)
            return work(row)
        finally:
            databases.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(one, range(WORKERS)))


def check(connector: Connector[Any]) -> str:
    return connector.check().handle


def test_an_access_about_to_expire_is_renewed_before_it_is_used(desk: Desk) -> None:
    desk.network.post("carol", "@norrline hello")
    expires(desk, minutes=9)
    before = account(desk).secrets()
    desk.poll()
    assert desk.conversation("carol")
    after = account(desk)
    assert renewals(desk) == 1
    assert after.expires_at > timezone.now() + timedelta(minutes=100)
    assert (after.renew_lease, after.renew_lease_until) == (None, None)
    changed = {name for name, value in after.secrets().items() if before[name] != value}
    assert changed == {"access_token", "refresh_token"}
    desk.poll(times=2)
    assert renewals(desk) == 1


def test_eight_workers_renew_once(desk: Desk) -> None:
    expires(desk, minutes=1)
    assert all_at_once(desk, lambda row: check(tokens.ready(row))) == ["norrline"] * WORKERS
    assert renewals(desk) == 1


def test_eight_workers_who_are_refused_renew_once(desk: Desk) -> None:
    desk.network.fault("expire_token")
    assert all_at_once(desk, lambda row: tokens.using(row, check)) == ["norrline"] * WORKERS
    assert renewals(desk) == 1


def test_a_refused_reply_is_sent_once_after_one_renewal(desk: Desk) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    item = desk.reply("carol", "Here we are.")
    desk.network.fault("expire_token")
    desk.send()
    item.refresh_from_db()
    assert item.state == "sent"
    assert item.attempt == 1
    assert tweets(desk) == ["Here we are."]
    assert renewals(desk) == 1


def test_an_access_that_is_refused_after_its_renewal_needs_a_person(desk: Desk) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    item = desk.reply("carol", "Here we are.")
    desk.network.fault("status", method="POST", path="/2/tweets", status=401)
    desk.send()
    item.refresh_from_db()
    assert (item.state, account(desk).state) == ("queued", "unauthorised")
    assert (tweets(desk), renewals(desk)) == ([], 1)


def worker_that_dies_renewing(desk: Desk, lease: float) -> None:
    """A real worker, killed after the network rotated the tokens and before it could save them."""
    address = urlsplit(os.environ["DATABASE_URL"])
    name = database.settings_dict["NAME"]
    program = "import django; django.setup(); from inbox.services import poll; poll.poll_due()"
    environment = {
        **os.environ, "DATABASE_URL": address._replace(path=f"/{name}").geturl(), "SEND_LEASE": str(lease),
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    desk.network.fault("timeout_after_write", path=TOKEN, times=1, seconds=60)
    StreamState.objects.update(next_poll_at=timezone.now(), lease_until=None)
    worker = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment)
    try:
        deadline = time.monotonic() + 60
        while not renewals(desk):
            assert worker.poll() is None, "the worker ended before it renewed"
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        worker.kill()
        worker.wait()


def test_a_death_between_rotation_and_save_needs_a_person_and_sends_nothing_twice(desk: Desk) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    item = desk.reply("carol", "Here we are.")
    expires(desk, minutes=1)
    worker_that_dies_renewing(desk, lease=3)
    assert account(desk).renew_lease is not None
    while account(desk).renew_lease_until > timezone.now():
        time.sleep(0.1)
    for _ in range(3):
        desk.poll()
        desk.send()
    item.refresh_from_db()
    assert account(desk).state == "unauthorised"
    assert account(desk).state_reason == tokens.LOST
    assert renewals(desk) == 1, "the token that may be dead is not shown to the network again"
    assert (item.state, tweets(desk)) == ("queued", [])
    authorise(desk.network, oauth2=True)
    desk.send()
    item.refresh_from_db()
    assert item.state == "sent"
    assert tweets(desk) == ["Here we are."]


def test_who_finds_the_lease_taken_waits_a_little_and_then_puts_it_off(desk: Desk) -> None:
    expires(desk, minutes=-1)
    worker_that_dies_renewing(desk, lease=60)
    with pytest.raises(TransientError, match="just being renewed"):
        tokens.ready(account(desk))
    assert (renewals(desk), account(desk).state) == (1, "active")


def test_a_worker_that_was_only_slow_brings_the_access_back(desk: Desk, settings: Any) -> None:
    settings.SEND_LEASE = 0.5
    expires(desk, minutes=1)
    desk.network.fault("slow", path=TOKEN, seconds=3)
    slow = threading.Thread(target=lambda: (check(tokens.ready(account(desk))), databases.close_all()))
    slow.start()
    while account(desk).renew_lease is None:
        time.sleep(0.02)
    time.sleep(0.7)
    with pytest.raises(AuthError, match="may be lost"):
        tokens.ready(account(desk))
    assert account(desk).state == "unauthorised"
    slow.join()
    assert account(desk).state == "active"
    assert check(tokens.ready(account(desk))) == "norrline"
    assert renewals(desk) == 1


def test_an_access_that_was_taken_away_needs_a_person(desk: Desk) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    desk.reply("carol", "Here we are.")
    desk.network.fault("revoke_token")
    for _ in range(3):
        desk.poll()
        desk.send()
    assert account(desk).state == "unauthorised"
    assert "authorise it again" in account(desk).state_reason
    assert renewals(desk) == 1
    assert OutboxItem.objects.get().state == "queued"


def test_doubt_about_a_renewal_is_settled_by_the_network(desk: Desk, settings: Any) -> None:
    settings.HTTP_DEADLINE = 1.0
    expires(desk, minutes=-1)
    desk.network.fault("status", path=TOKEN, times=1, status=503)
    for _ in range(3):
        desk.poll()
    assert renewals(desk) == 1, "not again before the pause is over"
    assert account(desk).state == "active"
    assert StreamState.objects.filter(last_error=tokens.LATER).exists()
    rested()
    desk.poll()
    assert renewals(desk) == 2
    assert account(desk).expires_at > timezone.now()
    expires(desk, minutes=-1)
    desk.network.fault("timeout_after_write", path=TOKEN, times=1, seconds=3)
    desk.poll()
    assert account(desk).state == "active"
    rested()
    desk.poll()
    assert account(desk).state == "unauthorised", "it had rotated, and the new tokens are lost"


def test_what_still_holds_is_used_while_it_cannot_be_renewed(desk: Desk) -> None:
    expires(desk, minutes=5)
    desk.network.fault("status", path=TOKEN, status=429, reset=300)
    desk.network.post("carol", "@norrline hello")
    desk.poll(times=2)
    assert desk.conversation("carol")
    assert renewals(desk) == 1
    assert account(desk).renew_not_before > timezone.now() + timedelta(minutes=4)


def test_another_way_to_sign_in_replaces_the_first_whole(desk: Desk) -> None:
    authorise(desk.network)
    assert account(desk).expires_at is None
    assert set(account(desk).secrets()) == {"consumer_key", "consumer_secret", "access_token", "access_token_secret"}
    assert check(tokens.ready(account(desk))) == "norrline"


@pytest.mark.parametrize(("oauth2", "statements"), [(False, 1), (True, 2)])
def test_what_need_not_be_renewed_costs_next_to_nothing(desk: Desk, oauth2: bool, statements: int) -> None:
    row = authorise(desk.network, oauth2=oauth2)
    if oauth2:
        expires(desk, hours=2)
    row.refresh_from_db()
    with CaptureQueriesContext(database) as captured:
        tokens.ready(row)
    assert len(captured) == statements


def test_an_admin_sees_until_when_the_access_holds_and_when_to_authorise_again(desk: Desk) -> None:
    admin = factories.signed_in(User.objects.get(username="dana"))
    assert "Access expires in 1 h 59 min, renewed by itself" in admin.get("/connections/").content.decode()
    expires(desk, minutes=-1)
    assert "Access has expired, renewed at the next read" in admin.get("/connections/").content.decode()
    desk.network.fault("revoke_token")
    desk.poll()
    page = admin.get("/connections/").content.decode()
    assert "Needs a new authorisation" in page
    assert "authorise it again, and connect it with the new tokens" in page
