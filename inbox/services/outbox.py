"""The outbox's state machine: every move of an item, and what people may do with it.

A move is a conditional UPDATE; whoever loses the race is told False and does nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_noop

from connectors.wake import wake
from inbox.models import OutboxHold, OutboxItem
from inbox.services import events
from inbox.services.events import Fact

State = OutboxItem.State


def move(
    item: OutboxItem,
    *,
    to: str,
    source: Collection[str],
    actor: AbstractBaseUser | None = None,
    data: dict[str, Any] | None = None,
    **fields: Any,
) -> bool:
    """Move ``item`` from one of ``source`` to ``to``, with its event; False where it is elsewhere by now.

    Call inside a transaction. Raises ValueError for a move that the model does not declare.
    """
    for state in source:
        if to not in OutboxItem.TRANSITIONS[state]:
            raise ValueError(f"An outbox item cannot go from {state} to {to}.")
    if to not in (State.QUEUED, State.HELD, State.SENDING, State.UNKNOWN):
        fields.setdefault("settled_at", timezone.now())
    changed = OutboxItem.objects.filter(pk=item.pk, state__in=source).update(state=to, **fields)
    if not changed:
        return False
    for name, value in {"state": to, **fields}.items():
        setattr(item, name, value)
    who = actor.pk if actor else item.author_id
    family = "outbox" if item.is_reply else "act"  # acts are no answers: what counts answers need not look
    events.emit([Fact(f"{family}.{to}", item.conversation_id, who, "outbox", item.pk, data or {})])
    if to in (State.REJECTED, State.CANCELLED):
        _settle_followers(item)
    if to == State.QUEUED:
        transaction.on_commit(lambda: wake("inbox.send"))
    return True


def _settle_followers(item: OutboxItem) -> None:
    """What waits for something that will never be sent is said otherwise, where its author said how, or not at all."""
    waiting = OutboxItem.objects.select_for_update().filter(after=item, state__in=[State.HELD, State.QUEUED])
    for follower in waiting.order_by("pk"):
        if follower.fallback and item.state == State.REJECTED:
            reason = gettext_noop("The private message could not be sent, so this is said instead.")
            OutboxItem.objects.filter(pk=follower.pk).update(fell_back=True, after=None, reason=reason)
        else:
            reason = gettext_noop("What should go before it was not sent.")
            move(follower, to=State.CANCELLED, source=[State.HELD, State.QUEUED], reason=reason)


def release_due(*, limit: int = 500) -> int:
    """Release the holds whose time has come, and queue every item that no hold keeps any more."""
    with transaction.atomic():
        holds = list(
            OutboxHold.objects.select_for_update(skip_locked=True)
            .filter(released_at__isnull=True, release_at__lte=timezone.now())
            .order_by("release_at")[:limit]
        )
        return release(holds)


def release(holds: Iterable[OutboxHold], *, item_ids: Iterable[int] = ()) -> int:
    """End these holds, and queue their items and ``item_ids`` where nothing else keeps them. How many were queued."""
    holds = list(holds)
    OutboxHold.objects.filter(pk__in=[hold.pk for hold in holds]).update(released_at=timezone.now())
    free = (
        OutboxItem.objects.select_for_update()
        .filter(pk__in={*item_ids, *(hold.item_id for hold in holds)}, state=State.HELD)
        .exclude(Exists(OutboxHold.objects.filter(item=OuterRef("pk"), released_at=None)))
        .order_by("pk")
    )
    return sum(move(item, to=State.QUEUED, source=[State.HELD]) for item in free)


# What people do ---------------------------------------------------------------------------------


@transaction.atomic
def cancel(*, item_id: int, actor: AbstractBaseUser) -> bool:
    """Undo: take the item back before its first byte leaves. False when it already left."""
    item = OutboxItem.objects.get(pk=item_id)
    return move(
        item, to=State.CANCELLED, source=[State.HELD, State.QUEUED], actor=actor, reason=gettext_noop("Taken back.")
    )


@transaction.atomic
def send_now(*, item_id: int, actor: AbstractBaseUser) -> bool:
    """Release the undo and schedule holds now. False when nothing held it any more."""
    holds = OutboxHold.objects.select_for_update().filter(
        item_id=item_id, released_at__isnull=True, kind__in=[OutboxHold.Kind.UNDO, OutboxHold.Kind.SCHEDULE]
    )
    return bool(release(holds))


@transaction.atomic
def check_again(*, item_id: int, actor: AbstractBaseUser) -> bool:
    """Ask the network once more whether a doubtful item arrived."""
    asked = OutboxItem.objects.filter(pk=item_id, state=State.UNKNOWN).update(check_at=timezone.now())
    if asked:
        transaction.on_commit(lambda: wake("inbox.send"))
    return bool(asked)


@transaction.atomic
def send_anyway(*, item_id: int, actor: AbstractBaseUser) -> bool:
    """A person decided: the doubtful item did not arrive, send it again."""
    item = OutboxItem.objects.get(pk=item_id)
    return move(
        item, to=State.QUEUED, source=[State.UNKNOWN], actor=actor, run_at=timezone.now(),
        first_sending_at=None, check_at=None, data={"decided": "send anyway"}, reason="",
    )  # fmt: skip


@transaction.atomic
def give_up(*, item_id: int, actor: AbstractBaseUser) -> bool:
    """A person decided: this item is done with, whatever the network holds. What waits for it goes with it."""
    item = OutboxItem.objects.get(pk=item_id)
    return move(
        item, to=State.CANCELLED, source=[State.UNKNOWN, State.REJECTED, State.FAILED], actor=actor,
        check_at=None, data={"decided": "give up", "from": item.state},
    )  # fmt: skip


@transaction.atomic
def retry(*, item_id: int, actor: AbstractBaseUser) -> bool:
    """Send an item again that provably did not arrive."""
    item = OutboxItem.objects.get(pk=item_id)
    return move(
        item, to=State.QUEUED, source=[State.FAILED], actor=actor, run_at=timezone.now(), attempt=0,
        settled_at=None, reason="",
    )  # fmt: skip


@transaction.atomic
def take_care(*, item_id: int, actor: AbstractBaseUser) -> bool:
    """Somebody makes it theirs to settle what was not sent or may have been; the others read whose it is."""
    item = OutboxItem.objects.select_for_update().get(pk=item_id)
    if item.state not in OutboxItem.TROUBLE:
        return False
    if item.owner_id != actor.pk:
        OutboxItem.objects.filter(pk=item.pk).update(owner=actor.pk)
        family = "outbox" if item.is_reply else "act"
        data = {"previous": item.owner_id}
        events.emit([Fact(f"{family}.owned", item.conversation_id, actor.pk, "outbox", item.pk, data)])
    return True


def backoff(attempt: int) -> timedelta:
    """How long to wait after the n-th attempt: 2 s doubled each time, at most 5 minutes."""
    return timedelta(seconds=min(300, 2 ** max(1, attempt)))
