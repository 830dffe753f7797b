"""What an address or a form says, read strictly: it comes from outside."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime


def whole(text: str | None) -> int | None:
    """A row's id as somebody sent it: plain digits within a bigint, else nothing."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def moment(text: str) -> datetime | None:
    """A moment as a date field says it, in the reader's own time zone; nothing for what is none."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is None or timezone.is_aware(found) else timezone.make_aware(found)


def snooze_end(named: str, exact: str) -> datetime | None:
    """The moment a snooze ends, by its name or exactly, in the reader's own time zone."""
    now = timezone.localtime()
    if named in ("1", "3"):
        return now + timedelta(hours=int(named))
    if named in ("tomorrow", "monday"):
        days = 1 if named == "tomorrow" else 7 - now.weekday()
        return (now + timedelta(days=days)).replace(hour=9, minute=0, second=0, microsecond=0)
    return moment(exact)
