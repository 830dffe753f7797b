"""What can be found, by its words, and the searches that people keep."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from inbox.models.conversations import Identity, Message, Note


class WordsField(models.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A tsvector, written and asked as literals of inbox.words."""

    def db_type(self, connection: Any) -> str:
        return "tsvector"


@WordsField.register_lookup
class Finds(models.Lookup):
    """``words__finds=asked.tsquery``"""

    lookup_name = "finds"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        words, some = self.process_lhs(compiler, connection)
        asked, more = self.process_rhs(compiler, connection)
        return f"{words} @@ {asked}::tsquery", (*some, *more)


class SearchEntry(models.Model):
    """One message, note or person with its words. Its id is its place in time: the newest has the highest.

    Kept beside what it is of, and filled from the event log: whatever arrives pays nothing for it (decision 014).
    Who may see it is asked of the message's or note's conversation as it is then; nothing of that is copied here.
    """

    message = models.OneToOneField(Message, on_delete=models.CASCADE, null=True, related_name="+")
    note = models.OneToOneField(Note, on_delete=models.CASCADE, null=True, related_name="+")
    identity = models.OneToOneField(Identity, on_delete=models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField()  # published, written, first seen
    words = WordsField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(message__isnull=False, note__isnull=True, identity__isnull=True)
                | Q(message__isnull=True, note__isnull=False, identity__isnull=True)
                | Q(message__isnull=True, note__isnull=True, identity__isnull=False),
                name="search_entry_of_one",
            ),
        ]
        indexes = [GinIndex(fields=["words"], name="search_words")]

    def __str__(self) -> str:
        return f"search entry {self.pk}"


class SavedSearch(models.Model):
    """A search that somebody keeps under a name: a queue of their own. Deleted ones are kept a day, to be undone."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)  # as it stands in the address
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "owner", Lower("name"), name="saved_search_once", condition=Q(deleted_at__isnull=True)
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "name"], name="saved_search_of"),
            models.Index(fields=["deleted_at"], name="saved_search_gone", condition=Q(deleted_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name
