"""What is changed on a held reply: its words, looked at anew as if they were written now, and when it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_noop

from connectors.types import Visibility
from inbox.models import OutboxHold, OutboxItem
from inbox.services import approvals, events, guarding, outbox
from inbox.services.conversations import Refused
from inbox.services.events import Fact
from inbox.services.pieces import Piece, ready
from inbox.services.stops import Reasons, bad_time
from inbox.services.storable import storable

LEFT = gettext_noop("It waits for no time any more: it has left, was taken back, or waits for a person.")


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
        ready(reasons, first.conversation, first.author, pieces, first.seen_message_id)
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


@transaction.atomic
def schedule(*, item_id: int, actor: AbstractBaseUser, send_at: datetime) -> bool:
    """Another moment for a reply that waits for one. False where it no longer does. Raises Refused for a bad moment."""
    if why := bad_time(send_at):
        raise Refused(why)
    item = OutboxItem.objects.filter(pk=OuterRef("item"), state=OutboxItem.State.HELD)
    open_ones = OutboxHold.objects.filter(item=item_id, kind=OutboxHold.Kind.SCHEDULE, released_at=None)
    changed = open_ones.filter(Exists(item)).update(release_at=send_at)
    if changed:
        conversation = OutboxItem.objects.values_list("conversation", flat=True).get(pk=item_id)
        data = {"send_at": send_at.isoformat()}
        events.emit([Fact("outbox.rescheduled", conversation, actor.pk, "outbox", item_id, data)])
    return bool(changed)
