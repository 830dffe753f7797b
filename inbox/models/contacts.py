"""What people decided about a person: who is the same one, whose words make no case, and who matters."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from connectors.models import Connection
from inbox.models.conversations import Contact


class ContactMerge(models.Model):
    """One decision that two contacts are one person. Ids only; no words of a customer."""

    kept = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    joined = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    moved = models.JSONField()  # ids of the contacts whose ``person`` it changed, the joined one among them
    fields = models.JSONField()  # ids of the record fields that both sides had
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["joined"], name="contact_merged_once", condition=Q(undone_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"merge {self.pk} of contact {self.joined_id} into {self.kept_id}"


class Mute(models.Model):
    """Nothing that this person writes makes a case: to one account, or (null) to all. In force until ``ended_at``."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "connection"], name="mute_once", condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"mute of contact {self.contact_id}"


class VipList(models.Model):
    """People who matter for one reason: the press, partners, whoever was let down before."""

    name = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="vip_list_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def archived(self) -> bool:
        return self.archived_at is not None


class VipEntry(models.Model):
    """Who put a person on a list, and why; in force until ``ended_at``.

    It stays with the contact that it was put on. Whoever is the same person is on the list as long as they are.
    """

    list = models.ForeignKey(VipList, on_delete=models.PROTECT, related_name="entries", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    why = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["list", "contact"], name="vip_once", condition=Q(ended_at__isnull=True)),
        ]
        indexes = [models.Index(fields=["contact"], name="vip_of_contact")]

    def __str__(self) -> str:
        return f"contact {self.contact_id} on list {self.list_id}"
