"""The contract that every network's connector fulfils. A connector translates and does nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from connectors.errors import ConfigError
from connectors.http import Http
from connectors.types import (
    Absent,
    Act,
    Action,
    Allowed,
    Author,
    Capabilities,
    Credentials,
    Denied,
    Draft,
    Measure,
    MediaRef,
    Missing,
    Page,
    Post,
    RateBudget,
    Receipt,
    Target,
    Unknown,
    Upload,
    Visibility,
)

Config = TypeVar("Config")
PEOPLE = (Act.BLOCK, Act.UNBLOCK)


def target_of(action: Action) -> Target:
    """To what the action is done."""
    if action.kind in PEOPLE:
        return Target.PERSON
    return Target.OURS if action.own else Target.THEIRS


class Connector(ABC, Generic[Config]):
    """One authorised account on one network.

    The core owns retries, cursors, budgets and the outbox. A method here makes its calls once and
    returns data or raises one of connectors.errors; it never sleeps, retries or stores anything.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    config_class: ClassVar[type[Any]]

    def __init__(self, config: Config, http: Http) -> None:
        self.config = config
        self.http = http

    @abstractmethod
    def check(self) -> Author:
        """Who are we there? Raises AuthError or ConfigError."""

    def missing(self) -> Sequence[Missing]:
        """The permissions that these credentials lack, as far as the network tells. Sends nothing."""
        return ()

    @abstractmethod
    def fetch(self, stream: str, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """Pages of ``stream`` from ``cursor`` on, in the network's own order.

        The first cursor is ``{}``. Each page carries the cursor to save with it; a walk that is cut
        off after any page resumes from that page's cursor without losing an item.
        """

    @abstractmethod
    def context(self, post: Post) -> Sequence[Post]:
        """The posts above ``post`` in its thread, oldest first, each with ``context=True`` (or ``own``)."""

    @abstractmethod
    def measure(self, text: str, visibility: Visibility) -> Measure:
        """The length of ``text`` as this network counts it. No I/O."""

    @abstractmethod
    def can_send(self, draft: Draft, now: datetime) -> Allowed | Denied:
        """Whether the network would take ``draft`` now, as far as can be known without asking it. No I/O."""

    @abstractmethod
    def prepare(self, draft: Draft) -> dict[str, Any]:
        """The frozen payload (JSON), committed before the first byte leaves. No I/O, same draft, same payload.

        Where the network binds a private message to one public post, ``answers`` in it is that post's id.
        """

    @abstractmethod
    def send(self, draft: Draft, prepared: Mapping[str, Any]) -> Receipt:
        """Send once. Never retries itself."""

    @abstractmethod
    def find_sent(
        self, draft: Draft, prepared: Mapping[str, Any], claimed_ids: Collection[str]
    ) -> Receipt | Absent | Unknown:
        """Ask the network whether an earlier send arrived. Ids in ``claimed_ids`` belong to other items."""

    def refuse_media(self, draft: Draft, now: datetime) -> Denied | None:
        """For can_send: more pictures than the network takes with this, or one that it has forgotten."""
        limits = self.capabilities.media.get(draft.visibility)
        most = limits.count if limits else 0
        if len(draft.media) > most:
            taken = {0: "no picture", 1: "one picture"}.get(most, f"{most} pictures")
            return Denied(f"{self.label} takes {taken} with this.")
        if any(ref.expires_at is not None and ref.expires_at <= now for ref in draft.media):
            return Denied(f"{self.label} no longer has a picture that was handed over; attach it again.")
        return None

    def upload(self, upload: Upload) -> MediaRef:
        """Hand over a picture, once. Nobody sees it before a send names it, so a doubtful upload may be repeated.

        Raises RejectedError where the network would not take it; other errors as for send.
        """
        raise ConfigError(f"{self.label} takes no pictures from here.")

    def can_act(self, action: Action, now: datetime) -> Allowed | Denied:
        """Whether the network would do ``action`` now, as far as can be known without asking it. No I/O."""
        spec = self.capabilities.act(action.kind, target_of(action))
        if spec is None or (spec.on is not Target.PERSON and action.visibility is Visibility.DIRECT):
            return Denied(f"{self.label} does not offer this here.")
        if spec.needs and not getattr(self.config, spec.needs):
            return Denied(spec.without)
        if spec.own_threads and action.root_own is False:
            return Denied(f"{self.label} does this only in threads that this account began.")
        return Allowed((spec.note,) if spec.note else ())

    def act(self, action: Action) -> Receipt:
        """Do it once. Never retries itself; errors as for send."""
        raise ConfigError(f"{self.label} does not offer this here.")

    def find_acted(self, action: Action) -> Receipt | Absent | Unknown:
        """Ask the network whether it is so there now, whoever did it."""
        raise ConfigError(f"{self.label} does not offer this here.")

    @property
    def expiring(self) -> bool:
        """Whether these credentials expire after a while and are renewed by ``refresh``."""
        return False

    def refresh(self) -> Credentials:
        """Renew the credentials once. The old ones may be dead from the first byte on.

        The core calls it under a lease and saves the answer before anybody uses it. AuthError: the network
        renews them no more, a person must authorise anew. TransientError: provably not renewed.
        UnknownOutcome: nobody knows, as after a time-out.
        """
        raise ConfigError(f"The credentials of {self.label} do not expire.")

    def budget(self, stream: str) -> RateBudget | None:
        """What the network said of our budget in the last answer for ``stream`` ("send" for writes)."""
        return None
