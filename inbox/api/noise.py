"""Words that make no case."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from inbox.api.base import call
from inbox.api.fields import Person, RowId
from inbox.api.pages import PageQuery
from inbox.models import NoiseRule
from inbox.permissions import person, require
from inbox.services import noise


class NoiseSerializer(serializers.ModelSerializer[NoiseRule]):
    """While it lasts, public posts with any of its words make no case, unless the desk knows who wrote them."""

    connection = serializers.IntegerField(source="connection_id", allow_null=True, help_text="null: all accounts.")
    by = Person()

    class Meta:
        model = NoiseRule
        fields = ["id", "words", "connection", "by", "at"]


class NoiseRequest(serializers.Serializer[Any]):
    words = serializers.ListField(
        child=serializers.CharField(max_length=noise.LONGEST), min_length=1, max_length=noise.MOST_WORDS,
        help_text="Words and phrases; any of them is enough.",
    )  # fmt: skip
    connection = RowId(required=False, allow_null=True, default=None, help_text="One account; without it, all.")


class NoiseRulesView(APIView):
    @call("read:contacts", takes=PageQuery, gives=NoiseSerializer, order=("-id",))
    def get(self, request: Request, asked: dict[str, Any]) -> QuerySet[NoiseRule]:
        """The rules in force."""
        require(request.user, "see_muted")
        return noise.in_force().select_related("by")

    @call("write:contacts", takes=NoiseRequest, gives=NoiseSerializer, status=201)
    def post(self, request: Request, asked: dict[str, Any]) -> NoiseRule:
        """From now on, public posts with these words are stored and make no case."""
        require(request.user, "see_muted")
        words = noise.read("\n".join(asked["words"]))
        return noise.keep_out(words=words, connection_id=asked["connection"], actor=person(request))


class NoiseRuleView(APIView):
    @call("write:contacts", status=204)
    def delete(self, request: Request, asked: dict[str, Any], rule_id: int) -> None:
        """End a rule. What came meanwhile stays without a case."""
        require(request.user, "see_muted")
        noise.end(rule_id=rule_id, actor=person(request))
