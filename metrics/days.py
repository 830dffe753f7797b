"""Days of the desk's reporting zone, and what somebody asked to see of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from inbox.parameters import whole

LONGEST = 366  # days
# Column of a line of figures: the rows behind it are narrowed to that part of the interactions.
PARTS = ("handled", "publicly", "privately", "no_reply_due", "first_responses", "next_responses")
A_DAY = timedelta(days=1)


def zone() -> ZoneInfo:
    """Whose midnights bound every day of the figures; socialdesk.E012 holds its name."""
    return ZoneInfo(settings.REPORTING_TIME_ZONE)


def today() -> date:
    return timezone.localdate(timezone=zone())


def day_of(moment: datetime) -> date:
    return moment.astimezone(zone()).date()


def midnight(day: date) -> datetime:
    """When ``day`` begins. Days of 23 and 25 hours come out by themselves."""
    return datetime.combine(day, time.min, tzinfo=zone()).astimezone(UTC)


def month_of(day: date) -> date:
    return day.replace(day=1)


def next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a figure counts: whole days, both ends included, and what was chosen besides.

    ``team_ids`` are the teams whose work the reader may see (0: work that no team had); None is for one's own work,
    whatever the team. ``until`` cuts the last day short, to compare today so far with the same hours of another day.
    """

    day_from: date
    day_to: date
    team_ids: tuple[int, ...] | None = None
    agent_id: int | None = None
    network: str = ""
    part: str = "handled"
    hour: int | None = None  # of a single day, counted from its midnight
    until: datetime | None = None
    shortened: bool = False  # more than LONGEST days were asked for

    @property
    def begin(self) -> datetime:
        return midnight(self.day_from) + timedelta(hours=self.hour or 0)

    @property
    def end(self) -> datetime:
        end = self.until or midnight(self.day_to + A_DAY)
        return end if self.hour is None else min(end, self.begin + timedelta(hours=1))

    @property
    def whole(self) -> bool:
        """Whether it counts its days from midnight to midnight."""
        return self.until is None and self.hour is None

    @property
    def number(self) -> int:
        return (self.day_to - self.day_from).days + 1

    def days(self) -> Iterator[date]:
        return (self.day_from + timedelta(days=number) for number in range(self.number))

    def before(self, *, now: datetime) -> Filter:
        """What this one is compared with: the same weekday a week ago, or as many days before. As far as today is."""
        shift = timedelta(days=7 if self.number == 1 else self.number)
        until = None
        if self.day_from <= day_of(now) <= self.day_to:
            local = now.astimezone(zone())
            until = (local.replace(tzinfo=None) - shift).replace(tzinfo=zone()).astimezone(UTC)
        day_to = day_of(until) if until else self.day_to - shift
        return replace(self, day_from=self.day_from - shift, day_to=day_to, until=until)

    def parameters(self) -> dict[str, str]:
        """As parse() reads it: the address of the rows behind a figure."""
        team = self.team_ids[0] if self.team_ids is not None and len(self.team_ids) == 1 else None
        chosen = {
            "from": self.day_from.isoformat(),
            "to": self.day_to.isoformat(),
            "team": "" if team is None else str(team),
            "agent": str(self.agent_id or ""),
            "network": self.network,
            "part": self.part if self.part != "handled" else "",
            "hour": "" if self.hour is None else str(self.hour),
        }
        return {name: value for name, value in chosen.items() if value}


def parse(
    parameters: Mapping[str, Any], *, team_ids: Collection[int] | None, networks: Collection[str], default_days: int = 1
) -> Filter:
    """A filter from an address, within ``team_ids``. What is not understood is left out."""
    day_to = _day(parameters.get("to")) or today()
    day_from = _day(parameters.get("from")) or day_to - timedelta(days=default_days - 1)
    if day_from > day_to:
        day_from, day_to = day_to, day_from
    team, network = whole(parameters.get("team")), str(parameters.get("network") or "")
    part, hour = str(parameters.get("part") or ""), whole(parameters.get("hour"))
    within = None if team_ids is None else tuple(sorted({0, *team_ids}))
    return Filter(
        day_from=max(day_from, day_to - timedelta(days=LONGEST - 1)),
        day_to=day_to,
        team_ids=(team,) if within and team is not None and team in within else within,
        agent_id=whole(parameters.get("agent")),
        network=network if network in networks else "",
        part=part if part in PARTS else "handled",
        hour=hour if hour is not None and hour < 25 and day_from == day_to else None,
        shortened=(day_to - day_from).days >= LONGEST,
    )


def _day(text: Any) -> date | None:
    try:
        day = date.fromisoformat(str(text))
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None
