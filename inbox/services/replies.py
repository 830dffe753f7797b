"""From what an agent wrote to an outbox item: the last look before it is frozen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from connectors.errors import ConfigError
from connectors.models import Connection
from connectors.types import Allowed, Denied, Draft, Measure, Visibility
from inbox.downstream import policy
from inbox.models import Conversation, Event, Message, OutboxHold, OutboxItem
from inbox.services import conversations, drafts, events
from inbox.services.connections import connector_for
from inbox.services.conversations import Refused
from inbox.services.storable import storable

__all__ = ["Collision", "Refused", "advise", "compose", "measure"]


REMOVED = "The account of this conversation was removed from the desk, so nothing can be sent. Leave a note instead."


class Collision(Exception):
    """Something happened since the agent looked: new messages, or a colleague's reply."""

    def __init__(self, sentence: str, *, messages: Sequence[Message], items: Sequence[OutboxItem]) -> None:
        super().__init__(sentence)
        self.messages, self.items = messages, items


def compose(
    *,
    author: AbstractBaseUser,
    conversation_id: int,
    visibility: str,
    text: str,
    client_key: str,
    seen_message_id: int | None,
    seen_outbox_id: int | None = None,
    send_at: datetime | None = None,
    undo_seconds: float | None = None,
    confirmed: bool = False,
) -> OutboxItem:
    """Freeze a reply and hold it for undo (and until ``send_at``).

    ``seen_message_id`` is the newest message of the contact that the page showed, ``seen_outbox_id``
    the newest reply; what came behind them is a Collision unless ``confirmed``. The same
    ``client_key`` gives the same item: a double click is one reply. Raises Refused with a sentence.
    """
    text = storable(text).strip()
    if not client_key or len(client_key) > 64:
        raise Refused("This form is too old. Reload the page; your text is kept.")
    with transaction.atomic():
        conversation = conversations.locked(conversation_id)
        earlier = OutboxItem.objects.filter(author_id=author.pk, client_key=client_key).first()
        if earlier is not None:
            return earlier
        if silenced := policy().silenced(author, visibility, conversation.connection_id):
            raise Refused(silenced)
        if not confirmed:
            _refuse_collision(conversation, author, seen_message_id, seen_outbox_id)
        target = _target(conversation, Visibility(visibility), seen_message_id)
        draft = drafts.new(conversation, Visibility(visibility), text, target)
        _refuse_unsendable(conversation, draft)
        return _freeze(conversation, author, draft, target, client_key, seen_message_id, send_at, undo_seconds)


def _refuse_collision(
    conversation: Conversation, author: AbstractBaseUser, seen_message: int | None, seen_outbox: int | None
) -> None:
    messages = list(
        conversation.messages.filter(direction=Message.Direction.IN, pk__gt=seen_message or 0).order_by("pk")[:20]
    )
    items = list(
        conversation.outbox.filter(pk__gt=seen_outbox or 0)
        .exclude(author_id=author.pk)
        .exclude(state__in=[OutboxItem.State.CANCELLED, OutboxItem.State.REJECTED, OutboxItem.State.FAILED])
        .select_related("author")
        .order_by("pk")[:20]
    )
    if seen_outbox is None:  # the page said nothing of replies: only those since its newest message count
        items = [item for item in items if seen_message is None or (item.seen_message_id or 0) >= seen_message]
    if items:
        who = items[-1].author.get_short_name() or items[-1].author.get_username()
        how = "privately" if items[-1].kind == OutboxItem.Kind.DIRECT else "publicly"
        raise Collision(f"{who} replied {how} while you were writing.", messages=messages, items=items)
    if messages:
        raise Collision("The customer wrote again while you were writing.", messages=messages, items=[])


def _target(conversation: Conversation, visibility: Visibility, seen: int | None) -> Message | None:
    """The contact's newest message of this audience that the agent saw: what the reply answers."""
    theirs = conversation.messages.filter(
        direction=Message.Direction.IN, visibility=visibility.value, deleted_at__isnull=True
    )
    if seen is not None:
        theirs = theirs.filter(pk__lte=seen)
    target = theirs.order_by("-pk").first()
    if target is None and visibility is Visibility.PUBLIC:
        raise Refused("There is no public post of this customer to answer here. Reply privately instead.")
    return target


def _refuse_unsendable(conversation: Conversation, draft: Draft) -> None:
    if not draft.text:
        raise Refused("The reply is empty.")
    if conversation.connection.state == Connection.State.REMOVED:
        raise Refused(REMOVED)
    verdict = connector_for(conversation.connection).can_send(draft, timezone.now())
    if isinstance(verdict, Denied):
        raise Refused(verdict.reason)


def _freeze(
    conversation: Conversation,
    author: AbstractBaseUser,
    draft: Draft,
    target: Message | None,
    client_key: str,
    seen: int | None,
    send_at: datetime | None,
    undo_seconds: float | None,
) -> OutboxItem:
    now = timezone.now()
    undo = settings.UNDO_SECONDS if undo_seconds is None else undo_seconds
    item = OutboxItem.objects.create(
        kind=OutboxItem.Kind.DIRECT if draft.visibility is Visibility.DIRECT else OutboxItem.Kind.REPLY,
        author_id=author.pk,
        client_key=client_key,
        connection_id=conversation.connection_id,
        conversation=conversation,
        in_reply_to=target,
        seen_message_id=seen or conversation.last_incoming_id,
        payload=drafts.frozen(draft),
    )  # fmt: skip
    holds = [OutboxHold(item=item, kind=OutboxHold.Kind.UNDO, release_at=now + timedelta(seconds=undo))]
    if send_at and send_at > now:
        holds.append(OutboxHold(item=item, kind=OutboxHold.Kind.SCHEDULE, release_at=send_at))
    OutboxHold.objects.bulk_create(holds)
    events.emit(
        [
            Event(
                kind="outbox.held", actor_id=author.pk, conversation_id=conversation.pk, subject="outbox",
                subject_id=item.pk, data={"visibility": draft.visibility.value},
            )
        ]
    )  # fmt: skip
    return item


def measure(*, conversation_id: int, visibility: str, text: str) -> Measure:
    """The length of ``text`` as the conversation's network counts it."""
    return advise(conversation_id=conversation_id, visibility=visibility, text=text)[0]


def advise(*, conversation_id: int, visibility: str, text: str) -> tuple[Measure, Allowed | Denied]:
    """Length and verdict for a composer while somebody types. Asks no network."""
    conversation = Conversation.objects.select_related("connection", "identity").get(pk=conversation_id)
    if conversation.connection.state == Connection.State.REMOVED:
        raise ConfigError(REMOVED)
    connector = connector_for(conversation.connection)
    kind = Visibility(visibility)
    count = connector.measure(storable(text), kind)
    try:
        target = _target(conversation, kind, None)
    except Refused as error:
        return count, Denied(str(error))
    return count, connector.can_send(drafts.new(conversation, kind, storable(text).strip(), target), timezone.now())
