"""Words that make no case."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from connectors.models import Connection


class NoiseRule(models.Model):
    """A public post with any of these words makes no case: to one account, or (null) to all, until ``ended_at``.

    Whoever we know is heard all the same: inbox/services/noise.py.
    """

    words = ArrayField(models.CharField(max_length=80))
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"noise rule {self.pk}"
