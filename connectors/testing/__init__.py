"""The tests that every network passes: subclass ConnectorContract and give it a ``world`` fixture.

class TestElsewhere(ConnectorContract):
    @pytest.fixture
    def world(self, tmp_path): ...   # a World: a real server that speaks the network's protocol

Nothing is mocked: the connector under test makes its real calls over real HTTP. Needs pytest, so
nothing of the product imports it.
"""

import pytest

pytest.register_assert_rewrite(
    "connectors.testing.reading",
    "connectors.testing.sending",
    "connectors.testing.refusals",
    "connectors.testing.renewing",
    "connectors.testing.acting",
    "connectors.testing.uploading",
)

from connectors.errors import ConfigError  # noqa: E402
from connectors.testing.acting import ActingContract  # noqa: E402
from connectors.testing.reading import ReadingContract  # noqa: E402
from connectors.testing.refusals import RefusalContract  # noqa: E402
from connectors.testing.renewing import RenewingContract  # noqa: E402
from connectors.testing.sending import SendingContract  # noqa: E402
from connectors.testing.uploading import UploadingContract  # noqa: E402
from connectors.testing.world import Items, Sent, Uploaded, World  # noqa: E402

__all__ = [
    "ActingContract",
    "ConnectorContract",
    "Items",
    "ReadingContract",
    "RefusalContract",
    "RenewingContract",
    "SendingContract",
    "Sent",
    "Uploaded",
    "UploadingContract",
    "World",
]


class ConnectorContract(ReadingContract, SendingContract, RefusalContract, ActingContract, UploadingContract):
    """Everything that a connector promises. ``many`` is how many items make several pages there."""

    def test_credentials_that_expire_are_renewed_as_the_contract_says(self, world: World) -> None:
        connector = world.connector()
        if connector.expiring:
            assert isinstance(self, RenewingContract), "credentials that expire: inherit RenewingContract too"
        else:
            with pytest.raises(ConfigError):
                connector.refresh()
