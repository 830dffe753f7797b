"""Facebook passes the contract."""

from __future__ import annotations

import pytest

from connectors.testing import ConnectorContract
from tests.connectors.facebook_world import FacebookWorld


class TestFacebookContract(ConnectorContract):
    @pytest.fixture
    def world(self, facebook: FacebookWorld) -> FacebookWorld:
        return facebook
