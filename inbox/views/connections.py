"""Connections: their health for leads and admins, and what admins do with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from connectors.errors import ConnectorError
from connectors.models import Connection
from inbox import acts, selectors
from inbox import health as judged
from inbox.downstream import policy
from inbox.parameters import whole
from inbox.permissions import person, require
from inbox.services import accounts, connections, networks, pauses
from inbox.services.conversations import Refused
from inbox.views import pausing
from inbox.views.back import back


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Every connection as a card, those that need somebody first."""
    _may_look(request)
    outcomes = judged.outcomes()
    cards = [judged.card(row, outcomes.get(row.pk, {})) for row in selectors.connections()]
    cards.sort(key=lambda card: card.state != "bad")
    return render(
        request,
        "inbox/connections.html",
        {
            "cards": cards,
            "streams": sum(len(card.streams) for card in cards),
            "ill": sum(card.state == "bad" for card in cards),
            **_around(request),
        },
    )


@require_safe
def one(request: HttpRequest, connection_id: int) -> HttpResponse:
    """One connection: its health, what it needs, what an admin may do with it, and who did what."""
    _may_look(request)
    return _page(request, connection_id)


def _page(request: HttpRequest, connection_id: int, *, wrong: str = "", status: int = 200) -> HttpResponse:
    connection = selectors.connection_by_id(connection_id)
    if connection is None:
        raise Http404(gettext("There is no such connection."))
    shown = request.GET.get("show", "")
    shown = shown if shown in judged.OUTCOMES else ""
    return render(
        request,
        "inbox/connection.html",
        {
            "card": judged.card(connection, judged.outcomes(connection_id).get(connection_id, {})),
            "fields": [field for field in networks.fields_if_any(connection.network) if field.secret],
            "shown": shown,
            "shown_word": judged.OUTCOMES.get(shown, ""),
            "items": judged.items(connection_id, shown) if shown else [],
            "talks": selectors.conversations_on(connection_id),
            "history": judged.history(connection_id),
            "lacking": acts.lacking(connection),
            "brands": pauses.brands(),
            "wrong": wrong,
            "voice": request.POST.get("voice", connection.voice),  # what was refused is not lost
            **_around(request),
        },
        status=status,
    )


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The networks that an account can be added of."""
    require(request.user, "manage_connections")
    found, problems = networks.available()
    return render(request, "inbox/connection_add.html", {"networks": found, "problems": problems, **_around(request)})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, network: str) -> HttpResponse:
    """Add an account: what was entered is tried first, and only what works is stored."""
    require(request.user, "manage_connections")
    found, problems = networks.available()
    if network not in found:
        raise Http404(gettext("There is no such network here."))
    wrong = ""
    if request.method == "POST":
        try:
            made = accounts.add(
                network=network,
                name=request.POST.get("name", ""),
                config=accounts.config_from(network, request.POST.dict()),
                secrets=accounts.secrets_from(network, request.POST.dict()),
                actor=person(request),
            )
        except ConnectorError as error:
            wrong = str(error)
        else:
            messages.success(request, gettext("Connected as %(made)s.") % {"made": _who(made)})
            return _to(request, made.pk)
    return render(
        request,
        "inbox/connection_add.html",
        {
            "networks": found,
            "problems": problems,
            "chosen": network,
            "label": found[network].label,
            "secrets": [field for field in networks.fields(network) if field.secret],
            "settings": [(field, _again(request, field)) for field in networks.fields(network) if not field.secret],
            "name": request.POST.get("name", ""),
            "wrong": wrong,
            **_around(request),
        },
        status=400 if wrong and not request.headers.get("HX-Request") else 200,
    )


def _who(connection: Connection) -> str:
    return f"@{connection.handle}" if connection.handle else connection.name


def _again(request: HttpRequest, field: networks.Field) -> Any:
    """What the form shows in a field that is no secret."""
    if request.method != "POST":
        return field.default
    return field.name in request.POST if field.flag else request.POST.get(field.name, "")


@sensitive_post_parameters()
@require_POST
def act(request: HttpRequest, connection_id: int, action: str) -> HttpResponse:
    """What an admin does with one connection."""
    require(request.user, "manage_connections")
    if action not in ACTIONS:
        raise Http404
    connection = get_object_or_404(Connection.objects.exclude(state=Connection.State.REMOVED), pk=connection_id)
    try:
        answer = ACTIONS[action](request, connection)
    except (ConnectorError, Refused) as error:
        return _page(request, connection_id, wrong=str(error), status=200 if request.headers.get("HX-Request") else 400)
    return answer or _to(request, connection.pk)


def _pause(request: HttpRequest, connection: Connection) -> HttpResponse:
    return _switch(request, connections.pause(connection_id=connection.pk, actor=person(request)))


def _resume(request: HttpRequest, connection: Connection) -> HttpResponse:
    return _switch(request, connections.resume(connection_id=connection.pk, actor=person(request)))


def _switch(request: HttpRequest, done: bool) -> HttpResponse:
    if not done:
        messages.warning(request, gettext("Somebody was faster: its state has changed meanwhile."))
    return back(request, reverse("connections"))


def _check(request: HttpRequest, connection: Connection) -> None:
    wrong = accounts.check(connection_id=connection.pk, actor=person(request))
    if wrong:
        messages.warning(request, wrong)
    else:
        messages.success(request, gettext("The network knows us and answers."))


def _authorise(request: HttpRequest, connection: Connection) -> None:
    secrets = accounts.secrets_from(connection.network, request.POST.dict())
    accounts.authorise(connection_id=connection.pk, secrets=secrets, actor=person(request))
    messages.success(request, gettext("The new secrets work and are stored. The old ones are deleted."))


def _rename(request: HttpRequest, connection: Connection) -> None:
    accounts.rename(connection_id=connection.pk, name=request.POST.get("name", ""), actor=person(request))


def _voice(request: HttpRequest, connection: Connection) -> None:
    accounts.set_voice(connection_id=connection.pk, voice=request.POST.get("voice", ""), actor=person(request))


def _brand(request: HttpRequest, connection: Connection) -> None:
    accounts.set_brand(connection_id=connection.pk, brand=request.POST.get("brand", ""), actor=person(request))


def _remove(request: HttpRequest, connection: Connection) -> HttpResponse:
    confirmed = request.POST.get("confirm", "")
    stopped = accounts.remove(connection_id=connection.pk, confirmed=confirmed, actor=person(request))
    left = ngettext(
        "%(number)s waiting reply was taken back.", "%(number)s waiting replies were taken back.", stopped
    ) % {"number": stopped}
    said = gettext("%(name)s was removed and its secrets are deleted.") % {"name": connection.name}
    messages.success(request, f"{said} {left}" if stopped else said)
    return _to(request, None)


def _acknowledge(request: HttpRequest, connection: Connection) -> None:
    gap = whole(request.POST.get("gap")) or 0
    if not accounts.acknowledge_gap(gap_id=gap, connection_id=connection.pk, actor=person(request)):
        messages.warning(request, gettext("Somebody has looked at this gap already."))


ACTIONS: dict[str, Callable[[HttpRequest, Connection], HttpResponse | None]] = {
    "pause": _pause,
    "resume": _resume,
    "check": _check,
    "authorise": _authorise,
    "rename": _rename,
    "voice": _voice,
    "brand": _brand,
    "remove": _remove,
    "acknowledge": _acknowledge,
}


def _may_look(request: HttpRequest) -> None:
    if not policy().permits(request.user, "see_metrics"):
        require(request.user, "manage_connections")


def _around(request: HttpRequest) -> dict[str, Any]:
    return {
        "may_manage": policy().permits(request.user, "manage_connections"),
        "stopped": judged.stopped(request.user),
        **pausing.around(request),
        "now": timezone.now(),
        "here": "connections",
    }


def _to(request: HttpRequest, connection_id: int | None) -> HttpResponse:
    address = reverse("connection", args=[connection_id]) if connection_id else reverse("connections")
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(address)
    answer = redirect(address)
    answer.status_code = 303
    return answer
