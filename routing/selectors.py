"""Reading the queue, the counts and who is there. Every list is keyset-paged and takes few statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q, QuerySet

from inbox.models import Conversation
from inbox.services import counts
from routing.models import AgentProfile, Assignment, Membership, QueueEntry, RoutingJob, Team

PAGE = 50
STATUSES = tuple(Conversation.Status.values)
Position = tuple[datetime, int]  # waiting_since and conversation of the last row seen


@dataclass(frozen=True, slots=True)
class Place:
    """One queue: a team's, a team's unassigned, an agent's, or what nobody was given yet."""

    team_id: int | None = None
    agent_id: int | None = None
    unassigned: bool = False
    unrouted: bool = False
    status: str = "open"
    visibility: str = ""  # "", "public" or "direct"


def queue_rows(*, place: Place, after: Position | None = None, limit: int = PAGE) -> list[QueueEntry]:
    """The next entries of one queue, longest waiting first. The caller has checked that it may be seen."""
    rows = _of_place(place).order_by("waiting_since", "conversation_id")
    if after is not None:
        # A row comparison, which the index answers; many rows of one batch share their time.
        position = "(routing_queueentry.waiting_since, routing_queueentry.conversation_id) > (%s, %s)"
        rows = rows.extra(where=[position], params=list(after))
    related = "conversation__identity", "conversation__last_message", "connection", "assignee", "team"
    return list(rows.select_related(*related)[:limit])


def _of_place(place: Place) -> QuerySet[QueueEntry]:
    rows = QueueEntry.objects.all()
    if place.unrouted:
        rows = rows.filter(team=None)
    elif place.agent_id is not None:
        rows = rows.filter(assignee_id=place.agent_id, status=place.status)
    else:
        rows = rows.filter(team=place.team_id, status=place.status)
    if place.unassigned:
        rows = rows.filter(assignee=None)
    return rows.filter(visibility=place.visibility) if place.visibility else rows


def count_keys(*, team_ids: Collection[int], agent_id: int | None, unrouted: bool) -> list[str]:
    """The keys of the counts that a person's sidebar shows."""
    of_team = ("open", "open:public", "open:direct", "unassigned", "pending", "snoozed")
    keys = [f"team:{team}:{part}" for team in team_ids for part in of_team]
    if agent_id is not None:
        keys += [f"agent:{agent_id}:{part}" for part in ("open", "pending", "snoozed")]
    return keys + (["unrouted"] if unrouted else [])


def counts_for(user: AbstractBaseUser) -> dict[str, int]:
    """Exact counts of every queue that ``user`` sees, by key."""
    profile = AgentProfile.objects.filter(user_id=user.pk, user__is_active=True).first()
    if profile is None or profile.role == AgentProfile.Role.ADMIN:
        return {}
    teams = [team.pk for team in teams_of(user)]
    lead = profile.role == AgentProfile.Role.LEAD
    return counts.read(count_keys(team_ids=teams, agent_id=user.pk, unrouted=lead))


def teams_of(user: AbstractBaseUser) -> list[Team]:
    """The teams ``user`` works in, the help desk first."""
    return list(Team.objects.filter(memberships__user_id=user.pk).order_by("-is_help_desk", "name"))


def all_teams() -> list[Team]:
    """Every team a conversation can be handed to."""
    return list(Team.objects.order_by("-is_help_desk", "name"))


def people_of(team_ids: Collection[int]) -> list[AgentProfile]:
    """Who works in these teams, with their load; for the assign menu and the lead's page."""
    people = AgentProfile.objects.filter(
        user__is_active=True, user__memberships__team_id__in=team_ids, role__in=["agent", "lead"]
    )
    return list(people.select_related("user").distinct().order_by("user__first_name", "user__username"))


def assignment_of(conversation_id: int) -> Assignment | None:
    """Who has it now, and why."""
    rows = Assignment.objects.filter(conversation_id=conversation_id, ended_at=None)
    return rows.select_related("team", "agent", "by").first()


def assignments_of(conversation_ids: Collection[int]) -> dict[int, Assignment]:
    """The current assignments of many conversations, in one statement."""
    rows = Assignment.objects.filter(conversation_id__in=conversation_ids, ended_at=None)
    return {row.conversation_id: row for row in rows.select_related("team", "agent", "by")}


def history_of(conversation_id: int) -> list[Assignment]:
    """Every decision on a conversation, oldest first, with its reasons."""
    rows = Assignment.objects.filter(conversation_id=conversation_id).order_by("at", "id")
    return list(rows.select_related("team", "agent", "by"))


def entries_of(conversation_ids: Sequence[int]) -> dict[int, QueueEntry]:
    return QueueEntry.objects.in_bulk(list(conversation_ids))


def routing_trouble(*, limit: int = PAGE) -> list[RoutingJob]:
    """Jobs that failed and are tried again."""
    return list(RoutingJob.objects.filter(~Q(last_error="")).order_by("due_at", "id")[:limit])


def membership_ids(user: AbstractBaseUser) -> set[int]:
    return set(Membership.objects.filter(user_id=user.pk).values_list("team_id", flat=True))
