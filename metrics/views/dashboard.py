"""Figures for leads, their rows, and an agent's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from inbox.downstream import policy
from inbox.models import Conversation
from inbox.parameters import whole
from inbox.permissions import require
from metrics import current, selectors
from metrics.selectors import Filter, Handled
from routing.desk import desk_of

WEEK = timedelta(days=6)
# Column: what its figure's rows are narrowed to.
PARTS: dict[str, dict[str, Any]] = {
    "handled": {},
    "publicly": {"visibility": "public", "ended_by": "reply"},
    "privately": {"visibility": "direct", "ended_by": "reply"},
    "no_reply_due": {"ended_by": "resolution"},
    "first_responses": {"first_only": True, "ended_by": "reply"},
}


def _zone() -> str:
    return timezone.get_current_timezone_name()


def _chosen(request: HttpRequest, **defaults: str) -> Filter:
    """The filter of the address, within what the reader may see: a lead's teams, or one's own work."""
    asked = {**defaults, **request.GET.dict()}
    lead = policy().permits(request.user, "see_metrics")
    teams = {team.pk for team in desk_of(request).teams} if lead else None
    chosen = selectors.parse(asked, zone=_zone(), today=timezone.localdate(), team_ids=teams)
    return chosen if lead else replace(chosen, agent_id=request.user.pk)


def _visible(request: HttpRequest) -> QuerySet[Conversation]:
    return policy().filter(request.user, Conversation.objects.all())


def _link(page: str, chosen: Filter) -> str:
    return f"{reverse(page)}?{urlencode(chosen.parameters())}"


def _links(chosen: Filter) -> dict[str, str]:
    """Where each figure of this filter opens to."""
    found = {name: _link("metrics_rows", replace(chosen, **part)) for name, part in PARTS.items()}
    return {**found, "active": _link("metrics_touches", chosen), "arrivals": _link("metrics_arrivals", chosen)}


def _lines(chosen: Filter) -> list[tuple[Handled, dict[str, str]]]:
    return [
        (row, _links(selectors.of_agent(chosen, agent_id=row.agent_id, day=row.day)))
        for row in selectors.handled_by_agent(chosen)
    ]


def _range(chosen: Filter) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "chosen": chosen,
        "today": chosen.day_from == chosen.day_to == today,
        "one_day": chosen.day_from == chosen.day_to,
        "presets": [
            ("Today", _days(today, today)),
            ("Yesterday", _days(today - timedelta(days=1), today - timedelta(days=1))),
            ("7 days", _days(today - WEEK, today)),
        ],
    }


def _days(first: date, last: date) -> str:
    return urlencode({"from": first.isoformat(), "to": last.isoformat()})


@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """A lead's day, or the days they choose."""
    require(request.user, "see_metrics")
    chosen = _chosen(request)
    teams = {team.pk: team.name for team in desk_of(request).teams}
    now = current.backlog(team_ids=list(teams))
    return render(
        request,
        "metrics/day.html",
        {
            **_range(chosen),
            "here": "metrics",
            "totals": selectors.totals(chosen),
            "links": _links(chosen),
            "lines": _lines(chosen),
            "arrivals": current.arrivals(chosen, conversations=_visible(request)),
            "now": now,
            "backlog": [(team, teams[team.team_id], f"team-{team.team_id}") for team in now.teams],
            "teams": list(teams.values()),
        },
    )


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Somebody's own figures, theirs to see."""
    first = (timezone.localdate() - WEEK).isoformat()
    asked = {"from": first, **request.GET.dict()}
    chosen = selectors.parse(asked, zone=_zone(), today=timezone.localdate(), team_ids=None)
    chosen = replace(chosen, agent_id=request.user.pk)
    shown = {"totals": selectors.totals(chosen), "links": _links(chosen), "lines": _lines(chosen)}
    return render(request, "metrics/mine.html", {**_range(chosen), **shown, "here": "my-figures"})


@require_safe
def rows(request: HttpRequest) -> HttpResponse:
    """The rows behind a figure, counted by the same filter."""
    chosen = _chosen(request)
    found = selectors.interactions_rows(chosen, limit=selectors.PAGE + 1, after=_after(request))
    may_view = policy().allowed(request.user, "view", {row.conversation_id for row in found})
    more = found[selectors.PAGE - 1] if len(found) > selectors.PAGE else None
    query = {**chosen.parameters(), "after": f"{more.ended_at.isoformat()}_{more.pk}"} if more else {}
    lead = policy().permits(request.user, "see_metrics")
    return render(
        request,
        "metrics/rows.html",
        {
            **_range(chosen),
            "rows": [(row, row.conversation_id in may_view) for row in found[: selectors.PAGE]],
            "more": urlencode(query),
            "total": selectors.totals(chosen).handled,
            "here": "metrics" if lead else "my-figures",
            "back": reverse("metrics" if lead else "my_metrics"),
        },
    )


@require_safe
def arrivals(request: HttpRequest) -> HttpResponse:
    """The messages behind "arrivals"."""
    require(request.user, "see_metrics")
    chosen, visible, after = _chosen(request), _visible(request), whole(request.GET.get("after"))
    found = current.arrival_rows(chosen, conversations=visible, after=after, limit=selectors.PAGE + 1)
    more = {**chosen.parameters(), "after": found[selectors.PAGE - 1].pk} if len(found) > selectors.PAGE else {}
    context = {
        "rows": found[: selectors.PAGE],
        "more": urlencode(more),
        "total": current.arrivals(chosen, conversations=visible),
    }
    return render(request, "metrics/arrivals.html", {**_range(chosen), **context, "here": "metrics"})


@require_safe
def touches(request: HttpRequest) -> HttpResponse:
    """The conversations behind an active time: how long each, never when."""
    chosen = _chosen(request)
    conversation, _, agent = request.GET.get("after", "").partition("_")
    last = (whole(conversation), whole(agent))
    after = (last[0], last[1]) if last[0] is not None and last[1] is not None else None
    found = selectors.touch_rows(chosen, after=after, limit=selectors.PAGE + 1)
    more = found[selectors.PAGE - 1] if len(found) > selectors.PAGE else None
    query = {**chosen.parameters(), "after": f"{more.conversation.pk}_{more.agent.pk}"} if more else {}
    may_view = policy().allowed(request.user, "view", {row.conversation.pk for row in found})
    lead = policy().permits(request.user, "see_metrics")
    context = {
        "rows": [(row, row.conversation.pk in may_view) for row in found[: selectors.PAGE]],
        "more": urlencode(query),
        "total": selectors.totals(chosen).active,
        "here": "metrics" if lead else "my-figures",
        "back": reverse("metrics" if lead else "my_metrics"),
    }
    return render(request, "metrics/touches.html", {**_range(chosen), **context})


def _after(request: HttpRequest) -> selectors.Position | None:
    """A position in the rows: when the last one ended, and its id."""
    at, _, pk = request.GET.get("after", "").rpartition("_")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    last = whole(pk)
    return (moment, last) if last is not None and timezone.is_aware(moment) else None
