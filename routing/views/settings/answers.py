"""Who may answer where."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from inbox.downstream import policy
from inbox.permissions import person, require
from routing import setup
from routing.services import answering, changes
from routing.views.settings import attempt


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Every account with what each team may do there."""
    require(request.user, "see_settings")
    shown = {
        "accounts": setup.accounts_and_answers(),
        "levels": answering.LEVELS.items(),
        "admin": policy().permits(request.user, "manage_desk"),
        "history": changes.history("answers"),
        "here": "settings",
        "part": "answers",
    }
    return render(request, "routing/settings/answers.html", shown)


@require_POST
def account(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Save one account's teams, or open it to everybody again."""
    require(request.user, "see_settings")
    levels = None
    if request.POST.get("open") != "1":
        sent = {key.removeprefix("team-"): value for key, value in request.POST.items() if key.startswith("team-")}
        levels = {int(key): value for key, value in sent.items() if key.isdecimal() and value in answering.LEVELS}

    def work() -> str:
        answering.set_answers(connection_id=connection_id, levels=levels, actor=person(request))
        return gettext("Saved. It holds from now on, also for replies that have not left yet.")

    return attempt(request, work, reverse("settings_answers"))
