"""What the guard is told: customers' records from a file, and what the company says of itself in public."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, gettext_noop
from django.views.decorators.http import require_http_methods

from inbox.models import PublicFact
from inbox.parameters import whole
from inbox.permissions import person, require
from inbox.services import publicfacts, recordfiles
from inbox.services.conversations import Refused
from routing.services import changes
from routing.views.settings import attempt

MEANINGS = {
    "secret": gettext_lazy("Secret: never in public"),
    "soft": gettext_lazy("Soft: only warned about"),
    "open": gettext_lazy("Open: may be said"),
    recordfiles.IGNORED: gettext_lazy("Ignored: not kept"),
}
KEYS = {
    "network": gettext_lazy("Which network"),
    "handle": gettext_lazy("Whose record"),
    "external_id": gettext_lazy("Whose record"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def records(request: HttpRequest) -> HttpResponse:
    """Where a file is uploaded; what its columns mean is asked on the next page."""
    require(request.user, "manage_records")
    refused = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise Refused(gettext("Choose a CSV file first."))
            if (file.size or 0) > recordfiles.LARGEST:
                raise Refused(
                    gettext("The file is larger than %(largest)s MB. Split it.")
                    % {"largest": recordfiles.LARGEST // 2**20}
                )
            upload = recordfiles.keep(data=file.read(), name=file.name or "", by=person(request))
            return redirect("settings_records_file", upload.pk)
        except Refused as error:
            refused = str(error)
    shown = {"refused": refused, "history": changes.history("records")}
    return _page(request, "records", shown, 400 if refused else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def records_file(request: HttpRequest, upload_id: int) -> HttpResponse:
    """What each column of an uploaded file is taken for. POST: save its rows, and tell which were refused."""
    require(request.user, "manage_records")
    by = person(request)
    try:
        upload, data = recordfiles.kept(upload_id=upload_id, by=by)
        columns = recordfiles.columns(data)
    except Refused as error:
        messages.error(request, str(error))
        return redirect("settings_records")
    if request.method != "POST":
        shown = {"upload": upload, "columns": columns, "meanings": MEANINGS.items(), "keys": KEYS}
        return _page(request, "records_file", shown)
    recordfiles.drop(upload_id=upload_id, by=by)
    if request.POST.get("cancel") == "1":
        messages.info(request, gettext("The file was removed; nothing was saved."))
        return redirect("settings_records")
    sent = {column.number: request.POST.get(f"column-{column.number}", "") for column in columns}
    meanings = {number: meaning for number, meaning in sent.items() if meaning in MEANINGS}
    outcome = recordfiles.load(data=data, meanings=meanings, by=by)
    with transaction.atomic():
        changes.tell("records", 0, by, did=f"a file: {outcome.saved} records saved, {outcome.refused} rows refused")
    return _page(request, "records_done", {"outcome": outcome, "upload": upload})


@require_http_methods(["GET", "HEAD", "POST"])
def public(request: HttpRequest) -> HttpResponse:
    """The company's own numbers and addresses. POST: add one, or take one out."""
    require(request.user, "manage_records")
    if request.method == "POST":
        return attempt(request, lambda: _change(request), reverse("settings_public"))
    return _page(request, "public", {"facts": PublicFact.objects.all(), "history": changes.history("public")})


def _change(request: HttpRequest) -> str:
    by = person(request)
    with transaction.atomic():
        if remove := whole(request.POST.get("remove")):
            gone = publicfacts.remove(fact_id=remove)
            if gone is None:
                return gettext("It was gone already.")
            changes.tell("public", remove, by, did=gettext_noop("no longer passes"), name=gone.value)
            return gettext("“%(value)s” is held again from now on.") % {"value": gone.value}
        fact = publicfacts.add(value=request.POST.get("value", ""), note=request.POST.get("note", ""))
        changes.tell("public", fact.pk, by, did="passes", name=fact.value)
    return gettext("“%(value)s” passes from now on.") % {"value": fact.value}


def _page(request: HttpRequest, name: str, shown: Mapping[str, object], status: int = 200) -> HttpResponse:
    about = {**shown, "here": "settings", "part": name.partition("_")[0]}
    return render(request, f"routing/settings/{name}.html", about, status=status)
