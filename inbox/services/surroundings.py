"""What the guard must know of a conversation: its private side, and what may be said of it all the same."""

from __future__ import annotations

from django.contrib.auth.models import User

from inbox.guard import Surroundings
from inbox.models import Conversation, Message
from inbox.services import publicfacts, records

NEWEST = 200  # messages and notes of a conversation that the guard compares with


def of(conversation: Conversation) -> Surroundings:
    """Five statements, whatever the length of the conversation; one more when the guard asks about strangers."""
    said: dict[str, list[str]] = {"public": [], "direct": []}
    rows = conversation.messages.filter(deleted_at__isnull=True).order_by("-published_at", "-pk")
    for visibility, direction, text in rows.values_list("visibility", "direction", "text")[:NEWEST]:
        if visibility == "direct" or direction == Message.Direction.IN:
            said[visibility].append(text)
    notes = conversation.notes.order_by("-created_at").values_list("text", flat=True)[:NEWEST]
    identity = conversation.identity
    ours = User.objects.filter(is_active=True).exclude(first_name="").values_list("first_name", flat=True)
    return Surroundings(
        record=records.fields_of(identity.contact_id),
        direct=said["direct"],
        notes=list(notes),
        names=[identity.name, identity.handle, *ours.order_by().distinct()],
        public=publicfacts.values(),
        said=said["public"],
        strangers=records.strangers(identity.contact_id),
    )
