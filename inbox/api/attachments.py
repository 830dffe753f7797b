"""Pictures of a reply: added one by one, then named by the reply that takes them along."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.views import APIView

from inbox.api.base import call
from inbox.api.fields import Text
from inbox.models import Attachment
from inbox.permissions import conversation_for, own_attachment_for, person
from inbox.services import attachments


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    """A picture as it will leave: written anew from its pixels."""

    class Meta:
        model = Attachment
        fields = ["id", "name", "mime", "width", "height", "size", "alt"]


class AttachmentRequest(serializers.Serializer[Any]):
    picture = serializers.FileField(help_text="One file: JPEG, PNG, WebP, GIF or AVIF.")
    alt = Text(
        max_length=attachments.ALT, required=False, allow_blank=True, default="",
        help_text="What it shows, for who cannot see it. The guard reads it too.",
    )  # fmt: skip


class AttachmentsView(APIView):
    parser_classes = [MultiPartParser]

    @call("write:replies", takes=AttachmentRequest, gives=AttachmentSerializer, status=201)
    def post(self, request: Request, asked: dict[str, Any], conversation_id: int) -> Attachment:
        """Add a picture for a reply of yours there.

        Send its id in `pictures` of the reply. Without a reply it is forgotten after a day.
        """
        picture = asked["picture"]
        return attachments.add(
            author=person(request), conversation=conversation_for(request.user, conversation_id, "note"),
            data=picture.read(), name=str(picture.name or ""), alt=asked["alt"],
        )  # fmt: skip


class AttachmentView(APIView):
    @call("write:replies", status=204)
    def delete(self, request: Request, asked: dict[str, Any], attachment_id: int) -> None:
        """Take a picture of yours out, as long as no reply has it."""
        attachments.remove(attachment=own_attachment_for(request.user, attachment_id))
