"""A request under an Idempotency-Key takes effect once; whoever repeats it gets the first one's answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from inbox.models import ApiWrite

KEPT = timedelta(hours=24)
_PATIENCE = "5s"  # how long a repeated request waits for the first one to end
_LOCK_NOT_AVAILABLE = "55P03"


class OtherRequest(Exception):
    """The key belongs to a request with another address or body."""


class StillRunning(Exception):
    """The first request with this key has not ended yet."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said to a request. ``replayed``: nothing happened now, it was said before."""

    status: int
    body: Any
    replayed: bool = False


def once(*, user_id: int, key: str, fingerprint: str, work: Callable[[], Answer]) -> Answer:
    """Do ``work`` once for this key of this user and keep its answer for KEPT.

    The row and what ``work`` writes are one transaction: a crash leaves neither, and so does an exception, after
    which the key may be used again. A request beside a running one waits for it. Raises OtherRequest, StillRunning.
    """
    with transaction.atomic():
        if not _claim(user_id, key, fingerprint):
            earlier = ApiWrite.objects.get(user_id=user_id, key=key)
            if earlier.fingerprint != fingerprint or earlier.status is None:
                raise OtherRequest
            return Answer(earlier.status, json.loads(earlier.body), replayed=True)
        answer = work()
        ApiWrite.objects.filter(user_id=user_id, key=key).update(status=answer.status, body=json.dumps(answer.body))
        return answer


def _claim(user_id: int, key: str, fingerprint: str) -> bool:
    """Whether this request is the first with its key. The unique constraint lets a second one wait."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])
            cursor.execute(
                """
                INSERT INTO inbox_apiwrite (user_id, key, fingerprint, at, body) VALUES (%s, %s, %s, %s, '')
                ON CONFLICT (user_id, key) DO NOTHING
                """,
                [user_id, key, fingerprint, timezone.now()],
            )
            first = bool(cursor.rowcount)
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
            return first
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") == _LOCK_NOT_AVAILABLE:
            raise StillRunning from error
        raise


def prune(*, limit: int = 1000) -> int:
    """Forget requests that are older than KEPT, in a batch."""
    old = ApiWrite.objects.filter(at__lt=timezone.now() - KEPT).order_by("at").values("pk")[:limit]
    return ApiWrite.objects.filter(pk__in=old).delete()[0]
