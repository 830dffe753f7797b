"""The page of figures for leads, and an agent's own. Every figure opens to its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_safe

from inbox import dates
from inbox.permissions import require
from inbox.services import events
from inbox.services.networks import shown
from inbox.templatetags.desk import duration
from metrics import charts, current, days, selectors
from metrics.days import Filter
from metrics.models import RollupCheck
from metrics.selectors import Board, Line
from metrics.views import asked
from routing.desk import desk_of
from routing.services.hands import display_name

NO_TEAM = gettext_lazy("No team yet")
_HOUR_COLUMNS = "arrivals handled"
_DAY_COLUMNS = "arrivals handled resolutions reopenings first_arrived next_arrived active"
# Of one's own: what comes in, and what customers take up again, is nobody's.
_OWN_HOUR_COLUMNS = "handled"
_OWN_DAY_COLUMNS = "handled resolutions first_arrived next_arrived active"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its name and what stands beside it, its figures, and where each opens to."""

    name: str
    beside: str
    line: Line
    links: dict[str, str]
    key: Any = None


@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """A lead's day, or the days they choose."""
    require(request.user, "see_metrics")
    chosen, now = asked.chosen(request), timezone.now()
    board = selectors.board(chosen)
    desk = desk_of(request)
    teams = {team.pk: team.name for team in desk.teams}
    waiting = current.waiting(chosen, now=now)
    context = {
        **_figures(chosen, board, now),
        **_filters(request, chosen, board, teams),
        "team_rows": team_rows(chosen, board, teams),
        "network_rows": network_rows(chosen, board),
        "agent_rows": agent_rows(chosen, board, teams),
        "clocks": _clocks(chosen, board),
        "waiting": waiting,
        "ages": _ages(chosen, waiting),
        "waiting_link": asked.link("metrics_waiting", chosen),
        "backlog": [
            (row, desk.queues[f"team-{row.team_id}"], desk.queues[f"team-{row.team_id}-unassigned"])
            for row in current.backlog(team_ids=[*teams], numbers=desk.numbers)
        ],
        "check": RollupCheck.objects.order_by("-day").first(),
        "here": "metrics",
        "position": events.position(),
    }
    return render(request, "metrics/day.html", context)


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Somebody's own figures, theirs to see."""
    chosen, now = asked.chosen(request, own=True), timezone.now()
    context = {
        **_figures(chosen, selectors.board(chosen), now),
        "time_columns": _OWN_HOUR_COLUMNS if chosen.number == 1 else _OWN_DAY_COLUMNS,
        "presets": presets(chosen, {}),
        "here": "my-figures",
        "own": True,
        "position": events.position(),
    }
    return render(request, "metrics/mine.html", context)


def _figures(chosen: Filter, board: Board, now: datetime) -> dict[str, Any]:
    """What both pages show: the ledger with its change, and the course of time."""
    earlier = chosen.before(now=now)
    before, arrivals_before = selectors.course(earlier)
    period_rows = rows_of_time(chosen, board, now)
    return asked.span_context(
        chosen,
        total=board.total,
        before=before,
        earlier=earlier,
        exact=board.exact,
        links=asked.links(chosen),
        per_handled=board.total.active / board.total.handled if board.total.handled else None,
        changes={name: _change(getattr(board.total, name), getattr(before, name)) for name in
                 ("arrivals", "handled", "resolutions", "reopenings")},
        slower={name: _slower(getattr(board.total, name).median, getattr(before, name).median) for name in
                ("first_arrived", "first_published", "next_arrived", "next_published")},
        today=chosen.day_from == chosen.day_to == days.today(),
        running=chosen.day_from <= days.today() <= chosen.day_to,
        now=now,
        period_rows=period_rows,
        time_chart=_time_chart(chosen, earlier, arrivals_before, period_rows),
        time_columns=_HOUR_COLUMNS if chosen.number == 1 else _DAY_COLUMNS,
        step=gettext("hour") if chosen.number == 1 else gettext("month") if board.by_month else gettext("day"),
    )  # fmt: skip


def _change(number: int, before: int) -> dict[str, Any]:
    share = round(100 * abs(number - before) / before) if before else None
    return {"before": before, "share": share, "up": number > before, "same": number == before}


def _slower(median: float | None, before: float | None) -> dict[str, Any] | None:
    if median is None or before is None:
        return None
    return {"by": abs(median - before), "up": median > before, "same": round(median) == round(before)}


# The tables ---------------------------------------------------------------------------------------


def team_rows(chosen: Filter, board: Board, teams: dict[int, str]) -> list[Row]:
    """In the order of the sidebar."""
    return [
        Row(name, "", board.teams[pk], asked.links(replace(chosen, team_ids=(pk,))), pk)
        for pk, name in [*teams.items(), (0, str(NO_TEAM))]
        if pk in board.teams
    ]


def network_rows(chosen: Filter, board: Board) -> list[Row]:
    found = [
        Row(shown(key).label, "", line, asked.links(replace(chosen, network=key)), key)
        for key, line in board.networks.items()
    ]
    return sorted(found, key=lambda row: row.name)


def agent_rows(chosen: Filter, board: Board, teams: dict[int, str]) -> list[Row]:
    """By name, never by figure."""
    names = {user.pk: display_name(user) for user in User.objects.filter(pk__in=board.agents)}
    found = [
        Row(names.get(pk, ""), ", ".join(sorted(teams.get(team, str(NO_TEAM)) for team in board.teams_of[pk])), line,
            asked.links(replace(chosen, agent_id=pk)), pk)
        for pk, line in board.agents.items()
        if line.worked
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row.name, row.key))


@dataclass(frozen=True, slots=True)
class TimeRow:
    """An hour, a day or a month."""

    label: str  # in the chart
    name: str
    line: Line  # of an hour: arrivals and handled alone
    links: dict[str, str]
    running: bool


def rows_of_time(chosen: Filter, board: Board, now: datetime) -> list[TimeRow]:
    if chosen.number == 1:
        return _hour_rows(chosen, now)
    found, day_of_now = [], days.day_of(now)
    for begin in _periods(chosen, board.by_month):
        line = board.periods.get(begin) or selectors.NO_FIGURES
        first = max(begin, chosen.day_from)
        last = min(days.next_month(begin) - days.A_DAY, chosen.day_to) if board.by_month else begin
        label = date_format(begin, "M") if board.by_month else dates.day(begin)
        name = dates.month(begin) if board.by_month else dates.weekday(begin)
        links = asked.links(replace(chosen, day_from=first, day_to=last))
        found.append(TimeRow(label, name, line, links, first <= day_of_now <= last))
    return found


def _periods(chosen: Filter, by_month: bool) -> list[date]:
    if by_month:
        return sorted({days.month_of(day) for day in chosen.days()})
    return list(chosen.days())


def _hour_rows(chosen: Filter, now: datetime) -> list[TimeRow]:
    """The hours of one day until now. Quiet ones before the first and after the last are left out."""
    found = []
    for number, (begin, arrivals, handled) in enumerate(selectors.hours(chosen)):
        if begin > now:
            break
        label = f"{begin.astimezone(days.zone()):%H:%M}"
        links = asked.links(replace(chosen, hour=number))
        running = now < begin + timedelta(hours=1)
        line = replace(selectors.NO_FIGURES, arrivals=arrivals, handled=handled)
        found.append(TimeRow(label, label, line, links, running))
    busy = [place for place, row in enumerate(found) if row.line.arrivals or row.line.handled]
    return found[min(busy[0], len(found) - 6 if len(found) > 6 else 0) :] if busy else found


def _time_chart(
    chosen: Filter, earlier: Filter, arrivals_before: dict[date, int], rows: list[TimeRow]
) -> charts.Columns:
    before = _before(chosen, earlier, arrivals_before, rows)
    return charts.columns(
        [
            charts.Column(row.label, row.name, row.line.arrivals, row.line.handled, before.get(place),
                          running=row.running, arrivals_link=row.links["arrivals"],
                          handled_link=row.links["handled"])
            for place, row in enumerate(rows)
        ]
    )  # fmt: skip


def _before(chosen: Filter, earlier: Filter, arrivals_before: dict[date, int], rows: list[TimeRow]) -> dict[int, int]:
    """Arrivals of the same hours of the day it is compared with, or of the days before. Months differ in length."""
    if chosen.number > selectors.BY_DAY or not rows:
        return {}
    if chosen.number > 1:
        return {place: arrivals_before.get(day, 0) for place, day in enumerate(earlier.days())}
    first = rows[0].label
    found = [(f"{begin.astimezone(days.zone()):%H:%M}", arrivals) for begin, arrivals, _ in selectors.hours(earlier)]
    begun = [arrivals for label, arrivals in found if label >= first]
    return dict(enumerate(begun[: len(rows)]))


def _ages(chosen: Filter, waiting: current.Waiting) -> list[charts.Across]:
    fills = {"1h": "f1", "4h": "f1", "old": "f-bad"}
    page = asked.link("metrics_waiting", chosen)
    return charts.across(
        [(words, number, f"{page}&age={key}", fills.get(key, "f2")) for key, words, number in waiting.ages]
    )


def _clocks(chosen: Filter, board: Board) -> charts.Dumbbell:
    found = []
    for row in network_rows(chosen, board):
        arrived, published = row.line.first_arrived.median, row.line.first_published.median
        if arrived is not None and published is not None:
            words = gettext("%(arrived)s from arrival, %(published)s from publishing") % {
                "arrived": duration(arrived),
                "published": duration(published),
            }
            found.append((row.name, arrived, published, row.links["first_responses"], words))
    return charts.dumbbell(found)


# The filter ---------------------------------------------------------------------------------------


def _filters(request: HttpRequest, chosen: Filter, board: Board, teams: dict[int, str]) -> dict[str, Any]:
    people = User.objects.filter(memberships__team__in=teams) | User.objects.filter(pk=chosen.agent_id or 0)
    one = chosen.team_ids[0] if chosen.team_ids is not None and len(chosen.team_ids) == 1 else None
    kept = {name: text for name, text in chosen.parameters().items() if name in ("team", "agent", "network")}
    return {
        "teams": [*teams.items(), (0, str(NO_TEAM))],
        "team": one,
        "team_name": teams.get(one, str(NO_TEAM))
        if one is not None
        else gettext("All your teams")
        if len(teams) > 1
        else "",
        "people": sorted(
            {(user.pk, display_name(user)) for user in people.distinct()}, key=lambda one: (one[1], one[0])
        ),
        "networks": [(key, shown(key).label) for key in asked.networks()],
        "presets": presets(chosen, kept),
        "query": urlencode(chosen.parameters()),
        "kept": kept,
    }


def presets(chosen: Filter, kept: dict[str, str]) -> list[tuple[str, str, bool]]:
    """Words, address, and whether these are the days on the page."""
    today = days.today()
    ranges = [
        (gettext("Today"), today, today),
        (gettext("Yesterday"), today - days.A_DAY, today - days.A_DAY),
        (gettext("7 days"), today - 6 * days.A_DAY, today),
        (gettext("28 days"), today - 27 * days.A_DAY, today),
        (gettext("This month"), days.month_of(today), today),
    ]
    return [
        (words, urlencode({"from": first.isoformat(), "to": last.isoformat(), **kept}),
         (first, last) == (chosen.day_from, chosen.day_to))
        for words, first, last in ranges
    ]  # fmt: skip
