"""Exact counts without a hot row: delta rows in the fact's own transaction, folded by the sweep."""

from __future__ import annotations

from django.db import models


class CountDelta(models.Model):
    """One change of a count. The count is the sum of Count and CountDelta for the key."""

    key = models.CharField(max_length=80)
    delta = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["key"], include=["delta"], name="count_delta_key")]

    def __str__(self) -> str:
        return f"{self.key} {self.delta:+d}"


class Count(models.Model):
    """What was folded so far."""

    key = models.CharField(max_length=80, primary_key=True)
    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"
