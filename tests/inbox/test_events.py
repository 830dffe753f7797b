"""The event log is read in order and without gaps, however transactions overlap."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence

import pytest
from django.db import connection, transaction

from inbox.models import Event, EventReader
from inbox.services import events
from inbox.services.events import Fact

pytestmark = pytest.mark.django_db(transaction=True)


class Slow(threading.Thread):
    """A transaction that writes an event and stays open until it is let go.

    With ``begins_first`` it has its transaction id early and its event's position late.
    """

    def __init__(self, kind: str, *, begins_first: bool = False, undone: bool = False) -> None:
        super().__init__(daemon=True)
        self.kind, self.begins_first, self.undone = kind, begins_first, undone
        self.begun, self.write, self.written, self.end = (threading.Event() for _ in range(4))
        if not begins_first:
            self.write.set()
        self.start()
        assert (self.begun if begins_first else self.written).wait(20)

    def run(self) -> None:
        with contextlib.suppress(Undone), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_current_xact_id()")
            self.begun.set()
            self.write.wait(20)
            events.emit([Fact(kind=self.kind)])
            self.written.set()
            self.end.wait(20)
            if self.undone:
                raise Undone
        connection.close()

    def writes(self) -> None:
        self.write.set()
        assert self.written.wait(20)

    def ends(self) -> None:
        self.end.set()
        self.join(20)


class Undone(Exception):
    """Rolls a transaction back."""


def tell(*kinds: str) -> None:
    with transaction.atomic():
        events.emit([Fact(kind=kind) for kind in kinds])


def kinds(found: Sequence[Event]) -> list[str]:
    return [event.kind for event in found]


def test_a_transaction_that_commits_late_is_missed_by_nobody() -> None:
    tell("before")
    slow = Slow("slow")
    tell("quick")
    first = events.read(after=0)
    assert kinds(first) == ["before"], "nothing behind an open transaction is final"
    assert events.position() == first[-1].pk
    slow.ends()
    assert kinds(events.read(after=first[-1].pk)) == ["slow", "quick"]
    assert events.position() == Event.objects.get(kind="quick").pk


def test_an_older_transaction_with_a_higher_position_hides_nobody_else() -> None:
    """The younger transaction numbers its event first; the older one numbers later and commits earlier."""
    older = Slow("older", begins_first=True)
    younger = Slow("younger")
    older.writes()
    older.ends()
    assert kinds(Event.objects.all()) == ["older"]
    assert events.read(after=0) == []
    assert events.position() < Event.objects.get().pk
    younger.ends()
    found = list(Event.objects.order_by("id"))
    assert found[0].xid > found[1].xid
    assert kinds(events.read(after=0)) == ["younger", "older"]


def test_what_is_rolled_back_holds_nobody_up() -> None:
    slow = Slow("slow", undone=True)
    tell("quick")
    assert events.read(after=0) == []
    slow.ends()
    assert kinds(events.read(after=0)) == ["quick"]


def test_a_transaction_that_writes_no_event_holds_nobody_up() -> None:
    idle = Slow("late", begins_first=True)
    tell("quick")
    assert kinds(events.read(after=0)) == ["quick"]
    idle.writes()
    tell("next")
    assert kinds(events.read(after=0)) == ["quick"]
    idle.ends()
    assert kinds(events.read(after=0)) == ["quick", "late", "next"]


def test_a_consumer_sees_each_event_once_and_in_order_while_writers_overlap() -> None:
    """Eight writers hold their transactions open for different times; a reader reads all the while."""
    stop, seen = threading.Event(), []

    def write(number: int) -> None:
        for step in range(10):
            with transaction.atomic():
                events.emit([Fact(kind=f"w{number}-{step}")])
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(%s)", [(number * 7 + step * 3) % 10 / 1000])
        connection.close()

    def read() -> None:
        while not stop.is_set():
            events.consume("test", lambda some: seen.extend(event.pk for event in some), limit=7)
        connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    reader = threading.Thread(target=read)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join(60)
    stop.set()
    reader.join(60)
    while events.consume("test", lambda some: seen.extend(event.pk for event in some)):
        pass
    assert seen == list(Event.objects.order_by("id").values_list("pk", flat=True))
    assert len(seen) == 80


def test_a_handler_that_fails_moves_nothing_on() -> None:
    tell("one")

    def fail(some: Sequence[Event]) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        events.consume("test", fail)
    assert not EventReader.objects.filter(name="test").exists()
    assert events.consume("test", lambda some: None) == 1
    assert events.consume("test", lambda some: None) == 0


def test_reading_needs_no_notification() -> None:
    """NOTIFY is a hint: whoever never listened finds everything by position."""
    with connection.cursor() as cursor:
        cursor.execute("UNLISTEN *")
    for number in range(3):
        tell(f"fact-{number}")
    assert kinds(events.read(after=0)) == ["fact-0", "fact-1", "fact-2"]
    assert kinds(events.read(after=events.read(after=0, limit=1)[-1].pk)) == ["fact-1", "fact-2"]


def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        events.emit([Fact(kind="lonely")])
