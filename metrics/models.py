"""Facts of work: turns that ended, and the time somebody really looked."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from inbox.models import Conversation, Message, OutboxItem
from routing.models import Team


class Interaction(models.Model):
    """One turn of a contact and what ended it: the unit of "handled"."""

    class EndedBy(models.TextChoices):
        REPLY = "reply", "A reply that was sent"
        RESOLUTION = "resolution", "A resolution"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    turn = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="+")  # its first message
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")
    network = models.CharField(max_length=32)
    visibility = models.CharField(max_length=6, blank=True)  # of the reply; empty for a resolution
    ended_by = models.CharField(max_length=10, choices=EndedBy)
    outbox_item = models.OneToOneField(OutboxItem, on_delete=models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField()
    arrived_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    first = models.BooleanField()  # ends the first turn since the conversation (re)opened: first response
    position = models.BigIntegerField()  # the event it came from

    class Meta:
        indexes = [
            models.Index(fields=["ended_at", "agent"], name="interaction_day"),
            models.Index(fields=["agent", "ended_at"], name="interaction_of_agent"),
        ]

    def __str__(self) -> str:
        return f"interaction {self.pk}"


class Touch(models.Model):
    """A stretch in which an agent had a conversation open, visible and in use. One person, no overlaps."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    period = DateTimeRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="touch_no_overlap",
                expressions=[("agent", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(condition=Q(period__isempty=False), name="touch_not_empty"),
        ]

    def __str__(self) -> str:
        return f"touch {self.pk}"
