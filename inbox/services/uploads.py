"""Pictures of a reply on their way: frozen with it, handed to the network before it, named by it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from connectors.base import Connector
from connectors.errors import TransientError, UnknownOutcome
from connectors.types import MediaRef, Upload, Visibility
from inbox.models import Attachment, Conversation, OutboxItem
from inbox.services import networks
from inbox.services.stops import Reasons

GONE = gettext_noop("One of the pictures is no longer there. Look at them and send again.")
MARGIN = timedelta(minutes=5)  # what the network forgets so soon is handed over anew


def chosen(*, author: AbstractBaseUser, conversation: Conversation, ids: Sequence[int]) -> list[Attachment]:
    """The author's waiting pictures in this order, without their bytes; fewer where one is gone."""
    rows = Attachment.objects.filter(author=author.pk, conversation=conversation, item__isnull=True, pk__in=ids)
    found = {row.pk: row for row in rows.defer("data", "small")} if ids else {}
    return [found[pk] for pk in ids if pk in found]


def look(
    reasons: Reasons, conversation: Conversation, visibility: Visibility, pictures: Sequence[Attachment], *, asked: int
) -> None:
    """What the network has against each of these pictures; how many it takes is the connector's to say."""
    if len(pictures) != asked:
        reasons.add(GONE)
    limits = networks.media(conversation.connection.network).get(visibility)
    if limits is None:
        return
    for picture in pictures:
        reasons.add(limits.refusal(mime=picture.mime, size=picture.size, alt=picture.alt))


def frozen(pictures: Sequence[Attachment]) -> list[dict[str, Any]]:
    """What the payload keeps of them: an approval holds for these bytes under these descriptions."""
    return [{"attachment": row.pk, "sha256": row.sha256, "alt": row.alt} for row in pictures]


def ready(item: OutboxItem, network: Connector[Any]) -> None:
    """Hand over what the network does not hold yet. Nobody sees it before the reply names it.

    So a doubtful upload is simply made again. Raises the connector's errors: the reply has provably not left.
    """
    if not item.payload.get("media"):
        return
    soon = timezone.now() + MARGIN
    for picture in item.attachments.filter(Q(ref="") | Q(ref_expires_at__lte=soon)).order_by("position"):
        upload = Upload(
            key=f"{item.pk}-{picture.pk}", mime=picture.mime, data=bytes(picture.data),
            visibility=Visibility(item.visibility), alt=picture.alt,
        )  # fmt: skip
        try:
            held = network.upload(upload)
        except UnknownOutcome as error:
            raise TransientError(str(error)) from None
        Attachment.objects.filter(pk=picture.pk).update(ref=held.external_id, ref_expires_at=held.expires_at)


def refs(item: OutboxItem) -> list[MediaRef]:
    """The pictures of a reply as the network knows them."""
    if not item.payload.get("media"):
        return []
    rows = item.attachments.exclude(ref="").order_by("position").values_list("ref", "alt", "ref_expires_at")
    return [MediaRef(*row) for row in rows]
