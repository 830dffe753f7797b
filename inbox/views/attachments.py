"""The pictures in an agent's composer. Every answer is the tray as it stands now, or one sentence why not."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from inbox.models import Conversation
from inbox.permissions import conversation_for, own_attachment_for, person
from inbox.services import attachments
from inbox.services.conversations import Refused


@require_http_methods(["GET", "POST"])
def of_reply(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """GET: the tray. POST: one picture more, as the file ``picture``."""
    conversation = conversation_for(request.user, conversation_id, "note")
    if request.method == "GET":
        return _tray(request, conversation)
    sent = request.FILES.get("picture")
    if sent is None:
        return _refused(gettext("Choose a picture."))
    try:
        attachments.add(author=person(request), conversation=conversation, data=sent.read(), name=str(sent.name or ""))
    except Refused as error:
        return _refused(str(error))
    return _tray(request, conversation, status=201)


@require_http_methods(["PATCH", "DELETE"])
def one(request: HttpRequest, attachment_id: int) -> HttpResponse:
    """PATCH: its alternative text, as the form field ``alt``. DELETE: take it out."""
    attachment = own_attachment_for(request.user, attachment_id)
    try:
        if request.method == "DELETE":
            attachments.remove(attachment=attachment)
        else:
            attachments.describe(attachment=attachment, alt=QueryDict(request.body).get("alt") or "")
    except Refused as error:
        return _refused(str(error))
    return _tray(request, attachment.conversation)


def _tray(request: HttpRequest, conversation: Conversation, status: int = 200) -> HttpResponse:
    waiting = attachments.waiting(author=person(request), conversation_id=conversation.pk)
    context = {"conversation": conversation, "attachments": waiting, "attaching": attachments.offer(conversation)}
    return render(request, "inbox/_attachments.html", context, status=status)


def _refused(sentence: str) -> JsonResponse:
    return JsonResponse({"error": sentence}, status=400)
