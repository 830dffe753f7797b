"""What a sender carries out: a reply, or an act on a post or a person. Both leave with the same certainty."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from connectors.base import Connector, target_of
from connectors.types import Absent, Act, Action, Allowed, Denied, Draft, Receipt, Unknown, Visibility
from inbox.models import OutboxItem
from inbox.services.drafts import draft_of

Network = Connector[Any]


class Errand(Protocol):
    """One thing to be done at a network, once."""

    def repeatable(self, network: Network) -> bool:
        """Whether doing it again changes nothing, so that it may be done again where nobody knows."""

    def allowed(self, network: Network, now: datetime) -> Allowed | Denied: ...

    def prepare(self, network: Network) -> dict[str, Any]:
        """What is committed before the first byte leaves."""

    def run(self, network: Network, prepared: Mapping[str, Any]) -> Receipt: ...

    def find(
        self, network: Network, prepared: Mapping[str, Any], claimed: Collection[str]
    ) -> Receipt | Absent | Unknown: ...


@dataclass(frozen=True, slots=True)
class Reply:
    draft: Draft

    def repeatable(self, network: Network) -> bool:
        return False

    def allowed(self, network: Network, now: datetime) -> Allowed | Denied:
        return network.can_send(self.draft, now)

    def prepare(self, network: Network) -> dict[str, Any]:
        return network.prepare(self.draft)

    def run(self, network: Network, prepared: Mapping[str, Any]) -> Receipt:
        return network.send(self.draft, prepared)

    def find(
        self, network: Network, prepared: Mapping[str, Any], claimed: Collection[str]
    ) -> Receipt | Absent | Unknown:
        return network.find_sent(self.draft, prepared, claimed)


@dataclass(frozen=True, slots=True)
class Deed:
    action: Action

    def repeatable(self, network: Network) -> bool:
        spec = network.capabilities.act(self.action.kind, target_of(self.action))
        return spec is not None and spec.repeatable

    def allowed(self, network: Network, now: datetime) -> Allowed | Denied:
        return network.can_act(self.action, now)

    def prepare(self, network: Network) -> dict[str, Any]:
        return {}

    def run(self, network: Network, prepared: Mapping[str, Any]) -> Receipt:
        return network.act(self.action)

    def find(
        self, network: Network, prepared: Mapping[str, Any], claimed: Collection[str]
    ) -> Receipt | Absent | Unknown:
        return network.find_acted(self.action)


def errand_of(item: OutboxItem) -> Errand:
    return Reply(draft_of(item)) if item.is_reply else Deed(action_of(item))


def action_of(item: OutboxItem) -> Action:
    payload = item.payload
    return Action(
        key=str(item.pk),
        kind=Act(item.kind),
        target_id=payload["target_id"],
        author_id=payload["author_id"],
        own=payload["own"],
        root_own=payload["root_own"],
        visibility=Visibility(payload["visibility"]),
        started_at=item.first_sending_at,
    )
