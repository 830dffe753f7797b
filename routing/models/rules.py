"""Ordered rules: what must be found in a conversation, and where it then goes."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from routing.models.people import Team, Topic


class Rule(models.Model):
    """The first rule that matches decides. Every condition that is set must hold; in a list, any of its entries.

    What a conversation does not have (no language, no count of followers) matches no condition on it.
    """

    position = models.IntegerField()
    name = models.CharField(max_length=120)
    networks = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    connections = ArrayField(models.BigIntegerField(), default=list, blank=True)  # one that is gone matches nothing
    words = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    languages = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    authors = ArrayField(models.CharField(max_length=200), default=list, blank=True)  # handles, without @
    min_followers = models.BigIntegerField(null=True, blank=True)
    max_followers = models.BigIntegerField(null=True, blank=True)
    visibility = models.CharField(max_length=6, default="", blank=True)  # "", "public" or "direct"
    # As connections: by ids, and one that is gone matches nothing.
    tags = ArrayField(models.BigIntegerField(), default=list, blank=True, db_default=[])
    vips = ArrayField(
        models.BigIntegerField(), default=list, blank=True, db_default=[]
    )  # lists that the customer is on
    fields = models.JSONField(default=list, blank=True, db_default=[])  # [field, kind, what is asked]: inbox/asks.py
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    topic = models.ForeignKey(Topic, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    enabled = models.BooleanField(default=True)
    deleted_at = models.DateTimeField(null=True)  # kept, so that deleting can be undone
    version = models.PositiveIntegerField(default=1, db_default=1)  # one more with every change of what it asks or does

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class RuleVersion(models.Model):
    """How a rule was before somebody changed it."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    values = models.JSONField()  # by the names of the rule's fields; what it points to, by ids
    until = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "number"], name="rule_version_once")]

    def __str__(self) -> str:
        return f"version {self.number} of rule {self.rule_id}"
