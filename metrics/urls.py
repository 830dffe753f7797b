from __future__ import annotations

from django.urls import path

from metrics.api import HeartbeatView
from metrics.views import dashboard

urlpatterns = [
    path("metrics/", dashboard.day, name="metrics"),
    path("metrics/rows/", dashboard.rows, name="metrics_rows"),
    path("metrics/arrivals/", dashboard.arrivals, name="metrics_arrivals"),
    path("metrics/touches/", dashboard.touches, name="metrics_touches"),
    path("metrics/me/", dashboard.mine, name="my_metrics"),
    path("api/v1/heartbeat/", HeartbeatView.as_view(), name="api_heartbeat"),
]
