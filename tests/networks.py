"""The desk's account on a running sandbox, connected the way an admin connects one."""

from __future__ import annotations

from connectors.models import Connection
from connectors.sandbox.harness import Sandbox
from inbox.services import connections


def connect(network: Sandbox) -> Connection:
    """Start the sandbox afresh with one company account, and connect it with the four OAuth 1.0a values."""
    network.clear_faults()
    network.reset(keep_accounts=False)
    network.rates_off()
    account = network.create_account("norrline", "Norrline")
    return connections.connect(
        network="x",
        name="Norrline on X",
        config={"base_url": network.x_url},
        secrets={name: account[name] for name in ("consumer_key", "consumer_secret")}
        | {"access_token": account["oauth_token"], "access_token_secret": account["oauth_token_secret"]},
    )
