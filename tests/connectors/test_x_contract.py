"""X passes the contract, with either kind of credentials."""

from __future__ import annotations

import pytest

from connectors.sandbox.harness import Sandbox
from connectors.testing import ConnectorContract, RenewingContract, SendingContract
from tests.connectors.x_world import XWorld


class TestXContract(ConnectorContract, RenewingContract):
    @pytest.fixture
    def world(self, x: XWorld) -> XWorld:
        return x


class TestXWithSignedRequests(SendingContract):
    """OAuth 1.0a: what leaves is signed; reading differs in nothing else."""

    @pytest.fixture
    def world(self, network: Sandbox) -> XWorld:
        return XWorld(network, oauth1=True)
