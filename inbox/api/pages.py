"""Long answers in pages: by position, so that a page costs the same wherever it lies. Nothing is counted."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from inbox.api.fields import LARGEST

LONGEST = 100
USUAL = 50


class Query(serializers.Serializer[Any]):
    """What may stand behind the question mark. Anything else is refused, so that no misspelt filter passes unseen."""

    def to_internal_value(self, data: Any) -> Any:
        if unknown := sorted(set(data) - set(self.fields)):
            known = ", ".join(sorted(self.fields)) or "nothing"
            raise ValidationError({name: [f"There is no such parameter here. Known are: {known}."] for name in unknown})
        return super().to_internal_value(data)

    @classmethod
    def of(cls, request: Request) -> dict[str, Any]:
        asked = cls(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)


class PageQuery(Query):
    """Of every list."""

    cursor = serializers.CharField(required=False, max_length=200, help_text="`next` of the page before.")
    limit = serializers.IntegerField(
        min_value=1, max_value=LONGEST, default=USUAL, help_text=f"Rows in a page, at most {LONGEST}."
    )


def page(queryset: QuerySet[Any], *, order: Sequence[str], cursor: str, limit: int) -> tuple[list[Any], str | None]:
    """The rows behind ``cursor`` and the cursor of what follows.

    ``order`` is one direction throughout and ends with a unique column: ("-published_at", "-id").
    """
    names = [name.lstrip("-") for name in order]
    if cursor:
        queryset = queryset.filter(_behind(names, opened(cursor, len(names)), down=order[0].startswith("-")))
    rows = list(queryset.order_by(*order)[: limit + 1])
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], cursor_of([getattr(rows[limit - 1], name) for name in names])


def _behind(names: list[str], values: list[Any], *, down: bool) -> Q:
    beyond, within = ("lt", "lte") if down else ("gt", "gte")
    if len(names) == 1:
        return Q(**{f"{names[0]}__{beyond}": values[0]})
    rest = _behind(names[1:], values[1:], down=down)
    # The first condition alone is what an index answers.
    return Q(**{f"{names[0]}__{within}": values[0]}) & (Q(**{f"{names[0]}__{beyond}": values[0]}) | rest)


def cursor_of(values: Sequence[Any]) -> str:
    """The place behind a row with these ``values``."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def opened(cursor: str, number: int) -> list[Any]:
    """The values of a cursor of ours: times, and last an id."""
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        *times, last = found
        moments = [parse_datetime(moment) for moment in times]
        whole = type(last) is int and 0 < last <= LARGEST and len(found) == number
        if not whole or not all(moment and moment.tzinfo for moment in moments):
            raise ValueError(cursor)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise ValidationError({"cursor": ["This is no cursor of this list. Begin without one."]}) from None
    return [*moments, last]
