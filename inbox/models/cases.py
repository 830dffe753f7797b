"""What people decided about where messages belong: cases that were split or joined by hand."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from inbox.models.conversations import Conversation


class CaseMove(models.Model):
    """One decision that something of a conversation belongs in another one. Ids only; no words of a customer."""

    class Kind(models.TextChoices):
        SPLIT = "split", gettext_lazy("Split")
        JOIN = "join", gettext_lazy("Joined")

    kind = models.CharField(max_length=5, choices=Kind)
    source = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    target = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    moved = models.JSONField()  # {"messages": ids, "items": ids, "notes": ids, "joined": ids of what stood in source}
    # What a join ended, to be brought back: {"status": …, "resolution": …, "resolved_at": …, "snoozed_until": …}
    before = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source"], name="case_joined_once", condition=Q(kind="join", undone_at__isnull=True)
            ),
            models.UniqueConstraint(fields=["target"], name="case_split_once", condition=Q(kind="split")),
        ]
        indexes = [
            models.Index(fields=["source"], name="case_split_of", condition=Q(kind="split", undone_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of conversation {self.source_id} and {self.target_id}"
