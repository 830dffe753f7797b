"""Deciding in memory, on rows that are locked: which team, which agent, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from routing.models import Membership, Rule, Team
from routing.services import hands, rules
from routing.services.hands import Hand
from routing.services.queue import OPEN, Entry
from routing.services.records import Current, Decision
from routing.services.rules import Match, Turn

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


class Desk:
    """Teams and their people, read once per batch."""

    def __init__(self) -> None:
        self.teams = {team.pk: team for team in Team.objects.all()}
        self.members: dict[int, list[int]] = {}
        members = Membership.objects.filter(user__is_active=True, user__profile__role__in=hands.WORKING_ROLES)
        for team, user in members.order_by("user_id").values_list("team_id", "user_id"):
            self.members.setdefault(team, []).append(user)
        self.hands: dict[int, Hand] = {}

    def lock(self, team_ids: Iterable[int], user_ids: Iterable[int] = ()) -> None:
        """Lock everybody who may be chosen, all at once."""
        users = {user for team in team_ids for user in self.members.get(team, ())} | set(user_ids)
        self.hands = hands.lock(users)

    def help_desk(self) -> Team:
        for team in self.teams.values():
            if team.is_help_desk:
                return team
        raise NoHelpDesk("No team is the help desk.")

    def goal(self, match: Match | None) -> Goal:
        """The team that a rule gives, else the help desk; with the reasons so far."""
        if match is None:
            return Goal(self.help_desk(), None, ("No rule matched; the help desk takes it",), {"rule": None})
        rule = match.rule
        inputs = {"rule": rule.pk, "rule_name": rule.name, "words": list(match.words), "author": bool(match.author)}
        reasons = [match.reason]
        wanted = rule.agent_id
        if rule.agent is not None and not rule.agent.is_active:
            reasons.append(f"{hands.display_name(rule.agent)} no longer takes conversations")
            wanted = None
        team = self.teams.get(rule.team_id) or rule.team
        if wanted is None and not self.members.get(team.pk) and not team.is_help_desk:
            reasons.append(f"Nobody works in {team.name}; the help desk takes it")
            team = self.help_desk()
        return Goal(team, wanted, tuple(reasons), inputs)

    def stays(self, current: Current) -> Goal:
        """Somebody chose this team already; only its agent is open."""
        team = self.teams[current[0]]
        return Goal(team, None, (f"It stays with {team.name}",), {"rule": None})

    def choose(self, goal: Goal, entry: Entry, *, now: datetime) -> tuple[Entry, Decision]:
        """Give the conversation to somebody with room, or leave it in the team's queue with the reason."""
        reasons, team = list(goal.reasons), goal.team
        hand, inputs = None, dict(goal.inputs)
        if entry.status != OPEN:
            reasons.append("Nothing waits for us there now, so nobody needs to take it")
        else:
            inputs["loads"] = self.loads(team.pk)
            hand = self._wanted(goal, reasons) or self._least_loaded(team, reasons)
        if hand is not None:
            hand.in_hand += 1
            hand.last_assigned_at = now
        agent = hand.user_id if hand else None
        decision = Decision(entry.conversation_id, team.pk, agent, reasons, inputs)
        return _with(entry, team=team.pk, agent=agent), decision

    def _wanted(self, goal: Goal, reasons: list[str]) -> Hand | None:
        if goal.wanted is None:
            return None
        hand = self.hands.get(goal.wanted)
        if hand is not None and hand.can_take:
            reasons.append(f"The rule gives it to {hand.name}: {hand.in_hand} of {hand.capacity} in hand")
            return hand
        why = hand.why_not() if hand else "The agent whom the rule names is no longer here"
        reasons.append(f"{why}, so it goes to the team")
        return None

    def _least_loaded(self, team: Team, reasons: list[str]) -> Hand | None:
        free = [hand for hand in self._team(team.pk) if hand.can_take]
        if not free:
            reasons.append(f"Nobody in {team.name} {self._trouble(team.pk)}; it waits in the queue")
            return None
        hand = min(free, key=_load)
        reasons.append(f"{hand.name} has the most room in {team.name}: {hand.in_hand} of {hand.capacity} in hand")
        return hand

    def _trouble(self, team_id: int) -> str:
        there = any(hand.availability == "available" for hand in self._team(team_id))
        return "has room" if there else "is available"

    def _team(self, team_id: int) -> Sequence[Hand]:
        return [self.hands[user] for user in self.members.get(team_id, ()) if user in self.hands]

    def loads(self, team_id: int) -> list[dict[str, Any]]:
        """What was compared, for the decision's snapshot."""
        shown = sorted(self._team(team_id), key=lambda hand: (not hand.can_take, _load(hand)))[:_SHOWN_LOADS]
        return [hand.snapshot() for hand in shown]


def _load(hand: Hand) -> tuple[float, float, int]:
    """Least loaded first, then whoever was given nothing for the longest time."""
    idle_since = hand.last_assigned_at.timestamp() if hand.last_assigned_at else 0.0
    return (hand.in_hand / hand.capacity if hand.capacity else 1.0, idle_since, hand.user_id)


def _with(entry: Entry, *, team: int, agent: int | None) -> Entry:
    return Entry(
        conversation_id=entry.conversation_id,
        connection_id=entry.connection_id,
        team_id=team,
        assignee_id=agent,
        status=entry.status,
        visibility=entry.visibility,
        waiting_since=entry.waiting_since,
        in_hand=agent is not None and entry.status == OPEN,
    )


def match_of(enabled: Sequence[Rule], texts: Mapping[int, Turn], conversation_id: int) -> Match | None:
    turn = texts.get(conversation_id)
    return rules.first_match(enabled, turn) if turn else None
