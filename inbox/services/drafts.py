"""A reply as a connector sees it: what the agent wrote, frozen, and what the desk knows by now of the person."""

from __future__ import annotations

from typing import Any

from connectors.types import Draft, Visibility
from inbox.models import Conversation, Message, OutboxItem
from inbox.services import uploads

IN = Message.Direction.IN
# States in which a reply holds, or may hold, what a network gives only once.
LEFT = (OutboxItem.State.SENDING, OutboxItem.State.UNKNOWN, OutboxItem.State.SENT)


def new(conversation: Conversation, visibility: Visibility, text: str, target: Message | None) -> Draft:
    """The draft of a reply to ``target`` (None: nothing of this audience to answer)."""
    direct = visibility is Visibility.DIRECT
    public = _public_post(conversation) if direct else None
    return Draft(
        key="",
        visibility=visibility,
        text=text,
        in_reply_to=target.external_id if target else "",
        recipient_id=conversation.identity.external_id,
        dialogue_id=target.root if target and direct else "",
        answers_at=target.published_at if target else None,
        public_id=public.external_id if public else "",
        **(_facts(conversation, public) if direct else {}),
    )


def frozen(draft: Draft) -> dict[str, Any]:
    """What an outbox item keeps of a draft; the rest is looked up anew at each attempt."""
    return {
        "visibility": draft.visibility.value,
        "text": draft.text,
        "in_reply_to": draft.in_reply_to,
        "recipient_id": draft.recipient_id,
        "dialogue_id": draft.dialogue_id,
        "public_id": draft.public_id,
    }


def draft_of(item: OutboxItem) -> Draft:
    """The frozen draft of ``item``, with when its first attempt began and what is known by now."""
    payload, direct = item.payload, item.kind == OutboxItem.Kind.DIRECT
    posts = Message.objects.filter(connection=item.connection_id)
    public_id = payload.get("public_id", "")
    public = posts.filter(external_id=public_id).first() if public_id else None
    return Draft(
        key=str(item.pk),
        visibility=Visibility(item.visibility),
        text=item.text,
        in_reply_to=_answered(item),
        recipient_id=payload.get("recipient_id", ""),
        dialogue_id=payload.get("dialogue_id", ""),
        started_at=item.first_sending_at,
        answers_at=item.in_reply_to.published_at if item.in_reply_to else None,
        public_id=public_id,
        media=uploads.refs(item),
        **(_facts(item.conversation, public, besides=item) if direct else {}),
    )


def _answered(item: OutboxItem) -> str:
    """The post that this one hangs below: in a thread of ours the one before, once that has its id."""
    if item.payload.get("continues") and item.after is not None:
        return item.after.external_id
    return str(item.payload.get("in_reply_to", ""))


def _public_post(conversation: Conversation) -> Message | None:
    """The person's newest public post in this case."""
    theirs = conversation.messages.filter(direction=IN, visibility="public", deleted_at__isnull=True)
    return theirs.order_by("-published_at", "-pk").first()


def _facts(conversation: Conversation, public: Message | None, *, besides: OutboxItem | None = None) -> dict[str, Any]:
    """What a direct draft needs to know of the person: in one statement, two where something public is there."""
    wrote = Message.objects.filter(
        author=conversation.identity_id, connection=conversation.connection_id, direction=IN, visibility="direct"
    )
    newest = wrote.order_by("-published_at").values_list("published_at", flat=True).first()
    return {
        "last_direct_at": newest,
        "public_at": public.published_at if public else None,
        "can_reply_privately": public is None or _private_reply_open(conversation, public, besides),
    }


def _private_reply_open(conversation: Conversation, public: Message, besides: OutboxItem | None) -> bool:
    if public.facts.get("can_reply_privately") is False:
        return False
    used = conversation.outbox.filter(state__in=LEFT, prepared__answers=public.external_id)
    return not (used.exclude(pk=besides.pk) if besides else used).exists()
