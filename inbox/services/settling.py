"""Doubt about a reply: its sender died, or the answer was not heard. The network is asked; nothing is sent blindly."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db import connection as database
from django.utils import timezone
from django.utils.translation import gettext_noop

from connectors.base import Connector
from connectors.errors import AuthError, ConnectorError, RateLimited
from connectors.models import Lane
from connectors.types import Absent, Receipt, Unknown
from inbox.models import OutboxItem
from inbox.services import outcomes, tokens
from inbox.services.connections import unauthorised
from inbox.services.errands import errand_of
from inbox.services.lanes import in_place
from inbox.services.locks import sender_lock, server_started_at
from inbox.services.outbox import State, backoff, move

MAX_CHECKS = 3  # questions to the network before a doubtful item is left to a person


def reclaim(*, limit: int = 50) -> int:
    """Items whose sender's lease ran out and whose lock is free: their sender is gone, the outcome unknown.

    A frozen sender keeps its lock, so its item stays. After a restart of PostgreSQL the lock proves
    nothing: the sender may live, and then only a proof (found) may settle the item.
    """
    expired = OutboxItem.objects.select_related("connection").filter(
        state=State.SENDING, lease_until__lt=timezone.now()
    )
    done = 0
    for item in expired.order_by("lease_until")[:limit]:
        with sender_lock(item.pk) as held:
            if held is not None:
                same_server = item.server_started_at == held.server_started_at
                done += outcomes.doubtful(
                    item, gettext_noop("The program stopped while it was sending."), sender_ended=same_server
                )
    return done


# Of each connection the longest due.
DOUBTFUL = """
    SELECT DISTINCT ON (o.connection_id) o.id, o.connection_id, 1, o.check_at
    FROM inbox_outboxitem o JOIN connectors_connection c ON c.id = o.connection_id
    WHERE o.state = 'unknown' AND o.check_at <= %s AND c.state = 'active' AND c.send_lane <= %s
    ORDER BY o.connection_id, o.check_at
"""


def turn(lane: int) -> bool:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT id FROM ({DOUBTFUL}) d ORDER BY check_at", [timezone.now(), lane])
        found = [row[0] for row in cursor.fetchall()]
    return any(_settle_one(item_id) for item_id in found)


def settle_doubtful(*, limit: int = 50, lane: int = Lane.BROKEN) -> int:
    """Ask the network about the doubtful items that are due. Returns how many were asked about."""
    done = 0
    while done < limit and turn(lane):
        done += 1
    return done


def _settle_one(item_id: int) -> bool:
    with sender_lock(item_id) as held:
        item = OutboxItem.objects.select_related("connection", "conversation").get(pk=item_id)
        if held is None or item.state != State.UNKNOWN:
            return False
        return in_place(item.connection, lambda: _settle(item))


def _settle(item: OutboxItem) -> bool:
    answer = _asked(item)
    if isinstance(answer, Receipt):
        try:
            outcomes.sent(item, answer)
        except IntegrityError:  # another item claimed this id in the same moment
            _ask_later(item, gettext_noop("The network's answer fits another reply too."), alike=1)
    elif isinstance(answer, Unknown):
        _ask_later(item, answer.reason, ours=answer.ours, alike=answer.alike)
    elif isinstance(answer, Absent):
        _absent(item, answer)
    return True


def _asked(item: OutboxItem) -> Receipt | Absent | Unknown | None:
    """The network's answer; None where it could not be asked and that is noted."""

    def ask(network: Connector[Any]) -> Receipt | Absent | Unknown:
        errand = errand_of(item)
        answer = errand.find(network, item.prepared or {}, _claimed(item))
        return Absent() if isinstance(answer, Unknown) and errand.repeatable(network) else answer

    try:
        return tokens.using(item.connection, ask)
    except RateLimited as error:
        _ask_later(item, str(error), at=error.retry_at)
    except ConnectorError as error:
        if isinstance(error, AuthError):
            unauthorised(connection_id=item.connection_id, reason=str(error))
        _ask_later(item, str(error))
    return None


def _claimed(item: OutboxItem) -> set[str]:
    """Ids at the network that belong to other replies to this person: two identical replies are two."""
    others = OutboxItem.objects.filter(
        connection=item.connection, conversation__identity=item.conversation.identity_id
    ).exclude(external_id="")
    return set(others.values_list("external_id", flat=True))


def _absent(item: OutboxItem, answer: Absent) -> None:
    if timezone.now() < outcomes.settled_at(item):
        OutboxItem.objects.filter(pk=item.pk).update(check_at=outcomes.settled_at(item))
    elif item.server_started_at is not None and item.server_started_at != server_started_at():
        reason = gettext_noop(
            "The database restarted while this was being sent; the network does not show it, but it may still arrive."
        )
        found = _found(item, ours=answer.ours)
        OutboxItem.objects.filter(pk=item.pk).update(check_at=None, reason=reason, checks=item.checks + 1, found=found)
    else:
        with transaction.atomic():
            move(
                item, to=State.QUEUED, source=[State.UNKNOWN], run_at=timezone.now(), check_at=None,
                reason=gettext_noop("The network does not hold it; it is sent again."), data={"found": "absent"},
            )  # fmt: skip


def _found(item: OutboxItem, *, ours: int | None, alike: int = 0) -> dict[str, Any]:
    """What the network showed, for the person who decides: numbers, never words."""
    return {"at": timezone.now().isoformat(), "ours": ours, "alike": alike}


def _ask_later(
    item: OutboxItem, reason: str, *, at: datetime | None = None, ours: int | None = None, alike: int = 0
) -> None:
    """Try the question again a few times; after that it waits for a person, with what was found."""
    checks = item.checks + 1
    next_at = at or timezone.now() + backoff(checks + 1)
    OutboxItem.objects.filter(pk=item.pk, state=State.UNKNOWN).update(
        checks=checks, check_at=next_at if checks < MAX_CHECKS else None, reason=reason[:400],
        found=_found(item, ours=ours, alike=alike),
    )  # fmt: skip
