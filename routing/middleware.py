"""Pages speak in the reader's own time zone and language; and each request says that its person is here."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from routing.desk import desk_of
from routing.services import returns

_QUIET = ("/static/", "/healthz", "/events")
_MINUTE = timedelta(minutes=1)


class OwnTimeZone:
    """Activate the profile's zone for the request and only for it: threads are reused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(_zone(request)):
            return self.get_response(request)


class OwnLanguage:
    """Speak the profile's language, or what the browser asks for; through the API always English."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(_language(request)):
            response = self.get_response(request)
            if not request.path.startswith(_QUIET):
                response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
                patch_vary_headers(response, ("Accept-Language",))
        return response


class Here:
    """Who asks is here. Written down to the minute: whoever is not heard of for long gives work back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(_QUIET) and request.user.is_authenticated:
            profile, now = desk_of(request).profile, timezone.now()
            if profile is not None and now - profile.seen_at > _MINUTE:
                returns.seen(profile.user_id, now=now)
        return self.get_response(request)


def _language(request: HttpRequest) -> str:
    if request.path.startswith((*_QUIET, "/api/")):
        return settings.LANGUAGE_CODE
    profile = desk_of(request).profile if request.user.is_authenticated else None
    return (profile.language if profile else "") or translation.get_language_from_request(request)


def _zone(request: HttpRequest) -> zoneinfo.ZoneInfo | None:
    if request.path.startswith(_QUIET) or not request.user.is_authenticated:
        return None
    profile = desk_of(request).profile
    try:
        return zoneinfo.ZoneInfo(profile.time_zone) if profile else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
