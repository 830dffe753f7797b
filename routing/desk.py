"""What a person's desk offers: their queues with exact counts. Read once a request, shared by its page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from inbox import health
from inbox import selectors as selectors_of_inbox
from inbox.models import OutboxItem, SendingPause
from inbox.services import counts, pauses
from routing import selectors
from routing.models import AgentProfile, Team
from routing.progress import Progress
from routing.selectors import Frame, Place
from routing.services import queue

AUDIENCES = {"": gettext_lazy("All"), "public": gettext_lazy("Public"), "direct": gettext_lazy("Private")}


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue as a link: ``key`` is its address, ``count`` the key of its exact count."""

    key: str
    label: str
    icon: str
    count: str
    place: Place
    audiences: Mapping[str, str]  # audience: key of its count, where one is kept
    short: str = ""  # in the sidebar, under its team

    @property
    def address(self) -> str:
        return _address(self.key)


@lru_cache(maxsize=1024)
def _address(key: str) -> str:
    return reverse("queue", args=[key])


@dataclass(frozen=True, slots=True)
class Link:
    queue: Queue
    number: int


class Desk:
    """Queues, counts and role of one person."""

    def __init__(self, user: AbstractBaseUser) -> None:
        self.user = user

    @cached_property
    def profile(self) -> AgentProfile | None:
        profile: AgentProfile | None = getattr(self.user, "profile", None)
        return profile if self.user.is_active else None

    @cached_property
    def role(self) -> str:
        return self.profile.role if self.profile else ""

    @property
    def works(self) -> bool:
        """Admins keep the accounts; conversations are not theirs."""
        return self.role in (AgentProfile.Role.AGENT, AgentProfile.Role.EXPERT, AgentProfile.Role.LEAD)

    @property
    def leads(self) -> bool:
        return self.role == AgentProfile.Role.LEAD

    @property
    def keeps_accounts(self) -> bool:
        return self.role in (AgentProfile.Role.LEAD, AgentProfile.Role.ADMIN)

    @cached_property
    def frame(self) -> Frame:
        return selectors.frame_of(self.user, self.role) if self.profile else Frame()

    @cached_property
    def pauses(self) -> list[SendingPause]:
        """What is paused, for everybody who has a desk here."""
        return pauses.running() if self.frame.paused else []

    @cached_property
    def unsent(self) -> list[OutboxItem]:
        """What of theirs was not sent, or may not have been."""
        return selectors_of_inbox.unsent_seen(self.user) if self.frame.unsent else []

    @property
    def stopped(self) -> str:
        """Why no reply of any account leaves; "" where they do."""
        return health.stopped(self.user) if self.frame.stopped else ""

    @property
    def teams(self) -> Sequence[Team]:
        return self.frame.teams

    @cached_property
    def queues(self) -> dict[str, Queue]:
        if not self.works:
            return {}
        me = self.user.pk
        found = [
            Queue("mine", gettext("My work"), "user", f"agent:{me}:open", Place(agent_id=me), {}),
            Queue(
                "waiting",
                gettext("Waiting"),
                "hourglass",
                f"agent:{me}:pending",
                Place(agent_id=me, status="pending"),
                {},
            ),
            Queue(
                "snoozed", gettext("Snoozed"), "moon", f"agent:{me}:snoozed", Place(agent_id=me, status="snoozed"), {}
            ),
            *(queue for team in self.teams for queue in _of_team(team)),
        ]
        if self.leads:
            found.append(Queue("unrouted", gettext("Not routed yet"), "route", "unrouted", Place(unrouted=True), {}))
        return {queue.key: queue for queue in found}

    @cached_property
    def numbers(self) -> dict[str, int]:
        ids = [team.pk for team in self.teams]
        keys = selectors.count_keys(team_ids=ids, agent_id=self.user.pk, unrouted=self.leads)
        return counts.read(keys) if self.works else {}

    @property
    def links(self) -> list[Link]:
        return [Link(queue, self.numbers.get(queue.count, 0)) for queue in self.queues.values()]

    def on_posts(self, posts: Collection[tuple[int, str]]) -> dict[tuple[int, str], int]:
        """How much of theirs is open under each of these posts (account, the post's id there)."""
        if not posts:
            return {}
        places: list[int | None] = [team.pk for team in self.teams]
        keys = {post: [queue.post_key(*post, place) for place in places + [None] * self.leads] for post in set(posts)}
        found = counts.read([key for some in keys.values() for key in some])
        return {post: sum(found[key] for key in some) for post, some in keys.items()}

    @cached_property
    def bulk(self) -> Progress | None:
        """How far the newest of their bulk jobs has come."""
        return Progress.of(self.frame.bulk) if self.frame.bulk else None

    @property
    def pips(self) -> list[bool]:
        """One for each place in hand, at most twelve of them."""
        if self.profile is None:
            return []
        shown = min(max(self.profile.capacity, self.profile.in_hand), 12)
        return [place < self.profile.in_hand for place in range(shown)]

    def next_with_work(self, but: str) -> Link | None:
        """Where to go when a queue is empty."""
        return next((link for link in self.links if link.number and link.queue.key != but), None)


def _of_team(team: Team) -> list[Queue]:
    key = f"team-{team.pk}"
    icon = "lifebuoy" if team.is_help_desk else "bulb" if team.is_experts else "users"
    kept = {audience: f"team:{team.pk}:open:{audience}" for audience in ("public", "direct")}
    return [
        Queue(key, team.name, icon, f"team:{team.pk}:open", Place(team_id=team.pk), kept),
        Queue(
            f"{key}-unassigned",
            gettext("%(team)s, unassigned") % {"team": team.name},
            "user-question",
            f"team:{team.pk}:unassigned",
            Place(team_id=team.pk, unassigned=True),
            {},
            gettext("Unassigned"),
        ),
    ]


def desk_of(request: HttpRequest) -> Desk:
    """The desk of who asks, made once a request."""
    holder: Any = request
    if not hasattr(holder, "desk"):
        holder.desk = Desk(request.user)  # type: ignore[arg-type]
    made: Desk = holder.desk
    return made
