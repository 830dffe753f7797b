"""The desk's tags: how they are called, their colours, merging and deleting them."""

from __future__ import annotations

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from inbox.models import Tag
from inbox.parameters import whole
from inbox.permissions import person, require
from inbox.services import tags
from routing.services import changes
from routing.views.settings import attempt


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Every tag with how many conversations have it; POST makes one."""
    require(request.user, "manage_tags")
    if request.method == "POST":
        return attempt(request, lambda: _made(request), reverse("settings_tags"))
    shown = {
        "tags": Tag.objects.annotate(number=Count("uses")).order_by("name"),
        "colours": Tag.Colour.choices,
        "history": changes.history("tag"),
        "here": "settings",
        "part": "tags",
    }
    return render(request, "routing/settings/tags.html", shown)


@require_POST
def act(request: HttpRequest, tag_id: int, action: str) -> HttpResponse:
    """One of ACTIONS on one tag."""
    require(request.user, "manage_tags")
    if action not in ACTIONS:
        raise Http404
    return attempt(request, lambda: ACTIONS[action](request, tag_id), reverse("settings_tags"))


def _made(request: HttpRequest) -> str:
    tag = tags.create(name=request.POST.get("name", ""), colour=_colour(request), actor=person(request))
    return f"“{tag.name}” is made."


def _change(request: HttpRequest, tag_id: int) -> str:
    tags.change(tag_id=tag_id, name=request.POST.get("name", ""), colour=_colour(request), actor=person(request))
    return "Saved. It shows on every conversation that has it."


def _merge(request: HttpRequest, tag_id: int) -> str:
    into = tags.merge(tag_id=tag_id, into_id=whole(request.POST.get("into")) or tag_id, actor=person(request))
    return f"Merged. Every conversation that had it has “{into.name}” now."


def _delete(request: HttpRequest, tag_id: int) -> str:
    tags.delete(tag_id=tag_id, actor=person(request))
    return "Deleted, and taken off every conversation."


def _colour(request: HttpRequest) -> str:
    return request.POST.get("colour", "")


ACTIONS = {"change": _change, "merge": _merge, "delete": _delete}
