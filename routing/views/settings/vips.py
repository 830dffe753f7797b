"""The lists of people who matter: making, renaming and archiving them. Who is on them is said on a person's page."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Count, F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from inbox.models import VipList
from inbox.permissions import person, require
from inbox.services import vips
from routing.services import changes
from routing.views.settings import attempt


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Every list with how many are on it; POST makes one."""
    require(request.user, "manage_tags")
    if request.method == "POST":
        return attempt(request, lambda: _made(request), reverse("settings_vips"))
    now = Count("entries", filter=Q(entries__ended_at=None))
    shown = {
        "lists": VipList.objects.annotate(number=now).order_by(F("archived_at").desc(nulls_first=True), "name"),
        "history": changes.history("vip list"), "here": "settings", "part": "vips",
    }  # fmt: skip
    return render(request, "routing/settings/vips.html", shown)


@require_POST
def act(request: HttpRequest, list_id: int, action: str) -> HttpResponse:
    """One of ACTIONS on one list."""
    require(request.user, "manage_tags")
    if action not in ACTIONS:
        raise Http404
    return attempt(request, lambda: ACTIONS[action](request, list_id), reverse("settings_vips"))


def _made(request: HttpRequest) -> str:
    made = vips.create(name=request.POST.get("name", ""), actor=person(request))
    return gettext("“%(name)s” is made. Put people on it on their page, behind Who is this?") % {"name": made.name}


def _rename(request: HttpRequest, list_id: int) -> str:
    done = vips.rename(list_id=list_id, name=request.POST.get("name", ""), actor=person(request))
    return gettext("It is called “%(name)s” now.") % {"name": done.name}


def _archive(request: HttpRequest, list_id: int) -> str:
    done = vips.archive(list_id=list_id, on=True, actor=person(request))
    return gettext("“%(name)s” is archived: it marks nobody until it is brought back.") % {"name": done.name}


def _restore(request: HttpRequest, list_id: int) -> str:
    done = vips.archive(list_id=list_id, on=False, actor=person(request))
    return gettext("“%(name)s” is back, with everybody who was on it.") % {"name": done.name}


ACTIONS: dict[str, Callable[[HttpRequest, int], str]] = {"rename": _rename, "archive": _archive, "restore": _restore}
