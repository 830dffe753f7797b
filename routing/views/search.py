"""Finding: the page with its filters, the searches that somebody keeps, and the people that the palette jumps to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from connectors.models import Connection
from inbox import asks, describing, sheets
from inbox.downstream import policy
from inbox.models import Conversation
from inbox.parameters import whole
from inbox.permissions import person, require
from inbox.services import networks, savedsearches
from inbox.services.conversations import Refused
from inbox.services.storable import storable
from inbox.views.back import back
from inbox.words import Unasked
from routing import controls, exporting, finding, selectors
from routing.desk import Desk, desk_of

ROWS = 25
PEOPLE = 6  # as many as the palette shows
# What an address of this page may say; anything else in it is not read.
KEYS = ("q", "kind", "network", "visibility", "status", "team", "assignee", "tag", "vip", "fields", "since", "until")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The page, or with ``?after=`` only the next hits. Its address says all there is to it."""
    desk = desk_of(request)
    if not desk.works:
        return render(request, "routing/no_desk.html", {"here": "search"})
    said = _said(request.GET)
    shown = {"here": "search", "said": said, "state": _address(said), **_found(request, said)}
    if "after" in request.GET and request.htmx:  # type: ignore[attr-defined]
        return _fresh(render(request, "routing/_hits.html", shown))
    shown.update(_options(request, desk, said), deleted=savedsearches.just_deleted(owner=person(request)))
    shown["may_export"] = policy().permits(request.user, "export_search")
    shown["saved"] = savedsearches.of(owner=person(request).pk).filter(query=shown["state"]).first()
    answer = render(request, "routing/search.html", shown)
    if request.htmx and not request.htmx.history_restore_request:  # type: ignore[attr-defined]
        answer["HX-Push-Url"] = f"{request.path}?{shown['state']}"
    return _fresh(answer)


def _said(given: QueryDict) -> dict[str, str]:
    """What the address says, without what it leaves empty.

    The form has a control for each field: ``field-ID``, and the end of a range as ``field-ID-until``.
    """
    values = {key: storable(given.get(key, "")).strip() for key in KEYS}
    values["fields"] = asks.joined(asks.split(values["fields"]) | controls.read(given)) or values["fields"]
    return {key: value for key, value in values.items() if value and (key, value) != ("kind", "messages")}


def _address(said: dict[str, str]) -> str:
    address = QueryDict(mutable=True)
    address.update(said)
    return address.urlencode()


def _found(request: HttpRequest, said: dict[str, str]) -> dict[str, Any]:
    """The hits, or the one sentence that says why there are none."""
    if not set(said) - {"kind"}:
        return {"idle": True}
    query = finding.SearchQuery(data=said)
    if not query.is_valid():
        return {"wrong": _sentence(query.errors)}
    try:
        after = whole(request.GET.get("after"))
        hits, following = finding.page(person(request), query.validated_data, after=after, limit=ROWS)
    except Unasked as error:
        return {"wrong": str(error)}
    return {"hits": hits, "more": following}


@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """All that a search finds, as CSV, for leads."""
    require(request.user, "export_search")
    said = _said(request.GET)
    query = finding.SearchQuery(data=said)
    understood = query.is_valid()
    if not understood or not set(said) - {"kind"}:
        return redirect(f"{reverse('search')}?{_address(said)}")  # which says what is wrong, or asks for words
    zone = timezone.get_current_timezone()
    return sheets.streamed(exporting.lines(person(request), query.validated_data, zone), name="search", zone=zone)


def _sentence(errors: Any) -> str:
    """The first of them, with its filter's name where it is not about the words."""
    name, told = next(iter(errors.items()))
    return (
        str(told[0])
        if name == "q"
        else gettext("The filter “%(name)s” says something that is no choice. %(told)s")
        % {"name": name, "told": told[0]}
    )


def _options(request: HttpRequest, desk: Desk, said: dict[str, str]) -> dict[str, Any]:
    """What the form offers. Three statements."""
    teams = desk.teams
    used = Connection.objects.order_by("network").values_list("network", flat=True).distinct()
    people = [one.user for one in selectors.people_of([team.pk for team in teams]) if one.user_id != request.user.pk]
    return {
        "networks": [(key, networks.shown(key).label) for key in used],
        "teams": [(str(team.pk), team.name) for team in teams],
        "people": [(str(user.pk), user.get_full_name() or user.get_username()) for user in people],
        "statuses": Conversation.Status.choices,
        **_described(said),
    }


def _described(said: dict[str, str]) -> dict[str, Any]:
    """Tags, lists and fields, each with what is chosen of it. One statement."""
    known = describing.vocabulary()
    lists = [(str(row["id"]), row["name"]) for row in known.lists if not row["archived"]]
    return {
        "tags": [(str(row["id"]), row["name"] + " (archived)" * row["archived"]) for row in known.tags],
        "vips": [("any", gettext("Any list")), *lists] if lists else [],
        "fields": controls.shown(known.fields, asks.split(said.get("fields", ""))),
    }


def _fresh(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["HX-Request", "Cookie"])
    return response


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Whose name or handle begins like this, with their newest conversation each: for the palette."""
    query = finding.SearchQuery(data={"q": storable(request.GET.get("q", "")).strip(), "kind": "people"})
    if not query.is_valid() or not query.validated_data.get("q"):
        return JsonResponse({"people": []})
    try:
        hits, _ = finding.page(person(request), query.validated_data, after=None, limit=PEOPLE)
    except Unasked:
        hits = []  # the palette goes on with what it knows; the page says it
    found = [
        {
            "name": hit.text,
            "network": networks.shown(hit.conversation.connection.network).label,
            "audience": "public" if hit.visibility == "public" else "private",
            "url": hit.address,
        }
        for hit in hits
    ]
    return JsonResponse({"people": found})


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the search of an address under a name."""
    query = _address(_said(QueryDict(request.POST.get("query", ""))))
    fallback = f"{reverse('search')}?{query}"
    try:
        row = savedsearches.save(owner=person(request), name=request.POST.get("name", ""), query=query)
        messages.success(request, gettext("Saved. “%(name)s” stands under your queues.") % {"name": row.name})
    except Refused as error:
        messages.error(request, str(error))
    return back(request, fallback)


@require_POST
def act(request: HttpRequest, saved_id: int, action: str) -> HttpResponse:
    """Rename a saved search, delete it, or bring it back."""
    if action not in ("rename", "delete", "restore"):
        raise Http404
    owner = person(request)
    try:
        if action == "rename":
            row = savedsearches.rename(owner=owner, saved_id=saved_id, name=request.POST.get("name", ""))
            messages.success(request, gettext("It is called “%(name)s” now.") % {"name": row.name})
        elif action == "delete":
            savedsearches.delete(owner=owner, saved_id=saved_id)
        else:
            row = savedsearches.restore(owner=owner, saved_id=saved_id)
            messages.success(request, gettext("“%(name)s” is back.") % {"name": row.name})
    except Refused as error:
        messages.error(request, str(error))
    return back(request, reverse("search"))
