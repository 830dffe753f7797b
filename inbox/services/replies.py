"""From what an agent wrote to outbox items: the last look before it is frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from connectors.errors import ConfigError, ConnectorError
from connectors.models import Connection
from connectors.types import Allowed, Denied, Draft, Measure, MediaRef, Visibility
from inbox.downstream import policy
from inbox.guard import Finding
from inbox.models import Conversation, Message, OutboxHold, OutboxItem, SavedDraft
from inbox.services import (
    approvals,
    attachments,
    conversations,
    drafts,
    events,
    guarding,
    macros,
    networks,
    outbox,
    uploads,
)
from inbox.services.connections import connector_for
from inbox.services.conversations import Refused
from inbox.services.events import Fact
from inbox.services.stops import Reasons, Stopped, look_for_news
from inbox.services.storable import storable

__all__ = ["Refused", "Stopped", "advise", "compose", "edit", "measure"]

State = OutboxItem.State
DIRECT, PUBLIC = Visibility.DIRECT, Visibility.PUBLIC
REMOVED = "The account of this conversation was removed from the desk, so nothing can be sent. Leave a note instead."
NO_POST = "There is no public post of this customer to answer here. Reply privately instead."
NO_THREADS = "This network takes one post for a reply. Say it in one, or continue privately."
ONE_PRIVATE = "Only a public reply goes on in further posts. Write it as one private message."
NO_LINE = "A public line goes beside a private reply only."
PAST = "This time is over already. Choose a later one, or send it now."
FAR = "Choose a time within the next year."
MOST_PIECES = 26  # that one click may freeze: the most posts that a form or a call takes
AHEAD = timedelta(days=366)  # how far ahead a reply may be scheduled
NO_OVERRIDE = "Only a lead may let this pass. Ask one, send it privately, or take it out."


@dataclass(frozen=True, slots=True)
class Piece:
    """One item to be: pieces leave one after the other."""

    visibility: Visibility
    text: str
    fallback: str = ""  # said instead where what goes before cannot be sent
    continues: bool = False  # hangs below the piece before it
    media: Sequence[Mapping[str, Any]] = ()

    @property
    def read(self) -> list[str]:
        """Everything in it that its readers can read."""
        return [text for text in (self.text, self.fallback, *(str(one["alt"]) for one in self.media)) if text]


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
        raise Refused("This form is too old. Reload the page; your text is kept.")
    pieces = _pieces(Visibility(visibility), text, more, line, fallback)
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
        reasons.add(_bad_time(send_at))
        chosen = uploads.chosen(author=author, conversation=conversation, ids=pictures)
        uploads.look(reasons, conversation, Visibility(visibility), chosen, asked=len(pictures))
        pieces[0] = replace(pieces[0], media=uploads.frozen(chosen))
        ready = [_ready(reasons, conversation, author, piece, seen_message_id) for piece in pieces]
        found = _guarded(reasons, conversation, author, pieces, override=override, ask=ask)
        reasons.raise_if_any()
        items = _freeze(conversation, author, pieces, ready, client_key, seen_message_id, then)
        attachments.give(item=items[0], ids=pictures)
        _hold(items, author, found, override, send_at, undo_seconds)
        SavedDraft.objects.filter(author_id=author.pk, conversation=conversation, audience=visibility).delete()
        return items[0]


def _known(conversation: Conversation, seen: int | None) -> int | None:
    """The newest message of this conversation that a page can have shown: what it sends back is anybody's number."""
    if seen is None:
        return None
    there = conversation.messages.filter(pk__lte=min(seen, 2**63 - 1), direction=Message.Direction.IN)
    return there.order_by("-pk").values_list("pk", flat=True).first()


def _pieces(visibility: Visibility, text: str, more: Sequence[str], line: str, fallback: str) -> list[Piece]:
    first = Piece(visibility, storable(text).strip())
    if visibility is PUBLIC and (line.strip() or fallback.strip()):
        raise Refused(NO_LINE)
    if visibility is DIRECT and more:
        raise Refused(ONE_PRIVATE)
    if visibility is PUBLIC:
        return [first, *(Piece(PUBLIC, storable(part).strip(), continues=True) for part in more)]
    if not line.strip():
        return [first]
    return [first, Piece(PUBLIC, storable(line).strip(), storable(fallback).strip())]


def _bad_time(send_at: datetime | None) -> str:
    now = timezone.now()
    if send_at is None or now < send_at <= now + AHEAD:
        return ""
    return PAST if send_at <= now else FAR


def _ready(
    reasons: Reasons, conversation: Conversation, author: AbstractBaseUser, piece: Piece, seen: int | None
) -> tuple[Draft, Message | None]:
    """The draft of a piece and what it answers; what the desk or the network has against it goes to ``reasons``."""
    reasons.add(policy().silenced(author, piece.visibility.value, conversation.connection_id))
    target = _target(conversation, piece.visibility, seen)
    draft = drafts.new(conversation, piece.visibility, piece.text, target)
    if target is None and piece.visibility is PUBLIC:
        reasons.add(NO_POST)
    elif not piece.text and not piece.media:
        reasons.add("The reply is empty.")
    elif conversation.connection.state == Connection.State.REMOVED:
        reasons.add(REMOVED)
    else:
        media = [MediaRef(str(one["attachment"])) for one in piece.media]
        for text in (piece.text, *filter(None, [piece.fallback])):
            reasons.add(macros.unfilled(text))
            draft_of_it = drafts.new(conversation, piece.visibility, text, target)
            _ask_connector(reasons, conversation, replace(draft_of_it, media=media))
    return draft, target


def _ask_connector(reasons: Reasons, conversation: Conversation, draft: Draft) -> None:
    try:
        verdict = connector_for(conversation.connection).can_send(draft, timezone.now())
    except ConnectorError as error:
        reasons.connection = str(error)
    else:
        reasons.add(verdict.reason if isinstance(verdict, Denied) else "")


def _target(conversation: Conversation, visibility: Visibility, seen: int | None) -> Message | None:
    """The contact's newest message of this audience that the agent saw: what the reply answers."""
    theirs = conversation.messages.filter(
        direction=Message.Direction.IN, visibility=visibility.value, deleted_at__isnull=True
    )
    if seen is not None:
        theirs = theirs.filter(pk__lte=seen)
    return theirs.order_by("-pk").first()


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
        if not may_override(author, conversation.pk):
            reasons.add(NO_OVERRIDE)
    elif found and not ask:
        reasons.findings, reasons.texts = found, texts
    return found


def may_override(user: AbstractBaseUser, conversation_id: int) -> bool:
    return conversation_id in policy().allowed(user, "override_guard", [conversation_id])


def _freeze(
    conversation: Conversation,
    author: AbstractBaseUser,
    pieces: Sequence[Piece],
    ready: Sequence[tuple[Draft, Message | None]],
    client_key: str,
    seen: int | None,
    then: Mapping[str, Any] | None,
) -> list[OutboxItem]:
    items: list[OutboxItem] = []
    for number, (piece, (draft, target)) in enumerate(zip(pieces, ready, strict=True)):
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


def under_key(item: OutboxItem) -> list[tuple[str, str, str]]:
    """Audience, text and fallback of all that was frozen with ``item``, the first of them, in their order."""
    keys = [_key(item.client_key, number) for number in range(MOST_PIECES)]
    rows = OutboxItem.objects.filter(author=item.author_id, client_key__in=keys).order_by("pk")
    return [(row.visibility, str(row.payload["text"]), row.fallback) for row in rows]


def as_pieces(
    *, visibility: str, text: str, more: Sequence[str] = (), line: str = "", fallback: str = ""
) -> list[tuple[str, str, str]]:
    """What ``under_key`` says of a reply that was composed of these words."""
    pieces = _pieces(Visibility(visibility), text, more, line, fallback)
    return [(piece.visibility.value, piece.text, piece.fallback) for piece in pieces]


def _hold(
    items: Sequence[OutboxItem],
    author: AbstractBaseUser,
    found: Sequence[Finding],
    override: str,
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
    why = policy().approval(author, items[0].conversation_id)
    for item in items:
        if why:
            approvals.ask(item, why)
        if found and item.visibility == "public":
            if override:
                guarding.let_pass(item, found, actor=author, reason=override)
            else:
                guarding.hold(item, found)
        data = {"visibility": item.visibility}
        events.emit([Fact("outbox.held", item.conversation_id, author.pk, "outbox", item.pk, data)])
    outbox.release([], item_ids=[item.pk for item in items[1:]])


def edit(*, item_id: int, actor: AbstractBaseUser, text: str, fallback: str = "") -> bool:
    """Change what a held reply says. False where nothing holds it any more.

    An approval that was given is asked for again, and the guard looks anew. Raises Stopped where it cannot be sent so.
    """
    with transaction.atomic():
        items = approvals.together(item_id)
        item = next((one for one in items if one.pk == item_id and one.is_reply), None)
        if item is None:
            return False
        _rewrite(items, {item_id: (text, fallback)}, actor)
        return True


def edit_and_approve(*, item_id: int, actor: AbstractBaseUser, seen: str, words: Mapping[int, tuple[str, str]]) -> bool:
    """An approver changes what a held reply says (text and fallback by item) and lets it leave so.

    ``seen`` is the fingerprint of what they changed. False where it no longer waits. Raises Refused and Stopped.
    """
    with transaction.atomic():
        items = approvals.together(item_id)
        if not items:
            return False
        approvals.check(items, actor=actor, seen=seen)
        _rewrite(items, words, actor)
        approvals.approve(item_id=item_id, actor=actor, seen=approvals.fingerprint(approvals.together(item_id)))
        return True


def _rewrite(items: Sequence[OutboxItem], words: Mapping[int, tuple[str, str]], actor: AbstractBaseUser) -> None:
    """Give these held replies other words, look at all of them anew, and queue those that nothing keeps any more."""
    reasons, changed = Reasons(), [item for item in items if item.is_reply and item.pk in words]
    for item in changed:
        text, fallback = (storable(said).strip() for said in words[item.pk])
        piece = Piece(
            Visibility(item.visibility), text, fallback if item.fallback else "", media=item.payload.get("media", ())
        )
        _ready(reasons, item.conversation, item.author, piece, item.seen_message_id)
        item.payload, item.fallback = {**item.payload, "text": text}, piece.fallback
        item.payload_hash = guarding.fingerprint(item.payload, item.fallback)
        item.save(update_fields=["payload", "fallback", "payload_hash"])
        events.emit([Fact("outbox.edited", item.conversation_id, actor.pk, "outbox", item.pk)])
    reasons.findings = next((found for item in changed if (found := guarding.stops(item))), [])
    reasons.raise_if_any()
    held = {hold.item_id: hold for hold in approvals.open_holds(items, OutboxHold.Kind.GUARD)}
    for item in items:
        approvals.kept(item)
        if item.pk in held and not guarding.stops(item):  # what stood beside it was all that was found
            held[item.pk].delete()
    outbox.release([], item_ids=[item.pk for item in items])


def measure(*, conversation_id: int, visibility: str, text: str) -> Measure:
    """The length of ``text`` as the conversation's network counts it."""
    return _measured(_for_advice(conversation_id), Visibility(visibility), text)


def advise(*, conversation_id: int, visibility: str, text: str) -> tuple[Measure, Allowed | Denied]:
    """Length and verdict for a composer while somebody types. Asks no network."""
    conversation, kind = _for_advice(conversation_id), Visibility(visibility)
    target = _target(conversation, kind, None)
    if target is None and kind is PUBLIC:
        return _measured(conversation, kind, text), Denied(NO_POST)
    draft = drafts.new(conversation, kind, storable(text).strip(), target)
    verdict = connector_for(conversation.connection).can_send(draft, timezone.now())
    return _measured(conversation, kind, text), verdict


def findings(*, conversation_id: int, texts: Sequence[str]) -> list[Finding]:
    """What the guard marks in a public reply while somebody types it."""
    conversation = Conversation.objects.select_related("connection", "identity").get(pk=conversation_id)
    return guarding.look(conversation, [storable(text) for text in texts])


def _for_advice(conversation_id: int) -> Conversation:
    conversation = Conversation.objects.select_related("connection", "identity").get(pk=conversation_id)
    if conversation.connection.state == Connection.State.REMOVED:
        raise ConfigError(REMOVED)
    return conversation


def _measured(conversation: Conversation, visibility: Visibility, text: str) -> Measure:
    return connector_for(conversation.connection).measure(storable(text), visibility)
