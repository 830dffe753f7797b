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

from connectors.base import Connector
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
        ready = _ready(reasons, conversation, author, pieces, seen_message_id)
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
    reasons: Reasons, conversation: Conversation, author: AbstractBaseUser, pieces: Sequence[Piece], seen: int | None
) -> list[tuple[Draft, Message | None]]:
    """The draft of each piece and what it answers; what the desk or the network has against it goes to ``reasons``."""
    blanks = {visibility: _blank(conversation, visibility, seen) for visibility in _audiences(pieces)}
    for visibility in blanks:
        reasons.add(policy().silenced(author, visibility.value, conversation.connection_id))
    ready, to_ask = [], []
    for piece in pieces:
        blank, target = blanks[piece.visibility]
        ready.append((replace(blank, text=piece.text), target))
        if target is None and piece.visibility is PUBLIC:
            reasons.add(NO_POST)
        elif not piece.text and not piece.media:
            reasons.add("The reply is empty.")
        elif conversation.connection.state == Connection.State.REMOVED:
            reasons.add(REMOVED)
        else:
            media = [MediaRef(str(one["attachment"])) for one in piece.media]
            said = [piece.text, *filter(None, [piece.fallback])]
            to_ask += [replace(blank, text=text, media=media) for text in said]
    for draft in to_ask:
        reasons.add(macros.unfilled(draft.text))
    _ask_connector(reasons, conversation, to_ask)
    return ready


def _audiences(pieces: Sequence[Piece]) -> list[Visibility]:
    return list(dict.fromkeys(piece.visibility for piece in pieces))


def _blank(conversation: Conversation, visibility: Visibility, seen: int | None) -> tuple[Draft, Message | None]:
    """A draft of this audience without its words, and what it answers."""
    target = _target(conversation, visibility, seen)
    return drafts.new(conversation, visibility, "", target), target


def _ask_connector(reasons: Reasons, conversation: Conversation, asked: Sequence[Draft]) -> None:
    if not asked:
        return
    try:
        network, now = connector_for(conversation.connection), timezone.now()
        verdicts = [network.can_send(draft, now) for draft in asked]
    except ConnectorError as error:
        reasons.connection = str(error)
        return
    for verdict in verdicts:
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
    told = [(item, {"visibility": item.visibility}) for item in items]
    events.emit(Fact("outbox.held", item.conversation_id, author.pk, "outbox", item.pk, data) for item, data in told)
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
    pieces = [_reworded(item, *words[item.pk]) for item in changed]
    if changed:
        first = changed[0]  # what leaves together was written by one person who had seen the same
        _ready(reasons, first.conversation, first.author, pieces, first.seen_message_id)
    for item, piece in zip(changed, pieces, strict=True):
        item.payload, item.fallback = {**item.payload, "text": piece.text}, piece.fallback
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


def _reworded(item: OutboxItem, text: str, fallback: str) -> Piece:
    said = storable(fallback).strip() if item.fallback else ""
    return Piece(Visibility(item.visibility), storable(text).strip(), said, media=item.payload.get("media", ()))


@dataclass(frozen=True, slots=True)
class Advice:
    """What a composer is told while somebody types."""

    length: Measure
    parts: Sequence[Measure]  # the lengths of the other texts
    refused: str  # why it could not be sent; "" where it could
    warnings: Sequence[str]
    findings: Sequence[Finding]


def advise(
    *,
    conversation: Conversation,
    visibility: str,
    text: str,
    more: Sequence[str] = (),
    line: str = "",
    fallback: str = "",
) -> Advice:
    """Lengths, verdict and what the guard marks, for a composer while somebody types. Asks no network.

    Raises ConnectorError where the network's own rules cannot be known.
    """
    kind, text = Visibility(visibility), storable(text)
    others = [storable(one) for one in (more if kind is PUBLIC else (line, fallback))]
    network = _network_of(conversation.connection)
    blank, target = _blank(conversation, kind, None)
    verdict: Allowed | Denied = Denied(NO_POST)
    if target is not None or kind is not PUBLIC:
        verdict = network.can_send(replace(blank, text=text.strip()), timezone.now())
    unfilled = macros.unfilled("\n".join((text, *others)))
    return Advice(
        length=network.measure(text, kind),
        parts=[network.measure(part, PUBLIC) for part in others],
        refused=f"{verdict.reason} {unfilled}".strip() if isinstance(verdict, Denied) else unfilled,
        warnings=[] if isinstance(verdict, Denied) else list(verdict.warnings),
        findings=guarding.look(conversation, [text, *others] if kind is PUBLIC else others),
    )


def measure(item: OutboxItem) -> Measure:
    """The length of a reply as its network counts it. Raises ConnectorError where it cannot say."""
    return _network_of(item.connection).measure(str(item.payload["text"]), Visibility(item.visibility))


def _network_of(connection: Connection) -> Connector[Any]:
    if connection.state == Connection.State.REMOVED:
        raise ConfigError(REMOVED)
    return connector_for(connection)
