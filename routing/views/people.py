"""Who has a conversation, who is there, and a person's own settings."""

from __future__ import annotations

import zoneinfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from inbox.downstream import policy
from inbox.parameters import whole
from inbox.permissions import conversation_for, person
from inbox.services.conversations import Refused
from inbox.views.back import back
from routing import selectors
from routing.desk import desk_of
from routing.forms import SettingsForm
from routing.services import handing, presence


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """GET: to whom it can go. POST: give it to a team, a person or oneself."""
    conversation = conversation_for(request.user, conversation_id, "assign")
    if request.method != "POST":
        teams = selectors.all_teams()
        anyone = policy().permits(request.user, "assign_anyone")
        shown = {
            "conversation": conversation,
            "teams": teams,
            "people": selectors.people_of([team.pk for team in teams]) if anyone else [],
            "here": "inbox",
            "next": request.GET.get("next", "/inbox/"),
        }
        template = "routing/_assign.html" if request.htmx else "routing/assign.html"  # type: ignore[attr-defined]
        return render(request, template, shown)
    kind, _, number = request.POST.get("to", "").partition(":")
    chosen = request.user.pk if kind == "me" else whole(number)
    try:
        told = handing.assign(
            conversation_id=conversation_id,
            actor=person(request),
            team_id=chosen if kind == "team" else None,
            agent_id=chosen if kind in ("me", "agent") else None,
            seen_agent_id=int(seen) if (seen := request.POST.get("seen_agent", "")).isdecimal() else None,
        )
        messages.info(request, told)
    except Refused as error:
        messages.error(request, str(error))
    return back(request)


@require_POST
def availability(request: HttpRequest) -> HttpResponse:
    if desk_of(request).profile is None:
        raise PermissionDenied("You have no desk here yet.")
    try:
        chosen = request.POST.get("availability", "")
        presence.set_availability(user=person(request), availability=chosen, actor=person(request))
    except Refused as error:
        messages.error(request, str(error))
    return back(request)


@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """Theme, single keys and time zone."""
    profile = desk_of(request).profile
    if profile is None:
        raise PermissionDenied("You have no desk here yet.")
    form = SettingsForm(request.POST or None, instance=profile)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.info(request, "Saved.")
        return redirect("me")
    return render(
        request, "routing/me.html", {"form": form, "here": "me", "zones": sorted(zoneinfo.available_timezones())}
    )
