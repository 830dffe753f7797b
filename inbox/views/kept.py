"""What was refused is kept in the session until the next page of its conversation shows it again, once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest


def keep(request: HttpRequest, name: str, conversation_id: int, facts: Mapping[str, Any]) -> None:
    """Under ``name``: one thing at a time."""
    request.session[name] = {**facts, "conversation": conversation_id}


def take(request: HttpRequest, name: str, conversation_id: int) -> dict[str, Any]:
    """What was refused in this conversation, once. A live refresh in the background does not take it."""
    kept = request.session.get(name)
    if not kept or kept.get("conversation") != conversation_id or request.headers.get("X-Live"):
        return {}
    del request.session[name]
    return dict(kept)
