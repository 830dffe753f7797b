"""Tags, and which conversations have them."""

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
from inbox.models import Tag, TagMerge
from inbox.permissions import conversation_for, person, require
from inbox.services import tagmerges, tags


class TagSerializer(serializers.ModelSerializer[Tag]):
    colour = serializers.ChoiceField(Tag.Colour.choices)
    archived = serializers.BooleanField(help_text="No longer offered; it stays where it is.")

    class Meta:
        model = Tag
        fields = ["id", "name", "colour", "archived"]


class TagRequest(serializers.Serializer[Any]):
    name = Text(max_length=40)
    colour = serializers.ChoiceField(Tag.Colour.choices, default=Tag.Colour.GREY)


class TagChangeRequest(TagRequest):
    archived = serializers.BooleanField(required=False, help_text="Left out: as it is.")


def tag_for(tag_id: int) -> Tag:
    tag = Tag.objects.filter(pk=tag_id).first()
    if tag is None:
        raise Http404("There is no such tag.")
    return tag


class TagsView(APIView):
    @call("read:conversations", takes=PageQuery, gives=TagSerializer, order=("-id",))
    def get(self, request: Request, asked: dict[str, Any]) -> QuerySet[Tag]:
        """The desk's tags, the newest first."""
        require(request.user, "see_tags")
        return Tag.objects.all()

    @call("write:tags", takes=TagRequest, gives=TagSerializer, status=201)
    def post(self, request: Request, asked: dict[str, Any]) -> Tag:
        """Make a tag."""
        require(request.user, "manage_tags")
        return tags.create(**asked, actor=person(request))


class TagView(APIView):
    @call("read:conversations", gives=TagSerializer)
    def get(self, request: Request, asked: dict[str, Any], tag_id: int) -> Tag:
        """One tag."""
        require(request.user, "see_tags")
        return tag_for(tag_id)

    @call("write:tags", takes=TagChangeRequest, gives=TagSerializer)
    def put(self, request: Request, asked: dict[str, Any], tag_id: int) -> Tag:
        """Change a tag's name and colour, on every conversation that has it; archive it, or bring it back."""
        require(request.user, "manage_tags")
        here: dict[str, Any] = {"tag_id": tag_for(tag_id).pk, "actor": person(request)}
        changed = tags.change(name=asked["name"], colour=asked["colour"], **here)
        return tags.archive(on=asked["archived"], **here) if "archived" in asked else changed

    @call("write:tags", status=204)
    def delete(self, request: Request, asked: dict[str, Any], tag_id: int) -> None:
        """Remove a tag from the desk and from every conversation."""
        require(request.user, "manage_tags")
        tags.delete(tag_id=tag_for(tag_id).pk, actor=person(request))


class TagMergeSerializer(serializers.ModelSerializer[TagMerge]):
    """One tag that another took in."""

    by = Person(allow_null=True)

    class Meta:
        model = TagMerge
        fields = ["id", "gone", "name", "into", "by", "at", "undone_at"]


class TagMergeRequest(serializers.Serializer[Any]):
    into = RowId(help_text="The tag that stays.")


class TagMergesView(APIView):
    @call("write:tags", takes=TagMergeRequest, gives=TagMergeSerializer, status=201)
    def post(self, request: Request, asked: dict[str, Any], tag_id: int) -> TagMerge:
        """Use another tag instead, on every conversation and in every rule and saved search that has this one."""
        require(request.user, "manage_tags")
        return tagmerges.merge(tag_id=tag_for(tag_id).pk, into_id=asked["into"], actor=person(request))


class TagSeparateView(APIView):
    @call("write:tags", gives=TagSerializer)
    def post(self, request: Request, asked: dict[str, Any], tagmerge_id: int) -> Tag:
        """Take a merge of tags back, within 30 days. What was changed since stays."""
        require(request.user, "manage_tags")
        return tagmerges.undo(merge_id=tagmerge_id, actor=person(request))


class ConversationTagView(APIView):
    @call("write:tags", gives=TagSerializer)
    def put(self, request: Request, asked: dict[str, Any], conversation_id: int, tag_id: int) -> Tag:
        """Put a tag on a conversation."""
        conversation = conversation_for(request.user, conversation_id, "tag")
        tag = tag_for(tag_id)
        tags.put(conversation_id=conversation.pk, tag_id=tag.pk, actor=person(request))
        return tag

    @call("write:tags", status=204)
    def delete(self, request: Request, asked: dict[str, Any], conversation_id: int, tag_id: int) -> None:
        """Take a tag off a conversation."""
        conversation = conversation_for(request.user, conversation_id, "tag")
        tags.remove(conversation_id=conversation.pk, tag_id=tag_for(tag_id).pk, actor=person(request))
