"""The desk's tags: how they are called, their colours, merging and deleting them."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inbox.models import Tag
from inbox.parameters import whole
from inbox.permissions import person, require
from inbox.services import tagmerges, tags
from inbox.services.conversations import Refused
from routing.services import changes
from routing.views.settings import attempt


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Every tag with how many conversations have it; POST makes one."""
    require(request.user, "manage_tags")
    if request.method == "POST":
        return attempt(request, lambda: _made(request), reverse("settings_tags"))
    shown = {
        "tags": Tag.objects.annotate(number=Count("uses")).order_by(F("archived_at").desc(nulls_first=True), "name"),
        "colours": Tag.Colour.choices,
        "merges": tagmerges.undoable(),
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


@require_safe
def choose(request: HttpRequest, tag_id: int) -> HttpResponse:
    """From the form that names the other tag to the page that says what would change."""
    require(request.user, "manage_tags")
    return redirect("settings_tag_merge", tag_id, whole(request.GET.get("into")) or tag_id)


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, tag_id: int, into_id: int) -> HttpResponse:
    """What would change if the one tag were the other; POST does it."""
    require(request.user, "manage_tags")
    try:
        if request.method != "POST":
            shown = {"preview": tagmerges.preview(tag_id=tag_id, into_id=into_id), "here": "settings", "part": "tags"}
            return render(request, "routing/settings/tag_merge.html", shown)
        done = tagmerges.merge(tag_id=tag_id, into_id=into_id, actor=person(request))
        messages.info(
            request, gettext("Merged. What had “%(name)s” has the other one now. Undo it above.") % {"name": done.name}
        )
    except Refused as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("settings_tags"), status=303)


@require_POST
def undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    require(request.user, "manage_tags")
    return attempt(
        request,
        lambda: (
            gettext("“%(name)s” is a tag of its own again.")
            % {"name": tagmerges.undo(merge_id=merge_id, actor=person(request)).name}
        ),
        reverse("settings_tags"),
    )


def _made(request: HttpRequest) -> str:
    tag = tags.create(name=request.POST.get("name", ""), colour=_colour(request), actor=person(request))
    return gettext("“%(name)s” is made.") % {"name": tag.name}


def _change(request: HttpRequest, tag_id: int) -> str:
    tags.change(tag_id=tag_id, name=request.POST.get("name", ""), colour=_colour(request), actor=person(request))
    return gettext("Saved. It shows on every conversation that has it.")


def _archive(request: HttpRequest, tag_id: int) -> str:
    tag = tags.archive(tag_id=tag_id, on=True, actor=person(request))
    return gettext("“%(name)s” is archived: nobody puts it on any more, and it stays where it is.") % {"name": tag.name}


def _restore(request: HttpRequest, tag_id: int) -> str:
    return gettext("“%(name)s” is back.") % {"name": tags.archive(tag_id=tag_id, on=False, actor=person(request)).name}


def _delete(request: HttpRequest, tag_id: int) -> str:
    tags.delete(tag_id=tag_id, actor=person(request))
    return gettext("Deleted, and taken off every conversation.")


def _colour(request: HttpRequest) -> str:
    return request.POST.get("colour", "")


ACTIONS = {"change": _change, "archive": _archive, "restore": _restore, "delete": _delete}
