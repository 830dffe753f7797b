"""What X's own OpenAPI document (2.166) says of the part of API v2 that the sandbox speaks.

This table is the sandbox's only idea of what a request may contain; everything else is refused. A test
compares it, name by name and bound by bound, with X's document. Rates and reach come from X's
documentation, since the OpenAPI document does not carry them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.sandbox.x.bodies import (
    HIDDEN_BODY,
    ID_PATTERN,
    LIKE_BODY,
    MESSAGE_BODY,
    METADATA_BODY,
    TWEET_BODY,
    UPLOAD_BODY,
    Body,
)
from connectors.sandbox.x.names import (
    DM_EVENT_TYPES,
    DM_EXPANSIONS,
    DM_FIELDS,
    MEDIA_FIELDS,
    PLACE_FIELDS,
    POLL_FIELDS,
    TWEET_EXPANSIONS,
    TWEET_FIELDS,
    USER_EXPANSIONS,
    USER_FIELDS,
)

HANDLE_PATTERN = r"^[A-Za-z0-9_]{1,15}$"
DM_CONVERSATION_PATTERN = r"^([0-9]{1,19}-[0-9]{1,19}|[0-9]{15,19})$"

MENTIONS_REACH = 800  # the newest mentions that X still shows
TIMELINE_REACH = 3200  # the newest own posts that X still shows
DM_REACH_DAYS = 30
SEARCH_REACH_DAYS = 7
TWEET_LIMIT = 280  # weighted, as twitter-text counts
DM_LIMIT = 10_000
PICTURES = 4  # in one post; in a message one
PICTURE_BYTES = 5 * 1024 * 1024
PICTURE_SECONDS = 86_400  # in which an upload must be used


@dataclass(frozen=True, slots=True)
class Param:
    """One query parameter: ``kind`` is id, int, time, text, enum, list (of names) or ids (of ids)."""

    kind: str
    low: int | None = None
    high: int | None = None
    default: int | None = None
    allowed: frozenset[str] = frozenset()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation: what it accepts and how often an account may call it in 15 minutes."""

    key: str
    method: str
    path: str
    query: Mapping[str, Param] = field(default_factory=dict)
    body: Body | None = None
    rate: int = 900
    day_rate: int | None = None
    bucket: str = ""
    path_patterns: Mapping[str, str] = field(default_factory=dict)


def _names(allowed: frozenset[str]) -> Param:
    return Param("list", allowed=allowed)


_USER_QUERY = {
    "user.fields": _names(USER_FIELDS),
    "expansions": _names(USER_EXPANSIONS),
    "tweet.fields": _names(TWEET_FIELDS),
}
_TWEET_QUERY = {
    "tweet.fields": _names(TWEET_FIELDS),
    "expansions": _names(TWEET_EXPANSIONS),
    "media.fields": _names(MEDIA_FIELDS),
    "poll.fields": _names(POLL_FIELDS),
    "user.fields": _names(USER_FIELDS),
    "place.fields": _names(PLACE_FIELDS),
}
_WINDOW_QUERY = {
    "since_id": Param("id"),
    "until_id": Param("id"),
    "start_time": Param("time"),
    "end_time": Param("time"),
}
_TIMELINE_QUERY = {
    **_WINDOW_QUERY,
    "max_results": Param("int", 5, 100),
    "pagination_token": Param("text", 1),
    **_TWEET_QUERY,
}
_DM_QUERY = {
    "max_results": Param("int", 1, 100, default=100),
    "pagination_token": Param("text", 16),
    "event_types": _names(DM_EVENT_TYPES),
    "dm_event.fields": _names(DM_FIELDS),
    "expansions": _names(DM_EXPANSIONS),
    "media.fields": _names(MEDIA_FIELDS),
    "user.fields": _names(USER_FIELDS),
    "tweet.fields": _names(TWEET_FIELDS),
}
_SEARCH_QUERY = {
    "query": Param("text", 1, 4096, required=True),
    **_WINDOW_QUERY,
    "max_results": Param("int", 10, 100, default=10),
    "next_token": Param("text", 1),
    "pagination_token": Param("text", 1),
    "sort_order": Param("enum", allowed=frozenset({"recency", "relevancy"})),
    **_TWEET_QUERY,
}
_TIMELINE_EXCLUDE = {**_TIMELINE_QUERY, "exclude": _names(frozenset({"replies", "retweets"}))}
_LIKED_QUERY = {"max_results": Param("int", 5, 100), "pagination_token": Param("text", 1), **_TWEET_QUERY}
_IDS_QUERY = {"ids": Param("ids", 1, 100, required=True), **_TWEET_QUERY}
_BY_ID = {"id": ID_PATTERN}

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("me", "GET", "/2/users/me", _USER_QUERY, rate=75),
    Endpoint(
        "user_by_handle",
        "GET",
        "/2/users/by/username/{username}",
        _USER_QUERY,
        path_patterns={"username": HANDLE_PATTERN},
    ),
    Endpoint("user", "GET", "/2/users/{id}", _USER_QUERY, path_patterns=_BY_ID),
    Endpoint("mentions", "GET", "/2/users/{id}/mentions", _TIMELINE_QUERY, rate=300, path_patterns=_BY_ID),
    Endpoint("timeline", "GET", "/2/users/{id}/tweets", _TIMELINE_EXCLUDE, path_patterns=_BY_ID),
    Endpoint("search", "GET", "/2/tweets/search/recent", _SEARCH_QUERY, rate=300),
    Endpoint("tweet", "GET", "/2/tweets/{id}", _TWEET_QUERY, path_patterns=_BY_ID),
    Endpoint("delete_tweet", "DELETE", "/2/tweets/{id}", rate=50, path_patterns=_BY_ID),
    Endpoint("tweets", "GET", "/2/tweets", _IDS_QUERY, rate=5000),
    Endpoint("create_tweet", "POST", "/2/tweets", body=TWEET_BODY, rate=100),
    Endpoint(
        "hide", "PUT", "/2/tweets/{tweet_id}/hidden", body=HIDDEN_BODY, rate=50, path_patterns={"tweet_id": ID_PATTERN}
    ),
    Endpoint("like", "POST", "/2/users/{id}/likes", body=LIKE_BODY, rate=50, day_rate=1000, bucket="like"),
    Endpoint(
        "unlike",
        "DELETE",
        "/2/users/{id}/likes/{tweet_id}",
        rate=50,
        day_rate=1000,
        bucket="like",
        path_patterns={"tweet_id": ID_PATTERN},
    ),
    Endpoint("liked", "GET", "/2/users/{id}/liked_tweets", _LIKED_QUERY, rate=75, path_patterns=_BY_ID),
    Endpoint("upload", "POST", "/2/media/upload", body=UPLOAD_BODY, rate=500),
    Endpoint("describe", "POST", "/2/media/metadata", body=METADATA_BODY, rate=500),
    Endpoint("dm_events", "GET", "/2/dm_events", _DM_QUERY, rate=15),
    Endpoint(
        "dm_events_with",
        "GET",
        "/2/dm_conversations/with/{participant_id}/dm_events",
        _DM_QUERY,
        rate=15,
        path_patterns={"participant_id": ID_PATTERN},
    ),
    Endpoint(
        "dm_events_of",
        "GET",
        "/2/dm_conversations/{id}/dm_events",
        _DM_QUERY,
        rate=15,
        path_patterns={"id": DM_CONVERSATION_PATTERN},
    ),
    Endpoint(
        "dm_to",
        "POST",
        "/2/dm_conversations/with/{participant_id}/messages",
        body=MESSAGE_BODY,
        rate=15,
        day_rate=1440,
        bucket="dm",
        path_patterns={"participant_id": ID_PATTERN},
    ),
    Endpoint(
        "dm_in",
        "POST",
        "/2/dm_conversations/{dm_conversation_id}/messages",
        body=MESSAGE_BODY,
        rate=15,
        day_rate=1440,
        bucket="dm",
    ),
)
TOKEN_PATH = "/2/oauth2/token"  # X's document names it as tokenUrl of its OAuth 2 scheme, not as a path
SCOPES = (
    "tweet.read tweet.write tweet.moderate.write users.read dm.read dm.write like.read like.write media.write "
    "offline.access"
)
