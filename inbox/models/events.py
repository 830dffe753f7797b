"""The append-only log that everything downstream reads. Never a customer's text."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now


class XidField(models.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """PostgreSQL's 64-bit transaction id."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, *args: Any) -> int | None:
        return None if value is None else int(value)


class CurrentXid(models.Func):
    function = "pg_current_xact_id"
    output_field = XidField()


class Event(models.Model):
    """One fact. ``id`` is the position; readers stop below the oldest running transaction (events.read)."""

    xid = XidField(db_default=CurrentXid(), editable=False)
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=40)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    conversation_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=24, blank=True, default="")
    subject_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["conversation_id", "id"], name="event_of_conversation"),
            BrinIndex(fields=["at"], name="event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class EventReader(models.Model):
    """How far a downstream reader has come. Saved in the transaction of what it wrote."""

    name = models.CharField(max_length=40, primary_key=True)
    position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} at {self.position}"
