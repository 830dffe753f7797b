"""Stop all sending, of one brand or of everything, and begin again. What is paused is read once a request."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from connectors.models import Connection
from inbox.downstream import policy
from inbox.models import SendingPause
from inbox.permissions import person, require
from inbox.services import pauses
from inbox.services.conversations import Refused
from inbox.views.back import back


def running(request: HttpRequest) -> list[SendingPause]:
    """The pauses that run, for the band on every page and whatever else the page says of them."""
    holder: Any = request
    if not hasattr(holder, "pauses"):
        holder.pauses = pauses.running()
    found: list[SendingPause] = holder.pauses
    return found


def keeps(request: HttpRequest, connection: Connection) -> str:
    """What whoever writes from this account must know; "" where nothing is paused there."""
    mine = next((one for one in running(request) if one.brand in ("", connection.brand)), None)
    if mine is None:
        return ""
    what = f"for {mine.brand}" if mine.brand else "for everything"
    return f"Sending is paused {what}. Replies are taken as ever: they wait here and leave once it is resumed."


def around(request: HttpRequest) -> dict[str, Any]:
    """What inbox/_pause.html needs."""
    may = policy().permits(request.user, "pause_sending")
    paused = {one.brand for one in running(request)}
    brands = [brand for brand in pauses.brands() if brand not in paused] if may else []
    return {"may_pause": may, "pausable": brands, "all_paused": "" in paused}


@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    require(request.user, "pause_sending")
    brand = request.POST.get("brand", "")
    try:
        pauses.pause(brand=brand, actor=person(request), reason=request.POST.get("reason", ""))
    except Refused as error:
        messages.error(request, str(error))
    return back(request, "/connections/")


@require_POST
def resume(request: HttpRequest, pause_id: int) -> HttpResponse:
    require(request.user, "pause_sending")
    if not pauses.resume(pause_id=pause_id, actor=person(request)):
        messages.warning(request, "It was resumed already.")
    return back(request, "/connections/")
