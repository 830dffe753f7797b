"""How the desk is set up: teams, people, rules, who may answer where. For admins, and for leads of their teams."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from inbox.permissions import require
from inbox.services.conversations import Refused
from inbox.views.back import back


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    require(request.user, "see_settings")
    return redirect("settings_teams")


def attempt(request: HttpRequest, work: Callable[[], str | None], fallback: str) -> HttpResponse:
    """Do it, say what happened or why not, and lead back to the page."""
    try:
        told = work()
        if told:
            messages.info(request, told)
    except Refused as error:
        messages.error(request, str(error))
    return back(request, fallback)
