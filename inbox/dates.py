"""Days and counts as people write them in the reader's language; the patterns are the catalogue's to change."""

from __future__ import annotations

from datetime import date

from django.utils import formats
from django.utils.dateformat import format as formatted
from django.utils.translation import pgettext


def day(at: date) -> str:
    """3 Jan"""
    return formatted(at, pgettext("day in Django's date letters", "j M"))


def day_of_year(at: date) -> str:
    """3 Jan 2026"""
    return formatted(at, pgettext("day and year in Django's date letters", "j M Y"))


def weekday(at: date) -> str:
    """Sat 3 Jan 2026"""
    return formatted(at, pgettext("weekday, day and year in Django's date letters", "D j M Y"))


def month(at: date) -> str:
    """January 2026"""
    return formatted(at, pgettext("month and year in Django's date letters", "F Y"))


def moment(at: str, clock: str) -> str:
    """3 Jan, 14:05"""
    return pgettext("a day and a time", "%(day)s, %(clock)s") % {"day": at, "clock": clock}


def many(number: float) -> str:
    """12,345"""
    return formats.number_format(number, decimal_pos=0, force_grouping=True)
