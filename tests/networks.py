"""The desk's account on a running sandbox, connected the way an admin connects one."""

from __future__ import annotations

from typing import Any

from connectors.models import Connection
from connectors.sandbox.harness import Sandbox
from inbox.services import connections


def connect(network: Sandbox, *, oauth2: bool = False) -> Connection:
    """Start the sandbox afresh with one company account, and connect it; by OAuth 1.0a its access never expires."""
    network.clear_faults()
    network.reset(keep_accounts=False)
    network.rates_off()
    network.create_account("norrline", "Norrline")
    return authorise(network, oauth2=oauth2)


def authorise(network: Sandbox, *, oauth2: bool = False) -> Connection:
    """Connect the account, or connect it anew with what the network now takes."""
    account = network.accounts()[0]
    return connections.connect(
        network="x",
        name="Norrline on X",
        config={"base_url": network.x_url},
        secrets=oauth2_secrets(account) if oauth2 else oauth1_secrets(account),
    )


def oauth1_secrets(account: dict[str, Any]) -> dict[str, str]:
    return {name: account[name] for name in ("consumer_key", "consumer_secret")} | {
        "access_token": account["oauth_token"],
        "access_token_secret": account["oauth_token_secret"],
    }


def oauth2_secrets(account: dict[str, Any]) -> dict[str, str]:
    return {name: account[name] for name in ("client_id", "client_secret", "access_token", "refresh_token")}


def connect_page(network: Sandbox) -> Connection:
    """Start the sandbox afresh with one Facebook page, and connect it."""
    network.clear_faults()
    network.reset(keep_accounts=False)
    network.rates_off()
    return _connect_page(network)


def _connect_page(network: Sandbox) -> Connection:
    page = network.create_page("norrline", "Norrline", require_proof=True)
    return connections.connect(
        network="facebook",
        name="Norrline on Facebook",
        config={"base_url": network.facebook_url},
        secrets={name: page[name] for name in ("access_token", "app_secret")},
    )


def connect_both(network: Sandbox) -> tuple[Connection, Connection]:
    """Start the sandbox afresh with an account on X and a Facebook page, and connect both."""
    on_x = connect(network)
    return on_x, _connect_page(network)
