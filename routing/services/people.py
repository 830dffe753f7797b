"""What a person may do, how much they take and what they know about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext, gettext_noop

from inbox.models import Event
from inbox.saying import english
from inbox.services import events
from inbox.services.conversations import Refused
from routing.models import AgentProfile, Expertise, Membership, Team, Topic
from routing.services import changes, hands, jobs, passwords, presence, returns, teams
from routing.services.hands import display_name
from routing.services.roles import may_lead, require_admin, role_of

Role = AgentProfile.Role


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person shall be."""

    role: str
    active: bool
    capacity: int
    takes_conversations: bool
    topic_ids: Collection[int]
    needs_approval: bool = False


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who shall get an account."""

    username: str
    first_name: str
    last_name: str
    role: str
    capacity: int = 8
    team_ids: Collection[int] = ()


def add(*, newcomer: Newcomer, actor: AbstractBaseUser | None) -> tuple[User, str]:
    """A new account and the token of its first sign-in link. No actor: the command line. Raises Refused."""
    if actor is not None:
        require_admin(actor)
    _check_values(newcomer.role, newcomer.capacity)
    with transaction.atomic():
        user = _account(newcomer)
        profile = AgentProfile.objects.create(
            user=user,
            role=newcomer.role,
            capacity=newcomer.capacity,
            takes_conversations=AgentProfile.takes_by_itself(newcomer.role),
        )
        changes.tell("person", user.pk, actor, did="added", after=facts(user, profile), name=display_name(user))
        for team in Team.objects.filter(pk__in=newcomer.team_ids).order_by("name"):
            teams.join(team, profile, actor)
        actor_id = actor.pk if actor else None
        events.emit([Event(kind="agent.changed", actor_id=actor_id, subject="agent", subject_id=user.pk)])
        jobs.wake_soon()
        return user, passwords.issue(user)


def _account(newcomer: Newcomer) -> User:
    username = User.normalize_username(newcomer.username.strip())
    user = User(username=username, first_name=newcomer.first_name.strip(), last_name=newcomer.last_name.strip())
    user.set_unusable_password()
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise Refused(_unfit(error)) from None
    taken = Refused(gettext("Somebody signs in as “%(name)s” already. Choose another name.") % {"name": username})
    # Names that differ in capitals alone would be taken for one another; the constraint holds equal ones apart.
    if User.objects.filter(username__iexact=username).exists():
        raise taken
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise taken from None
    return user


def _unfit(error: ValidationError) -> str:
    if "username" in error.message_dict:
        return gettext("The sign-in name has 1 to 150 letters, digits and @ . + - _, without spaces.")
    return gettext("First and last name have at most 150 characters each.")


def change(*, user_id: int, wanted: Wanted, actor: AbstractBaseUser) -> str:
    """Role and whether they may sign in are for admins; the rest for their leads too. Raises Refused.

    Who loses the right to have conversations gives them back at once.
    """
    with transaction.atomic():
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            raise Refused(gettext("There is no such person any more. Reload the page."))
        if not may_lead(actor, user):
            raise Refused(gettext("Only an admin or a lead of their team changes this."))
        # With the admins' rows, so that two of them cannot step down at once.
        admins = AgentProfile.objects.filter(role=Role.ADMIN).values_list("user_id", flat=True)
        hands.lock({user.pk, *admins})
        profile = AgentProfile.objects.filter(user=user).first() or AgentProfile(user=user, role="", capacity=8)
        before = facts(user, profile)
        _check(user, profile, wanted, actor)
        profile.role, profile.capacity = wanted.role, wanted.capacity
        profile.takes_conversations, profile.needs_approval = wanted.takes_conversations, wanted.needs_approval
        if profile._state.adding:
            profile.save()
        else:
            profile.save(update_fields=["role", "capacity", "takes_conversations", "needs_approval"])
        if user.is_active != wanted.active:
            User.objects.filter(pk=user.pk).update(is_active=wanted.active)
            user.is_active = wanted.active
            passwords.void(user)
        Expertise.objects.filter(user=user).exclude(topic_id__in=wanted.topic_ids).delete()
        known = Topic.objects.filter(pk__in=wanted.topic_ids)
        Expertise.objects.bulk_create((Expertise(user=user, topic=topic) for topic in known), ignore_conflicts=True)
        after = facts(user, profile)
        if after == before:
            return gettext("Nothing was changed.")
        changes.tell("person", user.pk, actor, before=before, after=after, name=display_name(user))
        events.emit([Event(kind="agent.changed", actor_id=actor.pk, subject="agent", subject_id=user.pk)])
        jobs.wake_soon()
    if not wanted.active or wanted.role not in hands.WORKING_ROLES:
        returns.at_once(user.pk)
        return gettext("Saved. What %(user)s had is back in its teams' queues.") % {"user": display_name(user)}
    return gettext("Saved.")


def facts(user: User, profile: AgentProfile) -> dict[str, Any]:
    """What of a person their history tells, by label."""
    return {
        "role": english(Role(profile.role).label) if profile.role else "none",
        gettext_noop("signs in"): user.is_active,
        "capacity": profile.capacity,
        gettext_noop("is given work"): profile.takes_conversations,
        gettext_noop("needs approval"): profile.needs_approval,
        gettext_noop("knows about"): sorted(user.expertise.values_list("topic__name", flat=True)),
    }


def _check(user: User, profile: AgentProfile, wanted: Wanted, actor: AbstractBaseUser) -> None:
    who = display_name(user)
    _check_values(wanted.role, wanted.capacity)
    if profile.needs_approval and not wanted.needs_approval and actor.pk == user.pk:
        raise Refused(gettext("Somebody else has to say that your replies need no approval any more."))
    if (wanted.role, wanted.active) == (profile.role, user.is_active):
        return
    if role_of(actor) != Role.ADMIN:
        raise Refused(gettext("Only an admin changes a role, or who may sign in."))
    if profile.role == Role.ADMIN and not _other_admin(user):
        raise Refused(gettext("%(who)s is the last admin. Make somebody else an admin first.") % {"who": who})
    others = Membership.objects.filter(user=user).exclude(team__kind=Team.Kind.EXPERTS).select_related("team")
    if wanted.role == Role.EXPERT and (names := [row.team.name for row in others]):
        raise Refused(
            gettext("Experts work in teams of experts only. Take %(who)s out of %(names)s first.")
            % {"who": who, "names": ", ".join(names)}
        )


def _check_values(role: str, capacity: int) -> None:
    if role not in Role.values:
        raise Refused(gettext("Choose a role."))
    if not 0 <= capacity <= presence.MOST:
        raise Refused(gettext("Capacity is a number from 0 to %(most)s.") % {"most": presence.MOST})


def _other_admin(user: User) -> bool:
    admins = AgentProfile.objects.filter(role=Role.ADMIN, user__is_active=True)
    return admins.exclude(user_id=user.pk).exists()
