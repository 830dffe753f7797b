"""Teams and the people in them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Team(models.Model):
    """A group that shares a queue. Exactly one team is the help desk: where nothing else fits."""

    name = models.CharField(max_length=80, unique=True)
    is_help_desk = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["is_help_desk"], name="one_help_desk", condition=Q(is_help_desk=True)),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Who works in which team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"


class AgentProfile(models.Model):
    """What a person may do and how much they take. There is no superuser: a role is all there is."""

    class Role(models.TextChoices):
        AGENT = "agent", "Agent"
        LEAD = "lead", "Lead"
        ADMIN = "admin", "Admin"

    class Availability(models.TextChoices):
        AVAILABLE = "available", "Available"
        BUSY = "busy", "Busy"
        AWAY = "away", "Away"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    role = models.CharField(max_length=8, choices=Role, default=Role.AGENT)
    capacity = models.PositiveIntegerField(default=8)
    in_hand = models.PositiveIntegerField(default=0)  # open assignments; moved only by conditional UPDATE
    availability = models.CharField(max_length=10, choices=Availability, default=Availability.AWAY)
    availability_at = models.DateTimeField(default=timezone.now)
    last_assigned_at = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    theme = models.CharField(max_length=5, default="", blank=True)  # "", "light" or "dark"
    single_keys = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"profile of {self.user_id}"
