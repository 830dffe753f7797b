"""What helps to write: text that was not sent yet, and macros."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from inbox.models.conversations import Conversation


class SavedDraft(models.Model):
    """What somebody began to write, per audience: found again on another machine, gone once it is sent."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    audience = models.CharField(max_length=6)  # public, direct or note
    text = models.TextField()
    more = models.JSONField(default=list)  # further posts of a public thread
    line = models.TextField(blank=True, default="", db_default="")  # what is said in public beside a private text,
    fallback = models.TextField(blank=True, default="", db_default="")  # and instead of it
    comment = models.CharField(max_length=400, blank=True, default="")  # of the approver who returned it
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["author", "conversation", "audience"], name="draft_once"),
        ]

    def __str__(self) -> str:
        return f"draft {self.pk}"


class Macro(models.Model):
    """Words that are written often, with placeholders that services/macros.py fills."""

    name = models.CharField(max_length=80, unique=True)
    text = models.TextField(max_length=4000)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class MacroVersion(models.Model):
    """A macro as somebody left it. Versions outlive their macro, so that a deleted one can be brought back."""

    class Did(models.TextChoices):
        ADDED = "added", gettext_lazy("added it")
        CHANGED = "changed", gettext_lazy("changed it")
        RESTORED = "restored", gettext_lazy("brought an earlier version back")
        DELETED = "deleted", gettext_lazy("deleted it")

    macro = models.ForeignKey(Macro, on_delete=models.DO_NOTHING, db_constraint=False, related_name="versions")
    name = models.CharField(max_length=80)
    text = models.TextField(max_length=4000)
    did = models.CharField(max_length=8, choices=Did)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"version {self.pk} of macro {self.macro_id}"
