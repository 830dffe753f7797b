"""Who is the same person: two contacts are linked by somebody's decision, and the link can be taken back.

No row moves. Conversations keep their identity, and so the channel in which they are answered; identities and record
fields keep their contact. The guard follows the link by itself (services/records.py).
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from inbox.models import Contact, ContactMerge, RecordField
from inbox.services import events, records
from inbox.services.conversations import Refused
from inbox.services.events import Fact


class Changed(Refused):
    """Something that the undo touches is not as the merge left it, and it may be undone all the same."""


@transaction.atomic
def merge(*, contact_id: int, other_id: int, actor: AbstractBaseUser) -> ContactMerge:
    """Everything of the one contact and of the other is the same person's from now on. Raises Refused.

    The caller has asked whether ``actor`` may see both.
    """
    kept, joined = _person_of(contact_id), _person_of(other_id)
    if kept == joined:
        raise Refused(gettext("This is the same person already. Choose somebody else."))
    records.lock([kept, joined])  # and nobody else merges one of them, or writes their records, meanwhile
    if Contact.objects.filter(pk__in=[kept, joined], person__isnull=False).exists():
        raise Refused(gettext("One of the two was merged with somebody else meanwhile. Look again."))
    moved = sorted(Contact.objects.filter(Q(pk=joined) | Q(person=joined)).values_list("pk", flat=True))
    Contact.objects.filter(pk__in=moved).update(person_id=kept)
    done = ContactMerge.objects.create(
        kept_id=kept, joined_id=joined, moved=moved, fields=_fields([kept, *moved]), by_id=actor.pk
    )
    _tell("contact.merged", done, actor)
    return done


@transaction.atomic
def undo(*, merge_id: int, actor: AbstractBaseUser, anyway: bool = False) -> ContactMerge:
    """Two people again. Raises Refused where it was undone or built upon since.

    Raises Changed where a record was written since, unless that was said and it is to happen ``anyway``: each field
    stays with the contact that it was put on.
    """
    done = ContactMerge.objects.select_for_update(of=("self",)).select_related("undone_by").get(pk=merge_id)
    if done.undone_at:
        raise Refused(
            gettext("This merge was undone already, by %(undone_by)s.") % {"undone_by": _name(done.undone_by)}
        )
    records.lock([done.kept_id, *done.moved])
    later = ContactMerge.objects.filter(joined=done.kept_id, undone_at=None).select_related("by").first()
    if later:
        raise Refused(
            gettext("%(by)s merged this person with somebody else since. Undo that first.") % {"by": _name(later.by)}
        )
    if not anyway and _written_since(done):
        raise Changed(
            gettext(
                "The customer record was changed since the merge. Each field stays with the contact that it was put "
                "on: read it, then separate the two all the same."
            )
        )
    others = [pk for pk in done.moved if pk != done.joined_id]
    back = Contact.objects.filter(pk=done.joined_id, person=done.kept_id).update(person=None)
    back += Contact.objects.filter(pk__in=others, person=done.kept_id).update(person_id=done.joined_id)
    if back != len(done.moved):
        raise Refused(gettext("Somebody merged one of these contacts elsewhere since. Undo that first."))
    done.undone_by_id, done.undone_at = actor.pk, timezone.now()
    done.save(update_fields=["undone_by", "undone_at"])
    _tell("contact.separated", done, actor)
    return done


def _person_of(contact_id: int) -> int:
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        raise Refused(gettext("There is no such contact."))
    return contact.person_id or contact.pk


def _fields(contact_ids: list[int]) -> list[int]:
    return sorted(RecordField.objects.filter(contact__in=contact_ids).values_list("pk", flat=True))


def _written_since(done: ContactMerge) -> bool:
    theirs = [done.kept_id, *done.moved]
    newer = RecordField.objects.filter(contact__in=theirs, updated_at__gt=done.at)
    return newer.exists() or _fields(theirs) != done.fields


def _name(user: User | None) -> str:
    return (user.first_name or user.username) if user else "a colleague"


def _tell(kind: str, done: ContactMerge, actor: AbstractBaseUser) -> None:
    data = {"merge": done.pk, "joined": done.joined_id, "contacts": done.moved}
    events.emit([Fact(kind, None, actor.pk, "contact", done.kept_id, data)])
