"""What the desk knows: short articles, and how each of them was."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy

from inbox.models.search import WordsField


class ArticleText(models.Model):
    """What an article says, and to whom."""

    class Audience(models.TextChoices):
        STAFF = "staff", gettext_lazy("For staff only")
        PUBLIC = "public", gettext_lazy("Public")

    title = models.CharField(max_length=120)
    text = models.TextField(max_length=4000)
    audience = models.CharField(max_length=6, choices=Audience, default=Audience.STAFF)
    address = models.CharField(max_length=400, blank=True, default="")  # where customers read a public one

    class Meta:
        abstract = True


class Article(ArticleText):
    """An article as it is now. Written by services/knowledge.py only, which keeps words and traces with the text."""

    archived_at = models.DateTimeField(null=True)  # no longer offered; what is for staff stays so
    words = WordsField()  # of title and text
    traces = ArrayField(models.BigIntegerField())  # guard.traces() of the text; of a public one, none

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("title"), name="article_once"),
            models.CheckConstraint(condition=Q(address="") | Q(audience="public"), name="article_address_public"),
        ]
        indexes = [
            GinIndex(fields=["words"], name="article_words"),
            GinIndex(fields=["traces"], name="article_traces"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def archived(self) -> bool:
        return self.archived_at is not None


class ArticleVersion(ArticleText):
    """An article as somebody left it."""

    class Did(models.TextChoices):
        ADDED = "added", gettext_lazy("added it")
        CHANGED = "changed", gettext_lazy("changed it")
        RESTORED = "restored", gettext_lazy("brought an earlier version back")
        ARCHIVED = "archived", gettext_lazy("archived it")
        OFFERED = "offered", gettext_lazy("took it out of the archive")

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="versions")
    did = models.CharField(max_length=8, choices=Did)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"version {self.pk} of article {self.article_id}"
