"""Conversations with who has them, and what one does with them as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db.models import F, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import JSONObject
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from inbox import describing
from inbox.api.base import call
from inbox.api.customfields import ValueSerializer
from inbox.api.fields import Person, RowId, Text
from inbox.api.pages import PageQuery, cursor_of, opened
from inbox.api.tags import TagSerializer
from inbox.downstream import policy
from inbox.models import Conversation, ConversationTag
from inbox.permissions import conversation_for, person
from inbox.services import conversations
from inbox.words import Unasked
from routing import finding, selectors
from routing.models import Assignment
from routing.services import handing

if TYPE_CHECKING:
    from inbox.downstream import Somebody


class NamedSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    """A thread under care, with who has it."""

    network = serializers.CharField(source="connection.network")
    connection = serializers.IntegerField(source="connection_id")
    contact = serializers.IntegerField(source="identity.contact_id")
    name = serializers.CharField(source="identity.name")
    handle = serializers.CharField(source="identity.handle")
    visibility = serializers.ChoiceField(
        finding.VISIBILITIES,
        source="last_message.visibility",
        allow_null=True,
        default=None,
        help_text="Of the newest message.",
    )
    status = serializers.ChoiceField(Conversation.Status.choices)
    resolution = serializers.ChoiceField(Conversation.Resolution.choices, allow_blank=True)
    team = serializers.SerializerMethodField()
    assignee = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField()
    fields = ValueSerializer(many=True, source="said", help_text="What the desk's own fields say of it.")  # type: ignore[assignment]
    vips = NamedSerializer(many=True, help_text="The lists of people who matter that the customer is on.")

    class Meta:
        model = Conversation
        fields = [
            "id", "network", "connection", "contact", "name", "handle", "visibility", "status", "resolution", "team",
            "assignee", "tags", "fields", "vips", "opened_at", "resolved_at", "snoozed_until", "reopened",
            "answered_at",
            "last_message", "last_incoming", "last_incoming_at", "turn_arrived_at", "turn_published_at",
        ]  # fmt: skip
        extra_kwargs = {
            "last_incoming": {"help_text": "Send it as `seen_message` of a reply once you have read it."},
            "turn_arrived_at": {"help_text": "Since when the customer waits for us; null when nothing waits."},
        }

    @extend_schema_field(NamedSerializer(allow_null=True))
    def get_team(self, row: Any) -> Any:
        return row.current and row.current["team"]

    @extend_schema_field(NamedSerializer(allow_null=True))
    def get_assignee(self, row: Any) -> Any:
        return row.current and _assignee(row.current)

    @extend_schema_field(TagSerializer(many=True))
    def get_tags(self, row: Any) -> Any:
        return TagSerializer([use.tag for use in row.tags.all()], many=True).data


def _assignee(current: dict[str, Any]) -> dict[str, Any] | None:
    if current["agent"] is None:
        return None
    full = f"{current['first_name']} {current['last_name']}".strip()
    return {"id": current["agent"], "name": full or current["username"]}


def _conversations(user: Somebody) -> QuerySet[Conversation]:
    """What ``user`` may see, with all that ConversationSerializer shows, in two statements."""
    current = Assignment.objects.filter(conversation=OuterRef("pk"), ended_at=None)
    facts = JSONObject(
        team=JSONObject(id=F("team_id"), name=F("team__name")),
        agent=F("agent_id"),
        **{name: F(f"agent__{name}") for name in ("username", "first_name", "last_name")},
    )
    tags = ConversationTag.objects.select_related("tag").order_by("tag__name", "id")
    return (
        policy()
        .filter(user, Conversation.objects.all())
        .select_related("connection", "identity", "last_message")
        .prefetch_related(Prefetch("tags", queryset=tags))
        .annotate(current=Subquery(current.values(facts=facts)))
        .annotate(said=describing.values_of_conversation(), vips=describing.marks_of_identity())
    )


class ConversationQuery(finding.Described):
    status = serializers.ChoiceField(Conversation.Status.choices, required=False)
    team = RowId(required=False, help_text="The team that has it.")
    assignee = serializers.CharField(
        required=False, max_length=20, help_text="A colleague's id, `me`, or `none` for what nobody has."
    )
    connection = RowId(required=False)
    network = serializers.CharField(required=False, max_length=32)
    visibility = serializers.ChoiceField(finding.VISIBILITIES, required=False, help_text="Of the newest message.")
    contact = RowId(required=False)
    since = serializers.DateTimeField(required=False, help_text="The customer wrote at or after this moment.")

    def validate_assignee(self, value: str) -> str:
        return finding.valid_assignee(value)


def conversations_of(user: User, asked: Mapping[str, Any]) -> QuerySet[Conversation]:
    """Those that ``user`` may see, narrowed to what ConversationQuery has understood."""
    return finding.narrowed(_conversations(user), user, asked)


class ConversationsView(APIView):
    @call("read:conversations", takes=ConversationQuery, gives=ConversationSerializer, order=("-id",))
    def get(self, request: Request, asked: dict[str, Any]) -> QuerySet[Conversation]:
        """Conversations that you may see, the newest first."""
        return conversations_of(person(request), asked)


def _shown(user: Somebody, conversation_id: int) -> Conversation:
    conversation_for(user, conversation_id)
    return _conversations(user).get(pk=conversation_id)


class ConversationView(APIView):
    @call("read:conversations", gives=ConversationSerializer)
    def get(self, request: Request, asked: dict[str, Any], conversation_id: int) -> Conversation:
        """One conversation."""
        return _shown(request.user, conversation_id)


class ResolveRequest(serializers.Serializer[Any]):
    resolution = serializers.ChoiceField(Conversation.Resolution.choices)


class ResolveView(APIView):
    @call("write:conversations", takes=ResolveRequest, gives=ConversationSerializer)
    def post(self, request: Request, asked: dict[str, Any], conversation_id: int) -> Conversation:
        """End the care of a conversation. Resolving what is resolved changes nothing."""
        conversation_for(request.user, conversation_id, "resolve")
        conversations.resolve(conversation_id=conversation_id, actor=person(request), resolution=asked["resolution"])
        return _shown(request.user, conversation_id)


class ReopenRequest(serializers.Serializer[Any]):
    reason = Text(max_length=200, default="By a program.", help_text="Shown in its history.")


class ReopenView(APIView):
    @call("write:conversations", takes=ReopenRequest, gives=ConversationSerializer)
    def post(self, request: Request, asked: dict[str, Any], conversation_id: int) -> Conversation:
        """Take a resolved or snoozed conversation up again. Reopening what is open changes nothing."""
        conversation_for(request.user, conversation_id, "resolve")
        conversations.reopen(conversation_id=conversation_id, actor=person(request), reason=asked["reason"])
        return _shown(request.user, conversation_id)


class SnoozeRequest(serializers.Serializer[Any]):
    until = serializers.DateTimeField(help_text="A new message of the customer wakes it earlier.")


class SnoozeView(APIView):
    @call("write:conversations", takes=SnoozeRequest, gives=ConversationSerializer)
    def post(self, request: Request, asked: dict[str, Any], conversation_id: int) -> Conversation:
        """Put a conversation away until a moment."""
        conversation_for(request.user, conversation_id, "resolve")
        conversations.snooze(conversation_id=conversation_id, actor=person(request), until=asked["until"])
        return _shown(request.user, conversation_id)


class AssignmentSerializer(serializers.ModelSerializer[Assignment]):
    """A decision who has a conversation, with its reasons. The current one has no end."""

    team = NamedSerializer()
    agent = Person(allow_null=True)
    by = Person(allow_null=True, help_text="Null where the rules decided.")
    reasons = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Assignment
        fields = ["id", "team", "agent", "by", "reasons", "line", "at", "accepted_at", "ended_at"]


class AssignRequest(serializers.Serializer[Any]):
    """To a team, to a colleague, or to both."""

    team = RowId(required=False)
    agent = RowId(required=False)
    me = serializers.BooleanField(default=False, help_text="To whom the token or the session belongs.")
    seen_agent = RowId(
        required=False, allow_null=True, help_text="Who had it when you looked: taking it from anybody else is refused."
    )
    line = Text(
        required=False,
        allow_blank=True,
        max_length=handing.LONGEST_LINE,
        help_text="Why it is handed on; who gets it reads it. Only leads hand on without one.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["me"] and "agent" in attrs:
            raise ValidationError("Send `me` or `agent`, not both.")
        if not attrs["me"] and "agent" not in attrs and "team" not in attrs:
            raise ValidationError("Say to whom: send `me`, `agent` or `team`.")
        return attrs


class AssignedSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField(help_text="What happened, in one sentence.")
    assignment = AssignmentSerializer(help_text="Who has it now. It may be out of your sight by this.")


class AssignmentsView(APIView):
    @call("read:conversations", takes=PageQuery, gives=AssignmentSerializer, order=("-id",))
    def get(self, request: Request, asked: dict[str, Any], conversation_id: int) -> QuerySet[Assignment]:
        """Who has had a conversation, and why. The newest decision first."""
        conversation = conversation_for(request.user, conversation_id)
        return Assignment.objects.filter(conversation=conversation).select_related("team", "agent", "by")

    @call("write:assignments", takes=AssignRequest, gives=AssignedSerializer)
    def post(self, request: Request, asked: dict[str, Any], conversation_id: int) -> dict[str, Any]:
        """Give a conversation to a team, to a colleague or to yourself."""
        conversation_for(request.user, conversation_id, "assign")
        told = handing.assign(
            conversation_id=conversation_id,
            actor=person(request),
            team_id=asked.get("team"),
            agent_id=person(request).pk if asked["me"] else asked.get("agent"),
            seen_agent_id=asked.get("seen_agent"),
            line=asked.get("line", ""),
        )
        return {"detail": told, "assignment": selectors.assignment_of(conversation_id)}


class HitSerializer(serializers.Serializer[finding.Hit]):
    """One thing that was found, with the words around what was looked for."""

    kind = serializers.ChoiceField(["message", "note", "person", "conversation"])
    conversation = serializers.IntegerField(source="conversation.pk", help_text="Where it stands; a person's newest.")
    message = serializers.IntegerField(source="message_id", allow_null=True)
    contact = serializers.IntegerField(source="conversation.identity.contact_id")
    name = serializers.CharField(source="conversation.identity.name")
    handle = serializers.CharField(source="conversation.identity.handle")
    network = serializers.CharField(source="conversation.connection.network")
    visibility = serializers.ChoiceField(
        finding.VISIBILITIES, allow_blank=True, help_text="Empty for a note, which no customer reads."
    )
    status = serializers.ChoiceField(Conversation.Status.choices, source="conversation.status")
    team = NamedSerializer(source="current.team", allow_null=True, default=None)
    assignee = Person(source="current.agent", allow_null=True, default=None)
    vips = NamedSerializer(many=True, source="conversation.vips")
    said_by = serializers.CharField(help_text="Who of us wrote it; empty where the customer did.")
    at = serializers.DateTimeField(allow_null=True)
    text = serializers.CharField(help_text="Some words around it.")
    marks = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="Where in `text` stands what was looked for: pairs of code points, the second behind the end.",
    )


class HitPage(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True)
    results = HitSerializer(many=True)


class SearchView(APIView):
    @call("read:conversations", takes=finding.SearchQuery, gives=HitPage)
    def get(self, request: Request, asked: dict[str, Any]) -> dict[str, Any]:
        """Messages, notes, people and conversations that you may see, the newest first."""
        after = opened(asked["cursor"], 1)[0] if "cursor" in asked else None
        try:
            hits, following = finding.page(person(request), asked, after=after, limit=asked["limit"])
        except Unasked as error:
            raise ValidationError({"q": [str(error)]}) from None
        return {"next": None if following is None else cursor_of([following]), "results": hits}
