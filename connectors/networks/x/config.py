"""What one X account needs in order to be read and answered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import ConfigError

API = "https://api.x.com"
OAUTH1 = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
OAUTH2 = ("client_id", "client_secret", "access_token", "refresh_token")


WAY1, WAY2 = "Either OAuth 1.0a, which does not expire", "Or OAuth 2.0, which the desk renews"


def _secret(label: str, group: str = "", help_: str = "") -> Any:
    return field(default="", repr=False, metadata={"secret": True, "label": label, "group": group, "help": help_})


def _more(default: Any, label: str, help_: str) -> Any:
    return field(default=default, metadata={"label": label, "help": help_, "more": True})


@dataclass(frozen=True, slots=True)
class XConfig:
    """One account.

    ``account_id`` is its numeric id and ``handle`` its name without the @. ``base_url`` is X, or a
    proxy or sandbox that speaks X's API v2. ``history`` is how many items the first poll of a stream
    takes. ``overlap_seconds`` is how far each poll reads back over known ground, because ids arrive
    out of order. ``enterprise`` says that the app has an Enterprise agreement with X. Credentials are either
    the four values of OAuth 1.0a, which do not expire, or the four of OAuth 2.0, which are renewed every two
    hours. Which it is, is told by the fields that are given.
    """

    account_id: str = ""
    handle: str = ""
    base_url: str = _more(API, "Address of X's API", "Change it only for a proxy or the sandbox.")
    history: int = _more(100, "Items of the past", "How many the first read of each stream takes.")
    overlap_seconds: float = _more(120.0, "Seconds read again", "Posts may appear late, below newer ones.")
    enterprise: bool = _more(False, "Enterprise access", "X takes likes through its API from no other apps.")
    consumer_key: str = _secret("API key", WAY1)
    consumer_secret: str = _secret("API key secret", WAY1)
    access_token_secret: str = _secret("Access token secret", WAY1)
    client_id: str = _secret("Client id", WAY2)
    client_secret: str = _secret("Client secret", WAY2)
    refresh_token: str = _secret("Refresh token", WAY2, "Needs the scope offline.access.")
    access_token: str = _secret("Access token", "", "Of the company's own account, by the way that you chose above.")

    def __post_init__(self) -> None:
        if self.account_id and not re.fullmatch(r"[0-9]{1,19}", self.account_id):
            raise ConfigError("The X account's id must be its number, not its name.")
        if not re.match(r"https?://", self.base_url):
            raise ConfigError("The address of X's API must begin with https:// or http://.")
        first, second = self._given(OAUTH1), self._given(OAUTH2)
        if first and second:
            raise ConfigError("Signing in to X is either by OAuth 1.0a or by OAuth 2.0: leave the values of one out.")
        if not first and not second:
            raise ConfigError("The X account has no credentials: enter the four values of OAuth 1.0a or of OAuth 2.0.")
        way, names = ("1.0a", OAUTH1) if first else ("2.0", OAUTH2)
        if missing := [name for name in names if not getattr(self, name)]:
            raise ConfigError(f"Signing in to X by OAuth {way} also needs: {', '.join(missing)}.")

    def _given(self, names: tuple[str, ...]) -> bool:
        """Whether any value is there that only this way of signing in has."""
        return any(getattr(self, name) for name in names if name != "access_token")

    @property
    def oauth1(self) -> bool:
        """Whether requests are signed by OAuth 1.0a, whose tokens do not expire."""
        return bool(self.consumer_key)
