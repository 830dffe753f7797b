"""People who matter: the desk's lists of them, and who put whom there and why."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from inbox.models import Contact, VipEntry, VipList
from inbox.services import events
from inbox.services.conversations import Refused
from inbox.services.events import Fact
from inbox.services.storable import storable

_GONE = gettext_noop("There is no such list any more. Reload the page.")


@transaction.atomic
def create(*, name: str, actor: AbstractBaseUser | None = None) -> VipList:
    """Make a list. Raises Refused."""
    row = _save(VipList(), name)
    _record(row, actor, "made")
    return row


@transaction.atomic
def rename(*, list_id: int, name: str, actor: AbstractBaseUser | None = None) -> VipList:
    """Raises Refused."""
    row = _held(list_id)
    before = row.name
    _save(row, name)
    if row.name != before:
        _record(row, actor, f"renamed from “{before}”")
    return row


@transaction.atomic
def archive(*, list_id: int, on: bool, actor: AbstractBaseUser | None = None) -> VipList:
    """Let a list mark nobody any more, or again everybody whom it marked. Raises Refused."""
    row = _held(list_id)
    if (row.archived_at is not None) != on:
        row.archived_at = timezone.now() if on else None
        row.save(update_fields=["archived_at"])
        _record(row, actor, "archived" if on else gettext_noop("brought back"))
    return row


@transaction.atomic
def put(*, list_id: int, contact_id: int, why: str, actor: AbstractBaseUser) -> VipEntry:
    """Put a person on a list. Raises Refused.

    As a mute it goes to the contact that stands for the person, and stays with it when a merge is undone.
    """
    reason = " ".join(storable(why).split())
    if not 1 <= len(reason) <= 200:
        raise Refused(gettext("Say why in 1 to 200 characters: colleagues read it beside the conversation."))
    row = _held(list_id)  # two colleagues take turns, so that nobody is on it twice by two contacts of theirs
    if row.archived_at is not None:
        raise Refused(
            gettext("“%(name)s” is archived. Choose another list, or ask a lead to bring it back.") % {"name": row.name}
        )
    person = Contact.objects.values_list("person", flat=True).get(pk=contact_id) or contact_id
    if _entries(list_id, person):
        raise Refused(gettext("This person is on “%(name)s” already.") % {"name": row.name})
    entry = VipEntry.objects.create(list=row, contact_id=person, why=reason, by_id=actor.pk)
    _tell("contact.vip", entry, actor)
    return entry


@transaction.atomic
def take_off(*, entry_id: int, actor: AbstractBaseUser) -> list[VipEntry]:
    """Take the person of an entry off its list, whichever of their contacts was put there. Raises Refused."""
    entry = VipEntry.objects.select_related("contact").get(pk=entry_id)
    _held(entry.list_id)
    rows = _entries(entry.list_id, entry.contact.person_id or entry.contact_id)
    if not rows:
        raise Refused(gettext("Somebody took this person off the list already."))
    VipEntry.objects.filter(pk__in=[row.pk for row in rows]).update(ended_at=timezone.now(), ended_by=actor.pk)
    for row in rows:
        _tell("contact.vip_ended", row, actor)
    return rows


def _entries(list_id: int, contact_id: int) -> list[VipEntry]:
    """What puts this person on the list now: more than one where two who were on it were merged."""
    theirs = VipEntry.objects.filter(list=list_id, contact__in=Contact.same_person(contact_id), ended_at=None)
    return list(theirs.select_related("list"))


def _held(list_id: int) -> VipList:
    row = VipList.objects.select_for_update().filter(pk=list_id).first()
    if row is None:
        raise Refused(_GONE)
    return row


def _save(row: VipList, name: str) -> VipList:
    row.name = " ".join(storable(name).split())
    if not 1 <= len(row.name) <= 40:
        raise Refused(gettext("Give the list a name of 1 to 40 characters."))
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused(
            gettext("There is a list “%(name)s” already, perhaps an archived one.") % {"name": row.name}
        ) from error
    return row


def _record(row: VipList, actor: AbstractBaseUser | None, did: str) -> None:
    events.setting_changed("vip list", row.pk, actor, {"name": row.name, "did": did})


def _tell(kind: str, entry: VipEntry, actor: AbstractBaseUser) -> None:
    """Ids alone: why somebody is on a list may be words about a customer."""
    data = {"entry": entry.pk, "list": entry.list_id}
    events.emit([Fact(kind, None, actor.pk, "contact", entry.contact_id, data)])
