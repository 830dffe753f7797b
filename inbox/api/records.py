"""What the company knows of a customer: put by the company's own systems, and never read back in clear."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from inbox.api.base import call
from inbox.api.contacts import contacts_of
from inbox.api.fields import Text
from inbox.downstream import policy
from inbox.guard import Field, Protection
from inbox.models import Contact, RecordField
from inbox.permissions import person, require
from inbox.services import records

_PROTECTIONS = RecordField.Protection.choices


class RecordFieldSerializer(serializers.ModelSerializer[RecordField]):
    """A field as a person may see it."""

    protection = serializers.ChoiceField(_PROTECTIONS)
    value = serializers.SerializerMethodField("shown", help_text="A secret shows its end at most: ••••1234.")

    class Meta:
        model = RecordField
        fields = ["name", "protection", "value", "updated_at"]

    def shown(self, row: RecordField) -> str:
        return records.masked(row)


class RecordSerializer(serializers.Serializer[Any]):
    """A customer's record."""

    contact = serializers.IntegerField()
    fields_ = RecordFieldSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        """``fields`` is a serializer's own name, and the best one for this."""
        known = super().get_fields()
        return {"contact": known["contact"], "fields": known["fields_"]}


class FieldRequest(serializers.Serializer[Any]):
    name = Text(max_length=records.LONGEST_NAME)
    value = Text(max_length=records.LONGEST_VALUE, allow_blank=True, trim_whitespace=False)
    protection = serializers.ChoiceField(_PROTECTIONS)


class RecordRequest(serializers.Serializer[Any]):
    fields_ = FieldRequest(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"fields": super().get_fields()["fields_"]}


class RecordView(APIView):
    @call("read:records", gives=RecordSerializer)
    def get(self, request: Request, asked: dict[str, Any], contact_id: int) -> dict[str, Any]:
        """A customer's record, with what is secret masked."""
        everybodys = policy().permits(request.user, "manage_records")
        return _shown(_contact(Contact.objects.all() if everybodys else contacts_of(request.user), contact_id))

    @call("write:records", takes=RecordRequest, gives=RecordSerializer)
    def put(self, request: Request, asked: dict[str, Any], contact_id: int) -> dict[str, Any]:
        """Replace a customer's whole record.

        What is secret keeps a public reply back, what is soft warns its author, what is open may be said.
        """
        require(request.user, "manage_records")
        contact = _contact(Contact.objects.all(), contact_id)
        fields = [Field(one["name"], one["value"], Protection(one["protection"])) for one in asked["fields"]]
        records.put(contact_id=contact.pk, fields=fields, actor=person(request))
        return _shown(contact)

    @call("write:records", status=204)
    def delete(self, request: Request, asked: dict[str, Any], contact_id: int) -> None:
        """Remove a customer's record."""
        require(request.user, "manage_records")
        records.forget(contact_id=_contact(Contact.objects.all(), contact_id).pk, actor=person(request))


def _contact(among: Any, contact_id: int) -> Contact:
    contact: Contact | None = among.filter(pk=contact_id).first()
    if contact is None:
        raise Http404("There is no such contact here.")
    return contact


def _shown(contact: Contact) -> dict[str, Any]:
    return {"contact": contact.pk, "fields": RecordField.objects.filter(contact=contact).order_by("name")}
