"""The rows behind a figure, page by page, counted by the same filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from inbox import dates
from inbox.downstream import policy
from inbox.permissions import require
from metrics import current, rows, selectors
from metrics.days import Filter
from metrics.rows import PAGE
from metrics.views import asked

Row = TypeVar("Row")
_TABLES = {
    "arrival": ("arrivals", gettext_lazy("Messages that arrived")),
    "resolution": ("resolutions", gettext_lazy("Resolutions")),
    "reopening": ("reopenings", gettext_lazy("Reopenings")),
}


@require_safe
def interactions(request: HttpRequest) -> HttpResponse:
    chosen = asked.chosen(request)
    found = rows.interaction_rows(chosen, limit=PAGE + 1, after=asked.position(request.GET.get("after")))
    total = getattr(selectors.totals(chosen), chosen.part)
    more = _more(found, lambda row: f"{row.ended_at.isoformat()}_{row.pk}")
    return _page(request, "metrics/rows.html", chosen, found, more, {"total": total, "table": "interactions"})


def _occurrences(request: HttpRequest, kind: str) -> HttpResponse:
    chosen = asked.chosen(request)
    found = rows.occurrence_rows(chosen, kind, limit=PAGE + 1, after=asked.position(request.GET.get("after")))
    table, title = _TABLES[kind]
    total = getattr(selectors.totals(chosen), table)
    more = _more(found, lambda row: f"{row.at.isoformat()}_{row.pk}")
    context = {"total": total, "heading": _heading(kind, total), "title": title, "kind": kind, "table": table}
    return _page(request, "metrics/occurrences.html", chosen, found, more, context)


def _heading(kind: str, number: int) -> str:
    said = {
        "arrival": ngettext("%(many)s message arrived", "%(many)s messages arrived", number),
        "resolution": ngettext("%(many)s resolution", "%(many)s resolutions", number),
        "reopening": ngettext("%(many)s reopening", "%(many)s reopenings", number),
    }[kind]
    return said % {"many": dates.many(number)}


@require_safe
def arrivals(request: HttpRequest) -> HttpResponse:
    require(request.user, "see_metrics")
    return _occurrences(request, "arrival")


@require_safe
def resolutions(request: HttpRequest) -> HttpResponse:
    return _occurrences(request, "resolution")


@require_safe
def reopenings(request: HttpRequest) -> HttpResponse:
    require(request.user, "see_metrics")
    return _occurrences(request, "reopening")


@require_safe
def touches(request: HttpRequest) -> HttpResponse:
    """The conversations behind an active time: how long each, never when."""
    chosen = asked.chosen(request)
    found = rows.touch_rows(chosen, after=asked.pair(request.GET.get("after")), limit=PAGE + 1)
    more = _more(found, lambda row: f"{row.conversation.pk}_{row.agent.pk}")
    context = {"total": selectors.totals(chosen).active, "table": "touches"}
    return _page(request, "metrics/touches.html", chosen, found, more, context, lambda row: row.conversation.pk)


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """The conversations behind the backlog, or behind one age of it."""
    require(request.user, "see_metrics")
    chosen, now, age = asked.chosen(request), timezone.now(), request.GET.get("age", "")
    after = asked.position(request.GET.get("after"))
    found = current.waiting_rows(chosen, age=age, now=now, after=after, limit=PAGE + 1)
    more = _more(found, lambda row: f"{row.waiting_since.isoformat()}_{row.pk}")
    ages = {key: (words, number) for key, words, number in current.waiting(chosen, now=now).ages}
    words, total = ages.get(age, ("", sum(number for _, number in ages.values())))
    context = {"total": total, "age": age if words else "", "words": words, "table": "waiting"}
    return _page(request, "metrics/waiting.html", chosen, found, more, context)


def _more(found: Sequence[Row], place: Callable[[Row], str]) -> str:
    return place(found[PAGE - 1]) if len(found) > PAGE else ""


def _page(
    request: HttpRequest,
    template: str,
    chosen: Filter,
    found: Sequence[Any],
    more: str,
    context: dict[str, Any],
    conversation: Callable[[Any], int] = lambda row: row.conversation_id,
) -> HttpResponse:
    """A customer's name stands only where the reader may open the conversation."""
    found = found[:PAGE]
    may_view = policy().allowed(request.user, "view", {conversation(row) for row in found})
    lead = asked.leads(request)
    kept = {**chosen.parameters(), **({"age": context["age"]} if context.get("age") else {})}
    page = asked.span_context(
        chosen,
        rows=[(row, conversation(row) in may_view) for row in found],
        more=urlencode({**kept, "after": more}) if more else "",
        csv=urlencode(kept),
        here="metrics" if lead else "my-figures",
        back=reverse("metrics" if lead else "my_metrics"),
        **context,
    )
    return render(request, template, page)
