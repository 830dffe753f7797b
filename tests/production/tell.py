"""One event that everybody may hear, in a production database."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialdesk.settings")
django.setup()

from django.db import transaction  # noqa: E402

from inbox.services import events  # noqa: E402

if __name__ == "__main__":
    with transaction.atomic():
        events.emit([events.Fact("connection.changed", subject="connection", subject_id=1)])
