"""The sidebar around every page."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings

from inbox.downstream import policy
from routing.desk import desk_of

register = template.Library()


@register.inclusion_tag("_side.html", takes_context=True)
def sidebar(context: dict[str, Any]) -> dict[str, Any]:
    request = context["request"]
    return {
        "request": request,
        "desk": desk_of(request),
        "user": request.user,
        "here": context.get("here", ""),
        "queue_key": context["queue"].key if context.get("queue") else "",
        "state": context.get("state", ""),
        "sandbox_url": settings.SANDBOX_URL,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("_band.html", takes_context=True)
def band(context: dict[str, Any]) -> dict[str, Any]:
    """What everybody must know before they send: above every page."""
    request = context["request"]
    desk = desk_of(request)
    return {
        "request": request,
        "pauses": desk.pauses,
        "unsent": desk.unsent,
        "may_pause": policy().permits(request.user, "pause_sending"),
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag(takes_context=True)
def desk(context: dict[str, Any]) -> Any:
    """The desk of who asks, for a page's own use."""
    return desk_of(context["request"])
