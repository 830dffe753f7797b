"""A desk whose account is connected to a running network, for tests that send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.models import Credential
from connectors.sandbox.harness import Sandbox, running_sandbox
from inbox.services import connections, locks
from tests import factories


@pytest.fixture
def desk(desk: factories.Desk) -> Iterator[factories.Desk]:
    yield desk
    locks.forget()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(Path(tmp_path_factory.mktemp("network"))) as sandbox:
        yield sandbox


@pytest.fixture
def online(desk: factories.Desk, network: Sandbox) -> Sandbox:
    """The desk's account is connected to a network; its posts are answered there."""
    network.clear_faults()
    network.reset(keep_accounts=False)
    network.rates_off()
    account = network.create_account("norrline")
    names = {"consumer_key": "consumer_key", "consumer_secret": "consumer_secret"}
    names |= {"access_token": "oauth_token", "access_token_secret": "oauth_token_secret"}
    Credential.store(connection=desk.connection, secrets={ours: account[theirs] for ours, theirs in names.items()})
    desk.connection.config = {"base_url": network.x_url, "account_id": account["id"], "handle": "norrline"}
    desk.connection.save()
    connections.connector_for(desk.connection).check()
    return network
