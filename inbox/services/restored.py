"""A database that came back from a backup: nothing leaves until a person says so, and then the network is asked first.

The marker is a row that knows where and in which transaction it was written (inbox_at_home() in the database). In a
restored copy either is another. See docs/decisions/008-a-restored-desk-asks-first.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from inbox.models import OutboxItem

State = OutboxItem.State
STOPPED = gettext_lazy(
    "No reply leaves: the database was restored or moved, and nobody has said yet that no other copy is at work. What "
    "you send waits."
)
FOR_ADMINS = gettext_lazy("Stop every process of the old desk, then run manage.py restored (docs/production.md).")
FOR_OTHERS = gettext_lazy("Tell whoever keeps the desk running: they run manage.py restored.")


@dataclass(frozen=True, slots=True)
class Doubts:
    """How many items the network is asked about: before they may leave, and because their outcome was open."""

    waiting: int
    open: int


def at_home() -> bool:
    """Whether this database is the one that this desk has written, and no copy of it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inbox_at_home()")
        return bool(cursor.fetchone()[0])


def come_home() -> Doubts:
    """Doubt everything that may have left since the backup was made, and let the desk send again.

    Call when no process of the old desk runs any more. Harmless to repeat: it costs questions, never a reply.
    """
    with transaction.atomic(durable=True):
        # `durable`: in a savepoint the row would be written under another number than pg_current_xact_id().
        waiting = OutboxItem.objects.filter(state__in=[State.HELD, State.QUEUED, State.FAILED]).update(ask_first=True)
        doubtful = OutboxItem.objects.filter(state=State.UNKNOWN).update(checks=0, check_at=timezone.now())
        sending = OutboxItem.objects.filter(state=State.SENDING).count()  # reclaim() asks about these
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM inbox_home")
            cursor.execute("INSERT INTO inbox_home VALUES (inbox_here(), pg_current_xact_id())")
    return Doubts(waiting, doubtful + sending)
