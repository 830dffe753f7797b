"""What the desk writes down of a conversation in fields of its own."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy

from inbox.models.conversations import Conversation


class CustomField(models.Model):
    """One question that the desk answers of its conversations. It is archived, never deleted: its values stay."""

    class Kind(models.TextChoices):
        """Never changed afterwards: the values would lose their sense."""

        CHOICE = "choice", gettext_lazy("Choice")
        TEXT = "text", gettext_lazy("Text")
        NUMBER = "number", gettext_lazy("Number")
        DATE = "date", gettext_lazy("Date")
        PRODUCT = "product", gettext_lazy("Product")

    CHOSEN = (Kind.CHOICE, Kind.PRODUCT)  # of a list of options

    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=Kind)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="custom_field_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def archived(self) -> bool:
        return self.archived_at is not None


class FieldOption(models.Model):
    """What may be chosen. A product has a code besides, where the company has one for it."""

    field = models.ForeignKey(CustomField, on_delete=models.PROTECT, related_name="options", db_index=False)
    name = models.CharField(max_length=80)
    code = models.CharField(max_length=40, blank=True, default="")
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("field", Lower("name"), name="field_option_once"),
            models.UniqueConstraint("field", Lower("code"), name="field_code_once", condition=~Q(code="")),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})" if self.code else self.name

    @property
    def archived(self) -> bool:
        return self.archived_at is not None


class FieldValue(models.Model):
    """What somebody wrote down, in force until ``ended_at``: the rows of a conversation are its history."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="values", db_index=False)
    field = models.ForeignKey(CustomField, on_delete=models.PROTECT, related_name="+", db_index=False)
    option = models.ForeignKey(FieldOption, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    text = models.CharField(max_length=200, blank=True, default="")
    number = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    day = models.DateField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "field"], name="field_value_once", condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                condition=Q(option__isnull=False, text="", number__isnull=True, day__isnull=True)
                | (Q(option__isnull=True, number__isnull=True, day__isnull=True) & ~Q(text=""))
                | Q(option__isnull=True, text="", number__isnull=False, day__isnull=True)
                | Q(option__isnull=True, text="", number__isnull=True, day__isnull=False),
                name="field_value_of_one_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "id"], name="field_values_of"),
            # What is searched for, of what is in force.
            models.Index(
                fields=["field", "option", "conversation"], name="conversation_of_option",
                condition=Q(ended_at__isnull=True, option__isnull=False),
            ),
            models.Index(
                F("field"), OpClass(Lower("text"), name="text_pattern_ops"), name="conversation_of_text",
                condition=Q(ended_at__isnull=True) & ~Q(text=""),
            ),
            models.Index(
                fields=["field", "number"], name="conversation_of_number",
                condition=Q(ended_at__isnull=True, number__isnull=False),
            ),
            models.Index(
                fields=["field", "day"], name="conversation_of_day",
                condition=Q(ended_at__isnull=True, day__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"value {self.pk} of field {self.field_id}"
