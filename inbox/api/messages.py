"""What was said: messages, replies on their way, notes."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from connectors.errors import ConnectorError
from connectors.types import Denied, Visibility
from inbox import selectors
from inbox.api.base import WrongKey, call, key_of
from inbox.api.fields import Person, RowId, Text
from inbox.api.pages import PageQuery
from inbox.downstream import REPLIES
from inbox.models import Message, Note, OutboxItem
from inbox.permissions import conversation_for, item_for, person
from inbox.services import conversations, outbox, replies
from inbox.services.conversations import Refused

AUDIENCES = [(kind.value, kind.value) for kind in Visibility]


class MeasureSerializer(serializers.Serializer[Any]):
    """The length of a text as the network counts it."""

    used = serializers.IntegerField()
    limit = serializers.IntegerField()
    unit = serializers.CharField()
    fits = serializers.BooleanField()


class MessageSerializer(serializers.ModelSerializer[Message]):
    author = serializers.CharField(source="author.handle", default="", help_text="The handle at the network.")
    agent = Person(allow_null=True, help_text="The colleague who wrote it, where it left from here.")
    direction = serializers.ChoiceField(Message.Direction.choices)
    visibility = serializers.ChoiceField(AUDIENCES)

    class Meta:
        model = Message
        fields = [
            "id", "direction", "visibility", "audience", "author", "agent", "text", "url", "language",
            "published_at", "arrived_at", "edited_at", "deleted_at",
        ]  # fmt: skip


class OutboxSerializer(serializers.ModelSerializer[OutboxItem]):
    """A reply on its way."""

    conversation = serializers.IntegerField(source="conversation_id")
    visibility = serializers.ChoiceField(AUDIENCES)
    text = serializers.CharField(source="payload.text", default="")
    author = Person()
    state = serializers.ChoiceField(OutboxItem.State.choices)
    message = serializers.IntegerField(source="message_id", allow_null=True, help_text="What it became once sent.")
    measure = serializers.SerializerMethodField(help_text="Null where the connection cannot say.")

    class Meta:
        model = OutboxItem
        fields = [
            "id", "conversation", "visibility", "text", "author", "state", "reason", "created_at", "run_at",
            "settled_at", "message", "measure",
        ]  # fmt: skip

    @extend_schema_field(MeasureSerializer(allow_null=True))
    def get_measure(self, item: OutboxItem) -> Any:
        try:
            count = replies.measure(
                conversation_id=item.conversation_id,
                visibility=item.visibility,
                text=item.payload["text"],
            )
        except ConnectorError:  # removed or unauthorised since; the reply's state says what that means for it
            return None
        return MeasureSerializer(count).data


class MeasureRequest(serializers.Serializer[Any]):
    conversation = RowId()
    visibility = serializers.ChoiceField(AUDIENCES)
    text = Text(allow_blank=True, trim_whitespace=False, max_length=100_000)


class AdviceSerializer(MeasureSerializer):
    """The length of a text, and what the network would say to it."""

    refused = serializers.CharField(help_text="Why it could not be sent; empty where it could.")
    warnings = serializers.ListField(child=serializers.CharField())


class MeasureView(APIView):
    @call("write:replies", takes=MeasureRequest, gives=AdviceSerializer)
    def post(self, request: Request, asked: dict[str, Any]) -> dict[str, Any]:
        """Measure a text as the network counts it. Stores nothing."""
        conversation = conversation_for(request.user, asked["conversation"], REPLIES[asked["visibility"]])
        count, verdict = replies.advise(
            conversation_id=conversation.pk, visibility=asked["visibility"], text=asked["text"]
        )
        refused = verdict.reason if isinstance(verdict, Denied) else ""
        return {
            **MeasureSerializer(count).data,
            "refused": refused,
            "warnings": [] if isinstance(verdict, Denied) else list(verdict.warnings),
        }


class MessagesView(APIView):
    @call("read:conversations", takes=PageQuery, gives=MessageSerializer, order=("-published_at", "-id"))
    def get(self, request: Request, asked: dict[str, Any], conversation_id: int) -> QuerySet[Message]:
        """A conversation's messages, newest first.

        Posts of others above the thread are among them, with `direction` "context".
        """
        return selectors.thread_of(conversation_for(request.user, conversation_id))


class ReplyRequest(serializers.Serializer[Any]):
    visibility = serializers.ChoiceField(AUDIENCES, help_text="Who reads it. There is no default.")
    text = Text(max_length=100_000)
    seen_message = RowId(
        required=False,
        allow_null=True,
        help_text="The customer's newest message that you have read. Newer ones stop the reply (409, `collision`).",
    )
    seen_reply = RowId(
        required=False, allow_null=True, help_text="The newest reply that you have read. Newer ones stop yours."
    )
    send_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Not before this moment.")
    confirmed = serializers.BooleanField(default=False, help_text="Send although something happened meanwhile.")


class RepliesView(APIView):
    @call("write:replies", takes=ReplyRequest, gives=OutboxSerializer, status=201, key_required=True)
    def post(self, request: Request, asked: dict[str, Any], conversation_id: int) -> OutboxItem:
        """Reply to the customer.

        The reply is frozen and held for the undo time; its state tells whether it has left. Send the ids of the newest
        message and reply that you have read, or `confirmed`: without them anything newer than nothing stops it.
        """
        conversation_for(request.user, conversation_id, REPLIES[asked["visibility"]])
        item = replies.compose(
            author=person(request),
            conversation_id=conversation_id,
            visibility=asked["visibility"],
            text=asked["text"],
            client_key=f"api-{hashlib.sha256(key_of(request).encode()).hexdigest()[:60]}",
            seen_message_id=asked.get("seen_message"),
            seen_outbox_id=asked.get("seen_reply"),
            send_at=asked.get("send_at"),
            confirmed=asked["confirmed"],
        )
        # The outbox remembers a key longer than the API does: the same one must still mean the same reply.
        same = (conversation_id, asked["visibility"], asked["text"].strip())
        if (item.conversation_id, item.visibility, item.payload["text"]) != same:
            raise WrongKey
        return item


class OutboxView(APIView):
    @call("read:conversations", gives=OutboxSerializer)
    def get(self, request: Request, asked: dict[str, Any], item_id: int) -> OutboxItem:
        """One reply and how far it is."""
        return item_for(request.user, item_id, "view")


class CancelView(APIView):
    @call("write:replies", gives=OutboxSerializer)
    def post(self, request: Request, asked: dict[str, Any], item_id: int) -> OutboxItem:
        """Take a reply back before its first byte leaves."""
        item = item_for(request.user, item_id, "settle")
        if not outbox.cancel(item_id=item.pk, actor=person(request)):
            raise Refused("It has already left, or was settled, and cannot be taken back.")
        item.refresh_from_db()
        return item


class NoteSerializer(serializers.ModelSerializer[Note]):
    author = Person()

    class Meta:
        model = Note
        fields = ["id", "author", "text", "created_at"]


class NoteRequest(serializers.Serializer[Any]):
    text = Text(max_length=100_000)


class NotesView(APIView):
    @call("read:conversations", takes=PageQuery, gives=NoteSerializer, order=("-id",))
    def get(self, request: Request, asked: dict[str, Any], conversation_id: int) -> QuerySet[Note]:
        """A conversation's notes, newest first."""
        return Note.objects.filter(conversation=conversation_for(request.user, conversation_id)).select_related(
            "author"
        )

    @call("write:notes", takes=NoteRequest, gives=NoteSerializer, status=201)
    def post(self, request: Request, asked: dict[str, Any], conversation_id: int) -> Note:
        """Add a note for staff. It never leaves the desk."""
        conversation_for(request.user, conversation_id, "note")
        return conversations.add_note(conversation_id=conversation_id, author=person(request), text=asked["text"])
