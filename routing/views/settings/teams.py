"""Teams, their members and topics."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from inbox.downstream import policy
from inbox.parameters import whole
from inbox.permissions import person, require
from inbox.services.conversations import Refused
from routing import setup
from routing.forms import TeamForm
from routing.models import Team, Topic
from routing.services import changes, teams
from routing.services.roles import led_teams
from routing.views.settings import attempt


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Every team with what is wrong with it. POST: a new one."""
    require(request.user, "see_settings")
    refused, name = "", ""
    if request.method == "POST":
        name = request.POST.get("name", "")
        try:
            team = teams.add_team(name=name, kind=request.POST.get("kind", ""), actor=person(request))
            return redirect("settings_team", team.pk)
        except Refused as error:
            refused = str(error)
    shown = {
        "teams": setup.staffed_teams(),
        "led": led_teams(request.user),
        "topics": Topic.objects.all(),
        "kinds": Team.Kind.choices,
        "history": changes.history("team"),
        "of_topics": changes.history("topic", limit=5),
        "refused": refused,
        "name": name,
    }
    return _page(request, "teams", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest, team_id: int) -> HttpResponse:
    """One team: what it is and who works there."""
    require(request.user, "see_settings")
    row = next((one for one in setup.staffed_teams() if one.team.pk == team_id), None)
    if row is None:
        raise Http404(gettext("There is no such team."))
    form, refused = TeamForm(initial=_initial(row.team)), ""
    if request.method == "POST":
        kept = {"name": row.team.name, "kind": row.team.kind} if not _all(request) else {}
        form = TeamForm({**request.POST.dict(), "topics": request.POST.getlist("topics"), **kept})
        if form.is_valid():
            try:
                _save(request, team_id, form)
                return redirect("settings_team", team_id)
            except Refused as error:
                refused = str(error)
    members = {member.user_id for member in row.members}
    shown = {
        "row": row,
        "team": row.team,
        "form": form,
        "refused": refused,
        "may": team_id in led_teams(request.user),
        "all": _all(request),
        "candidates": [one for one in setup.working_people() if one.user_id not in members],
        "history": changes.history("team", team_id),
    }
    return _page(request, "team", shown, status=400 if refused or form.errors else 200)


@require_POST
def members(request: HttpRequest, team_id: int) -> HttpResponse:
    """Add or remove somebody."""
    require(request.user, "see_settings")
    add, remove = whole(request.POST.get("add")), whole(request.POST.get("remove"))

    def work() -> str:
        if remove is not None:
            return teams.remove_member(team_id=team_id, user_id=remove, actor=person(request))
        return teams.add_member(team_id=team_id, user_id=add, actor=person(request))

    return attempt(request, work, reverse("settings_team", args=[team_id]))


@require_POST
def topics(request: HttpRequest) -> HttpResponse:
    """Add or remove something that people can know about, or say whether answers about it need approval."""
    require(request.user, "see_settings")
    remove, switched = request.POST.get("remove"), request.POST.get("approval")

    def work() -> None:
        if switched is not None:
            needed = request.POST.get("needed") == "yes"
            teams.set_approval(topic_id=whole(switched), needed=needed, actor=person(request))
        elif remove is not None:
            teams.remove_topic(topic_id=whole(remove), actor=person(request))
        else:
            teams.add_topic(name=request.POST.get("name", ""), actor=person(request))

    return attempt(request, work, reverse("settings_teams") + "#topics")


def _save(request: HttpRequest, team_id: int, form: TeamForm) -> None:
    values = form.cleaned_data
    teams.change_team(
        team_id=team_id,
        actor=person(request),
        name=values["name"],
        kind=values["kind"],
        topic_ids=[topic.pk for topic in values["topics"]],
        returns_after=values["returns_after"],
    )


def _initial(team: Team) -> dict[str, Any]:
    topics = [topic.pk for topic in team.topics.all()]
    return {"name": team.name, "kind": team.kind, "returns_after": team.returns_after, "topics": topics}


def _all(request: HttpRequest) -> bool:
    return policy().permits(request.user, "manage_desk")


def _page(request: HttpRequest, name: str, shown: dict[str, Any], status: int = 200) -> HttpResponse:
    more = {"here": "settings", "part": "teams", "admin": _all(request)}
    return render(request, f"routing/settings/{name}.html", {**shown, **more}, status=status)
