"""What was said: messages, replies on their way, notes."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from connectors.errors import ConnectorError
from connectors.types import Visibility
from inbox import selectors
from inbox.api.base import WrongKey, call, key_of
from inbox.api.fields import Person, RowId, Text
from inbox.api.pages import PageQuery
from inbox.downstream import REPLIES
from inbox.guard import Finding
from inbox.models import Message, Note, OutboxHold, OutboxItem
from inbox.permissions import conversation_for, item_for, person
from inbox.saying import stored
from inbox.services import advice, conversations, outbox, replies, saved
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
    send_at = serializers.SerializerMethodField(
        help_text="It does not leave before this moment, where it waits for one."
    )
    message = serializers.IntegerField(source="message_id", allow_null=True, help_text="What it became once sent.")
    measure = serializers.SerializerMethodField(help_text="Null where the connection cannot say.")

    class Meta:
        model = OutboxItem
        fields = [
            "id", "conversation", "visibility", "text", "author", "state", "reason", "created_at", "send_at",
            "run_at", "settled_at", "message", "measure",
        ]  # fmt: skip

    def get_send_at(self, item: OutboxItem) -> datetime | None:
        open_ones = item.holds.filter(kind=OutboxHold.Kind.SCHEDULE, released_at=None)
        return open_ones.values_list("release_at", flat=True).first() if item.state == OutboxItem.State.HELD else None

    @extend_schema_field(MeasureSerializer(allow_null=True))
    def get_measure(self, item: OutboxItem) -> Any:
        if not item.is_reply:
            return None
        try:
            count = advice.measure(item)
        except ConnectorError:  # removed or unauthorised since; the reply's state says what that means for it
            return None
        return MeasureSerializer(count).data


class Words(Text):
    """One of several texts of a reply; it may still be empty while somebody writes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": saved.LONGEST, "trim_whitespace": False, "allow_blank": True, **options})


class Posts(serializers.ListField):
    child = Words()

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": saved.POSTS, "required": False, **options})


class MeasureRequest(serializers.Serializer[Any]):
    conversation = RowId()
    visibility = serializers.ChoiceField(AUDIENCES)
    text = Words()
    more = Posts(help_text="Further posts of a public thread.")
    line = Words(required=False, default="", help_text="What is said in public beside a private reply.")
    fallback = Words(required=False, default="", help_text="What is said in public where the private one cannot be.")


class FindingSerializer(serializers.Serializer[Finding]):
    """A place that gives something away. The words themselves are never repeated."""

    kind = serializers.CharField()
    level = serializers.CharField(help_text="`hold` keeps the reply back, `warn` only says so.")
    part = serializers.IntegerField(help_text="Which of the public texts: `text` and `more`, or `line` and `fallback`.")
    start = serializers.IntegerField(help_text="In code points, as is `end`.")
    end = serializers.IntegerField()
    why = serializers.SerializerMethodField()

    def get_why(self, found: Finding) -> str:
        return stored(found.why)


class AdviceSerializer(MeasureSerializer):
    """The length of a text, what the network would say to it, and what the guard finds in what everybody would read."""

    refused = serializers.CharField(help_text="Why it could not be sent; empty where it could.")
    warnings = serializers.ListField(child=serializers.CharField())
    parts = MeasureSerializer(many=True, help_text="The lengths of `more`, or of `line` and `fallback`.")
    findings = FindingSerializer(many=True)


class MeasureView(APIView):
    @call("write:replies", takes=MeasureRequest, gives=AdviceSerializer)
    def post(self, request: Request, asked: dict[str, Any]) -> dict[str, Any]:
        """Measure a text as the network counts it, and show it to the guard. Stores nothing."""
        conversation = conversation_for(request.user, asked.pop("conversation"), REPLIES[asked["visibility"]])
        said = advice.advise(conversation=conversation, **asked)
        told = {"parts": said.parts, "findings": said.findings}
        told |= {"refused": stored(said.refused), "warnings": [stored(one) for one in said.warnings]}
        return {**MeasureSerializer(said.length).data, **told}


class MessagesView(APIView):
    @call("read:conversations", takes=PageQuery, gives=MessageSerializer, order=("-published_at", "-id"))
    def get(self, request: Request, asked: dict[str, Any], conversation_id: int) -> QuerySet[Message]:
        """A conversation's messages, newest first.

        Posts of others above the thread are among them, with `direction` "context".
        """
        return selectors.thread_of(conversation_for(request.user, conversation_id))


class Then(serializers.Serializer[Any]):
    """What is done with the conversation once the reply is sent."""

    do = serializers.ChoiceField([("resolve", "resolve"), ("snooze", "snooze")])
    until = serializers.DateTimeField(required=False, help_text="With `snooze`: when it ends.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["do"] == "snooze" and ("until" not in attrs or attrs["until"] <= timezone.now()):
            raise serializers.ValidationError({"until": ["Say until when, and not before now."]})
        return attrs


class ReplyRequest(serializers.Serializer[Any]):
    visibility = serializers.ChoiceField(AUDIENCES, help_text="Who reads it. There is no default.")
    text = Text(max_length=saved.LONGEST, allow_blank=True, help_text="It may be empty beside `pictures`.")
    pictures = serializers.ListField(
        child=RowId(), max_length=10, required=False,
        help_text="Ids that `attachments/` gave: for the first post, in this order.",
    )  # fmt: skip
    more = Posts(
        child=Text(max_length=saved.LONGEST),
        help_text="Further posts of a public reply, each below the one before, where the network has threads.",
    )
    line = Text(
        max_length=saved.LONGEST, required=False, allow_blank=True, default="",
        help_text="With a private reply: what is said in public once it is sent.",
    )  # fmt: skip
    fallback = Text(
        max_length=saved.LONGEST, required=False, allow_blank=True, default="",
        help_text="With `line`: what is said in public instead of it where the private reply cannot be sent.",
    )  # fmt: skip
    seen_message = RowId(
        required=False,
        allow_null=True,
        help_text="The customer's newest message that you have read. Newer ones stop the reply (409, `collision`).",
    )
    seen_reply = RowId(
        required=False, allow_null=True, help_text="The newest reply that you have read. Newer ones stop yours."
    )
    send_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Not before this moment.")
    then = Then(required=False, allow_null=True)
    confirmed = serializers.BooleanField(default=False, help_text="Send although something happened meanwhile.")
    override = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=400,
        help_text="Why what the guard holds may be read by everybody. Leads only; an event keeps it.",
    )  # fmt: skip
    ask = serializers.BooleanField(default=False, help_text="What the guard holds waits for a lead.")

    def validate_text(self, text: str) -> str:
        if not text and not self.initial_data.get("pictures"):
            self.fields["text"].fail("blank")
        return text


class RepliesView(APIView):
    @call("write:replies", takes=ReplyRequest, gives=OutboxSerializer, status=201, key_required=True)
    def post(self, request: Request, asked: dict[str, Any], conversation_id: int) -> OutboxItem:
        """Reply to the customer.

        The reply is frozen and held for the undo time; its state tells whether it has left. Send the ids of the newest
        message and reply that you have read, or `confirmed`: without them anything newer than nothing stops it.
        What must not be public stops it with 409 and the code `guard`.
        """
        conversation_for(request.user, conversation_id, REPLIES[asked["visibility"]])
        words = {name: asked[name] for name in ("visibility", "text", "line", "fallback")}
        words |= {name: asked.get(name, []) for name in ("more", "pictures")}
        item = replies.compose(
            author=person(request),
            conversation_id=conversation_id,
            client_key=f"api-{hashlib.sha256(key_of(request).encode()).hexdigest()[:60]}",
            seen_message_id=asked.get("seen_message"),
            seen_outbox_id=asked.get("seen_reply"),
            send_at=asked.get("send_at"),
            then=_then(asked.get("then")),
            **{name: asked[name] for name in ("confirmed", "override", "ask")},
            **words,
        )
        # The outbox remembers a key longer than the API does: the same one must still mean the same reply.
        if item.conversation_id != conversation_id or replies.under_key(item) != replies.as_pieces(**words):
            raise WrongKey
        return item


def _then(asked: dict[str, Any] | None) -> dict[str, str] | None:
    if not asked:
        return None
    return {"do": asked["do"], **({"until": asked["until"].isoformat()} if asked["do"] == "snooze" else {})}


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
