"""Setting up teams: kind, topics, members, and when work of somebody who went away comes back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext, gettext_noop

from inbox.saying import english
from inbox.services.conversations import Refused
from routing.models import AgentProfile, Departure, Membership, Team, Topic
from routing.services import changes, hands, jobs, returns
from routing.services.hands import display_name
from routing.services.roles import led_teams, require_admin

# Minutes. A page that is looked at says so once a minute.
SHORTEST_WAIT, LONGEST_WAIT = 5, 7 * 24 * 60
_NO_ADMINS = gettext_noop("Choose an agent, an expert or a lead. Admins keep the accounts and take no conversations.")


@transaction.atomic
def add_team(*, name: str, kind: str, actor: AbstractBaseUser) -> Team:
    """A new team, without members yet. Raises Refused."""
    require_admin(actor)
    try:
        with transaction.atomic():
            team = Team.objects.create(name=_named(name, "team"), kind=_kind(kind))
    except IntegrityError:
        raise Refused(_taken(name, kind)) from None
    changes.tell("team", team.pk, actor, did=gettext_noop("made it"), name=team.name)
    return team


@transaction.atomic
def change_team(
    *,
    team_id: int,
    actor: AbstractBaseUser,
    name: str,
    kind: str,
    topic_ids: Collection[int],
    returns_after: int | None,
) -> None:
    """Name and kind for admins; topics and when work returns for its leads too. Raises Refused."""
    team = led(team_id, actor, lock=True)
    before = facts(team)
    if (name.strip(), kind) != (team.name, team.kind):
        require_admin(actor)
        _check_kind(team, kind)
    if returns_after is not None and not SHORTEST_WAIT <= returns_after <= LONGEST_WAIT:
        raise Refused(
            gettext(
                "Choose from %(shortest_wait)s to %(longest_wait)s minutes, or leave it empty: then nothing returns."
            )
            % {"shortest_wait": SHORTEST_WAIT, "longest_wait": f"{LONGEST_WAIT:,}"}
        )
    team.name, team.kind, team.returns_after = _named(name, "team"), _kind(kind), returns_after
    try:
        with transaction.atomic():
            team.save(update_fields=["name", "kind", "returns_after"])
    except IntegrityError:
        raise Refused(_taken(name, kind)) from None
    team.topics.set(Topic.objects.filter(pk__in=topic_ids) if team.is_experts else ())
    if (after := facts(team)) != before:
        changes.tell("team", team.pk, actor, before=before, after=after, name=team.name)
        jobs.wake_soon()


@transaction.atomic
def add_member(*, team_id: int, user_id: int | None, actor: AbstractBaseUser) -> str:
    """Somebody works in this team from now on. Raises Refused."""
    team = led(team_id, actor)
    profile = AgentProfile.objects.select_related("user").filter(user_id__in=[user_id], user__is_active=True).first()
    if profile is None:
        raise Refused(_NO_ADMINS)
    who = display_name(profile.user)
    if not join(team, profile, actor):
        return gettext("%(who)s is in %(team)s already.") % {"who": who, "team": team.name}
    jobs.wake_soon()
    return gettext("%(who)s works in %(team)s now.") % {"who": who, "team": team.name}


def join(team: Team, profile: AgentProfile, actor: AbstractBaseUser | None) -> bool:
    """Make somebody a member; False when they were one. Raises Refused where their role works in no such team."""
    who = display_name(profile.user)
    if profile.role not in hands.WORKING_ROLES:
        raise Refused(_NO_ADMINS)
    if profile.role == AgentProfile.Role.EXPERT and not team.is_experts:
        raise Refused(gettext("%(who)s is an expert, and experts work in teams of experts only.") % {"who": who})
    if not Membership.objects.get_or_create(team=team, user_id=profile.user_id)[1]:
        return False
    changes.tell("team", team.pk, actor, did=f"added {who}", name=team.name)
    return True


def remove_member(*, team_id: int, user_id: int | None, actor: AbstractBaseUser) -> str:
    """Somebody no longer works in this team; what they have there returns at once. Raises Refused."""
    with transaction.atomic():
        team = led(team_id, actor)
        user = User.objects.filter(pk__in=[user_id]).first()
        # While their row is held nobody decides anything for them: see deciding.Desk.lock.
        hands.lock([user.pk] if user else [])
        if user is None or not Membership.objects.filter(team=team, user=user).delete()[0]:
            return gettext("They were no longer in the team.")
        Departure.objects.create(team=team, user=user)
        changes.tell("team", team.pk, actor, did=f"took out {display_name(user)}", name=team.name)
        jobs.wake_soon()
    returns.at_once(user.pk, team_id=team.pk)
    return gettext("%(user)s no longer works in %(team)s. What they had there is back in its queue.") % {
        "user": display_name(user),
        "team": team.name,
    }


@transaction.atomic
def add_topic(*, name: str, actor: AbstractBaseUser) -> None:
    """Something that people can know about. Raises Refused."""
    if not led_teams(actor):
        raise Refused(gettext("Only admins and leads add topics."))
    wanted = _named(name, "topic")
    known = Topic.objects.filter(name__iexact=wanted).first()
    if known is not None:
        raise Refused(gettext("There is a topic “%(name)s” already.") % {"name": known.name})
    changes.tell("topic", Topic.objects.create(name=wanted).pk, actor, did=gettext_noop("added the topic"), name=wanted)


@transaction.atomic
def set_approval(*, topic_id: int | None, needed: bool, actor: AbstractBaseUser) -> None:
    """Whether what teams with this topic answer is read by a lead before it leaves. Raises Refused."""
    if not led_teams(actor):
        raise Refused(gettext("Only admins and leads say what needs approval."))
    topic = Topic.objects.select_for_update().filter(pk__in=[topic_id]).first()
    if topic is None:
        raise Refused(gettext("There is no such topic any more. Reload the page."))
    if topic.needs_approval != needed:
        Topic.objects.filter(pk=topic.pk).update(needs_approval=needed)
        before, after = {gettext_noop("needs approval"): topic.needs_approval}, {gettext_noop("needs approval"): needed}
        changes.tell("topic", topic.pk, actor, before=before, after=after, name=topic.name)


@transaction.atomic
def remove_topic(*, topic_id: int | None, actor: AbstractBaseUser) -> None:
    """Nobody is found by it any more; rules that ask for it go to the whole team. Raises Refused."""
    require_admin(actor)
    topic = Topic.objects.filter(pk__in=[topic_id]).first()
    if topic is not None:
        changes.tell("topic", topic.pk, actor, did=gettext_noop("removed the topic"), name=topic.name)
        topic.delete()


def led(team_id: int | None, actor: AbstractBaseUser, *, lock: bool = False) -> Team:
    """The team, if ``actor`` may change it. Raises Refused."""
    rows = Team.objects.select_for_update(no_key=True) if lock else Team.objects.all()
    team = rows.filter(pk__in=[team_id]).first()
    if team is None:
        raise Refused(gettext("There is no such team any more. Reload the page."))
    if team.pk not in led_teams(actor):
        raise Refused(gettext("Only an admin or a lead of %(team)s changes this.") % {"team": team.name})
    return team


def facts(team: Team) -> dict[str, Any]:
    """What of a team its history tells, by label."""
    return {
        "name": team.name,
        "kind": english(Team.Kind(team.kind).label),
        "topics": sorted(topic.name for topic in team.topics.all()),
        gettext_noop("work returns after minutes"): team.returns_after or "never",
    }


def _check_kind(team: Team, kind: str) -> None:
    experts = team.memberships.filter(user__profile__role=AgentProfile.Role.EXPERT)
    if team.is_experts and kind != Team.Kind.EXPERTS and experts.exists():
        raise Refused(
            gettext("Experts work in %(team)s. Take them out first, or make them agents.") % {"team": team.name}
        )


def _kind(kind: str) -> str:
    if kind not in Team.Kind.values:
        raise Refused(gettext("Choose what kind of team it is."))
    return kind


def _named(name: str, what: str) -> str:
    clean = " ".join(name.replace("\0", "").split())
    if not 1 <= len(clean) <= 80:
        raise Refused(gettext("Give the %(what)s a name of at most 80 characters.") % {"what": what})
    return clean


def _taken(name: str, kind: str) -> str:
    desk = Team.objects.filter(kind=Team.Kind.HELP_DESK).first()
    if kind == Team.Kind.HELP_DESK and desk is not None and desk.name != name.strip():
        return gettext("%(desk)s is the help desk, and there is only one. Make it a support team first.") % {
            "desk": desk.name
        }
    return gettext("There is a team “%(name)s” already. Choose another name.") % {"name": name.strip()}
