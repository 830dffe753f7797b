"""The heartbeat of a visible page, and what was handled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from inbox.api.base import call
from inbox.api.fields import RowId, Text
from inbox.api.pages import Query
from inbox.permissions import conversation_for, person
from inbox.services import networks, viewers
from metrics import days, selectors
from metrics.services import touches
from metrics.views import asked as dashboard
from routing.desk import desk_of
from routing.models import Team
from routing.services import notices
from routing.services.hands import display_name


class HeartbeatRequest(serializers.Serializer[Any]):
    conversation = RowId()
    typing = serializers.BooleanField(default=False)
    active = serializers.BooleanField(default=False, help_text="Input within the last minute.")
    left = serializers.BooleanField(default=False, help_text="It is no longer open.")
    noticed = RowId(required=False, help_text="The newest notification that the page knew of: read, up to there.")


class ViewerSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    typing = serializers.BooleanField()


class ViewersSerializer(serializers.Serializer[Any]):
    viewers = ViewerSerializer(many=True)


class HeartbeatView(APIView):
    @call("write:presence", takes=HeartbeatRequest, gives=ViewersSerializer)
    def post(self, request: Request, asked: dict[str, Any]) -> dict[str, Any]:
        """Say that a conversation is open, every 15 s, and hear who else has it open."""
        me = person(request)
        if asked["left"]:  # also what was handed on meanwhile: only their own sign is taken away
            viewers.left(conversation_id=asked["conversation"], user_id=me.pk)
            return {"viewers": []}
        conversation = conversation_for(request.user, asked["conversation"])
        if asked["active"]:
            touches.beat(agent=me, conversation_id=conversation.pk, now=timezone.now())
            if "noticed" in asked:
                notices.read_beside(user=me, conversation_id=conversation.pk, last=asked["noticed"])
        others = viewers.seen(conversation_id=conversation.pk, user_id=me.pk, typing=asked["typing"])
        people = get_user_model().objects.filter(pk__in=others) if others else []
        return {"viewers": [{"id": user.pk, "name": display_name(user), "typing": others[user.pk]} for user in people]}


class TimesSerializer(serializers.Serializer[Any]):
    """Seconds; null without an answer."""

    median = serializers.FloatField(allow_null=True)
    p90 = serializers.FloatField(allow_null=True)


class LineSerializer(serializers.Serializer[Any]):
    """The figures of a page's line: docs/figures.md says what each of them counts."""

    arrivals = serializers.IntegerField()
    handled = serializers.IntegerField()
    publicly = serializers.IntegerField()
    privately = serializers.IntegerField()
    no_reply_due = serializers.IntegerField()
    first_responses = serializers.IntegerField()
    next_responses = serializers.IntegerField()
    resolutions = serializers.IntegerField()
    reopenings = serializers.IntegerField()
    active = serializers.FloatField(help_text="Seconds.")
    first_arrived = TimesSerializer()
    first_published = TimesSerializer()
    next_arrived = TimesSerializer()
    next_published = TimesSerializer()


class NamedLineSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="A colleague's or a team's id, a network's key, or a day.")
    name = serializers.CharField()
    figures = LineSerializer()


class HandledSerializer(serializers.Serializer[Any]):
    begin = serializers.DateTimeField(help_text="Days begin in the desk's reporting time zone.")
    end = serializers.DateTimeField()
    by = serializers.CharField()
    exact = serializers.BooleanField(help_text="Medians and p90 too, not only counts and sums.")
    total = LineSerializer()
    results = NamedLineSerializer(many=True)


class HandledQuery(Query):
    """As the dashboard asks."""

    by = serializers.ChoiceField(
        ["agent", "team", "network", "day"], default="agent", help_text="Months where there are too many days."
    )
    to = serializers.DateField(required=False, help_text="The last day; today without it.")
    team = RowId(required=False)
    agent = RowId(required=False)
    network = Text(required=False, max_length=32)

    def get_fields(self) -> dict[str, Any]:
        first = serializers.DateField(required=False, help_text="The first day; the last one without it.")
        return {"from": first, **super().get_fields()}  # a word that Python keeps for itself

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        last = attrs.get("to") or days.today()
        first = attrs.get("from") or last
        if not 2000 <= first.year <= last.year <= 2200 or first > last:
            raise ValidationError("Ask for days between 2000 and 2200, the first one first.")
        if (last - first).days >= days.LONGEST:
            raise ValidationError(f"Ask for at most {days.LONGEST} days at once.")
        return attrs


class HandledView(APIView):
    @call("read:metrics", takes=HandledQuery, gives=HandledSerializer)
    def get(self, request: Request, asked: dict[str, Any]) -> dict[str, Any]:
        """What was handled: by the lead's teams, else by oneself. The dashboard's own figures."""
        _refuse_others(request, asked)
        chosen = dashboard.chosen(request)
        board = selectors.board(chosen)
        by = asked["by"]
        lines: Mapping[Any, Any] = getattr(board, {"day": "periods"}.get(by, f"{by}s"))
        names = _names(by, lines)
        return {
            "begin": chosen.begin, "end": chosen.end, "by": by, "exact": board.exact, "total": board.total,
            "results": [{"key": str(key), "name": names(key), "figures": lines[key]} for key in sorted(lines)],
        }  # fmt: skip


def _refuse_others(request: Request, asked: dict[str, Any]) -> None:
    """What a page leaves out of its address without a word, a program is told."""
    lead = dashboard.leads(request)
    if not lead and ("team" in asked or asked.get("agent", request.user.pk) != request.user.pk):
        raise PermissionDenied("Only leads see the figures of others. Ask without `team` and `agent` for your own.")
    if lead and "team" in asked and asked["team"] not in {team.pk for team in desk_of(request).teams}:
        raise Http404("There is no such team among yours.")
    if asked.get("network", "") not in ("", *dashboard.networks()):
        raise ValidationError({"network": ["No account is on this network."]})


def _names(by: str, keys: Collection[Any]) -> Callable[[Any], str]:
    if by == "agent":
        people = {user.pk: display_name(user) for user in get_user_model().objects.filter(pk__in=keys)}
        return lambda key: people.get(key, "")
    if by == "team":
        teams = dict(Team.objects.filter(pk__in=keys).values_list("pk", "name"))
        return lambda key: teams.get(key, "No team")
    return (lambda key: networks.shown(key).label) if by == "network" else str
