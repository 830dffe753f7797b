"""Words that staff put on conversations, to find and to count them by."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy

from inbox.models.conversations import Conversation


class Tag(models.Model):
    """One word, the same whatever its capitals."""

    class Colour(models.TextChoices):
        """A fixed palette: the pages' style sheet has a class for each."""

        GREY = "grey", gettext_lazy("Grey")
        RED = "red", gettext_lazy("Red")
        ORANGE = "orange", gettext_lazy("Orange")
        YELLOW = "yellow", gettext_lazy("Yellow")
        GREEN = "green", gettext_lazy("Green")
        TEAL = "teal", gettext_lazy("Teal")
        BLUE = "blue", gettext_lazy("Blue")
        PURPLE = "purple", gettext_lazy("Purple")

    name = models.CharField(max_length=40)
    colour = models.CharField(max_length=8, choices=Colour, default=Colour.GREY)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)  # no longer offered; it stays where it is

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="tag_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def archived(self) -> bool:
        return self.archived_at is not None


class ConversationTag(models.Model):
    """A tag on a conversation, and who put it there."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="tags", db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="uses", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "tag"], name="conversation_tag_once")]
        indexes = [models.Index(fields=["tag", "conversation"], name="conversation_of_tag")]

    def __str__(self) -> str:
        return f"tag {self.tag_id} on conversation {self.conversation_id}"


class TagMerge(models.Model):
    """A tag that another one took in, with all that brings it back: the row is gone meanwhile, its name is free."""

    gone = models.BigIntegerField()  # its id
    name = models.CharField(max_length=40)
    colour = models.CharField(max_length=8)
    archived_at = models.DateTimeField(null=True)
    into = models.BigIntegerField()
    moved = ArrayField(models.BigIntegerField())  # conversations that had this one alone
    both = models.JSONField()  # [conversation, who put it there, when] of those that had both
    searches = models.JSONField()  # [saved search, as it was, as it became]
    below = models.JSONField()  # what the stage below changed, in its own words
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"merge of tag {self.gone} into {self.into}"
