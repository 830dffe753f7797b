"""Facts of work (turns that ended, what happened besides, time really spent), and their sums by day and month."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.fields.ranges import RangeStartsWith
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

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
            models.Index(fields=["team", "ended_at"], name="interaction_of_team"),
            models.Index(fields=["network", "ended_at"], name="interaction_of_network"),
        ]

    def __str__(self) -> str:
        return f"interaction {self.pk}"


class Occurrence(models.Model):
    """What happened beside the turns: a message that arrived, a resolution, a reopening. One row an event."""

    class Kind(models.TextChoices):
        ARRIVAL = "arrival", "A customer's message"
        RESOLUTION = "resolution", "A resolution, answered or with no action needed"
        REOPENING = "reopening", "A resolved conversation taken up again"

    position = models.BigIntegerField(primary_key=True)  # the event it came from
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, related_name="+")  # what arrived
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )  # who did it; nobody of ours where the customer did
    # That had the conversation then. An arrival that no team had belongs to the first one that was given it.
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    network = models.CharField(max_length=32)
    visibility = models.CharField(max_length=6, blank=True)  # of the message; empty where there is none

    class Meta:
        indexes = [
            models.Index(fields=["kind", "at", "position"], name="occurrence_day"),
            models.Index(fields=["conversation"], name="occurrence_of_conversation"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


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
        indexes = [models.Index(RangeStartsWith("period"), name="touch_day")]

    def __str__(self) -> str:
        return f"touch {self.pk}"


class Rollup(models.Model):
    """The sums of one day of the desk's reporting zone, or of a month as far as it has come.

    By team, agent and network, and once more by team alone: what needs no agent reads a tenth of the rows.
    Derived from the facts and read only where RolledPeriod says so. 0 is "no team" and "no agent".
    """

    class Span(models.TextChoices):
        DAY = "day"
        MONTH = "month"
        TEAM_DAY = "team_day"
        TEAM_MONTH = "team_month"

    pk = models.CompositePrimaryKey("span", "period", "team_id", "agent_id", "network")
    span = models.CharField(max_length=10, choices=Span)
    period = models.DateField()  # the day, or the first of the month
    team_id = models.BigIntegerField()
    agent_id = models.BigIntegerField()
    network = models.CharField(max_length=32)
    arrivals = models.BigIntegerField()
    handled = models.BigIntegerField()
    publicly = models.BigIntegerField()
    privately = models.BigIntegerField()
    no_reply_due = models.BigIntegerField()
    first_responses = models.BigIntegerField()
    next_responses = models.BigIntegerField()
    resolutions = models.BigIntegerField()
    reopenings = models.BigIntegerField()
    active = models.DurationField()
    # How the times spread, one number each: metrics/spread.py.
    first_arrived = models.DecimalField(max_digits=1000, decimal_places=0)
    first_published = models.DecimalField(max_digits=1000, decimal_places=0)
    next_arrived = models.DecimalField(max_digits=1000, decimal_places=0)
    next_published = models.DecimalField(max_digits=1000, decimal_places=0)

    def __str__(self) -> str:
        return f"{self.span} {self.period}"


class RolledPeriod(models.Model):
    """A day or month whose rollups equal its facts. A fact that comes late takes the row away.

    No month without its days: whatever takes a day's row away takes its month's away with it.
    """

    pk = models.CompositePrimaryKey("span", "period")
    span = models.CharField(max_length=10, choices=Rollup.Span)
    period = models.DateField()
    until = models.DateField()  # the first day after it: the running month is summed up until yesterday
    zone = models.CharField(max_length=64)  # whose midnights bound it
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.span} {self.period} rolled"


class RollupCheck(models.Model):
    """The nightly comparison of every rolled day with its facts: what it found, for whoever reads the figures."""

    day = models.DateField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)  # when it ended
    compared = models.PositiveIntegerField(default=0)
    different = models.JSONField(default=list)  # days and months that had to be rolled anew

    def __str__(self) -> str:
        return f"check of {self.day}"
