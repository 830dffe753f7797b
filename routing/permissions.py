"""Who may see and do what. Every page, API call, live event, count and export asks this one policy.

Agents see the conversations of their teams and their own; experts those of their teams of experts and their
own; leads also what nobody was given yet; admins keep the accounts and see no conversation. Who may answer
where is asked besides: a connection with permissions is answered by the members of the teams that have one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext

from inbox.downstream import REPLIES, Colleague
from inbox.models import Conversation
from routing.models import AgentProfile, Assignment, Membership, Team
from routing.services.roles import role_in_request

if TYPE_CHECKING:
    from inbox.downstream import Somebody

_AGENT, _EXPERT, _LEAD, _ADMIN = (role.value for role in AgentProfile.Role)
_WORKING = frozenset({_AGENT, _EXPERT, _LEAD})

# Actions on a conversation that somebody may view, by role. A reply needs the connection's permission besides.
_ON_CONVERSATIONS: Mapping[str, frozenset[str]] = {
    "view": _WORKING,
    "reply_publicly": _WORKING,
    "reply_privately": _WORKING,
    "note": _WORKING,
    "tag": _WORKING,
    "assign": _WORKING,  # take it, hand it on, give it back; see assign_anyone
    "assign_anyone": frozenset({_LEAD}),
    "resolve": _WORKING,
    "settle": _WORKING,
    "moderate": _WORKING,  # hide, like, delete, block; needs the right to reply publicly there besides
    "approve": frozenset({_LEAD}),
    "override_guard": frozenset({_LEAD}),
}
_WITHOUT: Mapping[str, frozenset[str]] = {
    "see_metrics": frozenset({_LEAD}),
    "see_trouble": frozenset({_LEAD, _ADMIN}),
    "see_settings": frozenset({_LEAD, _ADMIN}),
    "manage_connections": frozenset({_ADMIN}),
    "manage_desk": frozenset({_ADMIN}),
    "manage_records": frozenset({_ADMIN}),
    "assign_anyone": frozenset({_LEAD}),
    "see_tags": _WORKING | {_ADMIN},
    "manage_tags": frozenset({_LEAD, _ADMIN}),  # and fields, and lists of people who matter
    "mark_people": frozenset({_AGENT, _LEAD}),  # put them on such a list
    "export_search": frozenset({_LEAD}),
    "merge_contacts": frozenset({_AGENT, _LEAD}),  # whom they may see both
    "mute_people": frozenset({_AGENT, _LEAD}),
    "see_muted": frozenset({_LEAD}),
    "see_held": frozenset({_LEAD}),
    "pause_sending": frozenset({_LEAD, _ADMIN}),
    "manage_macros": frozenset({_LEAD, _ADMIN}),
    "see_knowledge": _WORKING | {_ADMIN},
    "manage_knowledge": frozenset({_LEAD, _ADMIN}),
}
# A membership ``m`` in a team ``t`` that lets a person with profile ``p`` see the team's conversations.
_COUNTS = "(p.role <> 'expert' OR t.kind = 'experts')"
# Whether user ``u`` with profile ``p`` may view a conversation whose current assignment is ``a``, if there is one.
_SEES = f"""(
    a.agent_id = u.id
    OR a.team_id IN (SELECT m.team_id FROM routing_membership m JOIN routing_team t ON t.id = m.team_id
                     WHERE m.user_id = u.id AND {_COUNTS})
    OR (a.id IS NULL AND p.role = 'lead')
)"""
# Whether user ``u`` may send from the connection {0}: it has no permissions, or one of their teams has this one.
_MAY_ANSWER = """
    (NOT EXISTS (SELECT FROM routing_answerpermission x WHERE x.connection_id = {0})
     OR EXISTS (SELECT FROM routing_answerpermission x JOIN routing_membership y
                ON y.team_id = x.team_id AND y.user_id = u.id WHERE x.connection_id = {0} AND x.{1}))
"""
_FLAGS = {"reply_publicly": "may_reply_publicly", "reply_privately": "may_reply_privately"}


class RoutingPolicy:
    """`inbox.downstream.AccessPolicy`, answered from the current assignments."""

    def filter(self, user: Somebody, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        role = role_in_request(user)
        if role not in _WORKING:
            return queryset.none()
        current = Assignment.objects.filter(conversation=OuterRef("pk"), ended_at=None)
        teams = Membership.objects.filter(user__in=[user.pk])
        if role == _EXPERT:
            teams = teams.filter(team__kind=Team.Kind.EXPERTS)
        mine = Q(agent_id=user.pk) | Q(team_id__in=teams.values("team_id"))
        if role == _LEAD:
            # Theirs or nobody's: nobody else has it. Said so, every list walks its index; an OR reads all there is.
            return queryset.filter(~Exists(current.exclude(mine)))
        return queryset.filter(Exists(current.filter(mine)))

    def actions(self, user: Somebody, conversation_ids: Collection[int]) -> dict[int, frozenset[str]]:
        if not user.is_authenticated or user.pk is None or not conversation_ids:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT c.id, p.role, {_MAY_ANSWER.format("c.connection_id", "may_reply_publicly")},
                    {_MAY_ANSWER.format("c.connection_id", "may_reply_privately")}
                FROM inbox_conversation c
                JOIN auth_user u ON u.id = %s AND u.is_active
                JOIN routing_agentprofile p ON p.user_id = u.id AND p.role = ANY(%s)
                LEFT JOIN routing_assignment a ON a.conversation_id = c.id AND a.ended_at IS NULL
                WHERE c.id = ANY(%s::bigint[]) AND {_SEES}
                """,
                [user.pk, list(_WORKING), list(conversation_ids)],
            )
            return {row[0]: _of_role(*row[1:]) for row in cursor.fetchall()}

    def allowed(self, user: Somebody, action: str, conversation_ids: Collection[int]) -> set[int]:
        found = self.actions(user, conversation_ids) if action in _ON_CONVERSATIONS else {}
        return {pk for pk, actions in found.items() if action in actions}

    def silenced(self, user: Somebody, visibility: str, connection_id: int) -> str:
        action = REPLIES[visibility]
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT {_MAY_ANSWER.format("c.id", _FLAGS[action])}, c.name, ARRAY(
                    SELECT t.name FROM routing_answerpermission x JOIN routing_team t ON t.id = x.team_id
                    WHERE x.connection_id = c.id AND x.{_FLAGS[action]} ORDER BY t.name)
                FROM connectors_connection c
                JOIN auth_user u ON u.id = %s AND u.is_active
                JOIN routing_agentprofile p ON p.user_id = u.id AND p.role = ANY(%s)
                WHERE c.id = %s
                """,
                [user.pk, list(_WORKING), connection_id],
            )
            row = cursor.fetchone()
        if row is None:
            return gettext("Whoever wrote this no longer answers customers here. Somebody else has to send it.")
        may, where, teams = row
        if may:
            return ""
        who = (
            gettext("Hand it to %(teams)s") % {"teams": _either(teams)}
            if teams
            else gettext("Ask an admin to let a team do so")
        )
        said = (
            gettext("Your teams may not reply publicly on %(where)s. %(who)s, or leave a note.")
            if action == "reply_publicly"
            else gettext("Your teams may not reply privately on %(where)s. %(who)s, or leave a note.")
        )
        return said % {"where": where, "who": who}

    def approval(self, user: Somebody, conversation_id: int) -> str:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT CASE WHEN p.needs_approval THEN (
                    SELECT coalesce(nullif(u.first_name, ''), u.username) FROM auth_user u WHERE u.id = p.user_id
                ) END, (
                    SELECT min(t.name) FROM routing_assignment a JOIN routing_team_topics x ON x.team_id = a.team_id
                    JOIN routing_topic t ON t.id = x.topic_id AND t.needs_approval
                    WHERE a.conversation_id = %s AND a.ended_at IS NULL)
                FROM routing_agentprofile p WHERE p.user_id = %s
                """,
                [conversation_id, user.pk],
            )
            person, topic = cursor.fetchone() or (None, None)
        if person:
            return gettext("What %(person)s writes is read by somebody else before it leaves.") % {"person": person}
        return (
            gettext("Replies about %(topic)s are read by somebody else before they leave.") % {"topic": topic}
            if topic
            else ""
        )

    def people(self, action: str, conversation_ids: Collection[int]) -> dict[int, list[Colleague]]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT c.id, u.id, u.username, coalesce(nullif(u.first_name, ''), u.username),
                    coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.username)
                FROM inbox_conversation c
                JOIN routing_agentprofile p ON p.role = ANY(%s)
                JOIN auth_user u ON u.id = p.user_id AND u.is_active
                LEFT JOIN routing_assignment a ON a.conversation_id = c.id AND a.ended_at IS NULL
                WHERE c.id = ANY(%s::bigint[]) AND {_SEES} ORDER BY 5, u.id
                """,
                [list(_ON_CONVERSATIONS[action]), list(conversation_ids)],
            )
            found: dict[int, list[Colleague]] = {}
            for pk, *who in cursor.fetchall():
                found.setdefault(pk, []).append(Colleague(*who))
            return found

    def permits(self, user: Somebody, action: str) -> bool:
        return role_in_request(user) in _WITHOUT.get(action, frozenset())

    def scopes_of(self, user: Somebody) -> frozenset[str]:
        if not user.is_authenticated or user.pk is None:
            return frozenset()
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT p.role, t.id FROM auth_user u
                JOIN routing_agentprofile p ON p.user_id = u.id AND p.role = ANY(%s)
                LEFT JOIN routing_membership m ON m.user_id = u.id
                LEFT JOIN routing_team t ON t.id = m.team_id AND {_COUNTS}
                WHERE u.id = %s AND u.is_active
                """,
                [list(_WORKING), user.pk],
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


def _of_role(role: str, publicly: bool, privately: bool) -> frozenset[str]:
    silent = {action for action, may in (("reply_publicly", publicly), ("reply_privately", privately)) if not may}
    return frozenset(action for action, roles in _ON_CONVERSATIONS.items() if role in roles and action not in silent)


def _either(names: Collection[str]) -> str:
    return " or ".join(names)
