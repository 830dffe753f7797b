"""What one Facebook page needs in order to be read and answered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import ConfigError

API = "https://graph.facebook.com"


def _secret(label: str, help_: str) -> Any:
    return field(default="", repr=False, metadata={"secret": True, "label": label, "help": help_})


def _more(default: Any, label: str, help_: str) -> Any:
    return field(default=default, metadata={"label": label, "help": help_, "more": True})


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
    base_url: str = _more(API, "Address of the Graph API", "Change it only for a proxy or the sandbox.")
    history: int = _more(100, "Items of the past", "How many the first read of each stream takes.")
    days: int = _more(30, "Days", "How old a post may be for its comments to be read.")
    overlap_seconds: int = _more(300, "Seconds read again", "Comments may appear late, below newer ones.")
    human_agent: bool = _more(
        False, "Meta has approved the Human Agent feature", "Then people can be answered for 7 days, not for one."
    )
    access_token: str = _secret("Page access token", "The page's own, made from a long-lived token of a person.")
    app_secret: str = _secret("App secret", "Of the app that the token was made with. It proves every request.")

    def __post_init__(self) -> None:
        if self.account_id and not re.fullmatch(r"[0-9]{1,32}", self.account_id):
            raise ConfigError("The Facebook page's id must be its number, not its name.")
        if not re.match(r"https?://", self.base_url):
            raise ConfigError("The address of the Graph API must begin with https:// or http://.")
        if not self.access_token:
            raise ConfigError("The Facebook page has no access token: enter a page access token.")
        if not self.app_secret:
            raise ConfigError("The Facebook page lacks its app's secret, with which every request is proven.")
