"""Who has a conversation, who is there, and a person's own settings."""

from __future__ import annotations

import zoneinfo
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inbox.downstream import policy
from inbox.parameters import whole
from inbox.permissions import conversation_for, person
from inbox.services.conversations import Refused
from inbox.views.back import back
from routing import selectors
from routing.desk import desk_of
from routing.forms import OwnPasswordForm, SettingsForm
from routing.models import AgentProfile
from routing.services import handing, passwords, presence
from routing.views.settings import attempt


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """GET: to whom it can go. POST: give it to a team, a person or oneself."""
    conversation = conversation_for(request.user, conversation_id, "assign")
    if request.method != "POST":
        teams = selectors.all_teams(with_topics=True)
        current = selectors.assignment_of(conversation_id)
        colleagues = selectors.people_of([team.pk for team in teams])
        shown = {
            "conversation": conversation,
            "teams": teams,
            "people": [one for one in colleagues if one.user_id != request.user.pk],
            "mine": bool(current and current.agent_id == request.user.pk),
            "lead": policy().permits(request.user, "assign_anyone"),
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
            seen_agent_id=whole(request.POST.get("seen_agent")),
            line=request.POST.get("line", ""),
        )
        messages.info(request, told)
    except Refused as error:
        messages.error(request, str(error))
    return _onward(request, conversation_id)


def _onward(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Back to the conversation, or to the inbox where it is no longer theirs to see."""
    if policy().allowed(request.user, "view", [conversation_id]):
        return back(request)
    response = HttpResponseRedirect(reverse("inbox"))
    response.status_code = 303
    return response


@require_POST
def accept(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Take care of what one was handed."""
    conversation_for(request.user, conversation_id, "assign")
    return attempt(request, lambda: handing.accept(conversation_id=conversation_id, actor=person(request)), "/inbox/")


@require_POST
def give_back(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Back to where it came from, with a line that says why."""
    conversation_for(request.user, conversation_id, "assign")
    line = request.POST.get("line", "")
    try:
        told = handing.give_back(conversation_id=conversation_id, actor=person(request), line=line)
        messages.info(request, told)
    except Refused as error:
        messages.error(request, str(error))
    return _onward(request, conversation_id)


@require_safe
def here(request: HttpRequest) -> HttpResponse:
    """A visible page says that somebody sits before it; the middleware writes it down."""
    return HttpResponse(status=204)


@require_safe
def away(request: HttpRequest) -> HttpResponse:
    """Going away with work in hand: keep it or give it back."""
    profile = desk_of(request).profile
    if profile is None:
        raise PermissionDenied(gettext("You have no desk here yet."))
    minutes = [team.returns_after for team in desk_of(request).teams if team.returns_after is not None]
    target = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    shown = {
        "here": "me",
        "profile": profile,
        "next": target if safe else "/inbox/",
        "minutes": min(minutes, default=None),
    }
    return render(request, "routing/away.html", shown)


@require_POST
def availability(request: HttpRequest) -> HttpResponse:
    profile = desk_of(request).profile
    if profile is None:
        raise PermissionDenied(gettext("You have no desk here yet."))
    try:
        chosen, work = request.POST.get("availability", ""), request.POST.get("work", "")
        if chosen == AgentProfile.Availability.AWAY and profile.in_hand and work not in ("keep", "give_back"):
            return redirect(f"{reverse('away')}?{urlencode({'next': request.POST.get('next', '/inbox/')})}")
        presence.set_availability(
            user=person(request), availability=chosen, actor=person(request), give_back=work == "give_back"
        )
    except Refused as error:
        messages.error(request, str(error))
    return back(request)


@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """Theme, single keys and time zone."""
    profile = desk_of(request).profile
    if profile is None:
        raise PermissionDenied(gettext("You have no desk here yet."))
    form = SettingsForm(request.POST or None, instance=profile)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.info(request, gettext("Saved."))
        return redirect("me")
    return _me(request, form, OwnPasswordForm(request, person(request)))


@sensitive_post_parameters()
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """One's own new password. This session goes on; all others end."""
    profile = desk_of(request).profile
    if profile is None:
        raise PermissionDenied(gettext("You have no desk here yet."))
    user = person(request)
    form = OwnPasswordForm(request, user, request.POST)
    if not form.is_valid():
        return _me(request, SettingsForm(instance=profile), form, status=400)
    passwords.change(user=user, password=form.cleaned_data["new_password1"])
    update_session_auth_hash(request, user)
    messages.info(request, gettext("Your password is changed. Wherever else you were signed in, that has ended."))
    return redirect("me")


def _me(request: HttpRequest, form: SettingsForm, secret: OwnPasswordForm, status: int = 200) -> HttpResponse:
    zones = sorted(zoneinfo.available_timezones())
    shown = {"form": form, "secret": secret, "here": "me", "zones": zones}
    return render(request, "routing/me.html", shown, status=status)
