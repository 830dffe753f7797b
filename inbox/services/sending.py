"""What leaves, leaves here: claim, freeze, send once, record; and ask the network where nobody knows.

The order is the promise. The lock first, then `sending` with the frozen payload committed, then the
first byte, then the outcome. A sender that died in between is settled by asking the network.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
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
from connectors.types import Absent, Denied, Draft, Receipt, Unknown
from inbox.downstream import policy
from inbox.models import Message, OutboxItem
from inbox.models.outbox import AtHome
from inbox.services import conversations, tokens
from inbox.services.connections import may_send, settle_seconds, unauthorised
from inbox.services.drafts import draft_of
from inbox.services.locks import Held, sender_lock, server_started_at
from inbox.services.outbox import State, backoff, move
from inbox.services.surely import surely

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8  # provably unsent tries (about 10 minutes of backoff) before a person is asked
MAX_CHECKS = 3  # questions to the network before a doubtful item is left to a person


# Sending ----------------------------------------------------------------------------------------


def due(*, limit: int) -> list[int]:
    """Ids of the items that may leave now, the longest due first."""
    now = timezone.now()
    in_flight = OutboxItem.objects.filter(conversation=OuterRef("conversation"), state=State.SENDING)
    return list(
        OutboxItem.objects.filter(state=State.QUEUED, run_at__lte=now)
        .filter(connection__state="active", connection__sending_paused=False)
        .filter(Q(connection__send_not_before=None) | Q(connection__send_not_before__lte=now))
        .filter(Q(after=None) | Q(after__state=State.SENT))
        .filter(AtHome())
        .exclude(Exists(in_flight))
        .order_by("run_at", "id")
        .values_list("pk", flat=True)[:limit]
    )


def send_due(*, limit: int = 50) -> int:
    """Send what is due. Returns how many items were taken up."""
    return sum(send_one(item_id) for item_id in due(limit=limit))


def send_one(item_id: int) -> bool:
    """Take up one queued item, if nobody else did, and see it through."""
    with sender_lock(item_id) as held:
        if held is None:
            return False
        item = OutboxItem.objects.select_related("connection", "conversation", "author").get(pk=item_id)
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


def settle_doubtful(*, limit: int = 50) -> int:
    """Ask the network about the doubtful items that are due. Returns how many were asked about."""
    asked = OutboxItem.objects.select_related("connection", "conversation").filter(
        state=State.UNKNOWN, check_at__lte=timezone.now(), connection__state="active"
    )
    done = 0
    for item in asked.order_by("check_at")[:limit]:
        with sender_lock(item.pk) as held:
            if held is not None and OutboxItem.objects.filter(pk=item.pk, state=State.UNKNOWN).exists():
                _settle(item)
                done += 1
    return done


def _settle(item: OutboxItem) -> None:
    try:
        answer = tokens.using(
            item.connection, lambda network: network.find_sent(draft_of(item), item.prepared or {}, _claimed(item))
        )
    except RateLimited as error:
        _ask_later(item, str(error), at=error.retry_at)
        return
    except ConnectorError as error:
        if isinstance(error, AuthError):
            unauthorised(connection_id=item.connection_id, reason=str(error))
        _ask_later(item, str(error))
        return
    if isinstance(answer, Receipt):
        try:
            _sent(item, answer)
        except IntegrityError:  # another item claimed this id in the same moment
            _ask_later(item, "The network's answer fits another reply too.")
    elif isinstance(answer, Unknown):
        _ask_later(item, answer.reason)
    else:
        _absent(item, answer)


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
