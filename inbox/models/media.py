"""Pictures and files: copies of what customers sent, and what an agent is about to send."""

from __future__ import annotations

from typing import Literal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from inbox.models.conversations import Conversation, Message
from inbox.models.outbox import OutboxItem

BOX = (232, 176)  # pixels of a page that a picture takes at most in the timeline: two stand side by side


def _fitting(of: Literal["width", "height"]) -> property:
    """How large a picture stands in the timeline, known before it is there, so that nothing jumps."""

    def pixels(picture: MediaCopy | Attachment) -> int:
        scale = min(1, BOX[0] / max(1, picture.width), BOX[1] / max(1, picture.height))
        return max(1, round((picture.width if of == "width" else picture.height) * scale))

    return property(pixels)


class MediaCopy(models.Model):
    """Our copy of one file of a message. The row is the job: somebody looked, and a worker fetches it.

    A copy may be forgotten at any time: whoever looks next lets it be fetched again.
    """

    class State(models.TextChoices):
        WANTED = "wanted", gettext_lazy("Being fetched")
        KEPT = "kept", gettext_lazy("Kept")
        REFUSED = "refused", gettext_lazy("Cannot be shown")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", db_index=False)
    position = models.PositiveSmallIntegerField()  # in the message's facts
    state = models.CharField(max_length=8, choices=State, default=State.WANTED)
    asked_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, default="")
    mime = models.CharField(max_length=40, blank=True, default="")
    width = models.PositiveIntegerField(default=0)  # 0: no picture, only to be downloaded
    height = models.PositiveIntegerField(default=0)
    size = models.PositiveIntegerField(default=0)  # of both together, for the limit of all copies
    data = models.BinaryField(null=True)
    small = models.BinaryField(null=True)
    small_mime = models.CharField(max_length=40, blank=True, default="")

    shown_width, shown_height = _fitting("width"), _fitting("height")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "position"], name="media_copy_once")]
        indexes = [
            models.Index(fields=["asked_at"], name="media_copy_due", condition=Q(state="wanted")),
            models.Index(fields=["settled_at", "size"], name="media_copy_age", condition=Q(settled_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"copy of file {self.position} of message {self.message_id}"


class Attachment(models.Model):
    """A picture that an agent chose, written anew. Without an item it waits in the composer, and goes after a day."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    item = models.ForeignKey(OutboxItem, on_delete=models.CASCADE, null=True, related_name="attachments")
    position = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)
    name = models.CharField(max_length=200, blank=True)  # as the agent's machine called it; never sent
    alt = models.TextField(blank=True)
    mime = models.CharField(max_length=40)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    data = models.BinaryField()
    small = models.BinaryField()
    small_mime = models.CharField(max_length=40)
    # What the network calls it, once it was handed over, and until when it keeps it unused.
    ref = models.CharField(max_length=200, blank=True, default="", db_default="")
    ref_expires_at = models.DateTimeField(null=True)

    shown_width, shown_height = _fitting("width"), _fitting("height")

    class Meta:
        indexes = [
            models.Index(
                fields=["author", "conversation", "position"],
                name="attachment_waiting",
                condition=Q(item__isnull=True),
            ),
            models.Index(fields=["made_at"], name="attachment_age", condition=Q(item__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"picture {self.pk} of conversation {self.conversation_id}"
