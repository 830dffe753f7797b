"""Acts on posts and people (hide, like, delete, block) and corrections: each an outbox item, as certain as a reply."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from connectors.models import Connection
from connectors.types import Act, Denied
from inbox.models import Conversation, Message, OutboxHold, OutboxItem
from inbox.services import approvals, conversations, events, guarding, pieces, replies
from inbox.services.connections import connector_for
from inbox.services.conversations import Refused
from inbox.services.errands import action_of
from inbox.services.events import Fact

ON_PEOPLE = (Act.BLOCK, Act.UNBLOCK)


@transaction.atomic
def act(
    *,
    author: AbstractBaseUser,
    conversation_id: int,
    kind: str,
    message_id: int | None,
    client_key: str,
    undo_seconds: float | None = None,
) -> OutboxItem:
    """Have ``kind`` done to a post of the conversation, or to its person (``message_id`` None), after the undo time.

    The same ``client_key`` gives the same item. Raises Refused where the network does not offer it.
    """
    conversation = conversations.locked(conversation_id)
    earlier = OutboxItem.objects.filter(author_id=author.pk, client_key=client_key).first()
    if earlier is not None:
        return earlier
    if kind not in list(Act):
        raise Refused(gettext("Choose what should be done."))
    message = _message(conversation, Act(kind), message_id)
    item = _item(conversation, author, Act(kind), message, client_key)
    if conversation.connection.state == Connection.State.REMOVED:
        raise Refused(pieces.REMOVED)
    verdict = connector_for(conversation.connection).can_act(action_of(item), timezone.now())
    if isinstance(verdict, Denied):
        raise Refused(verdict.reason)
    item.save()
    undo = settings.UNDO_SECONDS if undo_seconds is None else undo_seconds
    release_at = timezone.now() + timedelta(seconds=undo)
    OutboxHold.objects.create(item=item, kind=OutboxHold.Kind.UNDO, release_at=release_at)
    events.emit([Fact("act.held", conversation.pk, author.pk, "outbox", item.pk, {"act": kind})])
    return item


def _message(conversation: Conversation, kind: Act, message_id: int | None) -> Message | None:
    if kind in ON_PEOPLE:
        return None
    message = conversation.messages.filter(pk=message_id or 0, deleted_at__isnull=True).first()
    if message is None:
        raise Refused(gettext("This post is not here any more."))
    return message


def _item(
    conversation: Conversation, author: AbstractBaseUser, kind: Act, message: Message | None, client_key: str
) -> OutboxItem:
    own = message is not None and message.direction == Message.Direction.OUT
    payload = {
        "visibility": message.visibility if message else "public",
        "target_id": message.external_id if message else "",
        "author_id": "" if own else conversation.identity.external_id,
        "own": own,
        "root_own": _root_own(conversation),
    }
    return OutboxItem(
        kind=kind.value, author_id=author.pk, client_key=client_key, connection=conversation.connection,
        conversation=conversation, in_reply_to=message, payload=payload, payload_hash=guarding.fingerprint(payload),
    )  # fmt: skip


def _root_own(conversation: Conversation) -> bool | None:
    """Whether the thread is ours; None where its first post was never seen."""
    roots = Message.objects.filter(connection=conversation.connection_id, external_id=conversation.root)
    direction = roots.values_list("direction", flat=True).first()
    return None if direction is None else direction == Message.Direction.OUT


@transaction.atomic
def correct(
    *, author: AbstractBaseUser, conversation_id: int, message_id: int, text: str, client_key: str, override: str = ""
) -> OutboxItem:
    """Delete a public reply of ours and say ``text`` in its place: the new one leaves once the old one is gone.

    Returns the new reply's item. Raises Refused or Stopped, and then nothing is deleted either.
    """
    deletion = act(
        author=author, conversation_id=conversation_id, kind=Act.DELETE, message_id=message_id,
        client_key=f"{client_key[:56]}:delete",
    )  # fmt: skip
    said = replies.compose(
        author=author, conversation_id=conversation_id, visibility="public", text=text, client_key=client_key,
        seen_message_id=None, confirmed=True, override=override, undo_seconds=0,
    )  # fmt: skip
    before = OutboxItem.objects.filter(message=message_id).first()
    if said.after_id is None:
        answers = {"in_reply_to": before.payload.get("in_reply_to", "")} if before else {}
        said.payload = {**said.payload, **answers}
        said.payload_hash = guarding.fingerprint(said.payload, said.fallback)
        said.after = deletion
        said.save(update_fields=["payload", "payload_hash", "after"])
        OutboxHold.objects.filter(item=said, payload_hash__gt="").update(payload_hash=said.payload_hash)
        # What is said instead waits for somebody: until then nothing is deleted either.
        if why := approvals.open_holds([said], *OutboxHold.BY_PEOPLE):
            approvals.ask(deletion, why[0].why)
        data = {"of": message_id, "deletion": deletion.pk}
        events.emit([Fact("reply.corrected", conversation_id, author.pk, "outbox", said.pk, data)])
    return said
