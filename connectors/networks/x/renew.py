"""New tokens for an old refresh token: POST /2/oauth2/token, as X documents it for a confidential client.

tweepy (4.17) fetches the first tokens only, and requests-oauthlib's session cannot be ours, which knows
whether a request has left. The refresh token rotates: X takes each one once.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import AuthError, ConfigError, ConnectorError, UnknownOutcome
from connectors.http import LastResponse, Session
from connectors.networks.x.config import XConfig
from connectors.networks.x.problems import problem
from connectors.types import Credentials

TOKEN_URL = "https://api.x.com/2/oauth2/token"  # nosec B105 - an address

DOUBTFUL = "X did not say clearly whether it renewed our access."
DEAD = "X no longer renews our access to this account: authorise it again, and connect it with the new tokens."
CLIENT = "X does not accept the app's client id and client secret: copy them anew from X's developer console."
PUZZLED = "X refuses to renew our access to this account: check the app in X's developer console."


def renew(session: Session, config: XConfig) -> Credentials:
    """Asks once. Raises what Connector.refresh names."""
    asked = datetime.now(UTC)
    form = {"grant_type": "refresh_token", "refresh_token": config.refresh_token, "client_id": config.client_id}
    session.post(TOKEN_URL, data=form, auth=(config.client_id, config.client_secret))
    last = session.last
    if last is None:
        raise UnknownOutcome(DOUBTFUL)
    document = _document(last)
    if last.status == 200:
        return _credentials(document, asked)
    raise _refusal(last, document, asked)


def _credentials(document: dict[str, Any], asked: datetime) -> Credentials:
    fresh = {name: document.get(name) for name in ("access_token", "refresh_token")}
    secrets = {name: value for name, value in fresh.items() if isinstance(value, str) and value}
    seconds = document.get("expires_in")
    if len(secrets) < len(fresh) or not isinstance(seconds, int) or not 0 < seconds < 10**9:
        raise UnknownOutcome(DOUBTFUL)
    return Credentials(secrets, asked + timedelta(seconds=seconds))


def _refusal(last: LastResponse, document: dict[str, Any], now: datetime) -> ConnectorError:
    """OAuth's own words (RFC 6749, 5.2) prove that nothing was renewed; anything else but a 429 proves nothing."""
    error = document.get("error")
    if last.status == 429:
        return problem(last, write=False, now=now)
    if last.status not in (400, 401, 403) or not isinstance(error, str):
        return UnknownOutcome(DOUBTFUL)
    if error in ("invalid_client", "unauthorized_client"):
        return ConfigError(CLIENT)
    # X itself says invalid_request with "Value passed for the token was invalid." of a token that is used up.
    said = str(document.get("error_description")).lower()
    if error in ("invalid_grant", "access_denied") or (error == "invalid_request" and "token was invalid" in said):
        return AuthError(DEAD)
    return ConfigError(PUZZLED)


def _document(last: LastResponse) -> dict[str, Any]:
    try:
        document = json.loads(last.body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
