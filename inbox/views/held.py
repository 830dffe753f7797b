"""Held: replies that wait for a lead, read and decided."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from connectors.errors import ConnectorError
from inbox import health, held
from inbox.models import OutboxItem
from inbox.permissions import item_for, person, require
from inbox.services import approvals, editing
from inbox.services.conversations import Refused
from inbox.views import pausing
from inbox.views.back import back


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Everything that waits, the longest first."""
    return _page(request)


def _page(request: HttpRequest, *, refused: OutboxItem | None = None, wrong: str = "") -> HttpResponse:
    require(request.user, "see_held")
    cases = held.cases(request.user)
    about = {
        "cases": cases,
        "total": held.count(request.user) if len(cases) == held.SHOWN else len(cases),
        "stopped": health.stopped(request.user),
        "refused": refused.pk if refused else None,
        "wrong": wrong,
        "here": "held",
        **pausing.around(request),
    }
    if refused is not None:  # what was typed is not lost
        typed = {part.item.pk: part for case in cases for part in case.parts}
        for pk, (text, fallback) in _words(request).items():
            if pk in typed:
                typed[pk].item.payload["text"], typed[pk].item.fallback = text, fallback
    return render(
        request, "inbox/held.html", about, status=400 if wrong and not request.headers.get("HX-Request") else 200
    )


def _words(request: HttpRequest) -> dict[int, tuple[str, str]]:
    """Text and fallback by item, as the form of a case sends them."""
    keys = [key.removeprefix("text-") for key in request.POST if key.startswith("text-")]
    ids = [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
    return {pk: (request.POST.get(f"text-{pk}", ""), request.POST.get(f"fallback-{pk}", "")) for pk in ids}


def _approve(request: HttpRequest, item_id: int) -> bool:
    return approvals.approve(item_id=item_id, actor=person(request), seen=request.POST.get("seen", ""))


def _edit(request: HttpRequest, item_id: int) -> bool:
    return editing.edit_and_approve(
        item_id=item_id, actor=person(request), seen=request.POST.get("seen", ""), words=_words(request)
    )


def _pass(request: HttpRequest, item_id: int) -> bool:
    return approvals.let_pass(
        item_id=item_id, actor=person(request), reason=request.POST.get("reason", ""), seen=request.POST.get("seen", "")
    )


def _return(request: HttpRequest, item_id: int) -> bool:
    return approvals.return_(item_id=item_id, actor=person(request), comment=request.POST.get("comment", ""))


# Action: what one must be allowed on the conversation, what it does, and what is said afterwards.
ACTIONS: dict[str, tuple[str, Callable[[HttpRequest, int], bool], str]] = {
    "approve": ("approve", _approve, gettext_noop("Approved. It leaves now.")),
    "edit": ("approve", _edit, gettext_noop("Changed and approved. It leaves now.")),
    "pass": ("override_guard", _pass, gettext_noop("Let pass. The reason is kept with it.")),
    "return": (
        "approve",
        _return,
        gettext_noop("Returned. Its author finds the text and your comment in the composer."),
    ),
}


@require_POST
def act(request: HttpRequest, item_id: int, action: str) -> HttpResponse:
    """One of ACTIONS on what leaves together with one reply."""
    if action not in ACTIONS:
        raise Http404
    permission, work, done = ACTIONS[action]
    item = item_for(request.user, item_id, permission)
    try:
        if work(request, item.pk):
            messages.success(request, done)
        else:
            messages.warning(request, approvals.GONE)
    except (Refused, ConnectorError) as error:
        if action == "edit":
            return _page(request, refused=item, wrong=str(error))
        messages.error(request, str(error))
    return back(request, "/held/")
