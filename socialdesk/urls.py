from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path, register_converter
from django.urls.converters import StringConverter
from drf_spectacular.views import SpectacularJSONAPIView

from socialdesk import live
from socialdesk.api.views import NoSuchCall
from socialdesk.health import healthz
from socialdesk.words import words


class Anything(StringConverter):
    """Also what holds a line break, which ``path`` leaves to the pages' own "not here"."""

    regex = r"[\s\S]+"


register_converter(Anything, "anything")

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("accounts/login/", LoginView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("events", live.events, name="events"),
    path("words/<slug:language>.js", words, name="words"),
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="api_schema"),
    path("", include("routing.urls")),
    path("", include("inbox.urls")),
    path("", include("metrics.urls")),
    path("api/<anything:rest>", NoSuchCall.as_view(), name="api_nothing"),
]
