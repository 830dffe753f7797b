"""Figures for leads, their rows, and an agent's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from inbox.downstream import policy
from inbox.permissions import require
from metrics import selectors
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


def _link(chosen: Filter) -> str:
    return f"{reverse('metrics_rows')}?{urlencode(chosen.parameters())}"


def _links(chosen: Filter) -> dict[str, str]:
    return {name: _link(replace(chosen, **part)) for name, part in PARTS.items()}


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
    desk = desk_of(request)
    now = selectors.now_of(team_ids=[team.pk for team in desk.teams], zone=_zone(), now=timezone.now())
    return render(
        request,
        "metrics/day.html",
        {
            **_range(chosen),
            "here": "metrics",
            "totals": selectors.totals(chosen),
            "links": _links(chosen),
            "lines": _lines(chosen),
            "now": now,
            "teams": desk.teams,
            "backlog": reverse("queue", args=[f"team-{desk.teams[0].pk}"]) if desk.teams else "",
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


def _after(request: HttpRequest) -> selectors.Position | None:
    """A position in the rows: when the last one ended, and its id."""
    at, _, pk = request.GET.get("after", "").rpartition("_")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (moment, int(pk)) if pk.isdecimal() and len(pk) < 19 and timezone.is_aware(moment) else None
