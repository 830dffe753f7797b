"""Cases that are split, joined, and put back as they were."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from inbox.api.base import call
from inbox.api.fields import Person, RowId
from inbox.models import CaseMove
from inbox.permissions import case_move_for, conversation_for, message_for, person
from inbox.services import cases

ACTION = "resolve"


class CaseMoveSerializer(serializers.ModelSerializer[CaseMove]):
    """One decision that something of a conversation belongs in another one."""

    moved_from = serializers.IntegerField(source="source_id")
    moved_to = serializers.IntegerField(source="target_id")
    by = Person()
    undone_by = Person(allow_null=True)

    class Meta:
        model = CaseMove
        fields = ["id", "kind", "moved_from", "moved_to", "by", "at", "undone_by", "undone_at"]


class JoinRequest(serializers.Serializer[Any]):
    into = RowId(help_text="A conversation of the same customer with the same account; it keeps its id.")


class SplitView(APIView):
    @call("write:conversations", gives=CaseMoveSerializer, status=201)
    def post(self, request: Request, asked: dict[str, Any], message_id: int) -> CaseMove:
        """Give this message of a customer, and all behind it with the same audience, a conversation of its own."""
        message = message_for(request.user, message_id)
        conversation_for(request.user, message.conversation_id or 0, ACTION)
        return cases.split(message_id=message.pk, actor=person(request))


class JoinView(APIView):
    @call("write:conversations", takes=JoinRequest, gives=CaseMoveSerializer, status=201)
    def post(self, request: Request, asked: dict[str, Any], conversation_id: int) -> CaseMove:
        """Put everything of this conversation into another one; what arrives for it goes there from now on."""
        source = conversation_for(request.user, conversation_id, ACTION)
        target = conversation_for(request.user, asked["into"], ACTION)
        return cases.join(source_id=source.pk, target_id=target.pk, actor=person(request))


class UndoView(APIView):
    @call("write:conversations", gives=CaseMoveSerializer)
    def post(self, request: Request, asked: dict[str, Any], move_id: int) -> CaseMove:
        """Take a split or a join back."""
        move = case_move_for(request.user, move_id, ACTION)
        return cases.undo(move_id=move.pk, actor=person(request))
