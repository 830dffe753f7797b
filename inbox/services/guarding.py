"""The wrong-audience guard between the composer and the network: what everybody would read is looked at here.

It looks when a reply is composed or edited, so that its author learns at once, and again on the final payload in
the transaction that moves it to `sending`, so that no path steps around it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from inbox import guard
from inbox.guard import Finding, Level
from inbox.models import Conversation, OutboxHold, OutboxItem
from inbox.services import events, surroundings
from inbox.services.conversations import Refused
from inbox.services.events import Fact
from inbox.services.storable import storable

State = OutboxItem.State
HELD = gettext_noop(
    "This would publish something private. Send it privately, take it out, or ask a lead to let it pass."
)


def look(conversation: Conversation, texts: Sequence[str]) -> list[Finding]:
    """What the guard finds in ``texts`` if everybody reads them together. Asks no network."""
    return guard.find(texts, surroundings.of(conversation, texts)) if any(texts) else []


def holding(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level == Level.HOLD]


def kinds(findings: Sequence[Finding]) -> list[str]:
    return sorted({str(finding.kind) for finding in findings})


def fingerprint(payload: Mapping[str, Any], fallback: str = "") -> str:
    """What an approval or an override is bound to: another text is another fingerprint."""
    whole = json.dumps([payload, fallback], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(whole.encode()).hexdigest()


def texts_of(item: OutboxItem) -> list[str]:
    """All that everybody would read together: every post of its thread, what is said instead, alternative texts."""
    return [text for part in _thread(item) for text in own_texts(part)]


def own_texts(item: OutboxItem) -> list[str]:
    """What everybody would read of this item alone."""
    return [text for text in (*spoken(item.payload), item.fallback) if text]


def spoken(payload: Mapping[str, Any]) -> list[str]:
    """The texts of one payload: what is written, and what describes its pictures."""
    return [str(payload.get("text", "")), *(str(one.get("alt", "")) for one in payload.get("media", ()))]


def _thread(item: OutboxItem) -> list[OutboxItem]:
    """The public posts that hang together by ``after``, in their order."""
    public = OutboxItem.objects.filter(conversation=item.conversation_id, kind=OutboxItem.Kind.REPLY)
    known = {row.pk: row for row in public.exclude(state__in=[State.CANCELLED, State.REJECTED])}
    return in_order(item, {**known, item.pk: item})


def in_order(item: OutboxItem, known: Mapping[int, OutboxItem]) -> list[OutboxItem]:
    """Those of ``known`` that leave one after the other with ``item``, the first one first."""
    first = item
    while (before := known.get(first.after_id or 0)) is not None:
        first = before
    parts, by_after = [first], {row.after_id: row for row in known.values() if row.after_id}
    while (following := by_after.get(parts[-1].pk)) is not None:
        parts.append(following)
    return parts


def stops(item: OutboxItem) -> list[Finding]:
    """What must keep this item from leaving now: found on its final payload, and not let pass by a person."""
    if item.visibility != "public" or not item.is_reply:
        return []
    found = holding(look(item.conversation, texts_of(item)))
    passed = item.holds.filter(kind=OutboxHold.Kind.GUARD, payload_hash=item.payload_hash, released_by__isnull=False)
    allowed = {kind for hold in passed for kind in hold.found} if found else set()
    return [finding for finding in found if str(finding.kind) not in allowed]


def hold(item: OutboxItem, findings: Sequence[Finding]) -> None:
    """Keep ``item`` until a person lets it pass. Call in the transaction that makes it, or takes it from its queue."""
    OutboxHold.objects.update_or_create(
        item=item, kind=OutboxHold.Kind.GUARD, released_at=None,
        defaults={"found": kinds(findings), "why": HELD[:400], "marks": _marks(item, findings)},
    )  # fmt: skip


def _marks(item: OutboxItem, findings: Sequence[Finding]) -> list[list[Any]]:
    """Where in the item's own texts something was found, and why: places, never words."""
    before = 0
    for part in _thread(item):
        number = len(own_texts(part))
        if part.pk == item.pk:
            mine = [found for found in findings if before <= found.part < before + number]
            return [[found.part - before, found.start, found.end, found.why] for found in mine]
        before += number
    return []


def let_pass(item: OutboxItem, findings: Sequence[Finding], *, actor: AbstractBaseUser, reason: str) -> None:
    """A person takes it on themselves that this payload is read by everybody; an event keeps who, why and what kinds.

    The caller has asked for the permission. Raises Refused without a reason.
    """
    reason = storable(reason).strip()[:400]
    if not reason:
        raise Refused(gettext("Say why this may be read by everybody."))
    OutboxHold.objects.filter(item=item, kind=OutboxHold.Kind.GUARD, released_at=None).delete()
    OutboxHold.objects.create(
        item=item, kind=OutboxHold.Kind.GUARD, released_at=timezone.now(), released_by_id=actor.pk,
        found=kinds(findings), reason=reason, payload_hash=item.payload_hash,
    )  # fmt: skip
    data = {"kinds": kinds(findings)}
    events.emit([Fact("guard.overridden", item.conversation_id, actor.pk, "outbox", item.pk, data)])
