"""Assigning by hand: taking a conversation, handing it to a team, giving it to somebody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from inbox.services.conversations import Refused
from routing.models import AgentProfile, Membership, Team
from routing.services import hands, jobs, queue, records
from routing.services.hands import Hand
from routing.services.queue import Change, Entry
from routing.services.records import Decision


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked for, with what they saw when they asked."""

    actor: AbstractBaseUser
    team_id: int | None
    agent_id: int | None
    seen_agent_id: int | None

    @property
    def own(self) -> bool:
        return self.agent_id is not None and self.agent_id == int(self.actor.pk)


@transaction.atomic
def assign(
    *,
    conversation_id: int,
    actor: AbstractBaseUser,
    team_id: int | None = None,
    agent_id: int | None = None,
    seen_agent_id: int | None = None,
) -> str:
    """Give a conversation to a team, to an agent, or both. Returns the sentence that says what happened.

    The caller has asked the policy for "assign". ``seen_agent_id`` is whom the page showed as its
    agent: taking a conversation that meanwhile went to somebody else is refused. Raises Refused with
    a sentence. Only leads give to others and beyond capacity.
    """
    wish = Wish(actor, team_id, agent_id, seen_agent_id)
    if team_id is None and agent_id is None:
        raise Refused("Choose a team or a person.")
    entry = queue.lock([conversation_id]).get(conversation_id)
    if entry is None:
        raise Refused("It is resolved. Reopen it first.")
    people = hands.lock({pk for pk in (agent_id, entry.assignee_id, actor.pk) if pk is not None})
    lead = actor.pk in people and people[actor.pk].active and people[actor.pk].role == AgentProfile.Role.LEAD
    _check_right(wish, entry, people, lead=lead)
    team = _team(wish, entry)
    if (entry.team_id, entry.assignee_id) == (team.pk, agent_id):
        return f"It is already with {people[agent_id].name if agent_id else team.name}."
    return _give(wish, entry, team, people, lead=lead, now=timezone.now())


def _check_right(wish: Wish, entry: Entry, people: dict[int, Hand], *, lead: bool) -> None:
    if wish.actor.pk not in people or not people[wish.actor.pk].works:
        raise Refused("Only agents and leads assign conversations.")
    if wish.agent_id is None:
        return
    if not wish.own and not lead:
        raise Refused("Only a lead can give a conversation to somebody else.")
    if wish.agent_id not in people or not people[wish.agent_id].works:
        raise Refused("This person takes no conversations.")
    if wish.own and entry.assignee_id not in (None, wish.agent_id, wish.seen_agent_id):
        taken = people.get(entry.assignee_id or 0)
        raise Refused(f"{taken.name if taken else 'A colleague'} took it first.")


def _team(wish: Wish, entry: Entry) -> Team:
    """The team asked for, else the present one, else one of the agent's, else the help desk."""
    if wish.team_id is not None:
        team = Team.objects.filter(pk=wish.team_id).first()
        if team is None:
            raise Refused("There is no such team.")
        return team
    theirs = Membership.objects.filter(user=wish.agent_id).order_by("-team__is_help_desk", "team_id")
    own = list(theirs.values_list("team_id", flat=True))
    chosen = entry.team_id if entry.team_id in own or not own else own[0]
    team = Team.objects.filter(pk__in=[chosen]).first() or Team.objects.filter(is_help_desk=True).first()
    if team is None:
        raise Refused("No team is the help desk yet.")
    return team


def _give(wish: Wish, entry: Entry, team: Team, people: dict[int, Hand], *, lead: bool, now: datetime) -> str:
    works_now = wish.agent_id is not None and entry.status == queue.OPEN
    inputs: dict[str, Any] = {"by_hand": True}
    reasons = [_sentence(wish, team, people)]
    if works_now and not (entry.in_hand and entry.assignee_id == wish.agent_id):
        _make_room(people[wish.agent_id or 0], reasons, inputs, own=wish.own, lead=lead)
    new = replace(entry, team_id=team.pk, assignee_id=wish.agent_id, in_hand=works_now)
    over = {wish.agent_id} if wish.agent_id is not None and inputs.get("override") else set()
    queue.apply([Change(entry, new)], now=now, over=over)
    decision = Decision(entry.conversation_id, team.pk, wish.agent_id, reasons, inputs, by_id=wish.actor.pk)
    records.record([decision], now=now)
    if entry.in_hand or wish.agent_id is None:
        jobs.wake_soon()
    return f"{reasons[0]}."


def _make_room(hand: Hand, reasons: list[str], inputs: dict[str, Any], *, own: bool, lead: bool) -> None:
    inputs["loads"] = [hand.snapshot()]
    if hand.has_room:
        return
    if not lead:
        who = "You have" if own else f"{hand.name} has"
        raise Refused(f"{who} {hand.in_hand} of {hand.capacity} in hand. Finish one first, or ask a lead.")
    inputs["override"] = True
    reasons.append(f"A lead went beyond the capacity of {hand.name}: {hand.in_hand} of {hand.capacity} in hand")


def _sentence(wish: Wish, team: Team, people: dict[int, Hand]) -> str:
    who = people[wish.actor.pk].name
    if wish.agent_id is None:
        return f"{who} handed it to {team.name}"
    if wish.own:
        return f"{who} took it"
    return f"{who} gave it to {people[wish.agent_id].name}"
