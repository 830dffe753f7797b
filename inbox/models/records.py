"""What the company knows of a customer, so that the guard knows it too, and what it says of itself in public."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from connectors.secrets import open_sealed
from inbox.models.conversations import Contact


class RecordField(models.Model):
    """One field of a contact's record. The ciphertext is bound to its row: copied elsewhere it does not open."""

    class Protection(models.TextChoices):
        SECRET = "secret", gettext_lazy("Secret: never in public")
        SOFT = "soft", gettext_lazy("Soft: only warned about")
        OPEN = "open", gettext_lazy("Open: may be said")

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="record", db_index=False)
    name = models.CharField(max_length=64)
    protection = models.CharField(max_length=6, choices=Protection)
    sealed = models.BinaryField()
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact", "name"], name="record_field_once")]

    def __str__(self) -> str:
        return f"{self.name} of contact {self.contact_id}"

    @staticmethod
    def binding(contact_id: int, name: str) -> str:
        return f"inbox.recordfield:{contact_id}:{name}"

    def clear(self) -> str:
        return open_sealed(bytes(self.sealed), binding=self.binding(self.contact_id, self.name))


class RecordIndex(models.Model):
    """A mark of a secret value: tells that somebody else has it, and not what it is."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    mark = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mark", "contact"], name="record_mark_once")]

    def __str__(self) -> str:
        return f"mark of contact {self.contact_id}"


class RecordUpload(models.Model):
    """A file of records between its upload and the decision what its columns mean; sealed, and gone within an hour."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    name = models.CharField(max_length=200)
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"upload {self.pk}"


class PublicFact(models.Model):
    """A number or address of the company's own, which the guard lets pass."""

    value = models.CharField(max_length=400, unique=True)
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["value"]

    def __str__(self) -> str:
        return self.value
