"""Connections, their secrets and how far each stream was read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from connectors.secrets import open_sealed, seal


class Lane(models.IntegerChoices):
    """How the latest turn with a network went. Work of a lane is done by the hands that reach so far: crew.py."""

    QUICK = 0, gettext_lazy("Answers at once")
    BUSY = 1, gettext_lazy("Takes long, or has more waiting")
    BROKEN = 2, gettext_lazy("Takes very long, or never answers")


class Connection(models.Model):
    """One authorised account on one network."""

    # Not stored: how many seconds a read may take in this turn. None: as long as the deadline of all HTTP.
    patience: float | None = None

    class State(models.TextChoices):
        ACTIVE = "active", gettext_lazy("Active")
        PAUSED = "paused", gettext_lazy("Paused")
        UNAUTHORISED = "unauthorised", gettext_lazy("Needs a new authorisation")
        REMOVED = (
            "removed",
            gettext_lazy("Removed"),
        )  # its conversations stay; the same account joins them when it is added again

    network = models.CharField(max_length=32)  # a registry key; nothing outside a network's folder compares it
    name = models.CharField(max_length=120)
    account_id = models.CharField(max_length=64)
    handle = models.CharField(max_length=120, blank=True)
    config = models.JSONField(default=dict, blank=True)
    brand = models.CharField(max_length=80, blank=True, default="", db_default="")  # what may be paused as one
    voice = models.TextField(max_length=2000, blank=True, default="")  # how we speak here, for whoever answers
    state = models.CharField(max_length=16, choices=State, default=State.ACTIVE)
    state_reason = models.CharField(max_length=400, blank=True)
    state_at = models.DateTimeField(default=timezone.now)
    sending_paused = models.BooleanField(default=False)
    send_not_before = models.DateTimeField(null=True, blank=True)  # the network's own word after a 429
    send_lane = models.PositiveSmallIntegerField(choices=Lane, default=Lane.QUICK)
    # What the network said when it was last asked for everything: inbox/services/connections.py, check().
    checked_at = models.DateTimeField(null=True, blank=True)
    check_error = models.CharField(max_length=400, blank=True, default="")
    missing = models.JSONField(default=list, blank=True)  # permissions: [{name, without, remedy}]
    # Credentials that expire, and the lease of whoever renews them: inbox/services/tokens.py.
    expires_at = models.DateTimeField(null=True, blank=True)  # None: they do not expire
    renewals = models.PositiveIntegerField(default=0)  # counts every change of the secrets
    renew_lease = models.UUIDField(null=True, blank=True)
    renew_lease_until = models.DateTimeField(null=True, blank=True)
    renew_not_before = models.DateTimeField(null=True, blank=True)  # after a renewal that did not succeed
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "account_id"], name="connection_once_per_account"),
        ]

    def __str__(self) -> str:
        return self.name

    def secrets(self) -> dict[str, str]:
        """All secrets in clear, for building a connector only; never log or render the result."""
        return {row.name: row.clear() for row in self.credentials.all()}


class Credential(models.Model):
    """One secret of a connection. The ciphertext is bound to its row: copied elsewhere it does not open."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="credentials")
    name = models.CharField(max_length=64)
    sealed = models.BinaryField()
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "name"], name="credential_once")]

    def __str__(self) -> str:
        return f"{self.name} of connection {self.connection_id}"

    @staticmethod
    def binding(connection_id: int, name: str) -> str:
        return f"connectors.credential:{connection_id}:{name}"

    def clear(self) -> str:
        return open_sealed(bytes(self.sealed), binding=self.binding(self.connection_id, self.name))

    @classmethod
    def store(cls, *, connection: Connection, secrets: dict[str, str]) -> None:
        """Save secrets under their names, replacing older ones."""
        for name, clear in secrets.items():
            cls.objects.update_or_create(
                connection=connection,
                name=name,
                defaults={
                    "sealed": seal(clear, binding=cls.binding(connection.pk, name)),
                    "updated_at": timezone.now(),
                },
            )


class StreamState(models.Model):
    """How far one stream of a connection was read, and when it is read next. The row is the poller's job."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="streams")
    stream = models.CharField(max_length=32)
    cursor = models.JSONField(default=dict, blank=True)  # opaque: {high_water, walk}
    interval = models.FloatField()  # seconds
    next_poll_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=400, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    lane = models.PositiveSmallIntegerField(choices=Lane, default=Lane.QUICK)
    late = models.FloatField(null=True, blank=True)  # seconds between due and begun, of the latest turn
    took = models.FloatField(null=True, blank=True)  # seconds of the latest turn
    invalid_items = models.PositiveIntegerField(default=0)
    last_invalid = models.CharField(max_length=400, blank=True)
    rate_remaining = models.IntegerField(null=True, blank=True)
    rate_limit = models.IntegerField(null=True, blank=True)
    rate_reset_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "stream"], name="stream_once")]
        indexes = [models.Index(fields=["next_poll_at"], name="stream_due")]

    def __str__(self) -> str:
        return f"{self.stream} of connection {self.connection_id}"


class StreamGap(models.Model):
    """Posts that the network no longer shows: newer than after_id, older than before_id."""

    stream = models.ForeignKey(StreamState, on_delete=models.CASCADE, related_name="gaps")
    after_id = models.CharField(max_length=128)
    before_id = models.CharField(max_length=128)
    reason = models.CharField(max_length=400)
    found_at = models.DateTimeField(default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True, blank=True)  # by whom: the event connection.gap_acknowledged

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "after_id", "before_id"], name="gap_once"),
        ]

    def __str__(self) -> str:
        return f"gap of {self.stream_id}: {self.after_id} to {self.before_id}"


def open_streams(*, connection: Connection, specs: Any, now: datetime | None = None) -> None:
    """Make the connection's stream rows, so that the poller finds them; safe to call again."""
    StreamState.objects.bulk_create(
        [
            StreamState(
                connection=connection,
                stream=spec.key,
                interval=spec.interval,
                next_poll_at=now or timezone.now(),
            )
            for spec in specs
        ],
        ignore_conflicts=True,
    )
