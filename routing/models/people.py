"""Teams and the people in them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy


class Topic(models.Model):
    """Something that people know about. Teams of experts are found by it, and people within them."""

    name = models.CharField(max_length=80, unique=True)
    needs_approval = models.BooleanField(default=False, db_default=False)  # of what teams with it answer

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """A group that shares a queue. At most one team is the help desk: where nothing else fits."""

    class Kind(models.TextChoices):
        SUPPORT = "support", gettext_lazy("Support")
        HELP_DESK = "help_desk", gettext_lazy("Help desk")
        EXPERTS = "experts", gettext_lazy("Experts")

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SUPPORT)
    topics = models.ManyToManyField(Topic, blank=True, related_name="teams")
    # Minutes after which the open work of somebody who went away comes back here; null: never.
    returns_after = models.PositiveIntegerField(default=30, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind"], name="one_help_desk", condition=Q(kind="help_desk")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_help_desk(self) -> bool:
        return self.kind == self.Kind.HELP_DESK

    @property
    def is_experts(self) -> bool:
        return self.kind == self.Kind.EXPERTS


class Membership(models.Model):
    """Who works in which team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"


class Departure(models.Model):
    """Somebody left a team, and what they had there has not come back yet. Gone as soon as it has."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.user_id} left {self.team_id}"


class Expertise(models.Model):
    """Who knows about what."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="expertise")
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="expertise")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="expertise_once")]

    def __str__(self) -> str:
        return f"{self.user_id} knows about {self.topic_id}"


class WelcomeLink(models.Model):
    """Lets somebody choose a password once; a newer link takes its place. See services/passwords.py."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="welcome_link"
    )
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"link of {self.user_id}"


class AgentProfile(models.Model):
    """What a person may do and how much they take. There is no superuser: a role is all there is."""

    class Role(models.TextChoices):
        AGENT = "agent", gettext_lazy("Agent")
        EXPERT = "expert", gettext_lazy("Expert")
        LEAD = "lead", gettext_lazy("Lead")
        ADMIN = "admin", gettext_lazy("Admin")

    class Availability(models.TextChoices):
        AVAILABLE = "available", gettext_lazy("Available")
        BUSY = "busy", gettext_lazy("Busy")
        AWAY = "away", gettext_lazy("Away")

    class Desktop(models.TextChoices):
        OFF = "", gettext_lazy("Off")
        PLAIN = "plain", gettext_lazy("Without a customer's name or words")
        WORDS = "words", gettext_lazy("With them")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    role = models.CharField(max_length=8, choices=Role, default=Role.AGENT)
    capacity = models.PositiveIntegerField(default=8)
    takes_conversations = models.BooleanField(default=True)  # is given work by itself; by hand anybody may give it
    in_hand = models.PositiveIntegerField(default=0)  # open assignments; moved only by conditional UPDATE
    availability = models.CharField(max_length=10, choices=Availability, default=Availability.AWAY)
    availability_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)  # a request of theirs, to the minute
    last_assigned_at = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=10, blank=True, default="")  # a key of settings.LANGUAGES; "": the browser's
    theme = models.CharField(max_length=5, default="", blank=True)  # "", "light" or "dark"
    needs_approval = models.BooleanField(default=False, db_default=False)  # somebody else reads what they write first
    single_keys = models.BooleanField(default=True)
    desktop = models.CharField(max_length=5, choices=Desktop, default=Desktop.OFF, db_default=Desktop.OFF, blank=True)

    def __str__(self) -> str:
        return f"profile of {self.user_id}"

    @classmethod
    def takes_by_itself(cls, role: str) -> bool:
        """What a role begins with: leads give work out and take it only when they say so."""
        return role in (cls.Role.AGENT, cls.Role.EXPERT)
