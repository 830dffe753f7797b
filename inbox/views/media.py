"""Customers' pictures and our own, as a page shows them: always from here, never from where they lie."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from inbox.models import Attachment, MediaCopy
from inbox.parameters import whole
from inbox.permissions import attachment_for, message_for
from inbox.services import media
from inbox.services.media import File

ENDINGS = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp",
    "video/mp4": "mp4", "application/pdf": "pdf",
}  # fmt: skip
LONGEST_WAIT = 6  # a card asks again after 0.5, 1, 2, 4, 8 and 16 seconds, and then says that it takes too long


@require_GET
def shown(request: HttpRequest, message_id: int, position: int, size: str = "full") -> HttpResponse:
    """A file of a message from our copy; "small" is a picture of at most 480 pixels."""
    file = _file(request, message_id, position)
    copy = file.copy
    if copy is None or copy.state != MediaCopy.State.KEPT:
        raise Http404(gettext("This file is not kept here. Open it in its conversation."))
    small = size == "small"
    name = f"{message_id}-{position}"
    if small and not copy.small_mime:
        raise Http404(gettext("This file is no picture."))
    data, mime = (copy.small, copy.small_mime) if small else (copy.data, copy.mime)
    return _answer(bytes(data or b""), mime, name, inline=bool(copy.width))


@require_GET
def card(request: HttpRequest, message_id: int, position: int) -> HttpResponse:
    """How the file stands in the timeline by now. The first look lets a worker fetch it."""
    file = _file(request, message_id, position)
    tries = min(whole(request.GET.get("tries")) or 0, LONGEST_WAIT)
    if file.fetched:
        media.want(file)
        file = _file(request, message_id, position)
    context: dict[str, Any] = {
        "file": file, "tries": tries + 1, "delay": 500 * 2**tries, "late": tries >= LONGEST_WAIT,
    }  # fmt: skip
    return render(request, "inbox/_file.html", context)


@require_GET
def attachment(request: HttpRequest, attachment_id: int, size: str = "full") -> HttpResponse:
    """A picture of ours, as it leaves or has left."""
    one: Attachment = attachment_for(request.user, attachment_id)
    data, mime = (one.small, one.small_mime) if size == "small" else (one.data, one.mime)
    return _answer(bytes(data), mime, f"picture-{one.pk}", inline=True)


def _file(request: HttpRequest, message_id: int, position: int) -> File:
    file = media.look(message_for(request.user, message_id), position)
    if file is None:
        raise Http404(gettext("There is no such file here."))
    return file


def _answer(data: bytes, mime: str, name: str, *, inline: bool) -> HttpResponse:
    response = HttpResponse(data, content_type=mime)
    how = "inline" if inline else "attachment"
    response["Content-Disposition"] = f'{how}; filename="{name}.{ENDINGS[mime]}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    # Opened by itself it may do nothing, whatever a browser takes it for.
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    # In this person's browser only, and asked for again before long: they may have lost the conversation.
    response["Cache-Control"] = "private, max-age=600"
    return response
