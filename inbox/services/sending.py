"""What leaves, leaves here: claim, freeze, send once. What became of it is written by outcomes.py.

The order is the promise. The lock first, then `sending` with the frozen payload committed, then the
first byte, then the outcome. A sender that died in between is settled by asking the network (settling.py).

Connections take turns, and each has few places among the senders (lanes.py), so that one that hangs, or has
hundreds of replies waiting, keeps no other's waiting.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db import connection as database
from django.utils import timezone
from django.utils.translation import gettext_noop

from connectors.base import Connector
from connectors.errors import AuthError, ConnectorError, UnknownOutcome
from connectors.models import Lane
from connectors.types import Denied, Receipt
from inbox.downstream import policy
from inbox.models import OutboxItem
from inbox.models.outbox import AtHome
from inbox.services import approvals, guarding, outcomes, settling, tokens, uploads
from inbox.services.connections import may_send
from inbox.services.errands import Errand, errand_of
from inbox.services.lanes import in_place
from inbox.services.locks import Held, sender_lock
from inbox.services.outbox import State, move
from inbox.services.surely import surely

log = logging.getLogger(__name__)


def turn(lane: int) -> bool:
    """Send one reply, or settle one, of the connections up to this lane; False where nothing can be done."""
    return _send_next(lane) or settling.turn(lane)


def waiting() -> dict[int, int]:
    """How many replies may leave or are to be settled, by the lane of their connection."""
    now = timezone.now()
    with database.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT c.send_lane, count(*) FROM (({_DUE}) UNION ALL ({settling.DOUBTFUL})) t
            JOIN connectors_connection c ON c.id = t.connection_id GROUP BY c.send_lane
            """,
            [now, now, Lane.BROKEN, now, Lane.BROKEN],
        )
        return dict(cursor.fetchall())


def send_due(*, limit: int = 50, lane: int = Lane.BROKEN) -> int:
    """Send what is due. Returns how many items were taken up."""
    done = 0
    while done < limit and _send_next(lane):
        done += 1
    return done


def _send_next(lane: int) -> bool:
    return any(send_one(item_id) for item_id in due(limit=50, lane=lane))


# Of each connection a few (more than may leave at once), the longest due; each connection's first ones first.
_DUE = """
    SELECT i.id, c.id AS connection_id, i.number, i.run_at FROM connectors_connection c CROSS JOIN LATERAL (
        SELECT o.id, o.run_at, row_number() OVER (ORDER BY o.run_at, o.id) AS number
        FROM inbox_outboxitem o LEFT JOIN inbox_outboxitem a ON a.id = o.after_id
        WHERE o.connection_id = c.id AND o.state = 'queued' AND o.run_at <= %s
            AND (o.after_id IS NULL OR a.state = 'sent')
            AND NOT EXISTS (
                SELECT FROM inbox_outboxitem f WHERE f.conversation_id = o.conversation_id AND f.state = 'sending')
        ORDER BY o.run_at, o.id LIMIT 4
    ) i
    WHERE inbox_at_home() AND c.state = 'active' AND NOT c.sending_paused AND coalesce(c.send_not_before <= %s, true)
        AND c.send_lane <= %s AND NOT EXISTS (
            SELECT FROM inbox_sendingpause p WHERE p.ended_at IS NULL AND p.brand IN ('', c.brand))
"""


def due(*, limit: int, lane: int = Lane.BROKEN) -> list[int]:
    """Ids of the items that may leave now: of every connection a few, the longest due first."""
    now = timezone.now()
    with database.cursor() as cursor:
        cursor.execute(f"{_DUE} ORDER BY i.number, i.run_at, i.id LIMIT %s", [now, now, lane, limit])
        return [row[0] for row in cursor.fetchall()]


def send_one(item_id: int) -> bool:
    """Take up one queued item, if nobody else did and its connection has a place, and see it through."""
    with sender_lock(item_id) as held:
        if held is None:
            return False
        item = OutboxItem.objects.select_related("connection", "conversation__identity", "author", "after").get(
            pk=item_id
        )
        return in_place(item.connection, lambda: _see_through(item, held))


def _see_through(item: OutboxItem, held: Held) -> bool:
    try:
        connector = tokens.ready(item.connection)
        uploads.ready(item, connector)
        errand = _claim(item, connector, held)
    except ConnectorError as error:
        return outcomes.not_sent(item, error, source=State.QUEUED)
    except IntegrityError:  # another item of this conversation is in flight: this one waits its turn
        return False
    if errand is None:
        return item.state != State.QUEUED  # refused, held, or to be asked about first
    outcome = _transmit(connector, errand, item)
    surely(lambda: outcomes.record(item, outcome))
    return True


def _claim(item: OutboxItem, connector: Connector[Any], held: Held) -> Errand | None:
    """Commit `sending` with the frozen payload, or None where the item may not leave now."""
    now = timezone.now()
    with transaction.atomic():
        at_home, ask_first = OutboxItem.objects.values_list(AtHome(), "ask_first").get(pk=item.pk)
        if not at_home or not may_send(item.connection_id):
            return None
        if ask_first:
            _ask_first(item, connector, now)
            return None
        if silenced := policy().silenced(item.author, item.visibility, item.connection_id):
            _denied(item, Denied(silenced))
            return None
        if _held(item):
            return None
        item.first_sending_at = item.first_sending_at or now
        errand = errand_of(item)
        verdict = errand.allowed(connector, now)
        if isinstance(verdict, Denied):
            _denied(item, verdict)
            return None
        claimed = move(
            item, to=State.SENDING, source=[State.QUEUED], prepared=errand.prepare(connector), sending_at=now,
            first_sending_at=item.first_sending_at, lease_until=now + timedelta(seconds=settings.SEND_LEASE),
            server_started_at=held.server_started_at, attempt=item.attempt + 1, reason="",
        )  # fmt: skip
    return errand if claimed else None


def _held(item: OutboxItem) -> bool:
    """The last look: whatever path it came by, nothing private leaves in public and nothing unapproved at all."""
    if found := guarding.stops(item):
        guarding.hold(item, found)
    elif not approvals.kept(item):
        return False
    move(item, to=State.HELD, source=[State.QUEUED])
    return True


def _ask_first(item: OutboxItem, connector: Connector[Any], now: datetime) -> None:
    """It waited in a database that was restored, and may have left after the backup: only the network knows."""
    item.first_sending_at = item.first_sending_at or item.created_at
    item.sending_at = now
    move(
        item, to=State.UNKNOWN, source=[State.QUEUED], prepared=errand_of(item).prepare(connector), ask_first=False,
        first_sending_at=item.first_sending_at, sending_at=now, check_at=outcomes.settled_at(item), checks=0,
        server_started_at=None, data={"restored": True},
        reason=gettext_noop("The database was restored from a backup: the network is asked whether this has left."),
    )  # fmt: skip


def _denied(item: OutboxItem, verdict: Denied) -> None:
    if verdict.until:
        OutboxItem.objects.filter(pk=item.pk, state=State.QUEUED).update(
            run_at=verdict.until, reason=verdict.reason[:400]
        )
    else:
        move(item, to=State.REJECTED, source=[State.QUEUED], reason=verdict.reason[:400])


def _transmit(connector: Connector[Any], errand: Errand, item: OutboxItem) -> Receipt | ConnectorError:
    """Send; where the network refused our access and the access can be renewed, once more with the new one."""
    outcome = _send(connector, errand, item)
    if not isinstance(outcome, AuthError) or item.connection.expires_at is None:
        return outcome
    try:
        connector = tokens.after_refusal(item.connection)
    except ConnectorError as error:
        return error
    item.sending_at = timezone.now()  # from here on counts when absence at the network proves something
    lease_until = item.sending_at + timedelta(seconds=settings.SEND_LEASE)
    OutboxItem.objects.filter(pk=item.pk, state=State.SENDING).update(
        sending_at=item.sending_at, lease_until=lease_until
    )
    return _send(connector, errand, item)


def _send(connector: Connector[Any], errand: Errand, item: OutboxItem) -> Receipt | ConnectorError:
    """Send once. An error that nobody foresaw proves nothing, so it is an unknown outcome."""
    try:
        return errand.run(connector, item.prepared or {})
    except ConnectorError as error:
        return error
    except Exception as error:
        log.exception("outbox item %s: the connector failed unexpectedly", item.pk)
        return UnknownOutcome(f"Something unexpected happened while sending ({type(error).__name__}).")
