from __future__ import annotations

from django.urls import path

from metrics.api import HandledView, HeartbeatView
from metrics.views import dashboard, export, rows

urlpatterns = [
    path("metrics/", dashboard.day, name="metrics"),
    path("metrics/me/", dashboard.mine, name="my_metrics"),
    path("metrics/rows/", rows.interactions, name="metrics_rows"),
    path("metrics/arrivals/", rows.arrivals, name="metrics_arrivals"),
    path("metrics/resolutions/", rows.resolutions, name="metrics_resolutions"),
    path("metrics/reopenings/", rows.reopenings, name="metrics_reopenings"),
    path("metrics/touches/", rows.touches, name="metrics_touches"),
    path("metrics/waiting/", rows.waiting, name="metrics_waiting"),
    path("metrics/csv/<slug:name>/", export.table, name="metrics_csv"),
    path("api/v1/heartbeat/", HeartbeatView.as_view(), name="api_heartbeat"),
    path("api/v1/metrics/handled/", HandledView.as_view(), name="api_handled"),
]
