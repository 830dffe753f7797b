"""What one X account needs in order to be read and answered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import ConfigError

API = "https://api.x.com"
OAUTH1 = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")


def _secret() -> Any:
    return field(default="", repr=False, metadata={"secret": True})


@dataclass(frozen=True, slots=True)
class XConfig:
    """One account.

    ``account_id`` is its numeric id and ``handle`` its name without the @. ``base_url`` is X, or a
    proxy or sandbox that speaks X's API v2. ``history`` is how many items the first poll of a stream
    takes. ``overlap_seconds`` is how far each poll reads back over known ground, because ids arrive
    out of order. Credentials are either the four values of OAuth 1.0a or an OAuth 2.0 user token.
    """

    account_id: str = ""
    handle: str = ""
    base_url: str = API
    history: int = 100
    overlap_seconds: float = 120.0
    consumer_key: str = _secret()
    consumer_secret: str = _secret()
    access_token: str = _secret()
    access_token_secret: str = _secret()
    bearer_token: str = _secret()

    def __post_init__(self) -> None:
        if self.account_id and not re.fullmatch(r"[0-9]{1,19}", self.account_id):
            raise ConfigError("The X account's id must be its number, not its name.")
        if not re.match(r"https?://", self.base_url):
            raise ConfigError("The address of X's API must begin with https:// or http://.")
        given = [name for name in OAUTH1 if getattr(self, name)]
        if given and len(given) < len(OAUTH1):
            missing = ", ".join(name for name in OAUTH1 if name not in given)
            raise ConfigError(f"Signing in to X by OAuth 1.0a also needs: {missing}.")
        if not given and not self.bearer_token:
            raise ConfigError("The X account has no credentials: enter the four OAuth 1.0a values or a token.")

    @property
    def oauth1(self) -> bool:
        """Whether requests are signed by OAuth 1.0a; its tokens do not expire, so it is preferred."""
        return bool(self.consumer_key)
