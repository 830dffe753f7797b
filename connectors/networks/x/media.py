"""Pictures for posts and messages, with their alternative text.

Sources: X's OpenAPI document 2.166 (POST /2/media/upload in one request: images only, as JSON in base64; POST
/2/media/metadata: 1,000 characters) and X's "Media types & size restrictions" (images 5 MB, four in a post). One
in a message is X's and tweepy's word of POST /2/dm_conversations/….
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from connectors.errors import RejectedError, UnknownOutcome
from connectors.networks.x.client import XClient
from connectors.networks.x.parse import ID
from connectors.text import outgoing
from connectors.types import MediaLimits, MediaRef, Upload, Visibility

MIMES = frozenset({"image/jpeg", "image/png", "image/webp"})
CATEGORIES = {Visibility.PUBLIC: "tweet_image", Visibility.DIRECT: "dm_image"}
LIMITS = {
    Visibility.PUBLIC: MediaLimits(MIMES, max_bytes=5_000_000, count=4, alt=1_000),
    Visibility.DIRECT: MediaLimits(MIMES, max_bytes=5_000_000, count=1, alt=1_000),
}
LONGEST = 10 * 86_400  # seconds that X can mean to keep a picture nobody uses
AGAIN = "X did not say clearly whether it took the picture; nothing was sent, and it can be handed over again."
UNREADABLE = "X cannot read this picture; save it anew and attach it again."


def upload(client: XClient, picture: Upload) -> MediaRef:
    alt = outgoing(picture.alt)
    refused = LIMITS[picture.visibility].refusal(mime=picture.mime, size=len(picture.data), alt=alt)
    if refused:
        raise RejectedError(refused)
    try:
        return _handed_over(client, picture, alt)
    except UnknownOutcome:
        raise UnknownOutcome(AGAIN) from None


def _handed_over(client: XClient, picture: Upload, alt: str) -> MediaRef:
    began = datetime.now(UTC)
    data = client.upload(picture.data, picture.mime, CATEGORIES[picture.visibility]).get("data")
    known = data if isinstance(data, Mapping) else {}
    identifier = str(known.get("id", ""))
    if not ID.fullmatch(identifier):
        raise UnknownOutcome(AGAIN)
    processing = known.get("processing_info")
    if isinstance(processing, Mapping) and processing.get("state") == "failed":
        raise RejectedError(UNREADABLE)
    if alt:
        client.describe(identifier, alt)
    seconds = known.get("expires_after_secs")
    expires = began + timedelta(seconds=min(seconds, LONGEST)) if isinstance(seconds, int) else None
    return MediaRef(identifier, alt, expires)
