"""The rows behind every figure, newest first, by the same filter that counts them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model, Q, QuerySet

from inbox.models import Conversation
from metrics.cells import TOUCHES
from metrics.days import Filter
from metrics.models import Interaction, Occurrence

PAGE = 50
Position = tuple[datetime, int]  # when the last row seen was, and its id
_PARTS = {
    "handled": Q(),
    "publicly": Q(visibility="public", ended_by="reply"),
    "privately": Q(visibility="direct", ended_by="reply"),
    "no_reply_due": Q(ended_by="resolution"),
    "first_responses": Q(first=True, ended_by="reply"),
    "next_responses": Q(first=False, ended_by="reply"),
}
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Touched:
    """How long (seconds) somebody worked on a conversation in the chosen days."""

    agent: User
    conversation: Conversation
    seconds: float


def seen(rows: QuerySet[Row], chosen: Filter, *, agent: str = "agent_id", network: str = "network") -> QuerySet[Row]:
    """These rows' part of the filter: its teams (0 is none), its agent, its network. Its days are another matter."""
    if chosen.team_ids is not None:
        none = Q(team__isnull=True) if 0 in chosen.team_ids else Q()
        given = [pk for pk in chosen.team_ids if pk]
        rows = rows.filter(Q(team_id__in=given) | none if given else none)
    if chosen.agent_id is not None:
        rows = rows.filter(**{agent: chosen.agent_id})
    return rows.filter(**{network: chosen.network}) if chosen.network else rows


def interactions(chosen: Filter) -> QuerySet[Interaction]:
    rows = Interaction.objects.filter(_PARTS[chosen.part], ended_at__gte=chosen.begin, ended_at__lt=chosen.end)
    return seen(rows, chosen)


def interaction_rows(chosen: Filter, *, after: Position | None = None, limit: int = PAGE) -> list[Interaction]:
    rows = interactions(chosen).order_by("-ended_at", "-id")
    if after is not None:
        rows = rows.filter(Q(ended_at__lt=after[0]) | Q(ended_at=after[0], id__lt=after[1]))
    return list(rows.select_related("agent", "team", "conversation__identity")[:limit])


def occurrences(chosen: Filter, kind: str) -> QuerySet[Occurrence]:
    rows = Occurrence.objects.filter(kind=kind, at__gte=chosen.begin, at__lt=chosen.end)
    return seen(rows, chosen)


def occurrence_rows(chosen: Filter, kind: str, *, after: Position | None = None, limit: int = PAGE) -> list[Occurrence]:
    rows = occurrences(chosen, kind).order_by("-at", "-position")
    if after is not None:
        rows = rows.filter(Q(at__lt=after[0]) | Q(at=after[0], position__lt=after[1]))
    return list(rows.select_related("agent", "team", "message", "conversation__identity")[:limit])


def touch_rows(chosen: Filter, *, after: tuple[int, int] | None = None, limit: int = PAGE) -> list[Touched]:
    """The conversations behind an active time: how long each was worked on, never when by the minute.

    ``after`` is (conversation, agent) of the last row seen.
    """
    values: dict[str, Any] = {
        "begin": chosen.begin,
        "end": chosen.end,
        "teams": None if chosen.team_ids is None else list(chosen.team_ids),
        "agent": chosen.agent_id,
        "network": chosen.network,
        "last": after[0] if after else None,
        "last_agent": after[1] if after else None,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT f.conversation_id, f.agent_id, sum(upper(f.period) - lower(f.period)) FROM {TOUCHES}
            WHERE lower(f.period) >= %(begin)s AND lower(f.period) < %(end)s
                AND (%(teams)s::bigint[] IS NULL OR coalesce(a.team_id, 0) = ANY(%(teams)s::bigint[]))
                AND (%(agent)s::bigint IS NULL OR f.agent_id = %(agent)s::bigint)
                AND (%(network)s = '' OR n.network = %(network)s)
                AND (%(last)s::bigint IS NULL
                     OR (f.conversation_id, f.agent_id) < (%(last)s::bigint, %(last_agent)s::bigint))
            GROUP BY 1, 2 ORDER BY 1 DESC, 2 DESC LIMIT %(limit)s
            """,
            values,
        )
        sums = cursor.fetchall()
    agents = User.objects.in_bulk({agent for _, agent, _ in sums})
    conversations = Conversation.objects.select_related("identity").in_bulk({pk for pk, _, _ in sums})
    return [Touched(agents[agent], conversations[pk], spent.total_seconds()) for pk, agent, spent in sums]
