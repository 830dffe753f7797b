"""By hand: taking a conversation, handing it on with a line that says why, accepting it, giving it back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from inbox.models import Event
from inbox.saying import inside
from inbox.services import events
from inbox.services.conversations import Refused
from inbox.services.storable import storable
from routing.models import AgentProfile, Assignment, Membership, Team
from routing.services import hands, jobs, queue, records
from routing.services.hands import Hand
from routing.services.queue import Change, Entry
from routing.services.records import Decision

LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked for, with what they saw when they asked."""

    actor: AbstractBaseUser
    team_id: int | None
    agent_id: int | None
    seen_agent_id: int | None
    line: str

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
    line: str = "",
) -> str:
    """Give a conversation to a team, to an agent, or both. Returns the sentence that says what happened.

    The caller has asked the policy for "assign". ``seen_agent_id`` is whom the page showed as its
    agent: taking a conversation that meanwhile went to somebody else is refused. ``line`` says why it is
    handed on; who gets it reads it. Raises Refused with a sentence. Only leads hand on without a line, give
    to somebody who is not there, and go beyond capacity.
    """
    wish = Wish(actor, team_id, agent_id, seen_agent_id, _line(line))
    if team_id is None and agent_id is None:
        raise Refused(gettext("Choose a team or a person."))
    entry = _locked(conversation_id)
    people = hands.lock({pk for pk in (agent_id, entry.assignee_id, actor.pk) if pk is not None})
    me = people.get(int(actor.pk))
    if me is None or not me.works:
        raise Refused(gettext("Only agents, experts and leads assign conversations."))
    lead = me.role == AgentProfile.Role.LEAD
    _check_right(wish, entry, people, lead=lead)
    team = _team(wish, entry, people)
    if (entry.team_id, entry.assignee_id) == (team.pk, agent_id):
        return gettext("It is already with %(people)s.") % {"people": people[agent_id].name if agent_id else team.name}
    return _give(wish, entry, team, people, lead=lead, now=timezone.now())


@transaction.atomic
def accept(*, conversation_id: int, actor: AbstractBaseUser) -> str:
    """Say that one takes care of what one was handed. Raises Refused."""
    entry = _locked(conversation_id)
    if entry.assignee_id != actor.pk:
        raise Refused(gettext("It is no longer with you."))
    now = timezone.now()
    mine = Assignment.objects.filter(conversation_id=conversation_id, ended_at=None, accepted_at=None)
    if mine.update(accepted_at=now):
        events.emit([Event(kind="conversation.accepted", actor_id=actor.pk, conversation_id=conversation_id)])
    return gettext("Accepted. It is yours.")


@transaction.atomic
def give_back(*, conversation_id: int, actor: AbstractBaseUser, line: str) -> str:
    """Back to where it came from: to who handed it on if they have room, else to their team. Raises Refused.

    It is not given to the same person again by itself.
    """
    said = _line(line)
    if not said:
        raise Refused(gettext("Say in a line why you give it back."))
    entry = _locked(conversation_id)
    if entry.assignee_id != actor.pk:
        raise Refused(gettext("It is no longer with you."))
    origin = _origin(conversation_id)
    people = hands.lock({pk for pk in (actor.pk, origin.agent_id) if pk is not None})
    giver = people.get(origin.agent_id or 0)
    team = origin.team or Team.objects.get(pk=entry.team_id or 0)
    to = giver if giver and giver.can_hold and _works_in(giver.user_id, team.pk) else None
    me = people[int(actor.pk)].name
    now = timezone.now()
    works_now = to is not None and entry.status == queue.OPEN
    new = replace(
        entry, team_id=team.pk, assignee_id=to.user_id if to else None, in_hand=works_now, not_for=int(actor.pk)
    )
    where = f"{to.name}, who handed it on" if to else team.name
    reasons = [f"{me} gave it back to {where}"]
    if giver and queue.may_wait_for(giver) and entry.status == queue.OPEN and _works_in(giver.user_id, team.pk):
        new = new.kept(giver, now=now)
        reasons = [*records.kept(giver.name, new.first_until or now, giver.why_not()), *reasons]
    queue.apply([Change(entry, new)], now=now)
    inputs = {"by_hand": True, "given_back_by": actor.pk}
    decision = Decision(
        conversation_id, team.pk, new.assignee_id, reasons, inputs, by_id=int(actor.pk), line=f"{me}: {said}"
    )
    records.record([decision], now=now)
    if to is None:
        jobs.add([conversation_id], now=new.first_until or now)
    jobs.wake_soon()
    return gettext("You gave it back to %(where)s.") % {"where": where}


def _locked(conversation_id: int) -> Entry:
    entry = queue.lock([conversation_id]).get(conversation_id)
    if entry is None:
        raise Refused(gettext("It is resolved. Reopen it first."))
    return entry


def _line(line: str) -> str:
    """One line of plain words."""
    return " ".join(storable(line).split())[:LONGEST_LINE]


def _check_right(wish: Wish, entry: Entry, people: dict[int, Hand], *, lead: bool) -> None:
    if not lead and not wish.own and not wish.line:
        raise Refused(gettext("Say in a line why you hand it on. Who gets it reads that first."))
    if wish.agent_id is None:
        return
    chosen = people.get(wish.agent_id)
    if chosen is None or not chosen.works:
        raise Refused(gettext("This person takes no conversations."))
    if not wish.own and not lead and not chosen.there:
        raise Refused(
            gettext("%(name)s is %(availability)s. Hand it to their team, or to somebody who is there.")
            % {"name": chosen.name, "availability": inside(AgentProfile.Availability(chosen.availability).label)}
        )
    if wish.own and entry.assignee_id not in (None, wish.agent_id, wish.seen_agent_id):
        taken = people.get(entry.assignee_id or 0)
        raise Refused(gettext("%(taken)s took it first.") % {"taken": taken.name if taken else gettext("A colleague")})


def _team(wish: Wish, entry: Entry, people: dict[int, Hand]) -> Team:
    """The team asked for, else the present one if it is the agent's too, else one of the agent's.

    Who has a conversation works in its team.
    """
    if wish.agent_id is None:
        team = Team.objects.filter(pk__in=[wish.team_id]).first()
        if team is None:
            raise Refused(gettext("There is no such team."))
        return team
    hand = people[wish.agent_id]
    theirs = Team.objects.filter(memberships__user_id=wish.agent_id)
    if hand.role == AgentProfile.Role.EXPERT:
        theirs = theirs.filter(kind=Team.Kind.EXPERTS)
    own = {team.pk: team for team in theirs.order_by("pk")}
    if wish.team_id is not None and wish.team_id not in own:
        raise Refused(gettext("%(hand)s does not work in that team.") % {"hand": hand.name})
    found = own.get(wish.team_id or entry.team_id or 0) or next(
        iter(sorted(own.values(), key=lambda team: not team.is_help_desk)), None
    )
    if found is None:
        raise Refused(
            gettext("%(hand)s is in no team yet. A lead adds them under Settings, Teams.") % {"hand": hand.name}
        )
    return found


def _works_in(user_id: int, team_id: int) -> bool:
    return Membership.objects.filter(user_id=user_id, team_id=team_id).exists()


@dataclass(frozen=True, slots=True)
class _Origin:
    """Who handed it on, and from which team."""

    team: Team | None = None
    agent_id: int | None = None


def _origin(conversation_id: int) -> _Origin:
    """Behind the newest line: the assignment that carries it and the one before it."""
    rows = list(
        Assignment.objects.filter(conversation_id=conversation_id).select_related("team").order_by("-at", "-id")[:50]
    )
    line = rows[0].line if rows else ""
    for row, before in pairwise(rows):
        if row.line != line or not line:
            break
        if before.line != line:
            handed = row.by_id is not None and row.by_id != row.agent_id and "given_back_by" not in row.inputs
            return _Origin(before.team, row.by_id) if handed else _Origin()
    return _Origin()


def _give(wish: Wish, entry: Entry, team: Team, people: dict[int, Hand], *, lead: bool, now: datetime) -> str:
    works_now = wish.agent_id is not None and entry.status == queue.OPEN
    inputs: dict[str, Any] = {"by_hand": True}
    reasons = [_sentence(wish, team, people)]
    if works_now and not (entry.in_hand and entry.assignee_id == wish.agent_id):
        _make_room(people[wish.agent_id or 0], reasons, inputs, own=wish.own, lead=lead)
    # Who hands it to their own team does not want it back from the router.
    not_for = entry.assignee_id if wish.agent_id is None and entry.assignee_id == wish.actor.pk else None
    new = replace(
        entry, team_id=team.pk, assignee_id=wish.agent_id, in_hand=works_now, not_for=not_for, first_for=None,
        first_until=None,
    )  # fmt: skip
    over = {wish.agent_id} if wish.agent_id is not None and inputs.get("override") else set()
    queue.apply([Change(entry, new)], now=now, over=over)
    line = f"{people[int(wish.actor.pk)].name}: {wish.line}" if wish.line else ""
    decision = Decision(entry.conversation_id, team.pk, wish.agent_id, reasons, inputs, wish.actor.pk, line)
    records.record([decision], now=now)
    if entry.in_hand or wish.agent_id is None:
        jobs.wake_soon()
    return f"{reasons[0]}."


def _make_room(hand: Hand, reasons: list[str], inputs: dict[str, Any], *, own: bool, lead: bool) -> None:
    inputs["loads"] = [hand.snapshot()]
    if hand.has_room:
        return
    if not lead:
        said = (
            gettext("You have %(number)s of %(most)s in hand. Finish one first, or ask a lead.")
            if own
            else gettext("%(name)s has %(number)s of %(most)s in hand. Finish one first, or ask a lead.")
        )
        raise Refused(said % {"name": hand.name, "number": hand.in_hand, "most": hand.capacity})
    inputs["override"] = True
    reasons.append(f"A lead went beyond the capacity of {hand.name}: {hand.in_hand} of {hand.capacity} in hand")


def _sentence(wish: Wish, team: Team, people: dict[int, Hand]) -> str:
    who = people[wish.actor.pk].name
    if wish.agent_id is None:
        return f"{who} handed it to {team.name}"
    if wish.own:
        return f"{who} took it"
    return f"{who} gave it to {people[wish.agent_id].name}"
