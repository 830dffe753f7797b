"""What a program asked the API to write, so that asking twice writes once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class ApiWrite(models.Model):
    """One request under an Idempotency-Key, with its answer. Written in the transaction of what it did."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)  # of method, address and body: another request is refused
    status = models.PositiveSmallIntegerField(null=True)  # of the answer; null only inside the writing transaction
    body = models.TextField(default="")  # JSON as it was sent, in its order
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="api_write_once")]
        indexes = [models.Index(fields=["at"], name="api_write_age")]

    def __str__(self) -> str:
        return f"request {self.key} of user {self.user_id}"
