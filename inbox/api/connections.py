"""The connections' health. Never their secrets, nor their settings."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from connectors.models import Connection, StreamState
from inbox import selectors
from inbox.api.base import call
from inbox.downstream import policy
from inbox.health import card
from inbox.permissions import require


class StreamSerializer(serializers.ModelSerializer[StreamState]):
    gaps = serializers.SerializerMethodField(help_text="How many stretches the network no longer showed.")

    class Meta:
        model = StreamState
        fields = [
            "stream", "last_success_at", "failures", "last_error", "last_error_at", "invalid_items", "rate_limit",
            "rate_remaining", "rate_reset_at", "gaps",
        ]  # fmt: skip

    def get_gaps(self, stream: StreamState) -> int:
        return len(stream.gaps.all())


class ConnectionSerializer(serializers.ModelSerializer[Connection]):
    health = serializers.SerializerMethodField()
    verdict = serializers.SerializerMethodField(help_text="The health in words.")
    state = serializers.ChoiceField(Connection.State.choices)
    streams = StreamSerializer(many=True)

    class Meta:
        model = Connection
        fields = [
            "id", "network", "name", "handle", "state", "state_reason", "state_at", "sending_paused",
            "send_not_before", "health", "verdict", "streams",
        ]  # fmt: skip

    def get_health(self, connection: Connection) -> str:
        return card(connection).state

    def get_verdict(self, connection: Connection) -> str:
        return card(connection).word


class ConnectionsSerializer(serializers.Serializer[Any]):
    results = ConnectionSerializer(many=True)


class ConnectionsView(APIView):
    @call("read:connections", gives=ConnectionsSerializer)
    def get(self, request: Request, asked: dict[str, Any]) -> dict[str, Any]:
        """Every connection's health, those that need somebody first."""
        if not policy().permits(request.user, "see_metrics"):
            require(request.user, "manage_connections")
        return {"results": selectors.connections()}
