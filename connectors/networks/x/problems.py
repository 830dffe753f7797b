"""X's refusals in our words. One table, read top to bottom; NETWORKS.md, "Sending", is its source.

Nothing of X's answer goes into a sentence: it may hold what we sent.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from connectors.errors import (
    AuthError,
    ConfigError,
    ConnectorError,
    GoneError,
    NotReachable,
    RateLimited,
    RejectedError,
    TransientError,
    UnknownOutcome,
)
from connectors.http import LastResponse

UNKNOWN = "X did not say clearly whether it took this; it may have been sent."
UNDONE = "X did not say clearly whether it did this; it may have been done."
REFUSED = "X refuses this as it stands; change the text or answer in another way."
NOT_DONE = "X does not let this account do that to this post."
TROUBLE = "X is having trouble answering; it will be asked again."
NO_CREDITS = "X has paused this app because its credits are used up: buy credits in X's developer console."
CAPPED = "X has paused this app because its usage cap is reached: raise the cap in X's developer console."

_FORBIDDEN: tuple[tuple[str, type[ConnectorError], str], ...] = (
    (r"duplicate", UnknownOutcome, "X says that it already has this text; it may have been sent before."),
    (
        r"deleted|not visible to you|no longer (exists|available)",
        GoneError,
        "The post is deleted or hidden from this account.",
    ),
    (
        r"mentioned|otherwise engaged|reply to this conversation",
        RejectedError,
        "X lets this account answer only posts that @mention or quote it; write a direct message instead.",
    ),
    (
        r"permission to dm|cannot send (direct )?messages|direct messages? .*not|not following you"
        r"|not (allowed|permitted) to (send )?(dm|direct message)",
        NotReachable,
        "This person does not take direct messages from this account; answer in public instead.",
    ),
    (
        r"suspended|locked",
        ConfigError,
        "X has suspended or locked this account: sign in at x.com and follow its instructions.",
    ),
    (
        r"client-forbidden|client-not-enrolled|unsupported-authentication|oauth1 app permissions"
        r"|access level|scope",
        ConfigError,
        "X does not let this app do that: check its access and permissions in X's developer console.",
    ),
    (r"too long|280 characters|weighted|exceeds? the", RejectedError, "The text is too long for X."),
)


def problem(last: LastResponse | None, *, write: bool, now: datetime, act: bool = False) -> ConnectorError:
    """The error for an answer of X that is not what was asked for; ``last`` is None where nothing was sent.

    ``act``: the write was no text but something done to a post.
    """
    if last is None:
        return ConfigError("The credentials of this X account cannot be used; enter them again.")
    status, words = last.status, _words(last)
    unclear: ConnectorError = UnknownOutcome(UNDONE if act else UNKNOWN) if write else TransientError(TROUBLE)
    if status == 401:
        return AuthError("X no longer accepts this account's access; connect the account again.")
    if status == 402 or (status in (403, 429) and re.search(r"credits", words)):
        return RateLimited(NO_CREDITS, retry_at=_reset(last, now))
    if status in (403, 429) and re.search(r"usage-capped|usagecap|usage cap|monthly (product )?cap", words):
        return RateLimited(CAPPED, retry_at=_reset(last, now))
    if status == 429:
        return RateLimited("X asks us to slow down; it will be tried again.", retry_at=_reset(last, now))
    if not 400 <= status < 500 or status == 408 or _is_html(last):
        return unclear
    if status == 404:
        return GoneError("X no longer has this post, message or account.")
    return _refused(status, words, write, act)


def _refused(status: int, words: str, write: bool, act: bool) -> ConnectorError:
    for pattern, kind, sentence in _FORBIDDEN:
        if re.search(pattern, words) and (write or kind is ConfigError):
            return kind(sentence)
    if write:
        return RejectedError(NOT_DONE if act else REFUSED)
    if status == 403:
        return ConfigError("X does not let this app read that: check its access in X's developer console.")
    return RejectedError(f"X does not understand what it was asked (HTTP {status}).")


def _is_html(last: LastResponse) -> bool:
    """Something in front of X answered, not X itself."""
    return "html" in last.headers.get("content-type", "").lower() or last.body.lstrip()[:1] == b"<"


def _words(last: LastResponse) -> str:
    """Every text in X's problem document, lower case, for matching only."""
    try:
        document = json.loads(last.body)
    except ValueError:
        return ""
    return " ".join(_strings(document, 4)).lower()


def _strings(value: Any, depth: int) -> list[str]:
    if isinstance(value, str):
        return [value]
    if depth == 0:
        return []
    if isinstance(value, dict):
        kept = [inner for key, inner in value.items() if key not in ("parameters", "value")]  # what we sent
        return [text for inner in kept for text in _strings(inner, depth - 1)]
    if isinstance(value, list):
        return [text for inner in value for text in _strings(inner, depth - 1)]
    return []


def _reset(last: LastResponse, now: datetime) -> datetime | None:
    """When X says that the window opens again; None where it says nothing usable."""
    moment = epoch(last.headers.get("x-rate-limit-reset"))
    return moment if moment is not None and abs((moment - now).total_seconds()) < 40 * 86_400 else None


def epoch(value: str | None) -> datetime | None:
    """Seconds since 1970, as in X's headers, as a time."""
    try:
        return datetime.fromtimestamp(int(value or ""), UTC)
    except (ValueError, OverflowError, OSError):
        return None
