"""Who may change what of the desk: admins everything, leads their teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext

from inbox.services.conversations import Refused
from routing.models import AgentProfile, Membership, Team

if TYPE_CHECKING:
    from inbox.downstream import Somebody


def role_of(user: Somebody) -> str:
    """The role of an active person with a profile, else "". Read anew each time: roles are taken away."""
    if not isinstance(user, AbstractBaseUser) or user.pk is None:
        return ""
    profiles = AgentProfile.objects.filter(user_id=user.pk, user__is_active=True)
    return profiles.values_list("role", flat=True).first() or ""


def role_in_request(user: Somebody) -> str:
    """The same of whoever asks, without a statement: their profile was read with them as the request began.

    It ends with the request, as the object does. Of anybody who comes without a profile the role is read now.
    """
    if not isinstance(user, AbstractBaseUser) or "profile" not in user._state.fields_cache:
        return role_of(user)
    profile: AgentProfile | None = getattr(user, "profile", None)
    return profile.role if profile is not None and user.is_active else ""


def require_admin(user: Somebody) -> None:
    """Refused unless ``user`` may change how the whole desk is set up."""
    if role_of(user) != AgentProfile.Role.ADMIN:
        raise Refused(gettext("Only an admin changes this. Ask one."))


def led_teams(user: Somebody) -> set[int]:
    """The teams whose members, capacity and rules ``user`` may change: all for an admin, their own for a lead."""
    role = role_of(user)
    if role == AgentProfile.Role.ADMIN:
        return set(Team.objects.values_list("pk", flat=True))
    own = Membership.objects.filter(user__in=[user.pk]).values_list("team_id", flat=True)
    return set(own) if role == AgentProfile.Role.LEAD else set()


def may_lead(actor: Somebody, user: AbstractBaseUser) -> bool:
    """Whether ``actor`` looks after ``user``: an admin everybody, a lead the members of their teams."""
    if role_of(actor) == AgentProfile.Role.ADMIN:
        return True
    return Membership.objects.filter(user_id=user.pk, team_id__in=led_teams(actor)).exists()
