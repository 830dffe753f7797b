"""The records of customers: put by a program or from a file, sealed at rest, and read by the guard.

Beside the sealed values stand marks of the secret ones (HMAC), so that the data of one customer is recognised in a
reply to another without opening anybody's record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from connectors.secrets import Marker, reseal, seal
from inbox.guard import Field, Protection, indexed
from inbox.models import Contact, RecordField, RecordIndex
from inbox.services import events
from inbox.services.conversations import Refused
from inbox.services.events import Fact
from inbox.services.storable import storable

MOST_FIELDS = 100
MOST_SHARED = 50  # marks of others that are looked at
LONGEST_NAME, LONGEST_VALUE = 64, 2000
_PURPOSE = "inbox.recordindex"


def fields_of(contact_id: int) -> list[Field]:
    """A person's record in clear, for the guard alone: of every contact that was merged."""
    rows = RecordField.objects.filter(contact__in=Contact.same_person(contact_id)).order_by("name", "pk")
    return [Field(row.name, row.clear(), Protection(row.protection)) for row in rows]


def masked(row: RecordField) -> str:
    """What a person is shown of a field: of a secret its end, and of a short one nothing."""
    clear = row.clear()
    if row.protection != Protection.SECRET:
        return clear
    shown = 4 if len(clear) >= 12 else 2 if len(clear) >= 8 else 0
    return "••••" + (clear[-shown:] if shown else "")


def put(*, contact_id: int, fields: Sequence[Field], actor: AbstractBaseUser) -> None:
    """Make ``fields`` the whole record of a contact. Raises Refused, in one sentence, for what cannot be kept."""
    wanted = [checked(field) for field in fields]
    if len(wanted) > MOST_FIELDS:
        raise Refused(gettext("A record has at most %(most_fields)s fields.") % {"most_fields": MOST_FIELDS})
    if len({field.name for field in wanted}) < len(wanted):
        raise Refused(gettext("Two fields have the same name."))
    with transaction.atomic():
        lock([contact_id])
        RecordField.objects.filter(contact=contact_id).exclude(name__in=[field.name for field in wanted]).delete()
        write({contact_id: wanted})
        data = {"fields": len(wanted)}
        events.emit([Fact("record.changed", None, actor.pk, "contact", contact_id, data)])


def forget(*, contact_id: int, actor: AbstractBaseUser) -> None:
    """Remove a contact's record and its marks."""
    with transaction.atomic():
        lock([contact_id])
        RecordIndex.objects.filter(contact=contact_id).delete()
        gone, _ = RecordField.objects.filter(contact=contact_id).delete()
        if gone:
            events.emit([Fact("record.removed", None, actor.pk, "contact", contact_id)])


def checked(field: Field) -> Field:
    """``field`` as it is kept. An empty value is kept as well: it matches nothing."""
    name, value = " ".join(storable(field.name).split()), storable(field.value).strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Refused(
            gettext("The name of a field has 1 to %(longest_name)s characters.") % {"longest_name": LONGEST_NAME}
        )
    if len(value) > LONGEST_VALUE:
        raise Refused(
            gettext("The field “%(name)s” has %(value)s characters; the most is %(longest_value)s.")
            % {"name": name, "value": len(value), "longest_value": LONGEST_VALUE}
        )
    return Field(name, value, field.protection)


def write(records: Mapping[int, Sequence[Field]]) -> None:
    """Save these fields of these contacts and mark anew what is secret. Call it with the contacts locked."""
    now = timezone.now()
    RecordField.objects.bulk_create(
        [
            RecordField(
                contact_id=contact, name=field.name, protection=field.protection.value, updated_at=now,
                sealed=seal(field.value, binding=RecordField.binding(contact, field.name)),
            )
            for contact, fields in records.items() for field in fields
        ],
        update_conflicts=True, unique_fields=["contact", "name"], update_fields=["protection", "sealed", "updated_at"],
    )  # fmt: skip
    mark(records)


def mark(contacts: Iterable[int]) -> None:
    """Write the marks of these contacts' secrets anew."""
    ids = list(contacts)
    secrets = RecordField.objects.filter(contact__in=ids, protection=Protection.SECRET)
    marker = Marker(_PURPOSE)
    marks = {(row.contact_id, marker.mark(value)) for row in secrets for value in indexed(row.clear())}
    RecordIndex.objects.filter(contact__in=ids).delete()
    RecordIndex.objects.bulk_create(RecordIndex(contact_id=contact, mark=value) for contact, value in sorted(marks))


def strangers(contact_id: int) -> Callable[[Sequence[str]], Collection[str]]:
    """Which of some normalised values stand in another person's record: one statement, however many."""

    def of_others(values: Sequence[str]) -> set[str]:
        marker = Marker(_PURPOSE)
        by_mark = {mark: value for value in values for mark in marker.marks(value)}
        found = RecordIndex.objects.filter(mark__in=list(by_mark)).exclude(contact__in=Contact.same_person(contact_id))
        return {by_mark[bytes(mark)] for mark in found.values_list("mark", flat=True)}

    return of_others


def shared_with_others(contact_id: int) -> dict[int, str]:
    """Other people in whose records the same secret or address stands, each with the field's name here."""
    marker = Marker(_PURPOSE)
    names = {
        mark: field.name
        for field in fields_of(contact_id)
        if field.protection == Protection.SECRET or "@" in field.value
        for value in indexed(field.value)
        for mark in marker.marks(value)
    }
    others = RecordIndex.objects.filter(mark__in=list(names)).exclude(contact__in=Contact.same_person(contact_id))
    rows = others.order_by("contact").values_list("contact", "contact__person", "mark")[:MOST_SHARED] if names else ()
    return {person or contact: names[bytes(mark)] for contact, person, mark in rows}


def conflicts(one: int, other: int) -> list[str]:
    """Names of the fields that two people both have, with different values."""
    values: list[dict[str, set[str]]] = []
    for contact_id in (one, other):
        values.append({})
        for field in fields_of(contact_id):
            values[-1].setdefault(field.name, set()).add(field.value)
    mine, theirs = values
    return sorted(name for name in mine.keys() & theirs.keys() if mine[name] != theirs[name])


def reseal_all() -> tuple[int, int, list[str]]:
    """Move every record to the first key, marks included: how many moved, stood there already, and do not open."""
    changed, kept, broken = 0, 0, []
    for contact_id in RecordField.objects.order_by("contact").values_list("contact", flat=True).distinct():
        with transaction.atomic():
            lock([contact_id])
            moved = 0
            try:
                for row in RecordField.objects.filter(contact=contact_id):
                    fresh = reseal(bytes(row.sealed), binding=RecordField.binding(contact_id, row.name))
                    if fresh is not None:
                        moved += RecordField.objects.filter(pk=row.pk).update(sealed=fresh)
                    else:
                        kept += 1
            except ImproperlyConfigured:
                broken.append(f"the record of contact {contact_id}")
                transaction.set_rollback(True)
                continue
            if moved:
                mark([contact_id])
            changed += moved
    return changed, kept, broken


def lock(contact_ids: Iterable[int]) -> None:
    """Keep two writers of one record apart."""
    list(
        Contact.objects.select_for_update(no_key=True).filter(pk__in=list(contact_ids)).order_by("pk").values_list("pk")
    )
