"""What the company says of itself: its own numbers and addresses, which the guard lets pass."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from inbox.guard import normal
from inbox.models import PublicFact
from inbox.services.conversations import Refused
from inbox.services.storable import storable


def values() -> list[str]:
    return list(PublicFact.objects.values_list("value", flat=True))


def add(*, value: str, note: str) -> PublicFact:
    """Let a number or address pass from now on. Raises Refused for what would let too much pass."""
    fact = PublicFact(value=" ".join(storable(value).split()), note=" ".join(storable(note).split()))
    if len(fact.value) > 400 or len(fact.note) > 200:
        raise Refused(gettext("A number or address has at most 400 characters, its note 200."))
    if len(normal(fact.value)) < 5:
        raise Refused(gettext("Enter at least 5 letters or digits: less would let too much pass."))
    try:
        with transaction.atomic():
            fact.save()
    except IntegrityError as error:
        raise Refused(gettext("“%(value)s” is in the list already.") % {"value": fact.value}) from error
    return fact


def remove(*, fact_id: int) -> PublicFact | None:
    """Hold this again. None where it was gone already."""
    fact = PublicFact.objects.filter(pk=fact_id).first()
    if fact is not None:
        PublicFact.objects.filter(pk=fact_id).delete()
    return fact
