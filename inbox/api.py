"""JSON for the inbox's own page and for scripts, under the same session and the same policy."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from connectors.errors import ConnectorError
from connectors.types import Denied
from inbox import selectors
from inbox.downstream import REPLIES
from inbox.models import Conversation, Message
from inbox.permissions import conversation_for
from inbox.services import replies


class MeasureSerializer(serializers.Serializer[Any]):
    conversation = serializers.IntegerField(min_value=1)
    visibility = serializers.ChoiceField(["public", "direct"])
    text = serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=100_000)


class MeasureView(APIView):
    """The length of a text as the network counts it, and what it would say to it. Stores nothing."""

    def post(self, request: Request) -> Response:
        asked = MeasureSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        conversation = conversation_for(request.user, data["conversation"], REPLIES[data["visibility"]])
        try:
            count, verdict = replies.advise(
                conversation_id=conversation.pk, visibility=data["visibility"], text=data["text"]
            )
        except ConnectorError as error:
            raise ValidationError({"detail": str(error)}) from error
        return Response(
            {
                "used": count.used,
                "limit": count.limit,
                "unit": count.unit,
                "fits": count.fits,
                "refused": verdict.reason if isinstance(verdict, Denied) else "",
                "warnings": [] if isinstance(verdict, Denied) else list(verdict.warnings),
            }
        )


class MessageSerializer(serializers.ModelSerializer[Message]):
    author = serializers.CharField(source="author.handle", default="")

    class Meta:
        model = Message
        fields = [
            "id", "direction", "visibility", "audience", "author", "text", "url", "language",
            "published_at", "arrived_at",
        ]  # fmt: skip


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    name = serializers.CharField(source="identity.name")
    handle = serializers.CharField(source="identity.handle")
    network = serializers.CharField(source="connection.network")

    class Meta:
        model = Conversation
        fields = [
            "id", "network", "name", "handle", "status", "resolution", "opened_at", "resolved_at",
            "snoozed_until", "reopened", "answered_at", "turn_arrived_at", "turn_published_at",
        ]  # fmt: skip


class ConversationView(APIView):
    """One conversation with its newest messages."""

    def get(self, request: Request, conversation_id: int) -> Response:
        conversation = conversation_for(request.user, conversation_id)
        messages = [row for row in selectors.messages_of(conversation) if row.conversation_id]
        return Response(
            {
                **ConversationSerializer(conversation).data,
                "messages": MessageSerializer(messages, many=True).data,
            }
        )
