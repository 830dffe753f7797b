"""Stop all sending at once, for one brand or for everything, and begin again. What is in flight arrives."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from connectors.models import Connection
from connectors.wake import wake
from inbox.models import SendingPause
from inbox.services import events
from inbox.services.conversations import Refused
from inbox.services.events import Fact
from inbox.services.storable import storable


def running() -> list[SendingPause]:
    """The pauses that keep something back now, the widest first."""
    return list(SendingPause.objects.filter(ended_at=None).select_related("began_by").order_by("brand"))


def brands() -> list[str]:
    """The brands that connections were given."""
    used = Connection.objects.exclude(state=Connection.State.REMOVED).exclude(brand="")
    return sorted(set(used.values_list("brand", flat=True)))


@transaction.atomic
def pause(*, brand: str, actor: AbstractBaseUser, reason: str) -> SendingPause:
    """Nothing of ``brand`` ("": of any) leaves from now on. A pause that runs already stays as it is."""
    if brand and brand not in brands():
        raise Refused(gettext("No connection has this brand any more."))
    found, new = SendingPause.objects.get_or_create(
        brand=brand, ended_at=None, defaults={"began_by_id": actor.pk, "reason": storable(reason).strip()[:400]}
    )
    if new:
        events.emit([Fact("sending.paused", None, actor.pk, "pause", found.pk, {"brand": brand})])
    return found


@transaction.atomic
def resume(*, pause_id: int, actor: AbstractBaseUser) -> bool:
    """What waited leaves in its order. False where the pause was over already."""
    ended = SendingPause.objects.filter(pk=pause_id, ended_at=None).update(ended_at=timezone.now(), ended_by=actor.pk)
    if ended:
        events.emit([Fact("sending.resumed", None, actor.pk, "pause", pause_id)])
        transaction.on_commit(lambda: wake("inbox.send"))
    return bool(ended)
