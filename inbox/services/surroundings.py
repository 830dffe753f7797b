"""What the guard must know of a conversation: its private side, and what may be said of it all the same."""

from __future__ import annotations

from inbox.guard import Surroundings
from inbox.models import Conversation, Message

NEWEST = 200  # messages and notes of a conversation that the guard compares with


def of(conversation: Conversation) -> Surroundings:
    """Three statements, whatever the length of the conversation."""
    said: dict[str, list[str]] = {"public": [], "direct": []}
    rows = conversation.messages.filter(deleted_at__isnull=True).order_by("-published_at", "-pk")
    for visibility, direction, text in rows.values_list("visibility", "direction", "text")[:NEWEST]:
        if visibility == "direct" or direction == Message.Direction.IN:
            said[visibility].append(text)
    notes = conversation.notes.order_by("-created_at").values_list("text", flat=True)[:NEWEST]
    identity = conversation.identity
    return Surroundings(
        direct=said["direct"], notes=list(notes), said=said["public"], names=[identity.name, identity.handle]
    )
