"""What an agent does with a conversation: reply, note, resolve, reopen, snooze."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from connectors.errors import ConnectorError
from inbox.parameters import whole
from inbox.permissions import conversation_for, person
from inbox.services import conversations, replies
from inbox.views.back import back
from inbox.views.pane import STASH

AUDIENCES = ("public", "direct", "note")


@require_POST
def compose(request: HttpRequest, conversation_id: int) -> HttpResponse:
    """A reply or a note. What cannot be sent keeps its text: the next page shows it with the reason."""
    audience = request.POST.get("audience", "")
    conversation_for(request.user, conversation_id, "note")  # whether they may reply, and where, replies.compose asks
    text = request.POST.get("text", "")
    kept: dict[str, Any] = {"conversation": conversation_id, "audience": audience, "text": text}
    try:
        _send(request, conversation_id, audience, text)
    except replies.Stopped as stopped:
        request.session[STASH] = {**kept, **_stopped(stopped)}
    except (conversations.Refused, ConnectorError) as error:
        request.session[STASH] = {**kept, "sentence": str(error)}
    return back(request)


def _stopped(stopped: replies.Stopped) -> dict[str, Any]:
    """Everything that stands in the way, as the session keeps it until the next page shows it."""
    why = stopped.reasons
    return {
        "sentence": str(stopped),
        "reasons": [sentence for sentence in (*why.plain, why.connection) if sentence],
        "news": why.news,
        "messages": [row.pk for row in why.messages] if why.news else [],
        "items": [row.pk for row in why.items] if why.news else [],
        "guard": list(dict.fromkeys(finding.why for finding in why.findings)),
        "collision": bool(why.news),
    }


def _send(request: HttpRequest, conversation_id: int, audience: str, text: str) -> None:
    if audience not in AUDIENCES:
        raise replies.Refused("Choose who will read this: publicly, privately or a note.")
    if audience == "note":
        conversations.add_note(conversation_id=conversation_id, author=person(request), text=text)
        return
    replies.compose(
        author=person(request),
        conversation_id=conversation_id,
        visibility=audience,
        text=text,
        client_key=request.POST.get("client_key", "")[:64],
        seen_message_id=whole(request.POST.get("seen")),
        seen_outbox_id=whole(request.POST.get("seen_outbox")),
    )


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
    conversations.reopen(conversation_id=conversation_id, actor=person(request), reason=reason or "By hand.")
    return back(request)


@require_POST
def snooze(request: HttpRequest, conversation_id: int) -> HttpResponse:
    conversation_for(request.user, conversation_id, "resolve")
    try:
        until = _snooze_end(request.POST.get("for", ""), request.POST.get("until", ""))
        conversations.snooze(conversation_id=conversation_id, actor=person(request), until=until)
    except conversations.Refused as error:
        messages.error(request, str(error))
    return back(request)


def _snooze_end(named: str, exact: str) -> datetime:
    """The moment a snooze ends, in the agent's own time zone."""
    now = timezone.localtime()
    if named in ("1", "3"):
        return now + timedelta(hours=int(named))
    if named in ("tomorrow", "monday"):
        days = 1 if named == "tomorrow" else 7 - now.weekday()
        return (now + timedelta(days=days)).replace(hour=9, minute=0, second=0, microsecond=0)
    try:
        moment = parse_datetime(exact)
    except ValueError:
        moment = None
    if moment is None:
        raise conversations.Refused("Choose until when.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
