"""Stop all sending, of one brand or of everything, and begin again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from inbox.downstream import policy
from inbox.permissions import person, require
from inbox.services import pauses
from inbox.services.conversations import Refused
from inbox.views.back import back


def around(request: HttpRequest) -> dict[str, Any]:
    """What inbox/_pause.html needs."""
    may = policy().permits(request.user, "pause_sending")
    paused = {one.brand for one in pauses.running()}
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
        messages.warning(request, gettext("It was resumed already."))
    return back(request, "/connections/")
