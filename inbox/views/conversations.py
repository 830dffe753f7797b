"""What an agent does with a conversation besides answering it: resolve, reopen, snooze."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from inbox.parameters import snooze_end
from inbox.permissions import conversation_for, person
from inbox.services import conversations
from inbox.views.back import back


@require_POST
def resolve(request: HttpRequest, conversation_id: int) -> HttpResponse:
    conversation_for(request.user, conversation_id, "resolve")
    try:
        conversations.resolve(
            conversation_id=conversation_id,
            actor=person(request),
            resolution=request.POST.get("resolution", "answered"),
        )
    except conversations.Refused as error:
        messages.error(request, str(error))
    return back(request)


@require_POST
def reopen(request: HttpRequest, conversation_id: int) -> HttpResponse:
    conversation_for(request.user, conversation_id, "resolve")
    reason = request.POST.get("reason", "").strip()[:200]
    conversations.reopen(conversation_id=conversation_id, actor=person(request), reason=reason or gettext("By hand."))
    return back(request)


@require_POST
def snooze(request: HttpRequest, conversation_id: int) -> HttpResponse:
    conversation_for(request.user, conversation_id, "resolve")
    try:
        until = snooze_end(request.POST.get("for", ""), request.POST.get("until", ""))
        if until is None:
            raise conversations.Refused(gettext("Choose until when."))
        conversations.snooze(conversation_id=conversation_id, actor=person(request), until=until)
    except conversations.Refused as error:
        messages.error(request, str(error))
    return back(request)
