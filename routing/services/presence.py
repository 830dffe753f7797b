"""Availability and capacity: who takes work, and how much."""

from __future__ import annotations

from dataclasses import replace

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from inbox.models import Event
from inbox.services import events
from inbox.services.conversations import Refused
from routing.models import AgentProfile
from routing.services import hands, jobs, queue, records, returns
from routing.services.queue import Change
from routing.services.records import Decision
from routing.services.roles import may_lead

MOST = 500
_BATCH = 100


def set_availability(
    *, user: AbstractBaseUser, availability: str, actor: AbstractBaseUser, give_back: bool = False
) -> None:
    """Say that ``user`` is available, busy or away. Raises Refused.

    What they have stays with them unless they ``give_back`` what waits for us; away for longer than their
    team allows, it returns by itself.
    """
    if availability not in AgentProfile.Availability.values:
        raise Refused(gettext("Choose available, busy or away."))
    if actor.pk != user.pk and not may_lead(actor, user):
        raise Refused(gettext("Only they themselves or a lead of the same team change this."))
    with transaction.atomic():
        now = timezone.now()
        changed = (
            AgentProfile.objects.filter(user_id=user.pk)
            .exclude(availability=availability)
            .update(availability=availability, availability_at=now)
        )
        if changed:
            _tell(user, actor, {"availability": availability})
    if give_back and availability == AgentProfile.Availability.AWAY:
        _give_back(user)


@transaction.atomic
def set_capacity(*, user: AbstractBaseUser, capacity: int, actor: AbstractBaseUser) -> None:
    """How many open conversations ``user`` takes at once. For admins and their leads only. Raises Refused."""
    if not 0 <= capacity <= MOST:
        raise Refused(gettext("Choose a number from 0 to %(most)s.") % {"most": MOST})
    if not may_lead(actor, user):
        raise Refused(gettext("Only a lead of the same team changes this."))
    if AgentProfile.objects.filter(user_id=user.pk).exclude(capacity=capacity).update(capacity=capacity):
        _tell(user, actor, {"capacity": capacity})


def _give_back(user: AbstractBaseUser) -> None:
    """Nothing new comes to somebody who is away, so what is found here is all there is."""
    mine = returns.of(int(user.pk), statuses=[queue.OPEN])
    for start in range(0, len(mine), _BATCH):
        _return(user, mine[start : start + _BATCH])


@transaction.atomic
def _return(user: AbstractBaseUser, conversation_ids: list[int]) -> None:
    now = timezone.now()
    entries = {pk: entry for pk, entry in queue.lock(conversation_ids).items() if entry.assignee_id == user.pk}
    hand = hands.lock([int(user.pk)]).get(int(user.pk))
    if hand is None or hand.availability != AgentProfile.Availability.AWAY:
        return  # back already
    queue.apply([Change(entry, replace(entry, assignee_id=None, in_hand=False)) for entry in entries.values()], now=now)
    reason = f"{hand.name} went away and gave it back to the team"
    records.record(
        [
            Decision(pk, entry.team_id or 0, None, [reason], {"returned_from": user.pk}, by_id=int(user.pk))
            for pk, entry in entries.items()
        ],
        now=now,
    )
    jobs.add(list(entries), now=now)
    jobs.wake_soon()


def _tell(user: AbstractBaseUser, actor: AbstractBaseUser, data: dict[str, str | int]) -> None:
    events.emit([Event(kind="agent.changed", actor_id=actor.pk, subject="agent", subject_id=user.pk, data=dict(data))])
    jobs.wake_soon()
