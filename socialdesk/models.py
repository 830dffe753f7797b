from __future__ import annotations

from django.db import models


class Heartbeat(models.Model):
    """When a kind of process was last seen at work. One row per kind: any one of them alive is enough."""

    name = models.CharField(max_length=32, primary_key=True)
    process = models.CharField(max_length=128, help_text="host:pid of the one that was seen last")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
