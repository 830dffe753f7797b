"""Every table as CSV: what the page shows, by the same filter and the same right, row after row as it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from inbox import sheets
from inbox.downstream import policy
from inbox.permissions import require
from inbox.services.networks import shown
from inbox.sheets import Cells
from metrics import current, days, rows, selectors
from metrics.days import Filter
from metrics.views import asked, dashboard
from routing.desk import desk_of
from routing.services.hands import display_name

CHUNK = 1000
_FIGURES = (
    "arrivals", "handled", "publicly", "privately", "no_reply_due", "resolutions", "reopenings", "first_responses",
    "next_responses", "first_arrived_median", "first_arrived_p90", "first_published_median", "first_published_p90",
    "next_arrived_median", "next_arrived_p90", "next_published_median", "next_published_p90", "active",
)  # fmt: skip


@require_safe
def table(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """One table. Times in the desk's reporting zone, durations in seconds."""
    if name not in _TABLES:
        raise Http404
    only_leads, make = _TABLES[name]
    if only_leads:
        require(request.user, "see_metrics")
    chosen = asked.chosen(request, own=request.GET.get("own") == "1")
    lines = make(request, chosen)
    span = f"{chosen.day_from.isoformat()}_{chosen.day_to.isoformat()}"
    return sheets.streamed(lines, name=f"{name}_{span}", zone=days.zone())


def _line(line: selectors.Line) -> list[Any]:
    times = {
        f"{clock}_{of}": getattr(getattr(line, clock), of)
        for clock in ("first_arrived", "first_published", "next_arrived", "next_published")
        for of in ("median", "p90")
    }
    return [times[name] if name in times else getattr(line, name) for name in _FIGURES]


def _teams(request: HttpRequest, chosen: Filter) -> Iterator[Cells]:
    names = {team.pk: team.name for team in desk_of(request).teams}
    yield ("team", *_FIGURES)
    for row in dashboard.team_rows(chosen, selectors.board(chosen), names):
        yield (row.name, *_line(row.line))


def _agents(request: HttpRequest, chosen: Filter) -> Iterator[Cells]:
    names = {team.pk: team.name for team in desk_of(request).teams}
    yield ("agent", "teams", *_FIGURES)
    for row in dashboard.agent_rows(chosen, selectors.board(chosen), names):
        yield (row.name, row.beside, *_line(row.line))


def _networks(request: HttpRequest, chosen: Filter) -> Iterator[Cells]:
    yield ("network", *_FIGURES)
    for row in dashboard.network_rows(chosen, selectors.board(chosen)):
        yield (row.name, *_line(row.line))


def _periods(request: HttpRequest, chosen: Filter) -> Iterator[Cells]:
    found = dashboard.rows_of_time(chosen, selectors.board(chosen), timezone.now())
    yield ("period", *(("arrivals", "handled") if chosen.number == 1 else _FIGURES))
    for row in found:
        yield (row.name, *((row.line.arrivals, row.line.handled) if chosen.number == 1 else _line(row.line)))


def _ages(request: HttpRequest, chosen: Filter) -> Iterator[Cells]:
    yield ("age", "open")
    yield from ((words, number) for _, words, number in current.waiting(chosen, now=timezone.now()).ages)


def _interactions(request: HttpRequest, chosen: Filter) -> Iterator[Cells]:
    yield ("ended", "arrived", "published", "agent", "team", "customer", "network", "ended_by", "visibility", "first",
           "conversation")  # fmt: skip

    def read(after: Any) -> list[Any]:
        return rows.interaction_rows(chosen, after=after, limit=CHUNK)

    for row, who in _named(request, read, lambda row: (row.ended_at, row.pk)):
        yield (row.ended_at, row.arrived_at, row.published_at, display_name(row.agent), row.team or "", who,
               shown(row.network).label, row.ended_by, row.visibility, int(row.first), row.conversation_id)  # fmt: skip


def _occurrences(kind: str) -> Callable[[HttpRequest, Filter], Iterator[Cells]]:
    def lines(request: HttpRequest, chosen: Filter) -> Iterator[Cells]:
        yield ("at", "published", "agent", "team", "customer", "network", "visibility", "conversation")

        def read(after: Any) -> list[Any]:
            return rows.occurrence_rows(chosen, kind, after=after, limit=CHUNK)

        for row, who in _named(request, read, lambda row: (row.at, row.pk)):
            yield (row.at, row.message.published_at if row.message else None,
                   display_name(row.agent) if row.agent else "", row.team or "", who, shown(row.network).label,
                   row.visibility, row.conversation_id)  # fmt: skip

    return lines


def _touches(request: HttpRequest, chosen: Filter) -> Iterator[Cells]:
    yield ("conversation", "agent", "active")

    def read(after: Any) -> list[Any]:
        return rows.touch_rows(chosen, after=after, limit=CHUNK)

    for row in _all(read, lambda row: (row.conversation.pk, row.agent.pk)):
        yield (row.conversation.pk, display_name(row.agent), row.seconds)


def _waiting(request: HttpRequest, chosen: Filter) -> Iterator[Cells]:
    yield ("waiting_since", "team", "agent", "customer", "network", "visibility", "conversation")
    now, age = timezone.now(), request.GET.get("age", "")

    def read(after: Any) -> list[Any]:
        return current.waiting_rows(chosen, age=age, now=now, after=after, limit=CHUNK)

    for row, who in _named(request, read, lambda row: (row.waiting_since, row.pk)):
        yield (row.waiting_since, row.team or "", display_name(row.assignee) if row.assignee else "", who,
               shown(row.connection.network).label, row.visibility, row.pk)  # fmt: skip


def _all(read: Callable[[Any], list[Any]], place: Callable[[Any], Any]) -> Iterator[Any]:
    """Page after page, each from where the one before ended."""
    after = None
    while found := read(after):
        yield from found
        if len(found) < CHUNK:
            return
        after = place(found[-1])


def _named(
    request: HttpRequest, read: Callable[[Any], list[Any]], place: Callable[[Any], Any]
) -> Iterator[tuple[Any, str]]:
    """Each row with the customer's name, where the reader may open the conversation."""
    after = None
    while found := read(after):
        may_view = policy().allowed(request.user, "view", {row.conversation_id for row in found})
        for row in found:
            yield row, str(row.conversation.identity) if row.conversation_id in may_view else ""
        if len(found) < CHUNK:
            return
        after = place(found[-1])


# Name: whether it is for leads alone, and what makes its lines. The others hold one's own work for everybody else.
_TABLES: dict[str, tuple[bool, Callable[[HttpRequest, Filter], Iterator[Cells]]]] = {
    "teams": (True, _teams),
    "agents": (True, _agents),
    "networks": (True, _networks),
    "ages": (True, _ages),
    "waiting": (True, _waiting),
    "arrivals": (True, _occurrences("arrival")),
    "reopenings": (True, _occurrences("reopening")),
    "periods": (False, _periods),
    "interactions": (False, _interactions),
    "resolutions": (False, _occurrences("resolution")),
    "touches": (False, _touches),
}
