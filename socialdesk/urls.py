from __future__ import annotations

from importlib.util import find_spec

from django.urls import include, path

from socialdesk.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    *(path("", include(f"{stage}.urls")) for stage in ("routing", "inbox", "metrics") if find_spec(f"{stage}.urls")),
]
