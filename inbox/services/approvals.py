"""Approval as a hold: some replies leave only after somebody else has read them, exactly as they are.

What needs it is the stage below's to say (`AccessPolicy.approval`). An approval is bound to the payload's
fingerprint, so an edit afterwards asks for a new one. What leaves one after the other (a private message and its
public line, the posts of a thread, a deletion and what is said instead) is read and decided as one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from inbox.models import OutboxHold, OutboxItem, SavedDraft
from inbox.services import events, guarding, outbox
from inbox.services.conversations import Refused
from inbox.services.events import Fact
from inbox.services.storable import storable

APPROVAL, GUARD = OutboxHold.Kind.APPROVAL, OutboxHold.Kind.GUARD
State = OutboxItem.State
GONE = gettext_noop("It is no longer waiting. Look at the timeline for what became of it.")
CHANGED = gettext_noop("It was changed after you opened it. Read it again before you approve it.")
OWN = gettext_noop("Somebody else has to approve what you wrote.")


def ask(item: OutboxItem, why: str) -> None:
    """Hold ``item`` until somebody approves it. Call in the transaction that makes or changes it."""
    OutboxHold.objects.update_or_create(item=item, kind=APPROVAL, released_at=None, defaults={"why": why[:400]})


def kept(item: OutboxItem) -> bool:
    """Whether an approval of ``item`` is missing or belongs to another text; then it is asked for again."""
    given = list(item.holds.filter(kind=APPROVAL).values_list("payload_hash", "why"))
    if not given or item.payload_hash in {fingerprint for fingerprint, _ in given}:
        return False
    ask(item, given[-1][1])
    return True


def fingerprint(items: Sequence[OutboxItem]) -> str:
    """What a decision over all of ``items`` is bound to; of one alone its own."""
    hashes = [item.payload_hash for item in items]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256(" ".join(hashes).encode()).hexdigest()


def together(item_id: int) -> list[OutboxItem]:
    """The held items that leave with this one, in their order, locked; none where it is not held any more."""
    conversation = OutboxItem.objects.values_list("conversation", flat=True).get(pk=item_id)
    held = OutboxItem.objects.select_for_update(of=("self",)).filter(conversation=conversation, state=State.HELD)
    known = {row.pk: row for row in held.select_related("conversation__identity").order_by("pk")}
    return guarding.in_order(known[item_id], known) if item_id in known else []


def open_holds(items: Sequence[OutboxItem], *kinds: str) -> list[OutboxHold]:
    rows = OutboxHold.objects.filter(item__in=[item.pk for item in items], kind__in=kinds, released_at=None)
    return list(rows.order_by("pk"))


def check(items: Sequence[OutboxItem], *, actor: AbstractBaseUser, seen: str) -> None:
    """Raises Refused for one's own reply and for one that was changed since ``actor`` read it."""
    if any(item.author_id == actor.pk for item in items):
        raise Refused(OWN)
    if seen != fingerprint(items):
        raise Refused(CHANGED)


@transaction.atomic
def approve(*, item_id: int, actor: AbstractBaseUser, seen: str) -> bool:
    """Let a held reply leave, with all that leaves with it, as ``actor`` read it (``seen``: its fingerprint).

    False where it no longer waits. Raises Refused for one's own reply and for one that was changed since.
    """
    items = together(item_id)
    if any(item.author_id == actor.pk for item in items):
        raise Refused(OWN)
    holds = open_holds(items, APPROVAL)
    if not holds:
        return False
    check(items, actor=actor, seen=seen)
    by_id = {item.pk: item for item in items}
    for hold in holds:
        item = by_id[hold.item_id]
        OutboxHold.objects.filter(pk=hold.pk).update(payload_hash=item.payload_hash, released_by=actor.pk)
        events.emit([Fact("outbox.approved", item.conversation_id, actor.pk, "outbox", item.pk)])
    outbox.release(holds)
    return True


@transaction.atomic
def override(*, item_id: int, actor: AbstractBaseUser, reason: str, seen: str) -> bool:
    """Let what the guard holds leave all the same, with a reason. False where it no longer waits."""
    items = together(item_id)
    waiting = {hold.item_id for hold in open_holds(items, GUARD)}
    if not waiting:
        return False
    if seen != fingerprint(items):
        raise Refused(CHANGED)
    for item in items:
        if item.pk in waiting:
            guarding.let_pass(item, guarding.stops(item), actor=actor, reason=reason)
    outbox.release([], item_ids=waiting)
    return True


@transaction.atomic
def let_pass(*, item_id: int, actor: AbstractBaseUser, reason: str, seen: str) -> bool:
    """Override the guard and, where somebody else wrote it and it needs that too, approve it in one step."""
    passed = override(item_id=item_id, actor=actor, reason=reason, seen=seen)
    if passed and all(item.author_id != actor.pk for item in together(item_id)):
        approve(item_id=item_id, actor=actor, seen=seen)
    return passed


@transaction.atomic
def return_(*, item_id: int, actor: AbstractBaseUser, comment: str) -> bool:
    """Give a held reply back to its author: it will not leave; its text is their draft again, with the comment."""
    comment = storable(comment).strip()[:360]
    if not comment:
        raise Refused(gettext("Say what should be different, so that the author can mend it."))
    items = together(item_id)
    if not open_holds(items, *OutboxHold.BY_PEOPLE):
        return False
    who = actor.get_short_name() or actor.get_username()  # type: ignore[attr-defined]
    for item in reversed(items):  # the last first, so that none is told that the one before it was not sent
        outbox.move(
            item, to=State.CANCELLED, source=[State.HELD], actor=actor,
            reason=f"Returned by {who}: {comment}"[:400], data={"returned": True},
        )  # fmt: skip
    _draft([item for item in items if item.is_reply], comment)
    return True


def _draft(said: Sequence[OutboxItem], comment: str) -> None:
    """Back into the author's composer as it was written, above what they have begun to write there since."""
    first, rest = said[0], said[1:]
    text, direct = str(first.payload["text"]), first.visibility == "direct"
    line = rest[0] if direct and rest else None
    more = [] if direct else [str(item.payload["text"]) for item in rest]
    draft, new = SavedDraft.objects.get_or_create(
        author_id=first.author_id, conversation_id=first.conversation_id, audience=first.visibility,
        defaults={"text": text, "more": more, "comment": comment},
    )  # fmt: skip
    if not new:
        begun = [part for part in (draft.text, *draft.more) if part.strip()]
        draft.text, draft.more = (text, [*more, *begun]) if not direct else ("\n\n".join([text, *begun]), [])
    if line is not None:
        draft.line, draft.fallback = str(line.payload["text"]), line.fallback
    draft.comment, draft.saved_at = comment, timezone.now()
    draft.save(update_fields=["text", "more", "line", "fallback", "comment", "saved_at"])
