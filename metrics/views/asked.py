"""What a request may count, and the addresses behind a figure. Every page, row and export begins here."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from connectors.models import Connection
from inbox.downstream import policy
from inbox.parameters import whole
from metrics import days
from metrics.days import PARTS, Filter
from routing.desk import desk_of


def leads(request: HttpRequest) -> bool:
    return policy().permits(request.user, "see_metrics")


def networks() -> list[str]:
    return sorted(set(Connection.objects.values_list("network", flat=True)))


def chosen(request: HttpRequest, *, own: bool = False) -> Filter:
    """The filter of the address, within what the reader may see: a lead's teams, or one's own work."""
    lead = not own and leads(request)
    found = days.parse(
        request.GET.dict(),
        team_ids={team.pk for team in desk_of(request).teams} if lead else None,
        networks=networks(),
        default_days=7 if own else 1,
    )
    return found if lead else replace(found, agent_id=request.user.pk)


def link(page: str, asked: Filter) -> str:
    return f"{reverse(page)}?{urlencode(asked.parameters())}"


def links(asked: Filter) -> dict[str, str]:
    """Where each figure of this filter opens to."""
    query = urlencode(asked.parameters())
    return {name: address.format(query) for name, address in _addresses().items()}


@cache
def _addresses() -> dict[str, str]:
    """A page of a hundred lines has a thousand of these: looked up once."""
    rows = reverse("metrics_rows")
    found = {part: f"{rows}?{{}}" + (f"&part={part}" if part != "handled" else "") for part in PARTS}
    pages = {
        "active": "metrics_touches",
        "arrivals": "metrics_arrivals",
        "resolutions": "metrics_resolutions",
        "reopenings": "metrics_reopenings",
    }
    return {**found, **{name: f"{reverse(page)}?{{}}" for name, page in pages.items()}}


def position(text: str | None) -> tuple[datetime, int] | None:
    """A place in rows: when the last one seen was, and its id."""
    at, _, pk = (text or "").rpartition("_")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    last = whole(pk)
    return (moment, last) if last is not None and timezone.is_aware(moment) else None


def pair(text: str | None) -> tuple[int, int] | None:
    """A place in rows that two ids name."""
    first, _, second = (text or "").partition("_")
    found = (whole(first), whole(second))
    return (found[0], found[1]) if found[0] is not None and found[1] is not None else None


def span_context(asked: Filter, **more: Any) -> dict[str, Any]:
    """What the head of every page of figures says."""
    return {
        "chosen": asked,
        "one_day": asked.day_from == asked.day_to,
        "zone": days.zone().key,
        "other_zone": timezone.get_current_timezone_name() != days.zone().key,
        **more,
    }
