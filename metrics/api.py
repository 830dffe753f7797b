"""The heartbeat of a visible page: who looks (shown to colleagues) and work (measured), in one request."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inbox.permissions import conversation_for, person
from inbox.services import viewers
from metrics.services import touches
from routing.services.hands import display_name


class HeartbeatSerializer(serializers.Serializer[Any]):
    conversation = serializers.IntegerField(min_value=1)
    typing = serializers.BooleanField(default=False)
    active = serializers.BooleanField(default=False)


class HeartbeatView(APIView):
    """Every 15 s from a page that is open and visible; ``active`` means input within the last minute."""

    def post(self, request: Request) -> Response:
        beat = HeartbeatSerializer(data=request.data)
        beat.is_valid(raise_exception=True)
        data = beat.validated_data
        conversation = conversation_for(request.user, data["conversation"])
        if data["active"]:
            touches.beat(agent=person(request), conversation_id=conversation.pk, now=timezone.now())
        others = viewers.seen(conversation_id=conversation.pk, user_id=person(request).pk, typing=data["typing"])
        people = get_user_model().objects.filter(pk__in=others) if others else []
        return Response({"viewers": [{"name": display_name(user), "typing": others[user.pk]} for user in people]})
