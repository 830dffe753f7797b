"""Tables as CSV: streamed line after line, and no cell that a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Any

from django.http import StreamingHttpResponse

Cells = Iterable[Any]
# A spreadsheet takes a cell that begins like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Echo:
    """What csv writes to hands each line on."""

    def write(self, line: str) -> str:
        return line


def cell(value: Any, zone: tzinfo) -> str:
    """A value as text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(value, int | float):
        return str(round(value, 3))
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def streamed(lines: Iterable[Cells], *, name: str, zone: tzinfo) -> StreamingHttpResponse:
    """``lines`` as a file that is written while they are read."""
    writer = csv.writer(_Echo())
    response = StreamingHttpResponse(
        (writer.writerow([cell(value, zone) for value in line]) for line in lines),
        content_type="text/csv; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
