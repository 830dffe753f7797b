"""Lists of people who matter, and who is on them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from inbox.api.base import call
from inbox.api.fields import Person, RowId, Text
from inbox.api.pages import PageQuery
from inbox.models import Contact, VipEntry, VipList
from inbox.permissions import contact_for, person, require, vip_for
from inbox.services import vips


class VipListSerializer(serializers.ModelSerializer[VipList]):
    """People who matter for one reason."""

    archived = serializers.BooleanField(help_text="It marks nobody any more.")

    class Meta:
        model = VipList
        fields = ["id", "name", "archived"]


class VipListRequest(serializers.Serializer[Any]):
    name = Text(max_length=200)


class VipListChangeRequest(VipListRequest):
    archived = serializers.BooleanField(required=False, help_text="Left out: as it is.")


class VipSerializer(serializers.ModelSerializer[VipEntry]):
    """Who put a person on a list, and why."""

    list = serializers.IntegerField(source="list_id")
    name = serializers.CharField(source="list.name")
    contact = serializers.IntegerField(source="contact_id", help_text="On whom of those who are the person.")
    by = Person()

    class Meta:
        model = VipEntry
        fields = ["id", "list", "name", "contact", "why", "by", "at"]


class VipRequest(serializers.Serializer[Any]):
    list = RowId()
    why = Text(max_length=400, help_text="Colleagues read it beside the conversation.")


class VipListsView(APIView):
    @call("read:contacts", takes=PageQuery, gives=VipListSerializer, order=("-id",))
    def get(self, request: Request, asked: dict[str, Any]) -> QuerySet[VipList]:
        """The desk's lists, the newest first."""
        require(request.user, "see_tags")
        return VipList.objects.all()

    @call("write:contacts", takes=VipListRequest, gives=VipListSerializer, status=201)
    def post(self, request: Request, asked: dict[str, Any]) -> VipList:
        """Make a list."""
        require(request.user, "manage_tags")
        return vips.create(name=asked["name"], actor=person(request))


class VipListView(APIView):
    @call("write:contacts", takes=VipListChangeRequest, gives=VipListSerializer)
    def put(self, request: Request, asked: dict[str, Any], list_id: int) -> VipList:
        """Rename a list; archive it, or bring it back."""
        require(request.user, "manage_tags")
        if not VipList.objects.filter(pk=list_id).exists():
            raise Http404("There is no such list.")
        here: dict[str, Any] = {"list_id": list_id, "actor": person(request)}
        changed = vips.rename(name=asked["name"], **here)
        return vips.archive(on=asked["archived"], **here) if "archived" in asked else changed


class VipsView(APIView):
    @call("read:contacts", takes=PageQuery, gives=VipSerializer, order=("-id",))
    def get(self, request: Request, asked: dict[str, Any], contact_id: int) -> QuerySet[VipEntry]:
        """What puts this person on lists now, whichever of their contacts it was put on."""
        contact = contact_for(request.user, contact_id)
        rows = VipEntry.objects.filter(contact__in=Contact.same_person(contact.pk), ended_at=None)
        return rows.filter(list__archived_at=None).select_related("list", "by")

    @call("write:contacts", takes=VipRequest, gives=VipSerializer, status=201)
    def post(self, request: Request, asked: dict[str, Any], contact_id: int) -> VipEntry:
        """Put a person on a list."""
        contact = contact_for(request.user, contact_id)
        require(request.user, "mark_people")
        return vips.put(list_id=asked["list"], contact_id=contact.pk, why=asked["why"], actor=person(request))


class VipView(APIView):
    @call("write:contacts", status=204)
    def delete(self, request: Request, asked: dict[str, Any], entry_id: int) -> None:
        """Take a person off a list, whichever of their contacts was put there."""
        entry = vip_for(request.user, entry_id)
        require(request.user, "mark_people")
        vips.take_off(entry_id=entry.pk, actor=person(request))
