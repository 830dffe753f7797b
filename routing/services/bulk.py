"""Bulk jobs: written down at once, done conversation by conversation by any worker, taken back the same way.

Each conversation is one transaction, in which its row is claimed, the act is done and the outcome is written. A
worker that is killed leaves the row as it was, and the next one takes it up; none is done twice.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from connectors.wake import wake
from inbox.downstream import policy
from inbox.services import events
from inbox.services.conversations import Refused
from inbox.services.events import Fact
from routing.models import BulkItem, BulkJob
from routing.services import bulkacts

logger = logging.getLogger(__name__)

MOST = 500  # conversations in one job
KEPT = timedelta(days=30)
QUEUE = "routing.bulk"
State = BulkItem.State
_TRIES = 3
_BROKE = gettext_noop("Something went wrong here, and nothing was changed. Open it and try once more.")


class Pick(NamedTuple):
    """A conversation, with what its row showed."""

    conversation_id: int
    seen_message: int | None
    seen_agent: int | None


def call() -> None:
    """Have a worker go on."""
    wake(QUEUE)


@transaction.atomic
def start(*, author: User, kind: str, data: Mapping[str, Any], picks: Sequence[Pick], client_key: str) -> BulkJob:
    """Write a job down. What its author may not see is left out. The same ``client_key`` gives the same job.

    Raises Refused where nothing is left to do, or too much.
    """
    if not client_key or len(client_key) > 64:
        raise Refused(gettext("This page is too old. Reload it and choose again."))
    wanted = {pick.conversation_id: pick for pick in picks}
    if len(wanted) > MOST:
        raise Refused(gettext("At most %(most)s conversations go at once. Choose fewer.") % {"most": MOST})
    seen = policy().allowed(author, "view", list(wanted))
    if not seen:
        raise Refused(gettext("Choose at least one conversation."))
    bulkacts.check(kind, data, author)
    try:
        with transaction.atomic():
            job = BulkJob.objects.create(kind=kind, author=author, client_key=client_key, data=dict(data))
    except IntegrityError:
        return BulkJob.objects.get(author=author, client_key=client_key)
    _put_away(author)
    theirs = [pick for pk, pick in wanted.items() if pk in seen]
    BulkItem.objects.bulk_create(
        BulkItem(
            job=job, place=place, conversation_id=pick.conversation_id, seen_message=pick.seen_message,
            seen_agent=pick.seen_agent,
        )
        for place, pick in enumerate(theirs)
    )  # fmt: skip
    transaction.on_commit(call)
    return job


@transaction.atomic
def undo(*, job_id: int, actor: AbstractBaseUser) -> str:
    """Stop what has not been done yet, and take back what can be. Returns what happens now. Raises Refused."""
    job = BulkJob.objects.select_for_update().get(pk=job_id)
    if job.undone_at is not None:
        raise Refused(gettext("It is being taken back already."))
    items = BulkItem.objects.filter(job=job)
    stopped = items.filter(state=State.WAITING).update(
        state=State.SKIPPED, sentence=gettext_noop("It was stopped before its turn.")
    )
    back = items.filter(state__in=[State.DONE, State.HELD]).exclude(made={}).update(state=State.UNDOING, attempts=0)
    if not stopped and not back:
        raise Refused(gettext("Nothing of it can be taken back any more."))
    BulkJob.objects.filter(pk=job.pk).update(undone_at=timezone.now(), ended_at=None, closed_at=None)
    _tell(job, "bulk.undone", actor.pk)
    transaction.on_commit(call)
    said = gettext("%(back)s taken back, %(stopped)s stopped.") if stopped else gettext("%(back)s are taken back.")
    return said % {"back": back, "stopped": stopped}


def close(*, job_id: int) -> None:
    """Its author has read how it ended."""
    BulkJob.objects.filter(pk=job_id, ended_at__isnull=False).update(closed_at=timezone.now())


def prune(*, limit: int = 100) -> int:
    """Forget jobs that ended long ago, in a batch. What they did stays in each conversation's history."""
    old = BulkJob.objects.filter(ended_at__lt=timezone.now() - KEPT).order_by("pk").values("pk")[:limit]
    return BulkJob.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]


def _put_away(author: AbstractBaseUser) -> None:
    """What went well needs no reading once the next job begins; what did not stays until it was read."""
    trouble = BulkItem.objects.filter(job=OuterRef("pk"), state__in=[State.FAILED, State.CHANGED, State.HELD])
    done = BulkJob.objects.filter(author_id=author.pk, closed_at=None, ended_at__isnull=False)
    done.exclude(Exists(trouble)).update(closed_at=timezone.now())


def do_next() -> bool:
    """Do one conversation of any job, in one transaction. False where nothing waits."""
    item: BulkItem | None = None
    try:
        with transaction.atomic():
            item = _claim()
            if item is not None:
                _do(item)
    except Exception as error:  # whatever it is, the other conversations go on
        if item is None:
            raise
        logger.warning("Item %s of a bulk job failed (%s)", item.pk, type(error).__name__)
        _failed(item)
    return item is not None


def end() -> int:
    """Jobs with nothing left to do have ended. Asked once nothing waits: only then is every outcome committed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE routing_bulkjob j SET ended_at = now() WHERE j.ended_at IS NULL AND NOT EXISTS (
                SELECT FROM routing_bulkitem i WHERE i.job_id = j.id AND i.state = ANY(%s))
            RETURNING j.id, j.author_id
            """,
            [list(BulkItem.OPEN)],
        )
        ended = [BulkJob(pk=pk, author_id=author) for pk, author in cursor.fetchall()]
        for job in ended:
            _tell(job, "bulk.ended", job.author_id)
    return len(ended)


def _claim() -> BulkItem | None:
    """The next open row, locked. What others have in hand is passed by."""
    rows = BulkItem.objects.select_for_update(skip_locked=True, of=("self",)).select_related("job__author")
    return rows.filter(state__in=BulkItem.OPEN).order_by("attempts", "place", "pk").first()


def _do(item: BulkItem) -> None:
    found = bulkacts.undo(item) if item.state == State.UNDOING else bulkacts.do(item)
    _write(item, state=found.state, sentence=found.sentence[:600], made=found.made)


def _failed(item: BulkItem) -> None:
    """Tried again a few times, after the others: a deadlock passes, a mistake of ours does not."""
    with transaction.atomic():
        if item.attempts + 1 < _TRIES:
            BulkItem.objects.filter(pk=item.pk, state=item.state).update(attempts=F("attempts") + 1)
        else:
            state = State.DONE if item.state == State.UNDOING else State.FAILED
            _write(item, state=state, sentence=_BROKE)


def _write(item: BulkItem, **fields: Any) -> None:
    """The outcome, unless somebody else has written one meanwhile."""
    if not BulkItem.objects.filter(pk=item.pk, state=item.state).update(**fields):
        raise RuntimeError("This item of a bulk job was done by somebody else.")
    _tell(item.job, "bulk.moved", item.job.author_id)


def _tell(job: BulkJob, kind: str, actor_id: int) -> None:
    """Only its author hears of it."""
    events.emit([Fact(kind, None, actor_id, "agent", job.author_id, {"job": job.pk})])
