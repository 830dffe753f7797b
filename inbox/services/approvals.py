"""Approval as a hold: some replies leave only after somebody else has read them, exactly as they are.

What needs it is the stage below's to say (`AccessPolicy.approval`). An approval is bound to the payload's
fingerprint, so an edit afterwards asks for a new one.
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from inbox.models import OutboxHold, OutboxItem, SavedDraft
from inbox.services import events, guarding, outbox
from inbox.services.conversations import Refused
from inbox.services.events import Fact

APPROVAL = OutboxHold.Kind.APPROVAL
State = OutboxItem.State
GONE = "It is no longer waiting. Look at the timeline for what became of it."
CHANGED = "It was changed after you opened it. Read it again before you approve it."


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


@transaction.atomic
def approve(*, item_id: int, actor: AbstractBaseUser, seen: str) -> bool:
    """Let a held reply leave as ``actor`` read it (``seen``: its fingerprint). False where it no longer waits.

    Raises Refused for one's own reply and for one that was changed since.
    """
    item = OutboxItem.objects.select_for_update().get(pk=item_id)
    if item.author_id == actor.pk:
        raise Refused("Somebody else has to approve what you wrote.")
    hold = OutboxHold.objects.filter(item=item, kind=APPROVAL, released_at=None).first()
    if hold is None or item.state != State.HELD:
        return False
    if seen != item.payload_hash:
        raise Refused(CHANGED)
    OutboxHold.objects.filter(pk=hold.pk).update(payload_hash=item.payload_hash, released_by=actor.pk)
    events.emit([Fact("outbox.approved", item.conversation_id, actor.pk, "outbox", item.pk)])
    outbox.release([hold])
    return True


@transaction.atomic
def override(*, item_id: int, actor: AbstractBaseUser, reason: str, seen: str) -> bool:
    """Let what the guard holds leave all the same, with a reason. False where it no longer waits."""
    item = OutboxItem.objects.select_for_update().select_related("conversation__identity").get(pk=item_id)
    hold = OutboxHold.objects.filter(item=item, kind=OutboxHold.Kind.GUARD, released_at=None).first()
    if hold is None or item.state != State.HELD:
        return False
    if seen != item.payload_hash:
        raise Refused(CHANGED)
    guarding.let_pass(item, guarding.stops(item), actor=actor, reason=reason)
    outbox.release([], item_ids=[item.pk])
    return True


@transaction.atomic
def return_(*, item_id: int, actor: AbstractBaseUser, comment: str) -> bool:
    """Give a held reply back to its author: it will not leave; its text is their draft again, with the comment."""
    comment = comment.strip()[:400]
    if not comment:
        raise Refused("Say what should be different, so that the author can mend it.")
    item = OutboxItem.objects.select_for_update().get(pk=item_id)
    waits = item.holds.filter(kind__in=OutboxHold.BY_PEOPLE, released_at=None).exists()
    moved = waits and outbox.move(
        item, to=State.CANCELLED, source=[State.HELD], actor=actor, reason=f"Returned: {comment}"[:400],
        data={"returned": True},
    )  # fmt: skip
    if moved:
        SavedDraft.objects.update_or_create(
            author_id=item.author_id, conversation_id=item.conversation_id, audience=item.visibility,
            defaults={"text": item.payload["text"], "comment": comment, "saved_at": timezone.now()},
        )  # fmt: skip
    return moved
