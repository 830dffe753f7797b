"""The connections' health, for leads and admins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from connectors.models import Connection, StreamState
from inbox import selectors
from inbox.downstream import policy
from inbox.permissions import person, require
from inbox.services import connections as service
from inbox.services import networks
from inbox.views.back import back


@dataclass(slots=True)
class Card:
    """One connection as a person judges it."""

    connection: Connection
    streams: list[tuple[str, StreamState]]
    gaps: list[Any]
    state: str
    word: str
    errors: list[str]

    @property
    def has_budget(self) -> bool:
        return any(stream.rate_limit for _, stream in self.streams)

    @property
    def invalid(self) -> int:
        return sum(stream.invalid_items for _, stream in self.streams)


def card(connection: Connection) -> Card:
    """What a person is told of a connection, on the page and by the API."""
    names = networks.shown(connection.network).streams
    streams = [(names.get(row.stream, row.stream), row) for row in connection.streams.all()]
    failing = [row for _, row in streams if row.failures]
    if connection.state == Connection.State.UNAUTHORISED:
        state, word = "bad", "Needs a new authorisation"
    elif connection.state == Connection.State.PAUSED:
        state, word = "off", "Paused"
    elif failing:
        state, word = "bad", "Reading fails"
    elif not any(row.last_success_at for _, row in streams):
        state, word = "off", "Not read yet"
    else:
        state, word = "good", "Healthy"
    errors = list(dict.fromkeys(row.last_error for row in failing if row.last_error))
    gaps = [gap for _, row in streams for gap in row.gaps.all()]
    return Card(connection, streams, gaps, state, word, errors)


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Every connection as a card, those that need somebody first."""
    if not policy().permits(request.user, "see_metrics"):
        require(request.user, "manage_connections")
    cards = sorted((card(row) for row in selectors.connections()), key=lambda one: one.state != "bad")
    return render(
        request,
        "inbox/connections.html",
        {
            "cards": cards,
            "streams": sum(len(one.streams) for one in cards),
            "ill": sum(one.state == "bad" for one in cards),
            "may_manage": policy().permits(request.user, "manage_connections"),
            "now": timezone.now(),
            "here": "connections",
        },
    )


@require_POST
def switch(request: HttpRequest, connection_id: int, action: str) -> HttpResponse:
    """Pause or resume one connection."""
    require(request.user, "manage_connections")
    if action not in ("pause", "resume"):
        raise Http404
    connection = get_object_or_404(Connection, pk=connection_id)
    change = service.pause if action == "pause" else service.resume
    if not change(connection_id=connection.pk, actor=person(request)):
        messages.warning(request, "Somebody was faster: its state has changed meanwhile.")
    return back(request)
