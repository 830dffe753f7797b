"""What a token may be allowed to do. It never does more than its user may, and less by its scopes."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from socialdesk.models import ApiToken

SCOPES = {
    "read:conversations": "Conversations, messages, notes, assignments, replies on their way, tags and fields",
    "read:contacts": "Customers, their handles, and the lists of people who matter",
    "read:records": "Customers' records, with what is secret masked",
    "read:connections": "The health of connected accounts",
    "read:metrics": "What was handled, by whom and how fast (leads; others their own)",
    "write:replies": "Reply to customers, measure a text, take a reply back",
    "write:approvals": "Approve, let pass and return replies that wait",
    "write:moderation": "Hide, like, delete and block; correct what was said",
    "write:pauses": "Stop all sending and begin again",
    "write:notes": "Add notes",
    "write:assignments": "Give conversations to teams and people",
    "write:conversations": "Resolve, reopen and snooze",
    "write:knowledge": "Write, change and archive articles",
    "write:tags": "Tag conversations; make, change, merge and remove tags",
    "write:fields": "Write down what fields say of conversations; make and change fields",
    "write:contacts": "Merge contacts that are the same person, mute people, put them on lists, and take that back",
    "write:records": "Put and remove customers' records (admins)",
    "write:presence": "Say that a conversation is open on a screen, and be measured by it",
}


class TooLittle(PermissionDenied):
    default_code = "scope"


class HasScope(BasePermission):
    """A session may what its person may; a token needs the scope that the call declares."""

    def has_permission(self, request: Request, view: Any) -> bool:
        token = request.auth
        declared = getattr(getattr(view, (request.method or "").lower(), None), "call", None)
        if isinstance(token, ApiToken) and declared is not None and declared.scope not in token.scopes:
            raise TooLittle(
                f"This token lacks the scope {declared.scope}. Make one that has it: "
                f"manage.py api_token USER --scope {declared.scope}."
            )
        return True
