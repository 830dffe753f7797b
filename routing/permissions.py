"""Who may see and do what. Every page, API call, live event, count and export asks this one policy.

Agents see the conversations of their teams and their own; leads also what nobody was given yet;
admins keep the accounts and see no conversation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from inbox.models import Conversation
from routing.models import AgentProfile, Assignment, Membership

if TYPE_CHECKING:
    from inbox.downstream import Somebody

_AGENT, _LEAD, _ADMIN = (role.value for role in AgentProfile.Role)

# Actions on a conversation that somebody may view, by role.
_ON_CONVERSATIONS: Mapping[str, frozenset[str]] = {
    "view": frozenset({_AGENT, _LEAD}),
    "reply": frozenset({_AGENT, _LEAD}),
    "note": frozenset({_AGENT, _LEAD}),
    "assign": frozenset({_AGENT, _LEAD}),  # to oneself or to a team; see assign_anyone
    "assign_anyone": frozenset({_LEAD}),
    "resolve": frozenset({_AGENT, _LEAD}),
    "settle": frozenset({_AGENT, _LEAD}),
}
_WITHOUT: Mapping[str, frozenset[str]] = {
    "see_metrics": frozenset({_LEAD}),
    "see_trouble": frozenset({_LEAD, _ADMIN}),
    "manage_connections": frozenset({_ADMIN}),
    "assign_anyone": frozenset({_LEAD}),
}


def role_of(user: Somebody) -> str:
    """The role of an active person with a profile, else "". Read anew each time: roles are taken away."""
    if not isinstance(user, AbstractBaseUser) or user.pk is None:
        return ""
    profiles = AgentProfile.objects.filter(user_id=user.pk, user__is_active=True)
    return profiles.values_list("role", flat=True).first() or ""


class RoutingPolicy:
    """`inbox.downstream.AccessPolicy`, answered from the current assignments."""

    def filter(self, user: Somebody, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        role = role_of(user)
        if role not in _ON_CONVERSATIONS["view"]:
            return queryset.none()
        current = Assignment.objects.filter(conversation=OuterRef("pk"), ended_at=None)
        teams = Membership.objects.filter(user__in=[user.pk]).values("team_id")
        mine = Exists(current.filter(Q(agent_id=user.pk) | Q(team_id__in=teams)))
        return queryset.filter(mine | ~Exists(current) if role == _LEAD else mine)

    def allowed(self, user: Somebody, action: str, conversation_ids: Collection[int]) -> set[int]:
        roles = _ON_CONVERSATIONS.get(action)
        if not roles or not user.is_authenticated or user.pk is None or not conversation_ids:
            return set()
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT c.id FROM inbox_conversation c
                JOIN auth_user u ON u.id = %s AND u.is_active
                JOIN routing_agentprofile p ON p.user_id = u.id AND p.role = ANY(%s)
                LEFT JOIN routing_assignment a ON a.conversation_id = c.id AND a.ended_at IS NULL
                WHERE c.id = ANY(%s::bigint[]) AND (
                    a.agent_id = u.id
                    OR a.team_id IN (SELECT m.team_id FROM routing_membership m WHERE m.user_id = u.id)
                    OR (a.id IS NULL AND p.role = 'lead')
                )
                """,
                [user.pk, list(roles), list(conversation_ids)],
            )
            return {row[0] for row in cursor.fetchall()}

    def permits(self, user: Somebody, action: str) -> bool:
        return role_of(user) in _WITHOUT.get(action, frozenset())

    def scopes_of(self, user: Somebody) -> frozenset[str]:
        if not user.is_authenticated or user.pk is None:
            return frozenset()
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT p.role, m.team_id FROM auth_user u
                JOIN routing_agentprofile p ON p.user_id = u.id AND p.role = ANY(%s)
                LEFT JOIN routing_membership m ON m.user_id = u.id
                WHERE u.id = %s AND u.is_active
                """,
                [list(_ON_CONVERSATIONS["view"]), user.pk],
            )
            rows = cursor.fetchall()
        if not rows:
            return frozenset()
        teams = {f"team:{team}" for _, team in rows if team is not None}
        return frozenset({f"user:{user.pk}", *teams, *({"unrouted"} if rows[0][0] == _LEAD else ())})

    def scopes_for(self, conversation_ids: Collection[int]) -> Mapping[int, frozenset[str]]:
        rows = Assignment.objects.filter(conversation_id__in=conversation_ids, ended_at=None)
        found = {
            pk: frozenset({f"team:{team}"} | ({f"user:{agent}"} if agent else set()))
            for pk, team, agent in rows.values_list("conversation_id", "team_id", "agent_id")
        }
        return {pk: found.get(pk, frozenset({"unrouted"})) for pk in conversation_ids}
