"""A desk that is really connected: the sandbox over HTTP, real tweepy, real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from connectors.models import Connection, StreamState
from connectors.sandbox.harness import Sandbox, running_sandbox
from inbox.models import Conversation, OutboxItem
from inbox.services import locks, outbox, poll, replies, sending, settling
from routing.services.assignment import route_due
from tests import factories
from tests.networks import connect


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(Path(tmp_path_factory.mktemp("network"))) as sandbox:
        yield sandbox


@dataclass
class Desk:
    """What the flows do to a connected desk, in the words of the people who do it."""

    network: Sandbox
    connection: Connection
    alice: Any
    bob: Any

    def poll(self, times: int = 1) -> None:
        """Read both streams now, whatever their interval says, and route what came."""
        for _ in range(times):
            StreamState.objects.filter(connection=self.connection).update(next_poll_at=timezone.now(), lease_until=None)
            poll.poll_due(limit=4)
        route_due()

    def conversation(self, handle: str) -> Conversation:
        return Conversation.objects.get(identity__handle=handle)

    def reply(self, handle: str, text: str, *, visibility: str = "public", **options: Any) -> OutboxItem:
        """A reply whose undo time is over."""
        conversation = options.pop("conversation", None) or self.conversation(handle)
        options.setdefault("author", self.alice)
        options.setdefault("client_key", f"{handle}-{text}-{OutboxItem.objects.count()}"[:64])
        options.setdefault("seen_message_id", conversation.last_incoming_id)
        return replies.compose(
            conversation_id=conversation.pk, visibility=visibility, text=text, undo_seconds=0, **options
        )

    def send(self) -> None:
        outbox.release_due()
        sending.send_due()

    def settle(self) -> None:
        """Let the time pass after which "not there" counts, and ask the network."""
        OutboxItem.objects.filter(state="unknown").update(check_at=timezone.now())
        settling.settle_doubtful()


@pytest.fixture
def desk(network: Sandbox, transactional_db: Any) -> Iterator[Desk]:
    connection = connect(network)
    people = factories.desk()
    yield Desk(network, connection, people.alice, people.bob)
    locks.forget()
