"""Pages speak in the reader's own time zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from routing.desk import desk_of


class OwnTimeZone:
    """Activate the profile's zone for the request and only for it: threads are reused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(_zone(request)):
            return self.get_response(request)


def _zone(request: HttpRequest) -> zoneinfo.ZoneInfo | None:
    if request.path.startswith(("/static/", "/healthz", "/events")) or not request.user.is_authenticated:
        return None
    profile = desk_of(request).profile
    try:
        return zoneinfo.ZoneInfo(profile.time_zone) if profile else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
