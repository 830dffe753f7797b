"""Pictures for comments: a photo that stands nowhere yet, and is then named by the comment.

Sources: Meta's references of Photo (formats, 10 MB, ``alt_text_custom``), of POST /{page}/photos and of
/{object}/comments (``attachment_id``), and its guide to photo uploads (24 hours). Messenger takes a picture only as a
message of its own, without a text: a reply with a picture would be two messages, so there are none in private.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from connectors.errors import RejectedError, UnknownOutcome
from connectors.networks.facebook import fields
from connectors.networks.facebook.client import FacebookClient
from connectors.text import clean, outgoing
from connectors.types import MediaLimits, MediaRef, Upload, Visibility

PHOTO = re.compile(r"[0-9]{1,32}")
LIMITS = {
    # Meta names no longest alternative text; a thousand characters is what the other networks take.
    Visibility.PUBLIC: MediaLimits(frozenset({"image/jpeg", "image/png"}), max_bytes=9_999_999, count=1, alt=1_000),
}
AGAIN = "Facebook did not say clearly whether it took the picture; nothing was sent, and it can be handed over again."
NOT_THERE = "Facebook takes no pictures in private from here; send a link, or answer in public."


def upload(client: FacebookClient, picture: Upload) -> MediaRef:
    limits, alt = LIMITS.get(picture.visibility), outgoing(picture.alt)
    refused = limits.refusal(mime=picture.mime, size=len(picture.data), alt=alt) if limits else NOT_THERE
    if refused:
        raise RejectedError(refused)
    began = datetime.now(UTC)
    try:
        identifier = clean(client.photo(picture.data, picture.mime, picture.file_name, alt).get("id"))
    except UnknownOutcome:
        raise UnknownOutcome(AGAIN) from None
    if not PHOTO.fullmatch(identifier):
        raise UnknownOutcome(AGAIN)
    return MediaRef(identifier, alt, began + fields.PICTURE_WINDOW)
