"""The event stream of a real server: who hears what, and when it ends."""

from __future__ import annotations

import json
import queue
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import requests
from django.contrib.sessions.models import Session
from django.db import connection, transaction

from inbox.services import conversations, events, viewers
from inbox.services.events import Fact
from routing.models import Membership
from routing.services import notices
from tests import factories


class Stream:
    """One open stream, read by a thread."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        self.heard: queue.Queue[dict[str, str]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        message: dict[str, str] = {}
        closed_by_the_test = (requests.RequestException, AttributeError, ValueError, OSError)
        with suppress(*closed_by_the_test):
            for line in self.response.iter_lines(chunk_size=1, decode_unicode=True):
                if line:
                    name, _, value = line.partition(": ")
                    message[name] = value
                elif "event" in message:
                    if message["event"] != "here":  # a sign of life is no news
                        self.heard.put(message)
                    message = {}
        self.heard.put({"event": "closed"})

    def next(self, seconds: float = 20) -> dict[str, str]:
        return self.heard.get(timeout=seconds)

    def change(self) -> Any:
        message = self.next()
        assert message["event"] == "change"
        return json.loads(message["data"])


@pytest.fixture
def desk(transactional_db: Any) -> factories.Desk:
    return factories.desk(password=factories.PASSWORD)


def sign_in(address: str, name: str) -> requests.Session:
    session = requests.Session()
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', session.get(f"{address}/accounts/login/").text)
    assert token is not None
    form = {"username": name, "password": factories.PASSWORD, "csrfmiddlewaretoken": token.group(1)}
    assert session.post(f"{address}/accounts/login/", data=form).status_code == 200
    return session


@contextmanager
def listening(address: str, name: str, after: int | None = None) -> Iterator[Stream]:
    session = sign_in(address, name)
    seen = events.position() if after is None else after
    with session.get(f"{address}/events?after={seen}", stream=True, timeout=30) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        yield Stream(response)
        # Closing alone would wait for the reading thread, and that for the next sign of life.
        if response.raw.connection is not None:  # the server has not ended it
            response.raw.connection.sock.shutdown(socket.SHUT_RDWR)


def test_a_commit_elsewhere_is_heard_with_ids_and_counts_and_no_text(address: str, desk: factories.Desk) -> None:
    with listening(address, "alice") as alice:
        carol = factories.routed(desk, "The line is dead")
        told, numbers = set(), {}
        while "conversation.assigned" not in told:
            change = alice.change()
            told |= set(change["kinds"])
            numbers = change["queues"]
            assert set(change["conversations"]) <= {carol.pk}
            assert "dead" not in json.dumps(change)
        assert numbers[f"agent:{desk.alice.pk}:open"] == 1
        assert f"team:{desk.billing.pk}:open" not in numbers


def test_another_team_hears_nothing(address: str, desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    with listening(address, "erin") as erin:
        conversations.add_note(conversation_id=carol.pk, author=desk.alice, text="For the help desk.")
        with pytest.raises(queue.Empty):
            erin.next(2)


def test_what_was_missed_is_told_from_the_log(address: str, desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    before = events.position()
    conversations.add_note(conversation_id=carol.pk, author=desk.bob, text="While alice was away.")
    with listening(address, "alice", after=before) as alice:
        assert "note.added" in alice.change()["kinds"]


def test_whoever_comes_back_while_much_happens_is_told_everything_once(address: str, desk: factories.Desk) -> None:
    rows = [factories.routed(desk, f"Line {n} is dead", by=f"customer{n}").pk for n in range(16)]
    before = events.position()

    def notes(ids: list[int]) -> None:
        for pk in ids:
            conversations.add_note(conversation_id=pk, author=desk.bob, text="Seen.")
        connection.close()

    conversations.add_note(conversation_id=rows[0], author=desk.bob, text="While alice was away.")
    writing = threading.Thread(target=notes, args=(rows[1:],))
    writing.start()
    heard: list[int] = []
    positions = [before]
    with listening(address, "bob", after=before) as bob:
        while len(heard) < len(rows):
            message = bob.next()
            assert message["event"] == "change"
            heard += json.loads(message["data"])["conversations"]
            positions.append(int(message["id"]))
        with pytest.raises(queue.Empty):
            bob.next(1)
    writing.join()
    assert sorted(heard) == sorted(rows)
    assert positions == sorted(set(positions))


def test_a_position_that_the_log_does_not_know_is_read_anew(address: str, desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    with listening(address, "alice", after=10**9) as alice:
        assert alice.next()["event"] == "reload"
        conversations.add_note(conversation_id=carol.pk, author=desk.bob, text="After the restore.")
        assert "note.added" in alice.change()["kinds"]


def test_a_stream_ends_with_its_session(address: str, desk: factories.Desk) -> None:
    with listening(address, "alice") as alice:
        other = sign_in(address, "alice")
        Session.objects.exclude(session_key=other.cookies["sessionid"]).delete()
        page = other.get(f"{address}/me/").text
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)
        assert token is not None
        other.post(f"{address}/accounts/logout/", data={"csrfmiddlewaretoken": token.group(1)})
        assert alice.next()["event"] == "end"


def test_who_left_the_team_hears_no_more_of_it(address: str, desk: factories.Desk) -> None:
    carol = factories.routed(desk)
    Membership.objects.filter(user=desk.erin).delete()
    with listening(address, "erin") as erin:
        conversations.add_note(conversation_id=carol.pk, author=desk.bob, text="Not for erin.")
        with pytest.raises(queue.Empty):
            erin.next(2)


def test_nobody_listens_without_an_account(address: str) -> None:
    answer = requests.get(f"{address}/events", allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    assert "/accounts/login/" in answer.headers["Location"]


def looks(desk: factories.Desk, *, typing: bool = False) -> list[dict[str, Any]]:
    return [{"id": desk.alice.pk, "name": "Alice", "typing": typing}]


def viewing(stream: Stream) -> Any:
    message = stream.next()
    assert (message["event"], message.get("id")) == ("viewers", None)
    return json.loads(message["data"])


def test_who_looks_is_told_as_it_changes_to_those_who_may_see_it(address: str, desk: factories.Desk) -> None:
    carol = factories.routed(desk, "The line is dead").pk
    beat = {"conversation_id": carol, "user_id": desk.alice.pk}
    with listening(address, "bob") as bob, listening(address, "erin") as erin:
        viewers.seen(**beat, typing=False)
        assert viewing(bob) == {str(carol): looks(desk)}
        viewers.seen(**beat, typing=False)  # a beat that says nothing new
        viewers.seen(**beat, typing=True)
        assert viewing(bob) == {str(carol): looks(desk, typing=True)}
        with listening(address, "bob") as late:  # a page that opens later
            assert viewing(late) == {str(carol): looks(desk, typing=True)}
        viewers.left(**beat)
        assert viewing(bob) == {str(carol): []}
        factories.rule("Words", desk.billing, "refund")
        factories.routed(desk, "refund", by="dora")
        assert erin.next()["event"] == "change"  # the first that she hears


def test_whoever_leaves_without_a_word_is_gone_within_seconds(address: str, desk: factories.Desk) -> None:
    carol = factories.routed(desk).pk
    with listening(address, "bob") as bob:
        viewers.seen(conversation_id=carol, user_id=desk.alice.pk, typing=False)
        assert viewing(bob) == {str(carol): looks(desk)}
        viewers._store().delete(f"viewers:{carol}")  # it ran out
        assert viewing(bob) == {str(carol): []}


def told(user_id: int) -> None:
    with transaction.atomic():
        events.emit([Fact(notices.TOLD, None, None, "agent", user_id)])


def test_everybody_hears_that_their_own_notifications_changed(address: str, desk: factories.Desk) -> None:
    with listening(address, "dana") as dana, listening(address, "alice") as alice:
        told(desk.dana.pk)
        assert dana.change()["kinds"] == ["agent.notified"]
        told(desk.alice.pk)
        assert alice.change()["kinds"] == ["agent.notified"]  # the first that she hears
