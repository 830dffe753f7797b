"""The inbox: queue, conversation and context on one page, each at its own address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from inbox import timeline
from inbox.models import Conversation
from inbox.permissions import conversation_for
from inbox.services import events
from inbox.timeline import Line
from inbox.views import pane
from routing import selectors
from routing.desk import AUDIENCES, Desk, Queue, desk_of
from routing.models import Assignment
from routing.selectors import Position, Row
from routing.services.hands import display_name
from routing.views import bulk

ROWS = 25
MANY = 10  # open conversations on one post: from there on its rows lead to its own page
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """An agent's work, or an admin's connections."""
    return redirect("inbox" if desk_of(request).works or not desk_of(request).role else "connections")


@require_safe
def inbox(request: HttpRequest, queue: str = "mine", conversation_id: int | None = None) -> HttpResponse:
    """The page, or with ``?after=`` only the next rows."""
    desk = desk_of(request)
    if not desk.works:
        return render(request, "routing/no_desk.html", {"here": "inbox"}, status=200)
    position = events.position()  # before all that is shown: what happens from here on is heard live
    chosen = desk.queues.get(queue)
    if chosen is None:
        raise Http404(gettext("There is no such queue here."))
    audience = request.GET.get("audience", "")
    audience = audience if audience in AUDIENCES else ""
    shown: dict[str, Any] = {
        "position": position, "here": "inbox", "queue": chosen, "audience": audience,
        "selected": conversation_id, "me": request.user.pk,
        **_rows(desk, chosen, audience, position_of(request.GET.get("after", ""))),
    }  # fmt: skip
    if "after" in request.GET and request.htmx:  # type: ignore[attr-defined]
        return _fresh(render(request, "routing/_rows.html", shown))
    shown.update(_frame(desk, chosen, audience))
    if conversation_id is not None:
        conversation = conversation_for(request.user, conversation_id)
        if conversation.joined_to_id is not None:
            return redirect("conversation", queue, conversation.joined_to_id)
        shown.update(_pane(request, conversation))
    return _fresh(render(request, "routing/inbox.html", shown))


def _fresh(response: HttpResponse) -> HttpResponse:
    """Counts and rows of a minute ago mislead; the browser asks again."""
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["HX-Request", "Cookie"])
    return response


def _rows(desk: Desk, queue: Queue, audience: str, after: Position | None) -> dict[str, Any]:
    place = replace(queue.place, visibility=audience)
    rows = selectors.queue_rows(place=place, after=after, limit=ROWS + 1)
    prefix, tail = queue.address, f"?audience={audience}" if audience else ""
    posts = desk.on_posts({(row.connection_id, row.post) for row in rows if row.post})
    return {
        "rows": [(row, f"{prefix}{row.conversation_id}/{tail}", _on_post(row, posts)) for row in rows[:ROWS]],
        "more": mark(rows[ROWS - 1]) if len(rows) > ROWS else "",
        "queue_url": prefix,
        "state": f"audience={audience}&" if audience else "",
    }


def _on_post(row: Row, posts: Mapping[tuple[int, str], int]) -> tuple[str, int] | None:
    """Where all of its post is, and how much that is, where it is much."""
    number = posts.get((row.connection_id, row.post), 0)
    if number <= MANY:
        return None
    return f"{reverse('post', args=[row.connection_id])}?{urlencode({'post': row.post})}", number


def mark(row: Row) -> str:
    """A row's position in the queue as an address part: microseconds and id, so that nothing is rounded."""
    return f"{(row.waiting_since - EPOCH) // MICROSECOND}-{row.conversation_id}"


def position_of(mark: str) -> Position | None:
    since, _, pk = mark.partition("-")
    if not (since.isdecimal() and pk.isdecimal() and len(since) < 18 and len(pk) < 19):
        return None
    return EPOCH + int(since) * MICROSECOND, int(pk)


def _frame(desk: Desk, queue: Queue, audience: str) -> dict[str, Any]:
    tabs = [(key, label, desk.numbers.get(queue.audiences.get(key, ""))) for key, label in AUDIENCES.items()]
    total = desk.numbers.get(queue.count, 0)
    matching = desk.numbers.get(queue.audiences.get(audience, "") if audience else queue.count)
    return {"tabs": tabs, "total": total, "elsewhere": desk.next_with_work(queue.key), **bulk.offered(matching)}


def _pane(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    decisions = selectors.history_of(conversation.pk)
    desk = desk_of(request)
    shown = pane.context(request, conversation, _lines(decisions), pauses=desk.pauses)
    current = next((row for row in reversed(decisions) if row.ended_at is None), None)
    return {
        **shown,
        "stopped": desk.stopped,
        "assignment": current,
        "mine": bool(current and current.agent_id == request.user.pk),
        "handed": bool(current and _awaits(current, request.user.pk)),
        "pane_slot": "routing/_handed.html",
        "head_slot": "routing/_head_slot.html",
        "context_slot": "routing/_why.html",
    }


def _awaits(current: Assignment, user_id: int | None) -> bool:
    """Somebody handed it to them, and they have not said yet that they take it."""
    return current.agent_id == user_id != current.by_id and bool(current.line) and current.accepted_at is None


def _lines(decisions: Iterable[Assignment]) -> list[Line]:
    """Each decision as a line of the timeline, with its reasons."""
    lines, said = [], ""
    for row in decisions:
        words = f" “{row.line.partition(': ')[2]}”" if row.line and row.line != said else ""
        told = _told(row) + words
        lines.append(Line(timeline.EVENT, row.at, "event", told, reasons=tuple(row.reasons), icon="arrows-exchange"))
        said = row.line
        if row.accepted_at and row.agent:
            text = gettext("%(agent)s accepted it.") % {"agent": display_name(row.agent)}
            lines.append(Line(timeline.EVENT, row.accepted_at, "event", text, icon="check"))
    return lines


def _told(row: Assignment) -> str:
    to = f"{display_name(row.agent)}, {row.team.name}" if row.agent else row.team.name
    if row.by is not None and "given_back_by" in row.inputs:
        return gettext("%(by)s gave it back to %(to)s.") % {"by": display_name(row.by), "to": to}
    if row.by is None:
        return gettext("Assigned to %(to)s.") % {"to": to}
    by = display_name(row.by)
    return (
        gettext("%(by)s took it.") % {"by": by}
        if row.by_id == row.agent_id
        else gettext("%(by)s gave it to %(to)s.") % {"by": by, "to": to}
    )
