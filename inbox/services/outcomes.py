"""What became of a reply, written down with its proof: sent, provably not sent, or nobody knows."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from connectors.errors import AuthError, ConnectorError, RateLimited, RejectedError, TransientError, UnknownOutcome
from connectors.models import Connection
from connectors.types import Receipt
from inbox.models import Conversation, Message, OutboxItem
from inbox.services import conversations
from inbox.services.connections import settle_seconds, unauthorised
from inbox.services.outbox import State, backoff, move

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8  # provably unsent tries (about 10 minutes of backoff) before a person is asked


def record(item: OutboxItem, outcome: Receipt | ConnectorError) -> None:
    if isinstance(outcome, Receipt):
        try:
            sent(item, outcome)
        except IntegrityError:  # the network answered with an id that another item has claimed
            doubtful(item, gettext_noop("The network answered with the number of another reply."), sender_ended=True)
    elif isinstance(outcome, UnknownOutcome):
        doubtful(item, str(outcome), sender_ended=True)
    else:
        not_sent(item, outcome, source=State.SENDING)


def not_sent(item: OutboxItem, error: ConnectorError, *, source: State) -> bool:
    """The network provably does not hold it: try later, or say why not."""
    reason = str(error)[:400]
    now = timezone.now()
    if isinstance(error, AuthError):
        unauthorised(connection_id=item.connection_id, reason=reason)
        return _later(item, source=source, run_at=now, reason=reason)
    if isinstance(error, RateLimited):
        until = error.retry_at or now + backoff(item.attempt + 3)
        Connection.objects.filter(pk=item.connection_id).update(send_not_before=until)
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


def sent(item: OutboxItem, receipt: Receipt) -> bool:
    """Record the proof: the item, its message and the turn that it ends, in one transaction."""
    if not item.is_reply:
        return done(item)
    with transaction.atomic():
        now = timezone.now()
        message = _own_message(item, receipt, now)
        facts = conversations.answered(
            conversation_id=item.conversation_id,
            seen_message_id=item.seen_message_id,
            message_id=message.pk,
            at=now,
        )
        moved = move(
            item, to=State.SENT, source=[State.SENDING, State.UNKNOWN], external_id=receipt.external_id,
            message=message, check_at=None, reason="",
            data={"visibility": item.visibility, "network": item.connection.network, **facts},
        )  # fmt: skip
        if moved and item.then:
            _afterwards(item, item.then)
        return moved


def _afterwards(item: OutboxItem, then: dict[str, Any]) -> None:
    """What its author wanted once it is sent; not where the customer wrote again before they could see it."""
    if Conversation.objects.filter(pk=item.conversation_id, turn_first__isnull=False).exists():
        return
    try:
        if then["do"] == "resolve":
            conversations.resolve(conversation_id=item.conversation_id, actor=item.author, resolution="answered")
        else:
            until = datetime.fromisoformat(then["until"])
            conversations.snooze(conversation_id=item.conversation_id, actor=item.author, until=until)
    except conversations.Refused as error:  # resolved by somebody meanwhile, or the snooze would be over by now
        log.info("outbox item %s: not done afterwards: %s", item.pk, error)


def done(item: OutboxItem) -> bool:
    """Record that an act is so at the network, with what our timeline shows of it."""
    with transaction.atomic():
        moved = move(item, to=State.SENT, source=[State.SENDING, State.UNKNOWN], check_at=None, reason="")
        if moved and item.in_reply_to_id is not None:
            _mark(item, item.in_reply_to_id)
        return moved


_MARKS = {"hide": ("hidden", True), "unhide": ("hidden", False), "like": ("liked", True), "unlike": ("liked", False)}


def _mark(item: OutboxItem, message_id: int) -> None:
    message = Message.objects.select_for_update().get(pk=message_id)
    if item.kind == OutboxItem.Kind.DELETE:
        message.deleted_at = message.deleted_at or timezone.now()
        message.save(update_fields=["deleted_at"])
    elif item.kind in _MARKS:
        name, value = _MARKS[item.kind]
        message.facts = {**message.facts, name: value}
        message.save(update_fields=["facts"])


def _own_message(item: OutboxItem, receipt: Receipt, now: datetime) -> Message:
    """Our entry in the timeline. The poller may have met it first: then that row becomes ours."""
    ours = {"conversation_id": item.conversation_id, "agent_id": item.author_id, "direction": Message.Direction.OUT}
    message, _ = Message.objects.update_or_create(
        connection_id=item.connection_id,
        external_id=receipt.external_id,
        defaults=ours,
        create_defaults={
            **ours, "root": item.conversation.root, "visibility": item.visibility,
            "audience": item.visibility, "text": item.text,
            "in_reply_to": item.payload.get("in_reply_to", ""), "url": receipt.url,
            "published_at": receipt.published_at or now, "arrived_at": now,
        },
    )  # fmt: skip
    return message


def doubtful(item: OutboxItem, reason: str, *, sender_ended: bool) -> bool:
    """Nobody knows. The network is asked once its answer can count; until then nothing is sent."""
    fields = {"server_started_at": None} if sender_ended else {}
    with transaction.atomic():
        return move(
            item,
            to=State.UNKNOWN,
            source=[State.SENDING],
            reason=reason[:400],
            checks=0,
            check_at=settled_at(item),
            **fields,
        )


def settled_at(item: OutboxItem) -> datetime:
    """From when on "the network does not show it" means that it does not hold it."""
    begun = item.sending_at or timezone.now()
    return begun + timedelta(seconds=settings.HTTP_DEADLINE + settle_seconds(item.connection))
