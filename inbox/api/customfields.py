"""The desk's own fields, and what they say of conversations."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from inbox.api.base import call
from inbox.api.fields import Person, Text
from inbox.api.pages import PageQuery
from inbox.models import CustomField, FieldOption, FieldValue
from inbox.permissions import conversation_for, person, require
from inbox.services import fields


class OptionSerializer(serializers.ModelSerializer[FieldOption]):
    archived = serializers.BooleanField(help_text="No longer offered.")

    class Meta:
        model = FieldOption
        fields = ["id", "name", "code", "archived"]


class CustomFieldSerializer(serializers.ModelSerializer[CustomField]):
    """One question that the desk answers of its conversations."""

    kind = serializers.ChoiceField(CustomField.Kind.choices)
    options = OptionSerializer(many=True, help_text="Of a choice or a product: what may be chosen.")
    archived = serializers.BooleanField(help_text="No longer asked.")

    class Meta:
        model = CustomField
        fields = ["id", "name", "kind", "options", "archived"]


class ValueSerializer(serializers.Serializer[Any]):
    """What a field says of a conversation now."""

    field = serializers.IntegerField(help_text="The field's id.")
    name = serializers.CharField()
    kind = serializers.ChoiceField(CustomField.Kind.choices)
    shown = serializers.CharField(help_text="As a person reads it.")
    option = serializers.IntegerField(allow_null=True, help_text="The option's id, of a choice or a product.")


class ChangeSerializer(serializers.Serializer[FieldValue]):
    """What a field said, from when to when, and by whom."""

    id = serializers.IntegerField()
    field = serializers.IntegerField(source="field_id")
    name = serializers.CharField(source="field.name")
    shown = serializers.SerializerMethodField()
    option = serializers.IntegerField(source="option_id", allow_null=True)
    by = Person()
    at = serializers.DateTimeField()
    ended_by = Person(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True, help_text="null: it says so now.")

    def get_shown(self, value: FieldValue) -> str:
        return fields.shown(value)


class CustomFieldRequest(serializers.Serializer[Any]):
    name = Text(max_length=200)
    kind = serializers.ChoiceField(CustomField.Kind.choices)
    options = serializers.ListField(
        child=Text(max_length=200), max_length=fields.MOST_OPTIONS, default=list,
        help_text="Of a choice or a product; of a product its code behind a semicolon.",
    )  # fmt: skip


class CustomFieldChangeRequest(serializers.Serializer[Any]):
    name = Text(required=False, max_length=200)
    archived = serializers.BooleanField(required=False)
    add = serializers.ListField(
        child=Text(max_length=200), max_length=fields.MOST_OPTIONS, required=False, help_text="Further options."
    )


class WriteRequest(serializers.Serializer[Any]):
    value = Text(
        allow_blank=True,
        max_length=200,
        help_text="An option's id, a text, a number, or a day (2026-03-31); empty clears it.",
    )


def custom_field_for(field_id: int) -> CustomField:
    field = _fields().filter(pk=field_id).first()
    if field is None:
        raise Http404("There is no such field.")
    return field


def _fields() -> QuerySet[CustomField]:
    return CustomField.objects.prefetch_related(Prefetch("options", FieldOption.objects.order_by("pk")))


class FieldsView(APIView):
    @call("read:conversations", takes=PageQuery, gives=CustomFieldSerializer, order=("-id",))
    def get(self, request: Request, asked: dict[str, Any]) -> QuerySet[CustomField]:
        """The desk's fields, the newest first."""
        require(request.user, "see_tags")
        return _fields()

    @call("write:fields", takes=CustomFieldRequest, gives=CustomFieldSerializer, status=201)
    def post(self, request: Request, asked: dict[str, Any]) -> CustomField:
        """Make a field. Its kind is for good."""
        require(request.user, "manage_tags")
        made = fields.create(name=asked["name"], kind=asked["kind"], actor=person(request))
        if asked["options"]:
            fields.add_options(field_id=made.pk, lines="\n".join(asked["options"]), actor=person(request))
        return custom_field_for(made.pk)


class FieldView(APIView):
    @call("read:conversations", gives=CustomFieldSerializer)
    def get(self, request: Request, asked: dict[str, Any], field_id: int) -> CustomField:
        """One field."""
        require(request.user, "see_tags")
        return custom_field_for(field_id)

    @call("write:fields", takes=CustomFieldChangeRequest, gives=CustomFieldSerializer)
    def put(self, request: Request, asked: dict[str, Any], field_id: int) -> CustomField:
        """Rename a field, archive it or bring it back, add options to it. What is left out stays."""
        require(request.user, "manage_tags")
        here: dict[str, Any] = {"field_id": custom_field_for(field_id).pk, "actor": person(request)}
        if "name" in asked:
            fields.rename(name=asked["name"], **here)
        if "archived" in asked:
            fields.archive(on=asked["archived"], **here)
        if asked.get("add"):
            fields.add_options(lines="\n".join(asked["add"]), **here)
        return custom_field_for(field_id)


class ValuesView(APIView):
    @call("read:conversations", takes=PageQuery, gives=ChangeSerializer, order=("-id",))
    def get(self, request: Request, asked: dict[str, Any], conversation_id: int) -> QuerySet[FieldValue]:
        """What fields say of a conversation, and said before, the newest first."""
        conversation = conversation_for(request.user, conversation_id)
        rows = FieldValue.objects.filter(conversation=conversation)
        return rows.select_related("field", "option", "by", "ended_by")


class ValueView(APIView):
    @call("write:fields", takes=WriteRequest, status=204)
    def put(self, request: Request, asked: dict[str, Any], conversation_id: int, field_id: int) -> None:
        """Write down what a field says of a conversation. What it said before is kept."""
        conversation = conversation_for(request.user, conversation_id, "tag")
        field = custom_field_for(field_id)
        fields.write(conversation_id=conversation.pk, field_id=field.pk, said=asked["value"], actor=person(request))
