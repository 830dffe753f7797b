from __future__ import annotations

from django.apps import AppConfig


class SocialdeskConfig(AppConfig):
    name = "socialdesk"

    def ready(self) -> None:
        # The checks register themselves; the Celery app becomes the one that connectors.wake publishes through.
        from socialdesk import celery, checks  # noqa: F401
