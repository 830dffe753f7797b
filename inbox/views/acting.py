"""What is done to a post or a person besides answering, and corrections of what we said."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from connectors.errors import ConnectorError
from connectors.types import Act
from inbox.parameters import whole
from inbox.permissions import conversation_for, person
from inbox.services import acting
from inbox.services.conversations import Refused
from inbox.views.back import back
from inbox.views.kept import keep

MENDING = "mending"  # the correction that was refused


def _may(request: HttpRequest, conversation_id: int) -> None:
    """Whoever moderates somewhere may also speak there."""
    for action in ("moderate", "reply_publicly"):
        conversation_for(request.user, conversation_id, action)


@require_POST
def act(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """One act on a post of the conversation, or on its person."""
    _may(request, conversation_id)
    kind = request.POST.get("kind", "")
    try:
        if kind == Act.BLOCK and request.POST.get("confirmed") != "yes":
            raise Refused(gettext("Nobody was blocked: confirm it first."))
        acting.act(
            author=person(request), conversation_id=conversation_id, kind=kind,
            message_id=whole(request.POST.get("message")), client_key=f"{request.POST.get('key', '')[:50]}:{kind}"[:64],
        )  # fmt: skip
    except (Refused, ConnectorError) as error:
        messages.error(request, str(error))
    return back(request)


@require_POST
def correct(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """Delete a reply of ours and say it anew. What is refused keeps its text."""
    _may(request, conversation_id)
    message_id, text = whole(request.POST.get("message")) or 0, request.POST.get("text", "")
    try:
        acting.correct(
            author=person(request), conversation_id=conversation_id, message_id=message_id, text=text,
            client_key=request.POST.get("key", "")[:56],
        )  # fmt: skip
    except (Refused, ConnectorError) as error:
        keep(request, MENDING, conversation_id, {"message": message_id, "text": text, "sentence": str(error)})
    return back(request)
