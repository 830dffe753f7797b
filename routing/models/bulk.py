"""One act on many conversations: a row for the job, a row for each conversation in it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from inbox.models import Conversation


class BulkJob(models.Model):
    """What somebody wanted done to many conversations. ``data`` says to whom, with which tag, in which words."""

    class Kind(models.TextChoices):
        ASSIGN = "assign", gettext_lazy("Assign")
        RESOLVE = "resolve", gettext_lazy("Resolve")
        TAG = "tag", gettext_lazy("Tag")
        REPLY = "reply", gettext_lazy("Reply")
        HIDE = "hide", gettext_lazy("Hide")

    kind = models.CharField(max_length=8, choices=Kind)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    client_key = models.CharField(max_length=64)  # a double click is one job
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)  # somebody stopped it, or took it back
    closed_at = models.DateTimeField(null=True)  # its author has read how it ended

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["author", "client_key"], name="bulk_once_per_click"),
        ]
        indexes = [
            models.Index(fields=["author", "-id"], name="bulk_shown", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["id"], name="bulk_running", condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"bulk job {self.pk}"


class BulkItem(models.Model):
    """One conversation of a job, with what its author had seen of it and what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting")
        DONE = "done", gettext_lazy("Done")
        HELD = "held", gettext_lazy("Held for somebody")
        CHANGED = "changed", gettext_lazy("Changed meanwhile")
        FAILED = "failed", gettext_lazy("Not done")
        SKIPPED = "skipped", gettext_lazy("Stopped before its turn")
        UNDOING = "undoing", gettext_lazy("To be taken back")
        UNDONE = "undone", gettext_lazy("Taken back")

    OPEN = ("waiting", "undoing")  # what a worker takes up

    job = models.ForeignKey(BulkJob, on_delete=models.CASCADE, related_name="items", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    seen_message = models.BigIntegerField(null=True)  # the customer's newest message on the page
    seen_agent = models.BigIntegerField(null=True)  # who had it on the page
    sentence = models.CharField(max_length=600, blank=True, default="")
    made = models.JSONField(default=dict)  # what taking it back needs; empty where nothing can be
    attempts = models.PositiveSmallIntegerField(default=0)
    # Which of its job it is. What is open goes by it, so that three conversations do not wait for somebody's 500.
    place = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "conversation"], name="bulk_item_once"),
        ]
        indexes = [
            models.Index(
                fields=["attempts", "place", "id"], name="bulk_turns", condition=Q(state__in=["waiting", "undoing"])
            ),
        ]

    def __str__(self) -> str:
        return f"conversation {self.conversation_id} of bulk job {self.job_id}"
