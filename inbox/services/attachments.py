"""Pictures that an agent adds to a reply: taken by what they are, stripped to their pixels, kept until they leave."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from connectors.types import MediaLimits
from inbox.models import Attachment, Conversation, OutboxItem
from inbox.services import conversations, networks, pictures
from inbox.services.conversations import Refused
from inbox.services.storable import storable

KEPT = timedelta(days=1)  # without a reply
ALT = 5_000  # characters, more than any network takes


def limits_of(conversation: Conversation) -> Sequence[MediaLimits]:
    """What the network takes, publicly and privately."""
    return list(networks.media(conversation.connection.network).values())


@dataclass(frozen=True, slots=True)
class Offer:
    """What a composer says of pictures: how many one reply takes, of which kinds, and how long their texts may be."""

    count: int
    mimes: Sequence[str]
    alt: int


def offer(conversation: Conversation) -> Offer | None:
    """None where the network takes no pictures from here. Anything that we can read may be chosen."""
    limits = limits_of(conversation)
    if not limits:
        return None
    return Offer(max(one.count for one in limits), pictures.CHOSEN, max(one.alt for one in limits))


def waiting(*, author: User, conversation_id: int) -> list[Attachment]:
    """What stands in this agent's composer, in its order, without the pictures themselves."""
    rows = Attachment.objects.filter(author=author, conversation=conversation_id, item__isnull=True)
    return list(rows.defer("data", "small").order_by("position", "pk"))


def add(*, author: User, conversation: Conversation, data: bytes, name: str = "", alt: str = "") -> Attachment:
    """A picture for this agent's next reply here. Raises Refused with one sentence."""
    limits, text = limits_of(conversation), _alt(alt)
    if not limits:
        raise Refused(gettext("This network takes no pictures from here."))
    mimes = frozenset.intersection(*(one.mimes for one in limits)) or limits[0].mimes
    try:
        picture = pictures.clean(data, mimes=mimes, largest=min(one.max_bytes for one in limits))
    except pictures.NotAPicture as error:
        raise Refused(str(error)) from error
    with transaction.atomic():
        # Two pictures dropped at once come in two requests, and are counted one after another.
        conversations.locked(conversation.pk)
        there = Attachment.objects.filter(author=author, conversation=conversation, item__isnull=True)
        most = max(one.count for one in limits)
        if there.count() >= most:
            said = ngettext(
                "A reply here takes at most %(most)s picture.", "A reply here takes at most %(most)s pictures.", most
            )
            raise Refused(said % {"most": most})
        return Attachment.objects.create(
            author=author,
            conversation=conversation,
            position=(there.aggregate(last=Max("position"))["last"] or 0) + 1,
            name=_name(name),
            alt=text,
            mime=picture.mime,
            width=picture.width,
            height=picture.height,
            size=len(picture.data),
            sha256=hashlib.sha256(picture.data).hexdigest(),
            data=picture.data,
            small=picture.small,
            small_mime=picture.small_mime,
        )


def _name(name: str) -> str:
    """For the agent's own eyes and the guard's: one line, no path."""
    last = storable(name).replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")[:200]


def _alt(text: str) -> str:
    text = storable(text).strip()
    if len(text) > ALT:
        raise Refused(gettext("The alternative text may have at most %(alt)s characters.") % {"alt": f"{ALT:,}"})
    return text


def describe(*, attachment: Attachment, alt: str) -> None:
    """Its alternative text, while it has not left. Raises Refused."""
    text = _alt(alt)
    with transaction.atomic():
        # Behind a reply that is being composed: what the guard has read there is what leaves.
        conversations.locked(attachment.conversation_id)
        if not Attachment.objects.filter(pk=attachment.pk, item__isnull=True).update(alt=text):
            raise Refused(gettext("This picture belongs to a reply by now."))
    attachment.alt = text


def remove(*, attachment: Attachment) -> None:
    """Take it out of the composer; one that belongs to a reply stays."""
    if not Attachment.objects.filter(pk=attachment.pk, item__isnull=True).delete()[0]:
        raise Refused(gettext("This picture belongs to a reply by now."))


def give(*, item: OutboxItem, ids: Sequence[int]) -> None:
    """The author's waiting pictures become the item's, in this order. Raises Refused where one is no longer there."""
    for position, pk in enumerate(ids, 1):
        free = Attachment.objects.filter(
            pk=pk, author=item.author_id, conversation=item.conversation_id, item__isnull=True
        )
        if not free.update(item=item, position=position):
            raise Refused(gettext("One of the pictures is no longer there. Look at them and send again."))


def prune(*, limit: int = 100) -> int:
    """Forget what was never sent, in a batch."""
    old = Attachment.objects.filter(item__isnull=True, made_at__lt=timezone.now() - KEPT).order_by("made_at")
    return Attachment.objects.filter(pk__in=old.values("pk")[:limit]).delete()[0]
