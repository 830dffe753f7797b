from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView

from socialdesk import live
from socialdesk.api.views import NoSuchCall
from socialdesk.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("accounts/login/", LoginView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("events", live.events, name="events"),
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="api_schema"),
    path("", include("routing.urls")),
    path("", include("inbox.urls")),
    path("", include("metrics.urls")),
    path("api/<path:rest>", NoSuchCall.as_view(), name="api_nothing"),
]
