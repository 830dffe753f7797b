"""What a network looks like to the contract, and what a poller would have stored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from connectors.base import Connector
from connectors.types import Draft, Gap, Post, Visibility


@dataclass(frozen=True, slots=True)
class Sent:
    """One write that the network accepted from the account, with the alternative texts of its pictures."""

    external_id: str
    text: str
    alts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Uploaded:
    """One picture that the network accepted: its id, what was said of it, and its file's name, if it has one."""

    external_id: str
    alt: str
    file_name: str


class World(ABC):
    """The network and one authorised account on it, as a test sees them. Page size, limits: its own."""

    public_stream: str
    direct_stream: str
    window: int | None = None  # how many public posts the network shows at most; None: all

    @abstractmethod
    def connector(
        self, *, deadline: float = 20.0, secrets: Mapping[str, str] | None = None, **config: Any
    ) -> Connector[Any]:
        """A connector for the account, whose requests end after ``deadline`` seconds.

        ``config`` changes settings of the network's configuration class, ``secrets`` its secrets.
        """

    @abstractmethod
    def secrets(self) -> Collection[str]:
        """Every secret value the connector was given."""

    @abstractmethod
    def publish(self, texts: Sequence[str]) -> list[str]:
        """Public posts of customers that address the account, oldest first; their ids."""

    @abstractmethod
    def publish_raw(self, **fields: Any) -> str:
        """One such post whose wire form carries ``fields`` instead of sensible ones."""

    @abstractmethod
    def write_direct(self, texts: Sequence[str]) -> list[str]:
        """Direct messages of one customer to the account, oldest first; their ids."""

    @abstractmethod
    def customer_id(self) -> str:
        """The customer who writes the direct messages."""

    @abstractmethod
    def remove(self, external_id: str) -> None:
        """The customer deletes a public post."""

    def below_ours(self, text: str) -> str:
        """A public post in a thread that the account began, each by a customer of its own; its id. For acts."""
        raise NotImplementedError("a network with acts says what they can be done to")

    def author_of(self, external_id: str) -> str:
        """Who wrote it, as the connector shows them. For networks that can block."""
        raise NotImplementedError("a network with acts on people says who they are")

    def acted(self) -> list[tuple[str, str]]:
        """The acts that the network accepted, oldest first: what was done (an Act), and the id it was done to."""
        raise NotImplementedError("a network with acts says which it has seen")

    def uploaded(self) -> list[Uploaded]:
        """The pictures that the network accepted, oldest first."""
        raise NotImplementedError("a network with pictures says which it has seen")

    def close_messages(self) -> None:
        """The customer of ``customer_id`` takes no private message any more."""
        raise NotImplementedError("a network with private messages says how people refuse them")

    def expire(self) -> None:
        """End the credentials handed out so far; those that expire can still be renewed."""
        raise NotImplementedError("a network whose credentials expire says how they do")

    def revoke(self) -> None:
        """End the credentials handed out so far, and their renewal."""
        raise NotImplementedError("a network whose credentials expire says how they are taken away")

    def authorise(self) -> None:
        """The account's owner authorises us anew: ``connector`` has credentials that were never used."""
        raise NotImplementedError("a network whose credentials expire says how they are handed out")

    @abstractmethod
    def fault(self, name: str, **options: Any) -> None:
        """Misbehave until ``heal``.

        Performed, answer lost: ``lost_answer`` (silence), ``broken_answer``, ``empty``, ``late_error`` (5xx).
        Not performed: ``never_written`` (silence), ``closed`` (line dropped), ``html`` (5xx page),
        ``status`` (with ``status=`` and, for 429, ``reset=`` seconds or False).
        Bent pages: ``repeat``, ``shuffle``, ``echo_own``. And ``slow`` (with ``seconds=``).
        """

    @abstractmethod
    def heal(self) -> None:
        """End all faults."""

    @abstractmethod
    def sent(self) -> list[Sent]:
        """What the network holds of the account's writes, oldest first."""


class Items:
    """What a poller would have stored: a set by external id, and the cursor saved with each page."""

    def __init__(self) -> None:
        self.posts: dict[str, Post] = {}
        self.invalid: dict[str, str] = {}
        self.gaps: list[Gap] = []
        self.cursor: Mapping[str, Any] = {}
        self.pages = 0

    def poll(self, connector: Connector[Any], stream: str, *, pages: int | None = None) -> bool:
        """Take up to ``pages`` pages; whether the walk is complete."""
        taken = 0
        for page in connector.fetch(stream, self.cursor):
            self.posts.update({post.external_id: post for post in page.items if not post.context})
            self.invalid.update({item.external_id: item.reason for item in page.invalid})
            self.gaps += [page.gap] if page.gap else []
            self.cursor, taken, self.pages = page.cursor, taken + 1, self.pages + 1
            if page.complete:
                return True
            if taken == pages:
                return False
        return True


class Contract:
    """What the parts of the contract share."""

    many: ClassVar[int] = 250

    @pytest.fixture
    def world(self) -> World:
        raise NotImplementedError("give the contract a world")

    def drafts(self, world: World, text: str = "Thank you, we look into it.") -> list[Draft]:
        """A public reply and a direct message."""
        [post] = world.publish(["please help"])
        world.write_direct(["please help"])
        now = datetime.now(UTC)
        return [
            Draft("a", Visibility.PUBLIC, text, in_reply_to=post, started_at=now),
            Draft("b", Visibility.DIRECT, text, recipient_id=world.customer_id(), started_at=now, last_direct_at=now),
        ]
