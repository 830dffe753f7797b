"""Graph's ways of saying no: one error object, whose code and subcode say what is meant.

Codes and texts are those of Meta's "Handling Errors", "Rate Limits" and Messenger's "Common Error Codes";
10900 to 10903 are what the API answers to private replies. Where the documents name no status it is 400.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from connectors.sandbox.answers import Refused

REFERENCE = "Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api"
LIMITS = "https://developers.facebook.com/docs/graph-api/overview/rate-limiting"
# code, subcode: type, message, status
SAID: Final[Mapping[tuple[int, int | None], tuple[str, str, int]]] = {
    (1, None): ("OAuthException", "An unknown error has occurred.", 500),
    (2, None): ("OAuthException", "An unexpected error has occurred. Please retry your request later.", 500),
    (4, None): ("OAuthException", "(#4) Application request limit reached", 403),
    (10, 2018278): (
        "OAuthException",
        "(#10) This message is sent outside of allowed window. Learn more about the new policy here: "
        "https://developers.facebook.com/docs/messenger-platform/policy-overview",
        400,
    ),
    (17, None): ("OAuthException", "(#17) User request limit reached", 400),
    (32, None): ("OAuthException", "(#32) Page request limit reached", 403),
    (100, 2018001): ("OAuthException", "(#100) No matching user found", 400),
    (190, None): ("OAuthException", "Invalid OAuth access token - Cannot parse access token", 400),
    (190, 458): (
        "OAuthException",
        "Error validating access token: The user has not authorized application.",
        400,
    ),
    (190, 459): (
        "OAuthException",
        "Error validating access token: You cannot access the app till you log in to www.facebook.com and follow "
        "the instructions given.",
        400,
    ),
    (190, 460): (
        "OAuthException",
        "Error validating access token: The session has been invalidated because the user changed their password "
        "or Facebook has changed the session for security reasons.",
        400,
    ),
    (190, 463): ("OAuthException", "Error validating access token: Session has expired.", 400),
    (190, 467): ("OAuthException", "Error validating access token: The session is invalid.", 400),
    (190, 492): (
        "OAuthException",
        "Error validating access token: The user associated with the page token no longer has an appropriate role "
        "on the page.",
        400,
    ),
    (200, None): ("OAuthException", "(#200) Permissions error", 403),
    (230, None): ("OAuthException", "(#230) Requires pages_messaging permission to manage the object", 403),
    (341, None): ("OAuthException", "(#341) Feed action request limit reached", 400),
    (368, None): (
        "OAuthException",
        "(#368) The action attempted has been deemed abusive or is otherwise disallowed",
        400,
    ),
    (506, None): ("OAuthException", "(#506) Duplicate status message", 400),
    (551, 1545041): ("OAuthException", "(#551) This person isn't available right now.", 400),
    (613, None): ("OAuthException", "(#613) Calls to this api have exceeded the rate limit.", 400),
    (10900, None): ("OAuthException", "(#10900) Activity already replied to", 400),
    (10901, None): ("OAuthException", "(#10901) Activity replying time expired", 400),
    (10902, None): ("OAuthException", "(#10902) This is not a Replyable activity", 400),
    (10903, None): ("OAuthException", "(#10903) This user cant reply to this activity", 400),
    (80001, None): (
        "OAuthException",
        "(#80001) There have been too many calls to this Page account. Wait a bit and try again. For more info, "
        f"please refer to {LIMITS}.",
        400,
    ),
    (80006, None): (
        "OAuthException",
        "(#80006) There have been too many calls to this Messenger account. Wait a bit and try again. For more "
        f"info, please refer to {LIMITS}.",
        400,
    ),
}


def document(code: int, message: str, *, subcode: int | None = None, kind: str = "OAuthException") -> dict[str, Any]:
    error: dict[str, Any] = {"message": message, "type": kind, "code": code}
    if subcode is not None:
        error["error_subcode"] = subcode
    if code in (1, 2):
        error["is_transient"] = code == 2
    error["fbtrace_id"] = "A" + secrets.token_urlsafe(16)
    return {"error": error}


def refused(code: int, message: str, *, subcode: int | None = None, kind: str = "OAuthException") -> Refused:
    return Refused(400, document(code, message, subcode=subcode, kind=kind), message)


def said(code: int, subcode: int | None = None) -> Refused:
    """The error of that code in Meta's own words; a code that has none here says so."""
    kind, message, status = SAID.get((code, subcode)) or SAID.get((code, None)) or ("OAuthException", "", 400)
    message = message or f"(#{code}) The sandbox was told to answer this error"
    return Refused(status, document(code, message, subcode=subcode, kind=kind), message)


def invalid(message: str) -> Refused:
    """A wrong parameter."""
    return refused(100, f"(#100) {message}")


def no_field(name: str, node: str) -> Refused:
    return invalid(f"Tried accessing nonexisting field ({name}) on node type ({node})")


def no_object(method: str, name: str) -> Refused:
    """The object is not there, or not for this Page, or cannot do this: Graph does not say which."""
    message = (
        f"Unsupported {method.lower()} request. Object with ID '{name}' does not exist, cannot be loaded due to "
        f"missing permissions, or does not support this operation. {REFERENCE}"
    )
    return refused(100, message, subcode=33, kind="GraphMethodException")


def no_path(path: str) -> Refused:
    return refused(2500, f"Unknown path components: {path}")


def not_permitted(permission: str) -> Refused:
    """The app was not given ``permission`` for the Page."""
    if permission == "pages_messaging":
        return said(230)
    if permission == "pages_manage_engagement":
        return said(200)
    return refused(
        10,
        f"(#10) This endpoint requires the '{permission}' permission or the 'Page Public Content Access' feature. "
        "Refer to https://developers.facebook.com/docs/apps/review/login-permissions#manage-pages and "
        "https://developers.facebook.com/docs/apps/review/feature#reference-PAGES_ACCESS for details.",
    )
