"""Who can take work now: the agents' rows, locked, so that a decision made on them stays true."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser

from routing.models import AgentProfile

# Admins keep the accounts; conversations are not theirs.
WORKING_ROLES = (AgentProfile.Role.AGENT, AgentProfile.Role.EXPERT, AgentProfile.Role.LEAD)


def display_name(user: AbstractBaseUser) -> str:
    """What colleagues read: the full name, else the name the person signs in with."""
    full: str = user.get_full_name() if hasattr(user, "get_full_name") else ""
    return full or user.get_username()


@dataclass(slots=True)
class Hand:
    """One agent's load. ``in_hand`` is counted up in memory while a batch is decided."""

    user_id: int
    name: str
    role: str
    active: bool
    availability: str
    in_hand: int
    capacity: int
    takes: bool
    gone_since: datetime  # nothing was heard of them since, or they said so
    last_assigned_at: datetime | None

    @property
    def works(self) -> bool:
        return self.active and self.role in WORKING_ROLES

    @property
    def there(self) -> bool:
        return self.availability == AgentProfile.Availability.AVAILABLE

    @property
    def has_room(self) -> bool:
        return self.in_hand < self.capacity

    @property
    def can_hold(self) -> bool:
        """A conversation that is theirs by name may go to them."""
        return self.works and self.there and self.has_room

    @property
    def can_take(self) -> bool:
        """They are given work that is nobody's."""
        return self.takes and self.can_hold

    def gone_for(self, minutes: int | None, *, now: datetime) -> bool:
        return minutes is not None and self.gone_since < now - timedelta(minutes=minutes)

    def snapshot(self) -> dict[str, int | str]:
        """What a decision looked at, to be kept with it."""
        return {
            "agent": self.user_id,
            "in_hand": self.in_hand,
            "capacity": self.capacity,
            "availability": self.availability,
        }

    def why_not(self) -> str:
        """One sentence why this person cannot take more."""
        if not self.works:
            return f"{self.name} no longer takes conversations"
        if not self.there:
            return f"{self.name} is {self.availability}"
        return f"{self.name} has {self.in_hand} of {self.capacity} in hand"


def lock(user_ids: Collection[int]) -> dict[int, Hand]:
    """Lock these agents' rows, always in the order of their ids, always after the queue entries."""
    if not user_ids:
        return {}
    profiles = (
        AgentProfile.objects.select_for_update(of=("self",), no_key=True)
        .select_related("user")
        .filter(user_id__in=user_ids)
        .order_by("user_id")
    )
    return {profile.user_id: _hand(profile) for profile in profiles}


def _hand(profile: AgentProfile) -> Hand:
    away = profile.availability == AgentProfile.Availability.AWAY
    return Hand(
        user_id=profile.user_id,
        name=display_name(profile.user),
        role=profile.role,
        active=profile.user.is_active,
        availability=profile.availability,
        in_hand=profile.in_hand,
        capacity=profile.capacity,
        takes=profile.takes_conversations,
        gone_since=min(profile.seen_at, profile.availability_at) if away else profile.seen_at,
        last_assigned_at=profile.last_assigned_at,
    )
