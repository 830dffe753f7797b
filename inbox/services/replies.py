"""From what an agent wrote to outbox items: the last look before it is frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from connectors.types import Draft, Visibility
from inbox.downstream import policy
from inbox.guard import Finding
from inbox.models import Conversation, Message, OutboxHold, OutboxItem, SavedDraft
from inbox.services import approvals, attachments, conversations, drafts, events, guarding, networks, outbox, uploads
from inbox.services.conversations import Refused
from inbox.services.events import Fact
from inbox.services.pieces import DIRECT, PUBLIC, Piece, of_words, ready
from inbox.services.stops import Reasons, Stopped, bad_time, look_for_news

__all__ = ["Refused", "Stopped", "compose"]

NO_THREADS = gettext_noop("This network takes one post for a reply. Say it in one, or continue privately.")
MOST_PIECES = 26  # that one click may freeze: the most posts that a form or a call takes
NO_APPROVER = gettext_noop(
    "Somebody else has to approve this, and nobody else here may. Hand it on, or ask an admin for another lead."
)
NO_LEAD = gettext_noop(
    "This would wait for ever: nobody else here may let it pass. Send it privately, take it out, or hand it to a team "
    "with a lead."
)
NO_OVERRIDE = gettext_noop("Only a lead may let this pass. Ask one, send it privately, or take it out.")
Words = tuple[str, str, str, list[int]]  # of one piece: audience, text, fallback, pictures


def compose(
    *,
    author: AbstractBaseUser,
    conversation_id: int,
    visibility: str,
    text: str,
    client_key: str,
    seen_message_id: int | None,
    seen_outbox_id: int | None = None,
    more: Sequence[str] = (),
    line: str = "",
    fallback: str = "",
    send_at: datetime | None = None,
    undo_seconds: float | None = None,
    then: Mapping[str, Any] | None = None,
    confirmed: bool = False,
    pictures: Sequence[int] = (),
    override: str = "",
    ask: bool = False,
) -> OutboxItem:
    """Freeze a reply and hold it for undo (and until ``send_at``). Returns the item that leaves first.

    ``seen_message_id`` is the newest message of the contact that the page showed, ``seen_outbox_id`` the newest
    reply; what came behind them stops it unless ``confirmed``. ``more`` are further posts of a public thread.
    ``line`` is said in public once a private message is sent, ``fallback`` where that cannot be sent. ``then``
    is done once it is sent. ``pictures`` are the author's waiting attachments, for what leaves first. What the
    guard holds leaves with ``override``, a reason, by those who may; with ``ask`` it waits for one of them. The
    same ``client_key`` gives the same item: a double click is one reply.
    Raises Stopped with everything that stands in the way.
    """
    if not client_key or len(client_key) > 64:
        raise Refused(gettext("This form is too old. Reload the page; your text is kept."))
    pieces = of_words(Visibility(visibility), text, more, line, fallback)
    with transaction.atomic():
        conversation = conversations.locked(conversation_id)
        earlier = OutboxItem.objects.filter(author_id=author.pk, client_key=client_key).first()
        if earlier is not None:
            return earlier
        seen_message_id = _known(conversation, seen_message_id)
        reasons = Reasons()
        if not confirmed:
            look_for_news(reasons, conversation, author, seen_message=seen_message_id, seen_outbox=seen_outbox_id)
        if more and not networks.shown(conversation.connection.network).threads:
            reasons.add(NO_THREADS)
        reasons.add(bad_time(send_at))
        chosen = uploads.chosen(author=author, conversation=conversation, ids=pictures)
        uploads.look(reasons, conversation, Visibility(visibility), chosen, asked=len(pictures))
        pieces[0] = replace(pieces[0], media=uploads.frozen(chosen))
        drafted = ready(reasons, conversation, author, pieces, seen_message_id)
        found = _guarded(reasons, conversation, author, pieces, override=override, ask=ask)
        why = _approval(reasons, conversation, author)
        reasons.raise_if_any()
        items = _freeze(conversation, author, pieces, drafted, client_key, seen_message_id, then)
        attachments.give(item=items[0], ids=pictures)
        _hold(items, author, found, override, why, send_at, undo_seconds)
        SavedDraft.objects.filter(author_id=author.pk, conversation=conversation, audience=visibility).delete()
        return items[0]


def _known(conversation: Conversation, seen: int | None) -> int | None:
    """The newest message of this conversation that a page can have shown: what it sends back is anybody's number."""
    if seen is None:
        return None
    there = conversation.messages.filter(pk__lte=min(seen, 2**63 - 1), direction=Message.Direction.IN)
    return there.order_by("-pk").values_list("pk", flat=True).first()


def _guarded(
    reasons: Reasons,
    conversation: Conversation,
    author: AbstractBaseUser,
    pieces: Sequence[Piece],
    *,
    override: str,
    ask: bool,
) -> list[Finding]:
    """What the guard holds of all that everybody would read together, unless it may pass or is to wait."""
    texts = [text for piece in pieces if piece.visibility is PUBLIC for text in piece.read]
    found = guarding.holding(guarding.look(conversation, texts))
    if found and override:
        if conversation.pk not in policy().allowed(author, "override_guard", [conversation.pk]):
            reasons.add(NO_OVERRIDE)
    elif found and not ask:
        reasons.findings, reasons.texts = found, texts
    elif found and _nobody_else_decides(conversation, author):
        reasons.add(NO_LEAD)
    return found


def _approval(reasons: Reasons, conversation: Conversation, author: AbstractBaseUser) -> str:
    """Why somebody else has to read it before it leaves; what nobody could ever approve is stopped here."""
    why = policy().approval(author, conversation.pk)
    if why and _nobody_else_decides(conversation, author):
        reasons.add(NO_APPROVER)
    return why


def _nobody_else_decides(conversation: Conversation, author: AbstractBaseUser) -> bool:
    """Whether a reply of ``author`` that waits for a decision would wait for ever."""
    approvers = policy().people("approve", [conversation.pk]).get(conversation.pk, ())
    return all(one.user_id == author.pk for one in approvers)


def _freeze(
    conversation: Conversation,
    author: AbstractBaseUser,
    pieces: Sequence[Piece],
    drafted: Sequence[tuple[Draft, Message | None]],
    client_key: str,
    seen: int | None,
    then: Mapping[str, Any] | None,
) -> list[OutboxItem]:
    items: list[OutboxItem] = []
    for number, (piece, (draft, target)) in enumerate(zip(pieces, drafted, strict=True)):
        payload = {**drafts.frozen(draft), **({"continues": True} if piece.continues else {})}
        if piece.media:
            payload["media"] = list(piece.media)
        items.append(
            OutboxItem.objects.create(
                kind=OutboxItem.Kind.DIRECT if piece.visibility is DIRECT else OutboxItem.Kind.REPLY,
                author_id=author.pk,
                client_key=_key(client_key, number),
                connection_id=conversation.connection_id,
                conversation=conversation,
                in_reply_to=target,
                seen_message_id=seen or conversation.last_incoming_id,
                payload=payload,
                payload_hash=guarding.fingerprint(payload, piece.fallback),
                fallback=piece.fallback,
                after=items[-1] if items else None,
            )
        )
    if then:
        OutboxItem.objects.filter(pk=items[-1].pk).update(then=dict(then))
    return items


def _key(client_key: str, number: int) -> str:
    return hashlib.sha256(f"{client_key}:{number}".encode()).hexdigest() if number else client_key


def under_key(item: OutboxItem) -> list[Words]:
    """What was said in all that was frozen with ``item``, the first of them, in their order."""
    keys = [_key(item.client_key, number) for number in range(MOST_PIECES)]
    rows = OutboxItem.objects.filter(author=item.author_id, client_key__in=keys).order_by("pk")
    return [(row.visibility, str(row.payload["text"]), row.fallback, _shows(row.payload)) for row in rows]


def _shows(payload: Mapping[str, Any]) -> list[int]:
    return [one["attachment"] for one in payload.get("media", ())]


def as_pieces(
    *,
    visibility: str,
    text: str,
    more: Sequence[str] = (),
    line: str = "",
    fallback: str = "",
    pictures: Sequence[int] = (),
) -> list[Words]:
    """What ``under_key`` says of a reply that was composed of these words."""
    pieces = of_words(Visibility(visibility), text, more, line, fallback)
    return [
        (piece.visibility.value, piece.text, piece.fallback, [] if number else list(pictures))
        for number, piece in enumerate(pieces)
    ]


def _hold(
    items: Sequence[OutboxItem],
    author: AbstractBaseUser,
    found: Sequence[Finding],
    override: str,
    why: str,
    send_at: datetime | None,
    undo_seconds: float | None,
) -> None:
    """What keeps the items: undo and schedule the first one, guard and approval each, the one before the others."""
    now = timezone.now()
    undo = settings.UNDO_SECONDS if undo_seconds is None else undo_seconds
    holds = [OutboxHold(item=items[0], kind=OutboxHold.Kind.UNDO, release_at=now + timedelta(seconds=undo))]
    if send_at and send_at > now:
        holds.append(OutboxHold(item=items[0], kind=OutboxHold.Kind.SCHEDULE, release_at=send_at))
    OutboxHold.objects.bulk_create(holds)
    for item in items:
        if why:
            approvals.ask(item, why)
        if found and item.visibility == "public":
            if override:
                guarding.let_pass(item, found, actor=author, reason=override)
            else:
                guarding.hold(item, found)
    told = [(item, {"visibility": item.visibility}) for item in items]
    events.emit(Fact("outbox.held", item.conversation_id, author.pk, "outbox", item.pk, data) for item, data in told)
    outbox.release([], item_ids=[item.pk for item in items[1:]])
