"""Jobs are rows: written with the fact that makes them due, deleted with the decision."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F

from connectors.wake import wake
from routing.models import RoutingJob

QUEUE = "routing.route"
_LONGEST_WAIT = 300.0  # seconds


def add(conversation_ids: Collection[int], *, now: datetime) -> None:
    """Have these conversations looked at. One that is due already stays as it is."""
    if not conversation_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO routing_routingjob (conversation_id, due_at, attempts, last_error)"
            " SELECT id, %s, 0, '' FROM unnest(%s::bigint[]) AS wanted(id) ORDER BY id"
            " ON CONFLICT (conversation_id) DO NOTHING",
            [now, list(conversation_ids)],
        )


def put_off(due: Mapping[int, datetime]) -> None:
    """Look at these again at their moments. The caller holds their jobs."""
    if due:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE routing_routingjob j SET due_at = n.due_at"
                " FROM unnest(%s::bigint[], %s::timestamptz[]) AS n(id, due_at) WHERE j.conversation_id = n.id",
                [list(due), list(due.values())],
            )


def drop(conversation_ids: Collection[int]) -> None:
    """Nothing is left to decide for these."""
    if conversation_ids:
        RoutingJob.objects.filter(conversation_id__in=conversation_ids).delete()


def claim(*, limit: int, now: datetime) -> list[int]:
    """Conversations whose job is due, longest due first, locked until the transaction ends."""
    due = RoutingJob.objects.select_for_update(skip_locked=True).filter(due_at__lte=now)
    return list(due.order_by("due_at", "id").values_list("conversation_id", flat=True)[:limit])


def claim_these(conversation_ids: Collection[int]) -> list[int]:
    """Lock the jobs of these conversations; those that somebody else has just now are left to them."""
    found = RoutingJob.objects.select_for_update(skip_locked=True).filter(conversation_id__in=conversation_ids)
    return list(found.order_by("id").values_list("conversation_id", flat=True))


def claim_one(conversation_id: int) -> bool:
    """Lock one conversation's job; False where somebody else has it or it is done."""
    jobs = RoutingJob.objects.select_for_update(skip_locked=True).filter(conversation_id=conversation_id)
    return jobs.first() is not None


def failed(conversation_id: int, *, error: Exception, now: datetime) -> None:
    """Try again later. The sentence names the kind of error only: its text could quote a customer."""
    jobs = RoutingJob.objects.filter(conversation_id=conversation_id)
    attempts = jobs.values_list("attempts", flat=True).first() or 0
    jobs.update(
        attempts=F("attempts") + 1,
        due_at=now + timedelta(seconds=min(2.0 ** min(attempts + 1, 20), _LONGEST_WAIT)),
        last_error=f"Routing failed ({type(error).__name__}); it is tried again.",
    )


def wake_soon() -> None:
    """Wake the router once the running transaction is committed."""
    transaction.on_commit(lambda: wake(QUEUE))
