"""Reads of a person's page: who they are where, what was said, what is known of them, and who may be the same.

Whoever reads sees what hangs on conversations that they may view; the caller has asked permissions.contact_for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext

from inbox.downstream import policy
from inbox.models import Contact, ContactMerge, Conversation, Identity, Message, Mute, RecordField, VipEntry
from inbox.services import records
from inbox.services.muting import MARK
from inbox.services.storable import storable

if TYPE_CHECKING:
    from inbox.downstream import Somebody

PAGE = 20
COUNTED = 100  # conversations of a preview, counted no further
LEAST = 2  # letters of a search
_LOOKED_AT = 1000  # people whose name begins so, before it is asked whom the reader may see
_ASKED = 100  # at most so many characters of it


@dataclass(frozen=True, slots=True)
class Known:
    """One field of a record, as a person is shown it. ``theirs``: the contact that it was put on."""

    name: str
    shown: str
    protection: str
    theirs: int


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be chosen, or is suggested: by a handle of theirs that the viewer may see, and why."""

    contact_id: int
    identity: Identity
    why: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """What a merge brings from one of the two."""

    contact_id: int
    identities: Sequence[Identity]
    unseen: int  # further handles, whose conversations the viewer may not view
    conversations: int  # that the viewer may view, COUNTED at most
    record: Sequence[Known]
    vips: Sequence[VipEntry]  # what puts them on lists of people who matter

    @property
    def name(self) -> Identity:
        return self.identities[0]

    @property
    def more(self) -> bool:
        return self.conversations == COUNTED


@dataclass(frozen=True, slots=True)
class Preview:
    kept: Side
    joined: Side
    conflicts: Sequence[tuple[str, str, str]]  # a field's name, what the one says, what the other says


def identities_of(user: Somebody, contact_id: int) -> list[Identity]:
    """Their handles with a conversation that ``user`` may view, the first known first."""
    return list(_seen(user).filter(contact__in=Contact.same_person(contact_id)).order_by("pk"))


def _seen(user: Somebody) -> QuerySet[Identity]:
    visible = policy().filter(user, Conversation.objects.all())
    return Identity.objects.filter(Exists(visible.filter(identity=OuterRef("pk"))))


def conversations_of(user: Somebody, contact_id: int, *, before: int | None = None) -> tuple[list[Conversation], int]:
    """One page of their conversations on every network, the newest first, and the id behind which the next begins."""
    theirs = Conversation.objects.filter(identity__contact__in=Contact.same_person(contact_id))
    if before is not None:
        theirs = theirs.filter(pk__lt=before)
    rows = policy().filter(user, theirs).select_related("identity", "connection").order_by("-pk")[: PAGE + 1]
    found = list(rows)
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else 0


def record_of(contact_id: int) -> list[Known]:
    """What the company knows of them, by name; of a secret its end at most."""
    rows = RecordField.objects.filter(contact__in=Contact.same_person(contact_id)).order_by("name", "contact")
    return [Known(row.name, records.masked(row), row.protection, row.contact_id) for row in rows]


def merges_of(contact_id: int) -> QuerySet[ContactMerge]:
    """Every merge of theirs, taken back or not."""
    theirs = Contact.same_person(contact_id)
    return ContactMerge.objects.filter(Q(kept__in=theirs) | Q(joined__in=theirs)).select_related("by", "undone_by")


def history_of(user: Somebody, contact_id: int, *, limit: int = PAGE) -> list[ContactMerge]:
    """Their newest merges with the names of both, as far as ``user`` may view a conversation of theirs."""
    found = list(merges_of(contact_id).order_by("-pk")[:limit])
    ids = {pk for row in found for pk in (row.kept_id, row.joined_id)}
    named = _seen(user).filter(contact__in=ids).order_by("-pk") if ids else ()
    names = {identity.contact_id: identity for identity in named}
    for row in found:
        row.names = names.get(row.kept_id), names.get(row.joined_id)  # type: ignore[attr-defined]
    return found


def mutes(contact_id: int | None = None) -> list[Mute]:
    """Who is muted now, the latest first: everybody, or this person alone."""
    rows = Mute.objects.filter(ended_at=None).select_related("by", "connection")
    if contact_id is not None:
        rows = rows.filter(contact__in=Contact.same_person(contact_id))
    found = list(rows.order_by("-pk"))
    known = Identity.objects.filter(contact__in=[row.contact_id for row in found]).order_by("-pk") if found else ()
    names = {identity.contact_id: identity for identity in known}
    for row in found:
        row.name = names.get(row.contact_id)  # type: ignore[attr-defined]
    return found


def muted_posts(*, before: int | None = None) -> tuple[list[Message], int]:
    """One page of what muted people wrote, the newest first, and the id behind which the next begins.

    It hangs on no conversation, so nobody's own view of conversations decides: the caller asks for see_muted.
    """
    rows = Message.objects.filter(facts__has_key=MARK, conversation=None).select_related("author", "connection")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else 0


def search(user: Somebody, text: str, *, besides: int) -> list[Person]:
    """People whose handle or name begins with ``text``, whatever the capitals, besides this one.

    Two statements, so that the name's index is used whatever PostgreSQL thinks of it; among very many of one beginning
    not all are looked at, and one more letter finds them.
    """
    wanted = " ".join(storable(text).split()).removeprefix("@").lower()[:_ASKED]
    if len(wanted) < LEAST:
        return []
    every = Identity.objects.annotate(low_handle=Lower("handle"), low_name=Lower("name")).order_by()
    named = every.filter(Q(low_handle__startswith=wanted) | Q(low_name__startswith=wanted))
    ids = list(named.values_list("pk", flat=True)[:_LOOKED_AT])
    return _people(_seen(user).filter(pk__in=ids).exclude(contact__in=Contact.same_person(besides)))


def suggestions(user: Somebody, contact_id: int, identities: Iterable[Identity]) -> list[Person]:
    """Who may be the same: the same handle on another network, or the same secret or e-mail address in the record.

    Nothing is merged by itself; it is for a person to decide.
    """
    seen = _seen(user).exclude(contact__in=Contact.same_person(contact_id))
    own = {(row.network, row.handle.lower()) for row in identities if row.handle}
    same = seen.annotate(low_handle=Lower("handle")).filter(low_handle__in={handle for _, handle in own})
    found = [
        Person(one.contact_id, one.identity, gettext("the same handle"))
        for one in (_people(same) if own else ())
        if (one.identity.network, one.identity.handle.lower()) not in own
    ]
    shared = records.shared_with_others(contact_id)
    known = {one.contact_id for one in found}
    by_record = _people(seen.filter(Q(contact__in=shared) | Q(contact__person__in=shared))) if shared else ()
    for one in by_record:
        if one.contact_id not in known:
            found.append(
                Person(
                    one.contact_id,
                    one.identity,
                    gettext("the same “%(name)s” on record") % {"name": shared[one.contact_id]},
                )
            )
    return found


def _people(identities: QuerySet[Identity]) -> list[Person]:
    """One entry for each person; PAGE identities are looked at, as they come: an order would read them all."""
    found: dict[int, Person] = {}
    for row in sorted(identities.select_related("contact")[:PAGE], key=lambda row: row.pk):
        person = row.contact.person_id or row.contact_id
        found.setdefault(person, Person(person, row))
    return list(found.values())


def preview(user: Somebody, kept: int, joined: int) -> Preview:
    """What a merge of two people that ``user`` may see would join. Nothing is changed by looking."""
    one, other = _side(user, kept), _side(user, joined)
    names = records.conflicts(kept, joined)
    return Preview(one, other, [(name, _shown(one.record, name), _shown(other.record, name)) for name in names])


def _shown(record: Sequence[Known], name: str) -> str:
    return ", ".join(field.shown for field in record if field.name == name)


def _side(user: Somebody, contact_id: int) -> Side:
    identities = identities_of(user, contact_id)
    every = Identity.objects.filter(contact__in=Contact.same_person(contact_id)).count()
    theirs = policy().filter(user, Conversation.objects.filter(identity__in=[row.pk for row in identities]))
    number = len(theirs.order_by("-pk").values_list("pk", flat=True)[:COUNTED])
    return Side(contact_id, identities, every - len(identities), number, record_of(contact_id), _marks(contact_id))


def _marks(contact_id: int) -> list[VipEntry]:
    theirs = VipEntry.objects.filter(contact__in=Contact.same_person(contact_id), ended_at=None)
    return list(theirs.filter(list__archived_at=None).select_related("list").order_by("list__name"))
