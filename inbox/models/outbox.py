"""What leaves: one row a reply or an act, with every state it may be in and what holds it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy

from connectors.models import Connection
from inbox.models.conversations import Conversation, Message


class AtHome(models.Func):
    """Whether this database is the one that the desk has written, and no restored copy of it."""

    function = "inbox_at_home"
    output_field = models.BooleanField()


class OutboxItem(models.Model):
    """A reply, or an act on a post or a person, on its way. Moves go through services/outbox.py, conditionally."""

    class State(models.TextChoices):
        HELD = "held", gettext_lazy("Held")
        QUEUED = "queued", gettext_lazy("Waiting to be sent")
        SENDING = "sending", gettext_lazy("Sending")
        SENT = "sent", gettext_lazy("Sent")
        REJECTED = "rejected", gettext_lazy("Not sent")
        FAILED = "failed", gettext_lazy("Not sent")
        UNKNOWN = "unknown", gettext_lazy("May have been sent")
        CANCELLED = "cancelled", gettext_lazy("Cancelled")

    class Kind(models.TextChoices):
        REPLY = "reply", gettext_lazy("Public reply")
        DIRECT = "direct", gettext_lazy("Private reply")
        # The values of connectors.types.Act: what is done to a post or a person.
        HIDE = "hide", gettext_lazy("Hide")
        UNHIDE = "unhide", gettext_lazy("Show again")
        LIKE = "like", gettext_lazy("Like")
        UNLIKE = "unlike", gettext_lazy("Take the like back")
        DELETE = "delete", gettext_lazy("Delete")
        BLOCK = "block", gettext_lazy("Block")
        UNBLOCK = "unblock", gettext_lazy("Unblock")

    REPLIES = ("reply", "direct")
    TROUBLE = ("unknown", "failed", "rejected")  # these need a person

    # What may follow what. A crash between prepare and send is `sending` with a dead sender: it is
    # settled by asking the network (sent, queued again, or unknown), never by sending.
    TRANSITIONS: dict[str, frozenset[str]] = {
        "held": frozenset({"queued", "cancelled"}),
        # To `unknown` after a restore: the database may have forgotten that it left.
        "queued": frozenset({"sending", "held", "cancelled", "rejected", "failed", "unknown"}),
        "sending": frozenset({"sent", "rejected", "failed", "unknown", "queued"}),
        "unknown": frozenset({"sent", "queued", "cancelled"}),
        "rejected": frozenset({"cancelled"}),
        "failed": frozenset({"queued", "cancelled"}),
        "sent": frozenset(),
        "cancelled": frozenset(),
    }

    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.HELD)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    client_key = models.CharField(max_length=64)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="outbox")
    # The post that is answered or acted on; null for a message to a person who wrote none, and for acts on people.
    in_reply_to = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="+")
    seen_message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="+")
    payload = models.JSONField()  # the Draft, frozen when the agent pressed send
    payload_hash = models.CharField(max_length=64, blank=True, default="", db_default="")  # what was approved
    prepared = models.JSONField(null=True)  # the connector's own, committed before the first byte leaves
    # A predecessor that must be `sent`. Where it never is, ``fallback`` is said instead; without one nothing is.
    after = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="followers")
    fallback = models.TextField(blank=True, default="", db_default="")
    fell_back = models.BooleanField(default=False, db_default=False)
    then = models.JSONField(null=True)  # once it is sent: {"do": "resolve"} or {"do": "snooze", "until": …}
    # Who takes care of one that was not sent or may have been.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    run_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    attempt = models.PositiveIntegerField(default=0)
    sending_at = models.DateTimeField(null=True)  # when the latest attempt began
    first_sending_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    server_started_at = models.DateTimeField(null=True)  # PostgreSQL's own start, when the lock was taken
    check_at = models.DateTimeField(null=True)  # when the network is asked next, for `unknown`
    checks = models.PositiveIntegerField(default=0)
    # What the network showed when it was asked: numbers, never words.
    found = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))
    # The database was restored: this may have left since the backup, see services/restored.py.
    ask_first = models.BooleanField(default=False, db_default=False)
    settled_at = models.DateTimeField(null=True)
    external_id = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(max_length=400, blank=True, default="")
    message = models.OneToOneField(Message, on_delete=models.PROTECT, null=True, related_name="outbox_item")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["author", "client_key"], name="outbox_once_per_click"),
            models.UniqueConstraint(fields=["conversation"], name="outbox_one_in_flight", condition=Q(state="sending")),
            models.UniqueConstraint(
                fields=["connection", "external_id"], name="outbox_claims_once", condition=~Q(external_id="")
            ),
        ]
        indexes = [
            models.Index(fields=["connection", "run_at", "id"], name="outbox_due", condition=Q(state="queued")),
            models.Index(
                fields=["settled_at", "connection", "state"],
                name="outbox_settled",
                condition=Q(settled_at__isnull=False),
            ),
            models.Index(fields=["lease_until"], name="outbox_leased", condition=Q(state="sending")),
            models.Index(fields=["check_at"], name="outbox_doubtful", condition=Q(state="unknown")),
            models.Index(
                fields=["conversation", "created_at"],
                name="outbox_of_conversation",
            ),
            models.Index(
                fields=["-created_at"],
                name="outbox_trouble",
                condition=Q(state__in=["unknown", "failed", "rejected"]),
            ),
        ]

    def __str__(self) -> str:
        return f"outbox item {self.pk} ({self.state})"

    @property
    def visibility(self) -> str:
        return "direct" if self.kind == self.Kind.DIRECT else "public"

    @property
    def text(self) -> str:
        """What is said at the network."""
        return self.fallback if self.fell_back else str(self.payload.get("text", ""))

    @property
    def is_reply(self) -> bool:
        return self.kind in self.REPLIES


class OutboxHold(models.Model):
    """Something that keeps an item from leaving. Open while ``released_at`` is null."""

    class Kind(models.TextChoices):
        UNDO = "undo", gettext_lazy("You can still undo this")
        SCHEDULE = "schedule", gettext_lazy("Scheduled")
        GUARD = "guard", gettext_lazy("Held by the guard")
        APPROVAL = "approval", gettext_lazy("Waiting for approval")

    BY_PEOPLE = ("guard", "approval")  # no time releases these

    item = models.ForeignKey(OutboxItem, on_delete=models.CASCADE, related_name="holds")
    kind = models.CharField(max_length=10, choices=Kind)
    release_at = models.DateTimeField(null=True)  # null: only a person releases it
    released_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    why = models.CharField(max_length=400, blank=True, default="", db_default="")  # why it is held
    found = models.JSONField(default=list)  # the kinds that the guard found, never the words
    # And where: [which text, from, to, why].
    marks = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=400, blank=True, default="", db_default="")  # of whoever released it
    payload_hash = models.CharField(max_length=64, blank=True, default="", db_default="")  # what they saw

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "kind"], name="hold_once_while_open", condition=Q(released_at__isnull=True)
            ),
        ]
        indexes = [
            models.Index(fields=["release_at"], name="hold_due", condition=Q(released_at__isnull=True)),
            models.Index(
                fields=["created_at"],
                name="hold_for_people",
                condition=Q(released_at__isnull=True, kind__in=["guard", "approval"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} hold of item {self.item_id}"


class SendingPause(models.Model):
    """Nothing leaves for a brand, or at all, from ``began_at`` until ``ended_at``."""

    brand = models.CharField(max_length=80, blank=True)  # connectors' Connection.brand; "": everything
    reason = models.CharField(max_length=400, blank=True)
    began_at = models.DateTimeField(default=timezone.now)
    began_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand"], name="pause_once", condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"pause of {self.brand or 'everything'}"
