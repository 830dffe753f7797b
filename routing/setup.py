"""Reading how the desk is set up, with what is wrong with it. A fixed number of statements, whatever its size."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.utils.translation import gettext

from connectors.models import Connection
from routing.models import AgentProfile, AnswerPermission, Expertise, Membership, Rule, Team
from routing.selectors import all_teams
from routing.services import answering, hands, overlaps
from routing.services.rules import Prepared

Availability = AgentProfile.Availability
_PULLS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Staffed:
    """A team with who works in it and, where something keeps work from being done there, what."""

    team: Team
    members: Sequence[AgentProfile]
    trouble: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person with everything that their page shows."""

    user: User
    profile: AgentProfile | None
    teams: Sequence[Team]
    topics: Sequence[str]
    topic_ids: Sequence[int]

    @property
    def team_ids(self) -> list[int]:
        return [team.pk for team in self.teams]


@dataclass(frozen=True, slots=True)
class Account:
    """A connection with what each team may do there. ``restricted``: some team has a permission."""

    connection: Connection
    restricted: bool
    levels: Sequence[tuple[Team, str]]
    silent: bool  # nobody may answer


def staffed_teams() -> list[Staffed]:
    """Every team, the help desk first."""
    profiles = AgentProfile.objects.filter(user__is_active=True).select_related("user").in_bulk(field_name="user_id")
    members: dict[int, list[AgentProfile]] = {}
    for team_id, user_id in Membership.objects.order_by("id").values_list("team_id", "user_id"):
        if user_id in profiles:
            members.setdefault(team_id, []).append(profiles[user_id])
    teams = all_teams(with_topics=True)
    return [Staffed(team, members.get(team.pk, []), _trouble(team, members.get(team.pk, []))) for team in teams]


def _trouble(team: Team, members: Collection[AgentProfile]) -> str:
    working = [one for one in members if one.role in hands.WORKING_ROLES]
    if not working:
        if team.is_help_desk:
            return gettext("Nobody works here. What no rule takes waits here. Add somebody.")
        return gettext("Nobody works here. What rules send here goes to the help desk. Add somebody.")
    given = [one for one in working if one.takes_conversations]
    if not given:
        return gettext("Nobody here is given work by itself. Leads hand it out, or take it themselves.")
    if not any(one.capacity for one in given):
        return gettext("Everybody here has a capacity of 0, so nothing is given to anybody. Raise it under People.")
    if all(one.availability == Availability.AWAY for one in given):
        return gettext("Everybody here is away. What comes waits in the queue.")
    return ""


def working_people() -> list[AgentProfile]:
    """Who can work in a team."""
    people = AgentProfile.objects.filter(user__is_active=True, role__in=hands.WORKING_ROLES)
    return list(people.select_related("user").order_by("user__first_name", "user__username"))


def colleagues(*, user_id: int | None = None) -> list[Colleague]:
    """Everybody, or one of them; those who may not sign in come last."""
    users = User.objects.select_related("profile").order_by("-is_active", "first_name", "username")
    if user_id is not None:
        users = users.filter(pk=user_id)
    teams: dict[int, list[Team]] = {}
    for membership in Membership.objects.select_related("team").order_by("team__name"):
        teams.setdefault(membership.user_id, []).append(membership.team)
    topics: dict[int, list[tuple[int, str]]] = {}
    for user, topic, name in Expertise.objects.order_by("topic__name").values_list("user", "topic", "topic__name"):
        topics.setdefault(user, []).append((topic, name))
    return [
        Colleague(
            user,
            getattr(user, "profile", None),
            teams.get(user.pk, []),
            [name for _, name in topics.get(user.pk, [])],
            [topic for topic, _ in topics.get(user.pk, [])],
        )
        for user in users
    ]


def trouble_of_rules(ordered: Sequence[Rule]) -> dict[int, str]:
    """What keeps a rule from doing what it says."""
    memberships = set(Membership.objects.values_list("team_id", "user_id"))
    trouble = {row.team.pk: row.trouble for row in staffed_teams()}
    dead = overlaps.dead([Prepared(rule) for rule in ordered if rule.enabled])
    found = {}
    for rule in ordered:
        if first := dead.get(rule.pk):
            never = gettext("It never decides: “%(name)s” is asked before it and takes all of this. Move it up.")
            found[rule.pk] = never % {"name": first.name}
        elif rule.agent is not None and not rule.agent.is_active:
            found[rule.pk] = gettext("%(agent)s no longer signs in, so it goes to the team.") % {
                "agent": hands.display_name(rule.agent)
            }
        elif rule.agent is not None and (rule.team_id, rule.agent_id) not in memberships:
            found[rule.pk] = gettext("%(agent)s no longer works in %(team)s, so it goes to the team.") % {
                "agent": hands.display_name(rule.agent),
                "team": rule.team.name,
            }
        elif said := trouble.get(rule.team_id):
            found[rule.pk] = f"{rule.team.name}: {said}"
    return found


def pulls_of_rules(ordered: Sequence[Rule]) -> dict[int, str]:
    """Where an earlier rule takes some of a rule's words to another team, as a sentence."""
    said = gettext("“%(word)s” is asked for by “%(name)s” before, and then goes to %(team)s.")
    return {
        pk: " ".join(
            said % {"word": pull.word, "name": pull.first.name, "team": pull.first.team.name}
            for pull in pulls[:_PULLS_SHOWN]
        )
        for pk, pulls in overlaps.pulls([Prepared(rule) for rule in ordered if rule.enabled]).items()
    }


def deleted_rules(team_ids: Collection[int], *, limit: int = 3) -> list[Rule]:
    """The latest deleted ones that somebody may bring back."""
    rows = Rule.objects.filter(deleted_at__isnull=False, team_id__in=team_ids)
    return list(rows.select_related("team").order_by("-deleted_at")[:limit])


def account_names() -> dict[int, str]:
    return dict(Connection.objects.values_list("pk", "name"))


def accounts_and_answers() -> list[Account]:
    """Every account with what each team may do there."""
    given: dict[int, dict[int, AnswerPermission]] = {}
    for row in AnswerPermission.objects.all():
        given.setdefault(row.connection_id, {})[row.team_id] = row
    teams = all_teams()
    return [
        Account(
            connection,
            bool(rows := given.get(connection.pk, {})),
            [(team, answering.level_of(rows.get(team.pk))) for team in teams],
            bool(rows) and all(answering.level_of(row) == answering.NOTHING for row in rows.values()),
        )
        for connection in Connection.objects.order_by("name", "id")
    ]
