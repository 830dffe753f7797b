"""The JSON bodies of X's OpenAPI document (2.166), as facts.py uses them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.sandbox.x.names import MEDIA_CATEGORIES, MEDIA_METADATA, MEDIA_TYPES, REPLY_SETTINGS

ID_PATTERN = r"^[0-9]{1,19}$"


@dataclass(frozen=True, slots=True)
class Body:
    """One value of a JSON body: ``kind`` is string, boolean, integer, object or array.

    ``unplayed``: X's document has it and the sandbox does not play it.
    """

    kind: str
    fields: Mapping[str, Body] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    items: Body | None = None
    allowed: frozenset[str] = frozenset()
    pattern: str = ""
    longest: int | None = None
    unplayed: bool = False


_STRING, _FLAG, _NUMBER = Body("string"), Body("boolean"), Body("integer")
_ID = Body("string", pattern=ID_PATTERN)
_STRINGS = Body("array", items=_STRING)
_REPLY_SETTINGS = Body("string", allowed=REPLY_SETTINGS)
_UNPLAYED = Body("", unplayed=True)
_MEDIA = Body(
    "object",
    {
        "call_to_actions": _UNPLAYED,
        "description": _UNPLAYED,
        "embeddable": _UNPLAYED,
        "media_ids": _STRINGS,
        "preview_media_id": _UNPLAYED,
        "tagged_user_ids": _UNPLAYED,
        "title": _UNPLAYED,
    },
    frozenset({"media_ids"}),
)
_REPLY = Body(
    "object",
    {
        "auto_populate_reply_metadata": _FLAG,
        "exclude_reply_user_ids": Body("array", items=_ID),
        "in_reply_to_tweet_id": _ID,
    },
    frozenset({"in_reply_to_tweet_id"}),
)
TWEET_BODY = Body(
    "object",
    {
        "card_uri": _UNPLAYED,
        "community_id": _UNPLAYED,
        "direct_message_deep_link": _UNPLAYED,
        "edit_options": _UNPLAYED,
        "for_super_followers_only": _FLAG,
        "geo": _UNPLAYED,
        "made_with_ai": _FLAG,
        "media": _MEDIA,
        "nullcast": _FLAG,
        "paid_partnership": _FLAG,
        "poll": _UNPLAYED,
        "quote_tweet_id": _ID,
        "reply": _REPLY,
        "reply_settings": _REPLY_SETTINGS,
        "share_with_followers": _FLAG,
        "text": _STRING,
    },
)
MESSAGE_BODY = Body(
    "object",
    {
        "attachments": Body("array", items=Body("object", {"media_id": _STRING}, frozenset({"media_id"}))),
        "text": _STRING,
    },
)
HIDDEN_BODY = Body("object", {"hidden": _FLAG}, frozenset({"hidden"}))
LIKE_BODY = Body("object", {"tweet_id": _ID}, frozenset({"tweet_id"}))
UPLOAD_BODY = Body(
    "object",
    {
        "additional_owners": Body("array", items=_ID),
        "media": _STRING,
        "media_category": Body("string", allowed=MEDIA_CATEGORIES),
        "media_type": Body("string", allowed=MEDIA_TYPES),
        "shared": _FLAG,
    },
    frozenset({"media", "media_category"}),
)
_METADATA = Body(
    "object",
    {
        "alt_text": Body("object", {"text": Body("string", longest=1000)}, frozenset({"text"})),
        **dict.fromkeys(MEDIA_METADATA - {"alt_text"}, _UNPLAYED),
    },
)
METADATA_BODY = Body("object", {"id": _ID, "metadata": _METADATA}, frozenset({"id"}))
