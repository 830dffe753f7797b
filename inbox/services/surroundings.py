"""What the guard must know of a conversation: its private side, and what may be said of it all the same."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db.models import QuerySet, Value

from inbox.guard import Surroundings
from inbox.models import Contact, Conversation, Message, Note
from inbox.services import knowledge, publicfacts, records

NEWEST = 200  # messages and notes of each kind that the guard compares with


def of(conversation: Conversation, texts: Sequence[str] = ()) -> Surroundings:
    """Five statements, however much there is; one more when the guard asks about strangers.

    Of what is written for staff only, it takes what ``texts`` may hold a passage of.
    Private is private whichever of a person's conversations it was said in: they write a message in one and are
    answered in public in another.
    """
    theirs = Conversation.objects.filter(
        identity__contact__in=Contact.same_person(conversation.identity.contact_id)
    ).values("pk")
    newest = Message.objects.filter(deleted_at__isnull=True).order_by("-published_at", "-pk")
    direct = newest.filter(conversation__in=theirs, visibility="direct")
    public = newest.filter(conversation=conversation, visibility="public", direction=Message.Direction.IN)
    said: dict[str, list[str]] = {"public": [], "direct": [], "staff": []}
    staff = knowledge.staff_only(texts).annotate(visibility=Value("staff")).values_list("visibility", "text")
    for visibility, text in _texts(direct).union(_texts(public), staff, all=True):
        said[visibility].append(text)
    notes = Note.objects.filter(conversation__in=theirs).order_by("-created_at").values_list("text", flat=True)[:NEWEST]
    identity = conversation.identity
    ours = User.objects.filter(is_active=True).exclude(first_name="").values_list("first_name", flat=True)
    return Surroundings(
        record=records.fields_of(identity.contact_id),
        direct=said["direct"],
        notes=list(notes),
        articles=said["staff"],
        names=[identity.name, identity.handle, *ours.order_by().distinct()],
        public=publicfacts.values(),
        said=said["public"],
        strangers=records.strangers(identity.contact_id),
    )


def _texts(rows: QuerySet[Message]) -> QuerySet[Message, tuple[str, str]]:
    return rows.values_list("visibility", "text")[:NEWEST]
