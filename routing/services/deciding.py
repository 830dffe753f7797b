"""Deciding in memory, on rows that are locked: which team, which agent, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_noop

from routing.models import AgentProfile, Expertise, Membership, Team
from routing.services import answering, hands, rules
from routing.services.hands import Hand
from routing.services.queue import OPEN, Entry
from routing.services.records import Current, Decision
from routing.services.rules import Match, Prepared, Turn

_SHOWN_LOADS = 10  # of a big team, the snapshot keeps the least loaded


class NoHelpDesk(Exception):
    """No team is the help desk, so that nothing can be decided."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a conversation shall go before anybody is chosen."""

    team: Team
    wanted: int | None  # the agent whom the rule names
    reasons: tuple[str, ...]
    inputs: dict[str, Any]
    topic: tuple[int, str] | None = None  # whom the rule asks for: id and name of what they know about


class Desk:
    """Teams and their people, read once per batch."""

    def __init__(self) -> None:
        self.teams = {team.pk: team for team in Team.objects.all()}
        self.members = _members()
        self.hands: dict[int, Hand] = {}

    def lock(self, team_ids: Iterable[int], user_ids: Iterable[int] = ()) -> None:
        """Lock everybody who may be chosen, all at once.

        Who works where is read again then: whoever takes somebody out of a team holds that person's row.
        """
        users = {user for team in team_ids for user in self.members.get(team, ())} | set(user_ids)
        self.hands = hands.lock(users)
        self.members = _members()

    def help_desk(self) -> Team:
        for team in self.teams.values():
            if team.is_help_desk:
                return team
        raise NoHelpDesk("No team is the help desk.")

    def goal(self, match: Match | None) -> Goal:
        """The team that a rule gives, else the help desk; with the reasons so far."""
        if match is None:
            return Goal(
                self.help_desk(), None, (gettext_noop("No rule matched; the help desk takes it"),), {"rule": None}
            )
        rule = match.rule
        inputs = {"rule": rule.pk, "rule_version": rule.version, "rule_name": rule.name, **match.inputs}
        reasons = [match.reason]
        team, wanted = self.teams.get(rule.team_id) or rule.team, rule.agent_id
        members = self.members.get(team.pk, ())
        if rule.agent is not None and wanted not in members:
            gone = "no longer takes conversations" if not rule.agent.is_active else f"does not work in {team.name}"
            reasons.append(f"{hands.display_name(rule.agent)} {gone}")
            wanted = None
        if not members and not team.is_help_desk:
            reasons.append(f"Nobody works in {team.name}; the help desk takes it")
            team = self.help_desk()
        topic = (rule.topic.pk, rule.topic.name) if rule.topic else None
        return Goal(team, wanted, tuple(reasons), inputs, topic)

    def stays(self, current: Current) -> Goal:
        """Somebody chose this team already; only its agent is open."""
        team = self.teams[current[0]]
        return Goal(team, None, (f"It stays with {team.name}",), {"rule": None})

    def why_not_theirs(self, entry: Entry, *, now: datetime) -> str:
        """Why who has this conversation cannot go on having it; "" where they can."""
        team = self.teams[entry.team_id or 0]
        hand = self.hands.get(entry.assignee_id or 0)
        if hand is None or not hand.works:
            return f"{hand.name if hand else 'Its former agent'} no longer takes conversations"
        if hand.user_id not in self.members.get(team.pk, ()):
            return f"{hand.name} no longer works in {team.name}"
        if entry.status == OPEN and hand.gone_for(team.returns_after, now=now):
            return f"{hand.name} has been away for more than {team.returns_after} minutes"
        return ""

    def returned(self, entry: Entry, why: str) -> Goal:
        """Back to its team, because of whom it was with."""
        team = self.teams[entry.team_id or 0]
        return Goal(team, None, (f"{why}; it came back to {team.name}",), {"returned_from": entry.assignee_id})

    def choose(self, goal: Goal, entry: Entry, *, now: datetime) -> tuple[Entry, Decision]:
        """Give the conversation to somebody with room, or leave it in the team's queue with the reason."""
        reasons, team = list(goal.reasons), goal.team
        hand, inputs = None, dict(goal.inputs)
        kept_for = self._kept_for(entry, now=now)
        if entry.status != OPEN:
            reasons.append(gettext_noop("Nothing waits for us there now, so nobody needs to take it"))
        elif kept_for:
            inputs["loads"] = [kept_for.snapshot()]
            hand = self._former(kept_for, reasons)
        else:
            if entry.first_for is not None:
                former = self.hands.get(entry.first_for)
                reasons.insert(0, f"It is no longer kept for {former.name if former else 'its former agent'}")
            inputs["loads"] = self.loads(team.pk)
            hand = self._wanted(goal, reasons) or self._least_loaded(goal, entry, reasons)
        reasons += self._silence(team, entry)
        if hand is not None:
            hand.in_hand += 1
            hand.last_assigned_at = now
        agent = hand.user_id if hand else None
        decision = Decision(entry.conversation_id, team.pk, agent, reasons, inputs)
        new = _with(entry, team=team.pk, agent=agent)
        return new if kept_for and not hand else replace(new, first_for=None, first_until=None), decision

    def _kept_for(self, entry: Entry, *, now: datetime) -> Hand | None:
        """For whom nobody else is given it yet. Nothing is kept for somebody who is not there."""
        hand = self.hands.get(entry.first_for or 0) if entry.is_kept(now) else None
        here = hand is not None and hand.user_id in self.members.get(entry.team_id or 0, ())
        return hand if hand and here and hand.works and hand.there else None

    def _former(self, hand: Hand, reasons: list[str]) -> Hand | None:
        if not hand.can_hold:
            return None
        reasons[:] = [f"It came back to {hand.name}, who had it: {hand.in_hand} of {hand.capacity} in hand"]
        return hand

    def _wanted(self, goal: Goal, reasons: list[str]) -> Hand | None:
        if goal.wanted is None:
            return None
        hand = self.hands.get(goal.wanted)
        if hand is not None and hand.can_hold:
            reasons.append(f"The rule gives it to {hand.name}: {hand.in_hand} of {hand.capacity} in hand")
            return hand
        why = hand.why_not() if hand else gettext_noop("The agent whom the rule names is no longer here")
        reasons.append(f"{why}, so it goes to the team")
        return None

    def _least_loaded(self, goal: Goal, entry: Entry, reasons: list[str]) -> Hand | None:
        team = goal.team
        free = [hand for hand in self._team(team.pk) if hand.can_take and hand.user_id != entry.not_for]
        if not free:
            reasons.append(f"Nobody in {team.name} {self._trouble(team.pk, entry)}; it waits in the queue")
            return None
        knowing: list[Hand] = []
        if goal.topic:
            knowing = [hand for hand in free if hand.user_id in self.expertise.get(goal.topic[0], ())]
            if not knowing:
                reasons.append(f"Nobody in {team.name} who knows about {goal.topic[1]} has room now")
            free = knowing or free
        hand = min(free, key=_load)
        knows = f"knows about {goal.topic[1]} and " if goal.topic and knowing else ""
        reasons.append(
            f"{hand.name} {knows}has the most room in {team.name}: {hand.in_hand} of {hand.capacity} in hand"
        )
        return hand

    def _trouble(self, team_id: int, entry: Entry) -> str:
        team = [hand for hand in self._team(team_id) if hand.takes]
        if not team and self.members.get(team_id):
            return "takes conversations by themselves"
        if any(hand.can_take for hand in team):
            return "but who gave it back has room"
        return "has room" if any(hand.there for hand in team) else "is available"

    def _silence(self, team: Team, entry: Entry) -> list[str]:
        """Who gets it is one thing, who may answer there another: that the two differ is said."""
        members = set(self.members.get(team.pk, ()))
        return self.answers.silence(entry.connection_id, team.name, members, self.members) if members else []

    @cached_property
    def expertise(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        for topic, user in Expertise.objects.values_list("topic_id", "user_id"):
            found.setdefault(topic, set()).add(user)
        return found

    @cached_property
    def answers(self) -> answering.Answers:
        return answering.Answers()

    def _team(self, team_id: int) -> Sequence[Hand]:
        return [self.hands[user] for user in self.members.get(team_id, ()) if user in self.hands]

    def loads(self, team_id: int) -> list[dict[str, Any]]:
        """What was compared, for the decision's snapshot."""
        shown = sorted(self._team(team_id), key=lambda hand: (not hand.can_take, _load(hand)))[:_SHOWN_LOADS]
        return [hand.snapshot() for hand in shown]


def _members() -> dict[int, list[int]]:
    """Who works in which team, by ascending id. Experts work in teams of experts only."""
    members = Membership.objects.filter(user__is_active=True, user__profile__role__in=hands.WORKING_ROLES).filter(
        ~Q(user__profile__role=AgentProfile.Role.EXPERT) | Q(team__kind=Team.Kind.EXPERTS)
    )
    found: dict[int, list[int]] = {}
    for team, user in members.order_by("user_id").values_list("team_id", "user_id"):
        found.setdefault(team, []).append(user)
    return found


def _load(hand: Hand) -> tuple[float, float, int]:
    """Least loaded first, then whoever was given nothing for the longest time."""
    idle_since = hand.last_assigned_at.timestamp() if hand.last_assigned_at else 0.0
    return (hand.in_hand / hand.capacity if hand.capacity else 1.0, idle_since, hand.user_id)


def _with(entry: Entry, *, team: int, agent: int | None) -> Entry:
    return replace(
        entry,
        team_id=team,
        assignee_id=agent,
        in_hand=agent is not None and entry.status == OPEN,
        not_for=None if agent is not None or team != entry.team_id else entry.not_for,
    )


def match_of(enabled: Sequence[Prepared], texts: Mapping[int, Turn], conversation_id: int) -> Match | None:
    turn = texts.get(conversation_id)
    return rules.first_match(enabled, turn) if turn else None
