"""What a person decides: over replies that wait, over posts and people, over all sending."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.views import APIView

from connectors.types import Act, Visibility
from inbox import held
from inbox.api.base import WrongKey, call, key_of
from inbox.api.fields import Person, RowId, Text
from inbox.api.messages import OutboxSerializer
from inbox.models import OutboxItem, SendingPause
from inbox.permissions import conversation_for, item_for, person, require, scheduled_for
from inbox.services import acting, approvals, editing, pauses
from inbox.services.conversations import Refused

AUDIENCES = [(kind.value, kind.value) for kind in Visibility]
SEEN = "The fingerprint that `held/` gave: what was changed since is not decided over."


class MarkSerializer(serializers.Serializer[Any]):
    """A place in one of the item's texts."""

    text = serializers.IntegerField(help_text="Which: 0 is `text`; then descriptions of pictures; `fallback` is last.")
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    why = serializers.CharField()


class PartSerializer(serializers.Serializer[Any]):
    """One of the items that leave together."""

    id = serializers.IntegerField(source="item.pk")
    kind = serializers.CharField(source="item.kind")
    visibility = serializers.ChoiceField(AUDIENCES, source="item.visibility")
    text = serializers.CharField(source="item.text")
    fallback = serializers.CharField(source="item.fallback")


class CaseSerializer(serializers.Serializer[Any]):
    """What waits for a lead, with all that leaves with it. Its id is that of the first item."""

    id = serializers.IntegerField(source="first.pk")
    conversation = serializers.IntegerField(source="first.conversation_id")
    author = Person(source="first.author")
    created_at = serializers.DateTimeField(source="first.created_at")
    visibility = serializers.ChoiceField(AUDIENCES, source="audience")
    guard = serializers.BooleanField(source="guarded", help_text="The guard holds it: it needs `override/`.")
    approval = serializers.BooleanField(source="needs_approval")
    own = serializers.BooleanField(help_text="You wrote it: somebody else has to approve it.")
    why = serializers.ListField(child=serializers.CharField())
    seen = serializers.CharField(help_text="Send it with your decision.")
    items = PartSerializer(many=True, source="parts")
    marks = serializers.SerializerMethodField(help_text="Where the guard found something, by item.")

    def get_marks(self, case: held.Case) -> dict[str, Any]:
        names = ("text", "start", "end", "why")
        found = {hold.item_id: [dict(zip(names, mark, strict=True)) for mark in hold.marks] for hold in case.holds}
        return {str(pk): MarkSerializer(marks, many=True).data for pk, marks in found.items() if marks}


class CasesSerializer(serializers.Serializer[Any]):
    results = CaseSerializer(many=True)


class HeldView(APIView):
    @call("read:conversations", gives=CasesSerializer)
    def get(self, request: Request, asked: dict[str, Any]) -> dict[str, Any]:
        """The replies that wait for a lead, the longest waiting first, at most 50."""
        require(request.user, "see_held")
        return {"results": held.cases(request.user)}


def _decided(item: OutboxItem, work: Callable[[], bool]) -> OutboxItem:
    if not work():
        raise Refused(approvals.GONE)
    item.refresh_from_db()
    return item


class WordsRequest(serializers.Serializer[Any]):
    """Other words for one of the items that leave together."""

    item = RowId()
    text = Text(max_length=100_000)
    fallback = Text(max_length=100_000, required=False, allow_blank=True, default="")


class ApproveRequest(serializers.Serializer[Any]):
    seen = serializers.CharField(max_length=64, help_text=SEEN)
    words = WordsRequest(many=True, required=False, help_text="Change it so, and approve what it says then.")


class ApproveView(APIView):
    @call("write:approvals", takes=ApproveRequest, gives=OutboxSerializer)
    def post(self, request: Request, asked: dict[str, Any], item_id: int) -> OutboxItem:
        """Let a held reply leave, with all that leaves with it. Nobody approves their own."""
        item = item_for(request.user, item_id, "approve")
        given = {"item_id": item.pk, "actor": person(request), "seen": asked["seen"]}
        words = {row["item"]: (row["text"], row["fallback"]) for row in asked.get("words", ())}
        if words:
            return _decided(item, lambda: editing.edit_and_approve(**given, words=words))
        return _decided(item, lambda: approvals.approve(**given))


class OverrideRequest(serializers.Serializer[Any]):
    seen = serializers.CharField(max_length=64, help_text=SEEN)
    reason = Text(max_length=400, help_text="Why everybody may read this. Kept with your name.")


class OverrideView(APIView):
    @call("write:approvals", takes=OverrideRequest, gives=OutboxSerializer)
    def post(self, request: Request, asked: dict[str, Any], item_id: int) -> OutboxItem:
        """Let what the guard holds leave all the same; what somebody else wrote is approved with it."""
        item = item_for(request.user, item_id, "override_guard")
        given = {"item_id": item.pk, "actor": person(request), **asked}
        return _decided(item, lambda: approvals.let_pass(**given))


class ReturnRequest(serializers.Serializer[Any]):
    comment = Text(max_length=360, help_text="What should be different. The author reads it beside the text.")


class ReturnView(APIView):
    @call("write:approvals", takes=ReturnRequest, gives=OutboxSerializer)
    def post(self, request: Request, asked: dict[str, Any], item_id: int) -> OutboxItem:
        """Give a held reply back to its author: it will not leave."""
        item = item_for(request.user, item_id, "approve")
        return _decided(
            item, lambda: approvals.return_(item_id=item.pk, actor=person(request), comment=asked["comment"])
        )


class EditRequest(serializers.Serializer[Any]):
    text = Text(max_length=100_000)
    fallback = Text(max_length=100_000, required=False, allow_blank=True, default="")


class EditView(APIView):
    @call("write:replies", takes=EditRequest, gives=OutboxSerializer)
    def post(self, request: Request, asked: dict[str, Any], item_id: int) -> OutboxItem:
        """Change what a held reply of yours says. The guard looks anew, and an approval is asked for again."""
        item = item_for(request.user, item_id, "settle")
        if item.author_id != person(request).pk:
            raise PermissionDenied("Only who wrote it changes it. Leads send other words with their approval.")
        return _decided(item, lambda: editing.edit(item_id=item.pk, actor=person(request), **asked))


class ScheduleRequest(serializers.Serializer[Any]):
    send_at = serializers.DateTimeField(help_text="Not before this moment, at most a year ahead.")


class ScheduleView(APIView):
    @call("write:replies", takes=ScheduleRequest, gives=OutboxSerializer)
    def post(self, request: Request, asked: dict[str, Any], item_id: int) -> OutboxItem:
        """Change when a scheduled reply leaves: one of yours, or where you approve."""
        item = scheduled_for(request.user, item_id)
        if not editing.schedule(item_id=item.pk, actor=person(request), send_at=asked["send_at"]):
            raise Refused(editing.LEFT)
        return item


class ActRequest(serializers.Serializer[Any]):
    act = serializers.ChoiceField([(act.value, act.value) for act in Act])
    message = RowId(required=False, allow_null=True, help_text="The post; none for `block` and `unblock`.")


def _may_moderate(request: Request, conversation_id: int) -> None:
    for action in ("moderate", "reply_publicly"):
        conversation_for(request.user, conversation_id, action)


def _client_key(request: Request) -> str:
    return f"api-{hashlib.sha256(key_of(request).encode()).hexdigest()[:50]}"


class ActsView(APIView):
    @call("write:moderation", takes=ActRequest, gives=OutboxSerializer, status=201, key_required=True)
    def post(self, request: Request, asked: dict[str, Any], conversation_id: int) -> OutboxItem:
        """Hide, like, delete or block, where the network offers it. An outbox item, as certain as a reply."""
        _may_moderate(request, conversation_id)
        message = asked.get("message")
        item = acting.act(
            author=person(request), conversation_id=conversation_id, kind=asked["act"], message_id=message,
            client_key=_client_key(request),
        )  # fmt: skip
        on = None if asked["act"] in acting.ON_PEOPLE else message
        if (item.conversation_id, item.kind, item.in_reply_to_id) != (conversation_id, asked["act"], on):
            raise WrongKey
        return item


class CorrectionRequest(serializers.Serializer[Any]):
    message = RowId(help_text="A public post of ours.")
    text = Text(max_length=100_000, help_text="What is said in its place.")
    override = Text(
        max_length=400, required=False, allow_blank=True, default="",
        help_text="Why what the guard holds may be read by everybody. Leads only; an event keeps it.",
    )  # fmt: skip


class CorrectionsView(APIView):
    @call("write:moderation", takes=CorrectionRequest, gives=OutboxSerializer, status=201, key_required=True)
    def post(self, request: Request, asked: dict[str, Any], conversation_id: int) -> OutboxItem:
        """Delete a public reply of ours and say it anew. Answers with the new one: it leaves once the old is gone."""
        _may_moderate(request, conversation_id)
        item = acting.correct(
            author=person(request), conversation_id=conversation_id, message_id=asked["message"], text=asked["text"],
            client_key=_client_key(request), override=asked["override"],
        )  # fmt: skip
        if (item.conversation_id, item.text) != (conversation_id, asked["text"].strip()):
            raise WrongKey
        return item


class PauseSerializer(serializers.ModelSerializer[SendingPause]):
    """Nothing leaves for a brand, or at all, until it ends."""

    began_by = Person()

    class Meta:
        model = SendingPause
        fields = ["id", "brand", "reason", "began_at", "began_by"]


class PausesSerializer(serializers.Serializer[Any]):
    results = PauseSerializer(many=True)


class PauseRequest(serializers.Serializer[Any]):
    brand = Text(max_length=80, required=False, allow_blank=True, default="", help_text="Empty: everything.")
    reason = Text(max_length=400, required=False, allow_blank=True, default="")


class PausesView(APIView):
    @call("read:connections", gives=PausesSerializer)
    def get(self, request: Request, asked: dict[str, Any]) -> dict[str, Any]:
        """The pauses that run now, that of everything first."""
        require(request.user, "pause_sending")
        return {"results": pauses.running()}

    @call("write:pauses", takes=PauseRequest, gives=PauseSerializer, status=201)
    def post(self, request: Request, asked: dict[str, Any]) -> SendingPause:
        """Stop all sending of a brand, or of everything. What is paused already stays as it is."""
        require(request.user, "pause_sending")
        return pauses.pause(actor=person(request), **asked)


class PauseView(APIView):
    @call("write:pauses", status=204)
    def delete(self, request: Request, asked: dict[str, Any], pause_id: int) -> None:
        """Send again. What waited leaves in its order."""
        require(request.user, "pause_sending")
        if not pauses.resume(pause_id=pause_id, actor=person(request)):
            raise Http404("There is no such pause any more.")
