"""X's ways of saying no, as its API answers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.sandbox.answers import Refused

INVALID = "https://api.twitter.com/2/problems/invalid-request"
NOT_FOUND = "https://api.twitter.com/2/problems/resource-not-found"

BAD_PARAMETERS = "One or more parameters to your request was invalid."
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
PARENT_GONE = "You attempted to reply to a Tweet that is deleted or not visible to you."
NOT_MENTIONED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged "
    "by the author of the post you are replying to."
)
TOO_LONG = (
    "Your Tweet text is too long. For more information on how Twitter determines text length see "
    "https://github.com/twitter/twitter-text."
)
NO_DM = "You do not have permission to DM one or more participants."


def problem(status: int, title: str, detail: str, kind: str = "about:blank") -> Refused:
    """A problem document without a list of errors: 401, 403, 404 of a path, 429, 5xx."""
    return Refused(status, {"title": title, "detail": detail, "type": kind, "status": status}, detail)


def unauthorized() -> Refused:
    return problem(401, "Unauthorized", "Unauthorized")


def forbidden(detail: str) -> Refused:
    return problem(403, "Forbidden", detail)


def client_forbidden() -> Refused:
    """The app's agreement with X does not cover this."""
    said = "Your client app is not configured with the appropriate access level for this endpoint."
    document = {
        "title": "Client Forbidden",
        "detail": said,
        "type": "https://api.twitter.com/2/problems/client-forbidden",
        "reason": "client-not-enrolled",
        "registration_url": "https://developer.x.com/en/docs/x-api/getting-started/about-x-api",
        "required_enrollment": "Appropriate Level of API Access",
    }
    return Refused(403, document, said)


def too_many() -> Refused:
    return problem(429, "Too Many Requests", "Too Many Requests")


def invalid(errors: Sequence[tuple[str, str, str]]) -> Refused:
    """400 with one entry for each (parameter, value, message)."""
    return Refused(
        400,
        {
            "errors": [{"parameters": {name: [value]}, "message": message} for name, value, message in errors],
            "title": "Invalid Request",
            "detail": BAD_PARAMETERS,
            "type": INVALID,
        },
        BAD_PARAMETERS,
    )


def bad(name: str, value: str, message: str) -> Refused:
    return invalid([(name, value, message)])


def missing(resource: str, parameter: str, value: str) -> dict[str, Any]:
    """The entry that X puts in ``errors`` (with status 200) where a thing looked up is not there."""
    return {
        "value": value,
        "detail": f"Could not find {resource} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": resource,
        "parameter": parameter,
        "resource_id": value,
        "type": NOT_FOUND,
    }
