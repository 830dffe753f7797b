"""Ordered rules on words and author."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from routing.models.people import Team


class Rule(models.Model):
    """The first rule that matches decides. Every list that is not empty must match (any of its entries)."""

    position = models.IntegerField()
    name = models.CharField(max_length=120)
    words = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    authors = ArrayField(models.CharField(max_length=200), default=list, blank=True)  # handles, without @
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name
