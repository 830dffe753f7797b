"""Macros: the words that agents put in by typing "/"."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from inbox.models import Macro
from inbox.parameters import whole
from inbox.permissions import person, require
from inbox.services import macros
from inbox.services.conversations import Refused
from routing.views.settings import attempt


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """All of them. POST: ``delete`` one by its id, change the one of ``macro``, or add one."""
    require(request.user, "manage_macros")
    if request.method != "POST":
        return _page(request)
    if gone := whole(request.POST.get("delete")):
        macros.delete(macro_id=gone, actor=person(request))
        messages.info(request, gettext("Deleted. What was written with it stays; its history brings it back."))
        return redirect("settings_macros")
    typed = {name: request.POST.get(name, "") for name in ("name", "text")}
    macro_id = whole(request.POST.get("macro"))
    try:
        macros.save(macro_id=macro_id, **typed, actor=person(request))
    except Refused as error:
        there = Macro.objects.filter(pk=macro_id or 0).exists()  # one that was deleted is offered as a new one
        return _page(request, {**typed, "macro": macro_id if there else None, "why": str(error)})
    messages.info(request, gettext("Saved."))
    return redirect("settings_macros")


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, macro_id: int) -> HttpResponse:
    """How one macro was, with who changed it and when, also after it was deleted. POST: bring a version back."""
    require(request.user, "manage_macros")
    kept = macros.versions(macro_id)
    if not kept:
        raise Http404(gettext("There is no such macro."))
    if request.method == "POST":
        version_id = whole(request.POST.get("version")) or 0
        return attempt(
            request,
            lambda: (
                gettext("“%(name)s” is back.")
                % {"name": macros.restore(macro_id=macro_id, version_id=version_id, actor=person(request))}
            ),
            reverse("settings_macro", args=[macro_id]),
        )
    about = {
        "versions": kept, "macro": Macro.objects.filter(pk=macro_id).first(), "latest": kept[0],
        "here": "settings", "part": "macros",
    }  # fmt: skip
    return render(request, "routing/settings/macro.html", about)


def _page(request: HttpRequest, refused: dict[str, object] | None = None) -> HttpResponse:
    about = {
        "macros": Macro.objects.all(), "placeholders": macros.PLACEHOLDERS.items(), "refused": refused,
        "versions": macros.versions(limit=10), "here": "settings", "part": "macros",
    }  # fmt: skip
    return render(request, "routing/settings/macros.html", about, status=400 if refused else 200)
