"""X passes the contract, with either kind of credentials."""

from __future__ import annotations

import pytest

from connectors.sandbox.harness import Sandbox
from connectors.testing import ConnectorContract
from tests.connectors.x_world import XWorld


class TestXContract(ConnectorContract):
    @pytest.fixture
    def world(self, x: XWorld) -> XWorld:
        return x


class TestXWithSignedRequests(ConnectorContract):
    """OAuth 1.0a; a walk of one page less, since reading is the same."""

    many = 210

    @pytest.fixture
    def world(self, network: Sandbox) -> XWorld:
        return XWorld(network, oauth1=True)
