"""What a person may do, how much they take and what they know about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction

from inbox.models import Event
from inbox.services import events
from inbox.services.conversations import Refused
from routing.models import AgentProfile, Expertise, Membership, Team, Topic
from routing.services import changes, hands, jobs, presence, returns
from routing.services.hands import display_name
from routing.services.roles import may_lead, role_of

Role = AgentProfile.Role


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person shall be."""

    role: str
    active: bool
    capacity: int
    takes_conversations: bool
    topic_ids: Collection[int]


def change(*, user_id: int, wanted: Wanted, actor: AbstractBaseUser) -> str:
    """Role and whether they may sign in are for admins; the rest for their leads too. Raises Refused.

    Who loses the right to have conversations gives them back at once.
    """
    with transaction.atomic():
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            raise Refused("There is no such person any more. Reload the page.")
        if not may_lead(actor, user):
            raise Refused("Only an admin or a lead of their team changes this.")
        # With the admins' rows, so that two of them cannot step down at once.
        admins = AgentProfile.objects.filter(role=Role.ADMIN).values_list("user_id", flat=True)
        hands.lock({user.pk, *admins})
        profile = AgentProfile.objects.filter(user=user).first() or AgentProfile(user=user, role="", capacity=8)
        before = facts(user, profile)
        _check(user, profile, wanted, actor)
        profile.role, profile.capacity = wanted.role, wanted.capacity
        profile.takes_conversations = wanted.takes_conversations
        if profile._state.adding:
            profile.save()
        else:
            profile.save(update_fields=["role", "capacity", "takes_conversations"])
        if user.is_active != wanted.active:
            User.objects.filter(pk=user.pk).update(is_active=wanted.active)
            user.is_active = wanted.active
        Expertise.objects.filter(user=user).exclude(topic_id__in=wanted.topic_ids).delete()
        known = Topic.objects.filter(pk__in=wanted.topic_ids)
        Expertise.objects.bulk_create((Expertise(user=user, topic=topic) for topic in known), ignore_conflicts=True)
        after = facts(user, profile)
        if after == before:
            return "Nothing was changed."
        changes.tell("person", user.pk, actor, before=before, after=after, name=display_name(user))
        events.emit([Event(kind="agent.changed", actor_id=actor.pk, subject="agent", subject_id=user.pk)])
        jobs.wake_soon()
    if not wanted.active or wanted.role not in hands.WORKING_ROLES:
        returns.at_once(user.pk)
        return f"Saved. What {display_name(user)} had is back in its teams' queues."
    return "Saved."


def facts(user: User, profile: AgentProfile) -> dict[str, Any]:
    """What of a person their history tells, by label."""
    return {
        "role": profile.get_role_display() or "none",
        "signs in": user.is_active,
        "capacity": profile.capacity,
        "is given work": profile.takes_conversations,
        "knows about": sorted(user.expertise.values_list("topic__name", flat=True)),
    }


def _check(user: User, profile: AgentProfile, wanted: Wanted, actor: AbstractBaseUser) -> None:
    who = display_name(user)
    if wanted.role not in Role.values:
        raise Refused("Choose a role.")
    if not 0 <= wanted.capacity <= presence.MOST:
        raise Refused(f"Capacity is a number from 0 to {presence.MOST}.")
    if (wanted.role, wanted.active) == (profile.role, user.is_active):
        return
    if role_of(actor) != Role.ADMIN:
        raise Refused("Only an admin changes a role, or who may sign in.")
    if profile.role == Role.ADMIN and not _other_admin(user):
        raise Refused(f"{who} is the last admin. Make somebody else an admin first.")
    others = Membership.objects.filter(user=user).exclude(team__kind=Team.Kind.EXPERTS).select_related("team")
    if wanted.role == Role.EXPERT and (names := [row.team.name for row in others]):
        raise Refused(f"Experts work in teams of experts only. Take {who} out of {', '.join(names)} first.")


def _other_admin(user: User) -> bool:
    admins = AgentProfile.objects.filter(role=Role.ADMIN, user__is_active=True)
    return admins.exclude(user_id=user.pk).exists()
