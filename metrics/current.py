"""The desk at this moment: what came in today, and what waits. Counted for whoever asks, rows included."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from inbox.models import Conversation, Event, Message
from inbox.services import counts
from metrics.selectors import PAGE, Filter
from routing.models import QueueEntry

PARTS = ("open", "unassigned", "pending", "snoozed")


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in one team."""

    team_id: int
    open: int
    unassigned: int
    pending: int
    snoozed: int
    oldest_waiting: datetime | None


@dataclass(frozen=True, slots=True)
class Now:
    """The backlog of some teams, and together."""

    teams: list[Backlog]
    unrouted: int

    @property
    def open(self) -> int:
        return sum(team.open for team in self.teams)

    @property
    def unassigned(self) -> int:
        return sum(team.unassigned for team in self.teams)

    @property
    def oldest_waiting(self) -> datetime | None:
        return min((team.oldest_waiting for team in self.teams if team.oldest_waiting), default=None)


def backlog(*, team_ids: Collection[int]) -> Now:
    """Exact counts of these teams."""
    found = counts.read([f"team:{team}:{part}" for team in team_ids for part in PARTS] + ["unrouted"])
    teams = [
        Backlog(
            team_id=team,
            open=found[f"team:{team}:open"],
            unassigned=found[f"team:{team}:unassigned"],
            pending=found[f"team:{team}:pending"],
            snoozed=found[f"team:{team}:snoozed"],
            oldest_waiting=_oldest(team),
        )
        for team in team_ids
    ]
    return Now(teams=teams, unrouted=found["unrouted"])


def _oldest(team_id: int) -> datetime | None:
    rows = QueueEntry.objects.filter(team_id=team_id, status="open").order_by("waiting_since", "conversation_id")
    return rows.values_list("waiting_since", flat=True).first()


def _arrivals(chosen: Filter, conversations: QuerySet[Conversation]) -> QuerySet[Event]:
    return Event.objects.filter(
        kind="message.received",
        at__gte=chosen.begin,
        at__lt=chosen.end,
        conversation_id__in=conversations.order_by().values("pk"),
    )


def arrivals(chosen: Filter, *, conversations: QuerySet[Conversation]) -> int:
    """Messages of customers that came in, of the conversations that the reader may see."""
    return _arrivals(chosen, conversations).count()


def arrival_rows(
    chosen: Filter, *, conversations: QuerySet[Conversation], after: int | None = None, limit: int = PAGE
) -> list[Message]:
    """The messages behind that figure, newest first. ``after`` is the id of the last one seen."""
    behind = _arrivals(chosen, conversations).values("subject_id")
    rows = Message.objects.filter(pk__in=behind)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows.select_related("author", "connection").order_by("-pk")[:limit])
