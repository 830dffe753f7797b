"""What people may do, how much they take and what they know about."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inbox.downstream import policy
from inbox.permissions import person, require
from inbox.services.conversations import Refused
from routing import setup
from routing.forms import NewPersonForm, PersonForm
from routing.models import AgentProfile
from routing.services import changes, passwords, people
from routing.services.roles import led_teams
from routing.setup import Colleague

_HERE = {"here": "settings", "part": "people"}


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Everybody, with role, load, teams and topics."""
    require(request.user, "see_settings")
    led, admin = led_teams(request.user), policy().permits(request.user, "manage_desk")
    everybody = setup.colleagues()
    shown = {
        "people": [(one, admin or bool(led & set(one.team_ids))) for one in everybody],
        "history": changes.history("person"),
        "admin": admin,
        **_HERE,
    }
    return render(request, "routing/settings/people.html", shown)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new person. Their link is shown in the answer itself: kept for a next page, it would lie in the session."""
    require(request.user, "manage_desk")
    form, refused = NewPersonForm(initial={"role": AgentProfile.Role.AGENT, "capacity": 8}), ""
    if request.method == "POST":
        form = NewPersonForm(request.POST)
        if form.is_valid():
            try:
                user, token = people.add(newcomer=_newcomer(form), actor=person(request))
                return _link(request, user, token)
            except Refused as error:
                refused = str(error)
    shown = {"form": form, "refused": refused, "roles": AgentProfile.Role.choices, **_HERE}
    return render(request, "routing/settings/person_add.html", shown, status=400 if refused or form.errors else 200)


@never_cache
@require_POST
def link(request: HttpRequest, user_id: int) -> HttpResponse:
    """A new link for somebody known, shown once."""
    require(request.user, "manage_desk")
    try:
        user, token = passwords.renew(user_id=user_id, actor=person(request))
    except Refused as error:
        messages.error(request, str(error))
        return redirect("settings_people")
    return _link(request, user, token)


def _link(request: HttpRequest, user: User, token: str) -> HttpResponse:
    address = request.build_absolute_uri(reverse("welcome", args=[token]))
    shown = {"somebody": user, "address": address, "hours": passwords.HOURS, **_HERE}
    return render(request, "routing/settings/link.html", shown)


def _newcomer(form: NewPersonForm) -> people.Newcomer:
    values = form.cleaned_data
    return people.Newcomer(
        username=values["username"],
        first_name=values["first_name"],
        last_name=values["last_name"],
        role=values["role"],
        capacity=values["capacity"],
        team_ids=[team.pk for team in values["teams"]],
    )


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, user_id: int) -> HttpResponse:
    """One person."""
    require(request.user, "see_settings")
    admin = policy().permits(request.user, "manage_desk")
    colleague = next(iter(setup.colleagues(user_id=user_id)), None)
    if colleague is None or not (admin or led_teams(request.user) & set(colleague.team_ids)):
        raise Http404(gettext("There is nobody here whom you look after."))
    now = _initial(colleague)
    form, refused = PersonForm(initial=now), ""
    if request.method == "POST":
        sent: dict[str, Any] = {**request.POST.dict(), "topics": request.POST.getlist("topics")}
        if not admin:
            sent |= {"role": now["role"], "active": now["active"]}
        form = PersonForm(sent)
        if form.is_valid():
            try:
                messages.info(request, people.change(user_id=user_id, wanted=_wanted(form), actor=person(request)))
                return redirect("settings_person", user_id)
            except Refused as error:
                refused = str(error)
    shown = {
        "colleague": colleague,
        "form": form,
        "refused": refused,
        "admin": admin,
        "roles": AgentProfile.Role.choices,
        "history": changes.history("person", user_id),
        **_HERE,
    }
    return render(request, "routing/settings/person.html", shown, status=400 if refused or form.errors else 200)


def _wanted(form: PersonForm) -> people.Wanted:
    values = form.cleaned_data
    return people.Wanted(
        role=values["role"],
        active=values["active"],
        capacity=values["capacity"],
        takes_conversations=values["takes_conversations"],
        topic_ids=[topic.pk for topic in values["topics"]],
        needs_approval=values["needs_approval"],
    )


def _initial(colleague: Colleague) -> dict[str, Any]:
    profile = colleague.profile
    return {
        "role": profile.role if profile else "",
        "active": colleague.user.is_active,
        "capacity": profile.capacity if profile else 8,
        "takes_conversations": profile.takes_conversations if profile else True,
        "needs_approval": bool(profile and profile.needs_approval),
        "topics": list(colleague.topic_ids),
    }
