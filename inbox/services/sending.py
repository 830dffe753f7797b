"""What leaves, leaves here: claim, freeze, send once, record; and ask the network where nobody knows.

The order is the promise. The lock first, then `sending` with the frozen payload committed, then the
first byte, then the outcome. A sender that died in between is settled by asking the network.

Connections take turns, and each has few places among the senders (locks.place), so that one that hangs, or has
hundreds of replies waiting, keeps no other's waiting; its lane says how its latest turn went (crew.py).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db import connection as database
from django.utils import timezone

from connectors.base import Connector
from connectors.errors import (
    AuthError,
    ConnectorError,
    RateLimited,
    RejectedError,
    TransientError,
    UnknownOutcome,
)
from connectors.models import Connection, Lane
from connectors.types import Absent, Denied, Draft, Receipt, Unknown
from inbox.downstream import policy
from inbox.models import Message, OutboxItem
from inbox.models.outbox import AtHome
from inbox.services import conversations, tokens
from inbox.services.connections import may_send, settle_seconds, unauthorised
from inbox.services.drafts import draft_of
from inbox.services.locks import Held, place, sender_lock, server_started_at
from inbox.services.outbox import State, backoff, move
from inbox.services.surely import surely

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8  # provably unsent tries (about 10 minutes of backoff) before a person is asked
MAX_CHECKS = 3  # questions to the network before a doubtful item is left to a person
LONG = 5.0  # seconds; who takes so long to answer a sender is not quick
AT_ONCE = {Lane.QUICK: 2, Lane.BUSY: 1, Lane.BROKEN: 1}  # senders that one connection may have, by its lane


# Turns ------------------------------------------------------------------------------------------


def turn(lane: int) -> bool:
    """Send one reply, or settle one, of the connections up to this lane; False where nothing can be done."""
    return _send_next(lane) or _settle_next(lane)


def waiting() -> dict[int, int]:
    """How many replies may leave or are to be settled, by the lane of their connection."""
    now = timezone.now()
    with database.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT c.send_lane, count(*) FROM (({_DUE}) UNION ALL ({_DOUBTFUL})) t
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


def settle_doubtful(*, limit: int = 50, lane: int = Lane.BROKEN) -> int:
    """Ask the network about the doubtful items that are due. Returns how many were asked about."""
    done = 0
    while done < limit and _settle_next(lane):
        done += 1
    return done


def _send_next(lane: int) -> bool:
    return any(send_one(item_id) for item_id in due(limit=50, lane=lane))


# Sending ----------------------------------------------------------------------------------------

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
        AND c.send_lane <= %s
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
        item = OutboxItem.objects.select_related("connection", "conversation", "author").get(pk=item_id)
        return _in_place(item.connection, lambda: _see_through(item, held))


def _in_place(connection: Connection, work: Callable[[], bool]) -> bool:
    """Do ``work`` if the connection has a place for it, and note the connection's lane by how long it takes."""
    with place(connection.pk, of=AT_ONCE[Lane(connection.send_lane)]) as free:
        began = time.monotonic()
        done = free and work()
        lane = Lane.BROKEN if time.monotonic() - began > LONG else Lane.QUICK
        if done and lane != connection.send_lane:
            Connection.objects.filter(pk=connection.pk).update(send_lane=lane)
        return done


def _see_through(item: OutboxItem, held: Held) -> bool:
    try:
        connector = tokens.ready(item.connection)
        draft = _claim(item, connector, held)
    except ConnectorError as error:
        return _not_sent(item, error, source=State.QUEUED)
    except IntegrityError:  # another item of this conversation is in flight: this one waits its turn
        return False
    if draft is None:
        return item.state != State.QUEUED  # refused, or to be asked about first
    outcome = _transmit(connector, draft, item)
    surely(lambda: _record(item, outcome))
    return True


def _claim(item: OutboxItem, connector: Connector[Any], held: Held) -> Draft | None:
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
        item.first_sending_at = item.first_sending_at or now
        draft = draft_of(item)
        verdict = connector.can_send(draft, now)
        if isinstance(verdict, Denied):
            _denied(item, verdict)
            return None
        claimed = move(
            item, to=State.SENDING, source=[State.QUEUED], prepared=connector.prepare(draft), sending_at=now,
            first_sending_at=item.first_sending_at, lease_until=now + timedelta(seconds=settings.SEND_LEASE),
            server_started_at=held.server_started_at, attempt=item.attempt + 1, reason="",
        )  # fmt: skip
    return draft if claimed else None


def _ask_first(item: OutboxItem, connector: Connector[Any], now: datetime) -> None:
    """It waited in a database that was restored, and may have left after the backup: only the network knows."""
    item.first_sending_at = item.first_sending_at or item.created_at
    item.sending_at = now
    move(
        item, to=State.UNKNOWN, source=[State.QUEUED], prepared=connector.prepare(draft_of(item)), ask_first=False,
        first_sending_at=item.first_sending_at, sending_at=now, check_at=_settled(item), checks=0,
        server_started_at=None, data={"restored": True},
        reason="The database was restored from a backup: the network is asked whether this has left.",
    )  # fmt: skip


def _denied(item: OutboxItem, verdict: Denied) -> None:
    if verdict.until:
        OutboxItem.objects.filter(pk=item.pk, state=State.QUEUED).update(
            run_at=verdict.until, reason=verdict.reason[:400]
        )
    else:
        move(item, to=State.REJECTED, source=[State.QUEUED], reason=verdict.reason[:400])


def _transmit(connector: Connector[Any], draft: Draft, item: OutboxItem) -> Receipt | ConnectorError:
    """Send; where the network refused our access and the access can be renewed, once more with the new one."""
    outcome = _send(connector, draft, item)
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
    return _send(connector, draft, item)


def _send(connector: Connector[Any], draft: Draft, item: OutboxItem) -> Receipt | ConnectorError:
    """Send once. An error that nobody foresaw proves nothing, so it is an unknown outcome."""
    try:
        return connector.send(draft, item.prepared or {})
    except ConnectorError as error:
        return error
    except Exception as error:
        log.exception("outbox item %s: the connector failed unexpectedly", item.pk)
        return UnknownOutcome(f"Something unexpected happened while sending ({type(error).__name__}).")


def _record(item: OutboxItem, outcome: Receipt | ConnectorError) -> None:
    if isinstance(outcome, Receipt):
        try:
            _sent(item, outcome)
        except IntegrityError:  # the network answered with an id that another item has claimed
            _doubtful(item, "The network answered with the number of another reply.", sender_ended=True)
    elif isinstance(outcome, UnknownOutcome):
        _doubtful(item, str(outcome), sender_ended=True)
    else:
        _not_sent(item, outcome, source=State.SENDING)


def _not_sent(item: OutboxItem, error: ConnectorError, *, source: State) -> bool:
    """The network provably does not hold it: try later, or say why not."""
    reason = str(error)[:400]
    now = timezone.now()
    if isinstance(error, AuthError):
        unauthorised(connection_id=item.connection_id, reason=reason)
        return _later(item, source=source, run_at=now, reason=reason)
    if isinstance(error, RateLimited):
        until = error.retry_at or now + backoff(item.attempt + 3)
        type(item.connection).objects.filter(pk=item.connection_id).update(send_not_before=until)
        return _later(item, source=source, run_at=until, reason=reason)
    if isinstance(error, TransientError) and item.attempt < MAX_ATTEMPTS:
        return _later(item, source=source, run_at=now + backoff(item.attempt), reason=reason)
    to = State.REJECTED if isinstance(error, RejectedError) else State.FAILED
    with transaction.atomic():
        return move(item, to=to, source=[source], reason=reason)


def _later(item: OutboxItem, *, source: State, run_at: datetime, reason: str) -> bool:
    if source == State.QUEUED:
        return bool(OutboxItem.objects.filter(pk=item.pk, state=source).update(run_at=run_at, reason=reason))
    with transaction.atomic():
        return move(item, to=State.QUEUED, source=[source], run_at=run_at, reason=reason)


def _sent(item: OutboxItem, receipt: Receipt) -> bool:
    """Record the proof: the item, its message and the turn that it ends, in one transaction."""
    with transaction.atomic():
        now = timezone.now()
        message = _own_message(item, receipt, now)
        facts = conversations.answered(
            conversation_id=item.conversation_id,
            seen_message_id=item.seen_message_id,
            message_id=message.pk,
            at=now,
        )
        return move(
            item, to=State.SENT, source=[State.SENDING, State.UNKNOWN], external_id=receipt.external_id,
            message=message, check_at=None, reason="",
            data={"visibility": item.payload["visibility"], "network": item.connection.network, **facts},
        )  # fmt: skip


def _own_message(item: OutboxItem, receipt: Receipt, now: datetime) -> Message:
    """Our entry in the timeline. The poller may have met it first: then that row becomes ours."""
    ours = {"conversation_id": item.conversation_id, "agent_id": item.author_id, "direction": Message.Direction.OUT}
    message, _ = Message.objects.update_or_create(
        connection_id=item.connection_id,
        external_id=receipt.external_id,
        defaults=ours,
        create_defaults={
            **ours, "root": item.conversation.root, "visibility": item.payload["visibility"],
            "audience": item.payload["visibility"], "text": item.payload["text"],
            "in_reply_to": item.payload.get("in_reply_to", ""), "url": receipt.url,
            "published_at": receipt.published_at or now, "arrived_at": now,
        },
    )  # fmt: skip
    return message


# Doubt ------------------------------------------------------------------------------------------


def _doubtful(item: OutboxItem, reason: str, *, sender_ended: bool) -> bool:
    """Nobody knows. The network is asked once its answer can count; until then nothing is sent."""
    fields = {"server_started_at": None} if sender_ended else {}
    with transaction.atomic():
        return move(
            item,
            to=State.UNKNOWN,
            source=[State.SENDING],
            reason=reason[:400],
            checks=0,
            check_at=_settled(item),
            **fields,
        )


def _settled(item: OutboxItem) -> datetime:
    """From when on "the network does not show it" means that it does not hold it."""
    begun = item.sending_at or timezone.now()
    return begun + timedelta(seconds=settings.HTTP_DEADLINE + settle_seconds(item.connection))


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
                done += _doubtful(item, "The program stopped while it was sending.", sender_ended=same_server)
    return done


# Of each connection the longest due.
_DOUBTFUL = """
    SELECT DISTINCT ON (o.connection_id) o.id, o.connection_id, 1, o.check_at
    FROM inbox_outboxitem o JOIN connectors_connection c ON c.id = o.connection_id
    WHERE o.state = 'unknown' AND o.check_at <= %s AND c.state = 'active' AND c.send_lane <= %s
    ORDER BY o.connection_id, o.check_at
"""


def _settle_next(lane: int) -> bool:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT id FROM ({_DOUBTFUL}) d ORDER BY check_at", [timezone.now(), lane])
        found = [row[0] for row in cursor.fetchall()]
    return any(_settle_one(item_id) for item_id in found)


def _settle_one(item_id: int) -> bool:
    with sender_lock(item_id) as held:
        item = OutboxItem.objects.select_related("connection", "conversation").get(pk=item_id)
        if held is None or item.state != State.UNKNOWN:
            return False
        return _in_place(item.connection, lambda: _settle(item))


def _settle(item: OutboxItem) -> bool:
    answer = _asked(item)
    if isinstance(answer, Receipt):
        try:
            _sent(item, answer)
        except IntegrityError:  # another item claimed this id in the same moment
            _ask_later(item, "The network's answer fits another reply too.")
    elif isinstance(answer, Unknown):
        _ask_later(item, answer.reason)
    elif isinstance(answer, Absent):
        _absent(item, answer)
    return True


def _asked(item: OutboxItem) -> Receipt | Absent | Unknown | None:
    """The network's answer; None where it could not be asked and that is noted."""
    try:
        return tokens.using(
            item.connection, lambda network: network.find_sent(draft_of(item), item.prepared or {}, _claimed(item))
        )
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
    if timezone.now() < _settled(item):
        OutboxItem.objects.filter(pk=item.pk).update(check_at=_settled(item))
    elif item.server_started_at is not None and item.server_started_at != server_started_at():
        reason = (
            "The database restarted while this was being sent; the network does not show it, but it may still arrive."
        )
        OutboxItem.objects.filter(pk=item.pk).update(check_at=None, reason=reason)
    else:
        with transaction.atomic():
            move(
                item, to=State.QUEUED, source=[State.UNKNOWN], run_at=timezone.now(), check_at=None,
                reason="The network does not hold it; it is sent again.", data={"found": "absent"},
            )  # fmt: skip


def _ask_later(item: OutboxItem, reason: str, *, at: datetime | None = None) -> None:
    """Try the question again a few times; after that it waits for a person, with what was found."""
    checks = item.checks + 1
    next_at = at or timezone.now() + backoff(checks + 1)
    OutboxItem.objects.filter(pk=item.pk, state=State.UNKNOWN).update(
        checks=checks, check_at=next_at if checks < MAX_CHECKS else None, reason=reason[:400]
    )
