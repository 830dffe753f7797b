"""Facebook's refusals in our words. Meta's "Handling Errors", "Rate Limits", "Messenger Platform: Common Error
Codes" and the error table of ``/{page}/messages`` are the sources.

Nothing of Facebook's answer goes into a sentence: it may hold what we sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
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
    WindowClosed,
)
from connectors.http import LastResponse

UNKNOWN = "Facebook did not say clearly whether it took this; it may have been sent."
UNDONE = "Facebook did not say clearly whether it did this; it may have been done."
NOT_DONE = "Facebook does not let the page do that here."
TROUBLE = "Facebook is having trouble answering; it will be asked again."
SLOWER = "Facebook asks us to slow down; it will be tried again."
WINDOW = "Facebook takes a message only for a while after the person wrote, and that time is over; answer in public."
USED = "Facebook takes one private reply to a comment or post, and this one has had it; wait until the person answers."
GONE = "Facebook no longer shows this comment, post or conversation."
TOKEN = "Facebook no longer accepts the page's access token: make a new one and connect the page again."

RATE = {4, 9, 17, 32, 341, 613, *range(80000, 80015)}
UNCLEAR = {-1, 1, 2, 1200}  # passing faults in Meta's own words; a write may have happened
TOKEN_CODES = {102, 190, 463, 467}
TOKENS = {
    458: "The app was removed from the account that gave this token: connect the page again.",
    459: "Facebook wants the person who gave this token to sign in once; then connect the page again.",
    460: "The person who gave this token has changed their password: make a new token and connect the page again.",
    463: "The page's access token has run out: make a new one from a long-lived user token and connect the page again.",
    464: "The person who gave this token has an unconfirmed account: they must sign in to Facebook.",
    467: "The page's access token was withdrawn: make a new one and connect the page again.",
    492: "The person who gave this token no longer has a role on the page: let somebody who has connect it again.",
}
WINDOW_SUBCODES = {2018065, 2018278, 2534022}
GONE_SUBCODES = {33, 2018292}
PERSON_SUBCODES = {1545041, 2018001, 2018108}

PERSON = "This person cannot be reached in Messenger by the page; answer in public instead."
REFUSED = "Facebook refuses this as it stands; change the text or answer in another way."
SENTENCES: dict[int, tuple[type[ConnectorError], str]] = {
    10900: (WindowClosed, USED),
    10902: (RejectedError, "Facebook takes no private reply to this; answer in public instead."),
    10903: (NotReachable, "This person takes no private reply from the page; answer in public instead."),
    10904: (ConfigError, "The page has messages switched off: switch them on in the page's settings."),
    368: (RejectedError, "Facebook has blocked this as abusive or too frequent; change the text or wait."),
    506: (RejectedError, "Facebook refuses the same text twice in a row; change the text."),
    551: (NotReachable, PERSON),
    803: (GoneError, GONE),
}
PERMISSION = (
    "The page's token lacks a permission (Facebook's code {code}): grant pages_read_engagement, "
    "pages_read_user_content, pages_manage_engagement, pages_manage_metadata, pages_manage_posts and pages_messaging "
    "and connect the page again."
)


def problem(last: LastResponse | None, *, write: bool, now: datetime, act: bool = False) -> ConnectorError:
    """The error for an answer that is not what was asked for; ``last`` is None where nothing was sent.

    ``act``: the write was no text but something done to a comment, post or person.
    """
    if last is None:
        return ConfigError("The credentials of this Facebook page cannot be used; enter them again.")
    unclear: ConnectorError = UnknownOutcome(UNDONE if act else UNKNOWN) if write else TransientError(TROUBLE)
    code, subcode, passing = _codes(last)
    if code in RATE or last.status == 429:
        return RateLimited(SLOWER, retry_at=regain(last, now))
    if not 400 <= last.status < 500 and code is None:
        return unclear
    if last.status >= 500 or last.status == 408 or code in UNCLEAR or (passing and code not in TOKEN_CODES):
        return unclear
    if code is None:
        return _by_status(last, write, unclear, act)
    return _by_code(code, subcode, write, act)


def _by_code(code: int, subcode: int | None, write: bool, act: bool) -> ConnectorError:
    if code in TOKEN_CODES:
        return AuthError(TOKENS.get(subcode or code, TOKEN))
    if subcode in WINDOW_SUBCODES:
        return WindowClosed(WINDOW)
    if subcode in PERSON_SUBCODES:
        return NotReachable(PERSON)
    if subcode in GONE_SUBCODES:
        return GoneError(GONE)
    if code in SENTENCES:
        kind, sentence = SENTENCES[code]
        return kind(sentence)
    if code in (3, 10) or 200 <= code < 300:
        return ConfigError(PERMISSION.format(code=code))
    if write:
        return RejectedError(NOT_DONE if act else REFUSED)
    return RejectedError(f"Facebook does not understand what it was asked (its code {code}).")


def _by_status(last: LastResponse, write: bool, unclear: ConnectorError, act: bool) -> ConnectorError:
    """A refusal without Facebook's own code: by the status, unless something in front of Facebook answered."""
    if "html" in last.headers.get("content-type", "").lower() or last.body.lstrip()[:1] == b"<":
        return unclear
    if last.status == 401:
        return AuthError(TOKEN)
    if last.status == 404:
        return GoneError(GONE)
    if write:
        return RejectedError(NOT_DONE if act else REFUSED)
    return RejectedError(f"Facebook does not understand what it was asked (HTTP {last.status}).")


def _codes(last: LastResponse) -> tuple[int | None, int | None, bool]:
    """Facebook's code and subcode, and whether it calls the fault a passing one."""
    try:
        document = json.loads(last.body)
    except (ValueError, RecursionError):
        return None, None, False
    error = document.get("error") if isinstance(document, Mapping) else None
    if not isinstance(error, Mapping):
        return None, None, False
    code, subcode = error.get("code"), error.get("error_subcode")
    return (
        code if isinstance(code, int) else None,
        subcode if isinstance(subcode, int) else None,
        error.get("is_transient") is True,
    )


def usage(last: LastResponse) -> int | None:
    """How much of the budget is used, in percent: the highest figure of the usage headers."""
    return max(_figures(last, ("call_count", "total_time", "total_cputime")), default=None)


def regain(last: LastResponse, now: datetime) -> datetime | None:
    """When Facebook says that calls are taken again (it says minutes); None where it does not."""
    minutes = max(_figures(last, ("estimated_time_to_regain_access",)), default=0)
    return now + timedelta(minutes=minutes) if 0 < minutes < 40 * 1440 else None


def _figures(last: LastResponse, names: tuple[str, ...]) -> Iterator[int]:
    for header in ("x-app-usage", "x-page-usage", "x-business-use-case-usage"):
        try:
            document = json.loads(last.headers.get(header) or "null")
        except (ValueError, RecursionError):
            continue
        for entry in _entries(document):
            yield from (value for name in names if isinstance(value := entry.get(name), int))


def _entries(document: Any) -> Iterator[Mapping[str, Any]]:
    """The usage objects: one under the app's header, a list for each business under the other."""
    if not isinstance(document, Mapping):
        return
    yield document
    for value in document.values():
        yield from (entry for entry in value if isinstance(entry, Mapping)) if isinstance(value, list) else ()
