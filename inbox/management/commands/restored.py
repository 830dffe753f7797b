"""`manage.py restored`: after a restore, a failover or a move of the database, before anything leaves again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from inbox.services import restored


class Command(BaseCommand):
    help = (
        "Say that this database was restored from a backup (or moved), and let the desk send again. Every reply that "
        "may have left since the backup is looked for at its network first. Stop the old desk before."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        doubts = restored.come_home()
        self.stdout.write(
            f"The desk sends again. The network is asked about {doubts.waiting} waiting replies before they leave, "
            f"and about {doubts.open} whose outcome was open; what it cannot tell is shown under Trouble."
        )
