"""What somebody should know, and how they want to hear of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from connectors.models import Connection
from inbox.models import Conversation


class Notification(models.Model):
    """One event that concerns somebody. It stands by itself until it is read; nothing of the event's text is here.

    Whether its conversation may be seen is asked whenever it is shown or mailed.
    """

    class Kind(models.TextChoices):
        MENTION = "mention", gettext_lazy("Mentioned")
        ASSIGNED = "assigned", gettext_lazy("Assigned to you")
        HANDED = "handed", gettext_lazy("Handed to you")
        ANSWER = "answer", gettext_lazy("Wrote again")
        APPROVAL = "approval", gettext_lazy("Approval asked")
        DECIDED = "decided", gettext_lazy("Decided")
        UNSENT = "unsent", gettext_lazy("Not sent")
        ILL = "ill", gettext_lazy("Connection ill")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    event_id = models.BigIntegerField()  # its position in the log, which may be pruned before
    kind = models.CharField(max_length=10, choices=Kind)
    told = models.CharField(max_length=40)  # the event's own kind
    subject_id = models.BigIntegerField(null=True)  # the note, message or reply of it
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    # Written before the mail leaves, and never taken back: at most one mail holds it, whatever crashes.
    mail_claimed_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)  # the mail server has taken it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "event_id"], name="notified_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="notices_of"),
            models.Index(fields=["user", "-id"], name="notices_unread", condition=Q(read_at__isnull=True)),
            models.Index(fields=["read_at"], name="notices_read", condition=Q(read_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"


class Digest(models.Model):
    """That somebody wants their unread notifications by e-mail. Without a row they want none."""

    class How(models.TextChoices):
        AWAY = "away", gettext_lazy("Within a minute, while I am away")
        HOURLY = "hourly", gettext_lazy("Every hour")
        DAILY = "daily", gettext_lazy("Once a day")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="digest"
    )
    how = models.CharField(max_length=6, choices=How)
    hour = models.PositiveSmallIntegerField(default=8)  # of the day in their time zone; for daily ones
    since = models.DateTimeField(default=timezone.now)  # what happened before is not mailed
    due_at = models.DateTimeField(default=timezone.now)
    problem = models.CharField(max_length=200, blank=True, default="")  # of the latest mail, for its reader

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="digest_due")]

    def __str__(self) -> str:
        return f"digest of {self.user_id}"

    def next_after(self, now: datetime, zone: ZoneInfo) -> datetime:
        """When the next one is due: within a minute, at the next full hour, or at their hour of a day."""
        if self.how == self.How.AWAY:
            return now + timedelta(minutes=1)
        local = now.astimezone(zone)
        if self.how == self.How.HOURLY:
            return local.replace(minute=0, second=0, microsecond=0).astimezone(ZoneInfo("UTC")) + timedelta(hours=1)
        today = local.replace(hour=self.hour, minute=0, second=0, microsecond=0, fold=0)
        return today if today > local else today + timedelta(days=1)
