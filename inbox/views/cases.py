"""Putting cases right: one split in two, two joined to one, and both taken back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from inbox.downstream import downstream, policy
from inbox.permissions import case_move_for, conversation_for, message_for, person
from inbox.services import cases
from inbox.services.conversations import Refused

SHOWN = 50  # messages of a preview
ACTION = "resolve"


@require_http_methods(["GET", "HEAD", "POST"])
def split(request: HttpRequest, message_id: int) -> HttpResponse:
    """What would become a conversation of its own; POST makes it one."""
    message = message_for(request.user, message_id)
    conversation = conversation_for(request.user, message.conversation_id or 0, ACTION)
    if request.method != "POST":
        rows = list(cases.from_here(message).select_related("author", "agent")[: SHOWN + 1])
        shown = {"kind": "split", "conversation": conversation, "moving": rows[:SHOWN], "more": len(rows) > SHOWN}
        return render(request, "inbox/case.html", {**shown, "address": downstream().address(conversation.pk)})
    try:
        done = cases.split(message_id=message.pk, actor=person(request))
    except Refused as error:
        messages.error(request, str(error))
        return _to(conversation.pk)
    messages.info(request, gettext("Split off, and routed like a new one. The line in the timeline takes it back."))
    seen = done.target_id in policy().actions(request.user, [done.target_id])  # it may go to another team
    return _to(done.target_id if seen else conversation.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, conversation_id: int, other_id: int) -> HttpResponse:
    """What would go where; POST joins the first to the other."""
    source = conversation_for(request.user, conversation_id, ACTION)
    target = conversation_for(request.user, other_id, ACTION)
    if request.method != "POST":
        rows = list(source.messages.select_related("author", "agent").order_by("published_at", "pk")[: SHOWN + 1])
        shown = {"kind": "join", "conversation": source, "target": target, "moving": rows[:SHOWN]}
        shown |= {"more": len(rows) > SHOWN, "address": downstream().address(source.pk)}
        return render(request, "inbox/case.html", shown)
    try:
        cases.join(source_id=source.pk, target_id=target.pk, actor=person(request))
    except Refused as error:
        messages.error(request, str(error))
        return _to(source.pk)
    messages.info(request, gettext("Joined. The line in the history takes it back."))
    return _to(target.pk)


@require_POST
def undo(request: HttpRequest, move_id: int) -> HttpResponse:
    """As it was before. Whoever may sort both conversations may take it back."""
    done = case_move_for(request.user, move_id, ACTION)
    try:
        cases.undo(move_id=done.pk, actor=person(request))
        messages.info(request, gettext("Taken back."))
    except Refused as error:
        messages.error(request, str(error))
    return _to(done.source_id)


def _to(conversation_id: int) -> HttpResponse:
    """303, so that the browser reads the page with GET."""
    return HttpResponseRedirect(downstream().address(conversation_id), status=303)
