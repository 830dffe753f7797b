"""What one Facebook page needs in order to be read and answered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import ConfigError

API = "https://graph.facebook.com"


def _secret() -> Any:
    return field(default="", repr=False, metadata={"secret": True})


@dataclass(frozen=True, slots=True)
class FacebookConfig:
    """One page.

    ``account_id`` is the page's number and ``handle`` its name. ``base_url`` is the Graph API, or a proxy
    or sandbox that speaks it. ``history`` is how many items the first poll of a stream takes. ``days`` is
    how old a post may be for its comments to be read. ``overlap_seconds`` is how far each poll reads back
    over known ground. ``human_agent`` says that Meta has approved the Human Agent feature for the app.
    The secrets are a page access token and the secret of the app that it belongs to.
    """

    account_id: str = ""
    handle: str = ""
    base_url: str = API
    history: int = 100
    days: int = 30
    overlap_seconds: int = 300
    human_agent: bool = False
    access_token: str = _secret()
    app_secret: str = _secret()

    def __post_init__(self) -> None:
        if self.account_id and not re.fullmatch(r"[0-9]{1,32}", self.account_id):
            raise ConfigError("The Facebook page's id must be its number, not its name.")
        if not re.match(r"https?://", self.base_url):
            raise ConfigError("The address of the Graph API must begin with https:// or http://.")
        if not self.access_token:
            raise ConfigError("The Facebook page has no access token: enter a page access token.")
        if not self.app_secret:
            raise ConfigError("The Facebook page lacks its app's secret, with which every request is proven.")
