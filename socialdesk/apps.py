from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


class SocialdeskConfig(AppConfig):
    name = "socialdesk"

    def ready(self) -> None:
        # The checks register themselves, the watchdog connects itself to a worker's signals, and the Celery app
        # becomes the one that connectors.wake publishes through.
        from socialdesk import celery, checks, watchdog  # noqa: F401

        pre_migrate.connect(_lift_time_limit, sender=self)
        post_migrate.connect(_restore_time_limit, sender=self)


def _lift_time_limit(using: str, **_: Any) -> None:
    """An index over millions of rows takes longer than any page may."""
    with connections[using].cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")


def _restore_time_limit(using: str, **_: Any) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute("RESET statement_timeout")
