"""Thin tasks: a wake-up looks for rows that are due. Any number of them may run at once."""

from __future__ import annotations

from celery import shared_task

from inbox.services import conversations, counts, idempotency, outbox, poll, sending


@shared_task(name="inbox.tasks.poll")
def poll_task() -> None:
    poll.poll_due()


@shared_task(name="inbox.tasks.send")
def send_task() -> None:
    outbox.release_due()
    sending.settle_doubtful()
    while sending.send_due():
        pass


@shared_task(name="inbox.tasks.sweep")
def sweep_task() -> None:
    """What comes round: holds, senders that died, doubts, snoozes, folding of counts."""
    outbox.release_due()
    sending.reclaim()
    sending.settle_doubtful()
    conversations.wake_snoozed()
    counts.fold()
    idempotency.prune()
