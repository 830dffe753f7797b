"""Availability and capacity: who takes work, and how much."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from inbox.models import Event
from inbox.services import events
from inbox.services.conversations import Refused
from routing.models import AgentProfile, Membership
from routing.services import jobs

_MOST = 500


@transaction.atomic
def set_availability(*, user: AbstractBaseUser, availability: str, actor: AbstractBaseUser) -> None:
    """Say that ``user`` is available, busy or away; what they have in hand stays with them. Raises Refused."""
    if availability not in AgentProfile.Availability.values:
        raise Refused("Choose available, busy or away.")
    _check(user, actor)
    changed = (
        AgentProfile.objects.filter(user_id=user.pk)
        .exclude(availability=availability)
        .update(availability=availability, availability_at=timezone.now())
    )
    if changed:
        _tell(user, actor, {"availability": availability})


@transaction.atomic
def set_capacity(*, user: AbstractBaseUser, capacity: int, actor: AbstractBaseUser) -> None:
    """How many open conversations ``user`` takes at once. For their leads only. Raises Refused."""
    if not 0 <= capacity <= _MOST:
        raise Refused(f"Choose a number from 0 to {_MOST}.")
    if not _leads(actor, user):
        raise Refused("Only a lead of the same team changes this.")
    if AgentProfile.objects.filter(user_id=user.pk).exclude(capacity=capacity).update(capacity=capacity):
        _tell(user, actor, {"capacity": capacity})


def _check(user: AbstractBaseUser, actor: AbstractBaseUser) -> None:
    if actor.pk != user.pk and not _leads(actor, user):
        raise Refused("Only they themselves or a lead of the same team change this.")


def _leads(actor: AbstractBaseUser, user: AbstractBaseUser) -> bool:
    teams = Membership.objects.filter(user_id=actor.pk).values("team_id")
    is_lead = AgentProfile.objects.filter(user_id=actor.pk, user__is_active=True, role=AgentProfile.Role.LEAD)
    return is_lead.exists() and Membership.objects.filter(user_id=user.pk, team_id__in=teams).exists()


def _tell(user: AbstractBaseUser, actor: AbstractBaseUser, data: dict[str, str | int]) -> None:
    events.emit([Event(kind="agent.changed", actor_id=actor.pk, subject="agent", subject_id=user.pk, data=dict(data))])
    jobs.wake_soon()
