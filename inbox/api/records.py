"""What the company knows of a customer: put by the company's own systems, and never read back in clear."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from inbox.api.base import call
from inbox.api.fields import Text
from inbox.downstream import policy
from inbox.guard import Field, Protection
from inbox.models import Contact, RecordField
from inbox.permissions import contact_for, person, require
from inbox.services import records

_PROTECTIONS = RecordField.Protection.choices


class RecordFieldSerializer(serializers.ModelSerializer[RecordField]):
    """A field as a person may see it."""

    contact = serializers.IntegerField(source="contact_id", help_text="On whom it was put, of those that were merged.")
    protection = serializers.ChoiceField(_PROTECTIONS)
    value = serializers.SerializerMethodField("shown", help_text="A secret shows its end at most: ••••1234.")

    class Meta:
        model = RecordField
        fields = ["contact", "name", "protection", "value", "updated_at"]

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
        """A customer's record, with what is secret masked; of merged contacts all of it."""
        if policy().permits(request.user, "manage_records"):
            return _shown(_contact(contact_id))
        return _shown(contact_for(request.user, contact_id))

    @call("write:records", takes=RecordRequest, gives=RecordSerializer)
    def put(self, request: Request, asked: dict[str, Any], contact_id: int) -> dict[str, Any]:
        """Replace a contact's whole record; that of others who were merged with it stays.

        What is secret keeps a public reply back, what is soft warns its author, what is open may be said.
        """
        require(request.user, "manage_records")
        contact = _contact(contact_id)
        fields = [Field(one["name"], one["value"], Protection(one["protection"])) for one in asked["fields"]]
        records.put(contact_id=contact.pk, fields=fields, actor=person(request))
        return _shown(contact)

    @call("write:records", status=204)
    def delete(self, request: Request, asked: dict[str, Any], contact_id: int) -> None:
        """Remove a contact's record; that of others who were merged with it stays."""
        require(request.user, "manage_records")
        records.forget(contact_id=_contact(contact_id).pk, actor=person(request))


def _contact(contact_id: int) -> Contact:
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        raise Http404("There is no such contact here.")
    return contact


def _shown(contact: Contact) -> dict[str, Any]:
    rows = RecordField.objects.filter(contact__in=Contact.same_person(contact.pk))
    return {"contact": contact.pk, "fields": rows.order_by("name", "contact")}
