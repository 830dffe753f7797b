"""What is asked of X, in one place: the field lists and limits of its API v2.

Source: X's OpenAPI document 2.166. From 2.167 on X calls ``tweet.fields`` ``post.fields``; when tweepy
follows, only this file and the keyword in client.py change.
"""

from __future__ import annotations

TWEET_FIELDS = (
    "attachments",
    "author_id",
    "conversation_id",
    "created_at",
    "entities",
    "id",
    "in_reply_to_user_id",
    "lang",
    "note_tweet",
    "public_metrics",
    "referenced_tweets",
    "text",
)
USER_FIELDS = ("id", "name", "profile_image_url", "public_metrics", "receives_your_dm", "username", "verified")
MEDIA_FIELDS = ("alt_text", "media_key", "preview_image_url", "type", "url")
DM_FIELDS = (
    "attachments",
    "created_at",
    "dm_conversation_id",
    "entities",
    "event_type",
    "id",
    "participant_ids",
    "sender_id",
    "text",
)
TWEET_EXPANSIONS = ("attachments.media_keys", "author_id")
THREAD_EXPANSIONS = (*TWEET_EXPANSIONS, "referenced_tweets.id", "referenced_tweets.id.author_id")
DM_EXPANSIONS = ("attachments.media_keys", "participant_ids", "sender_id")

PAGE = 100  # most items on one page of any stream
SMALLEST_PAGE = 5  # of a timeline; direct messages allow 1
MENTIONS_WINDOW = 800  # the timeline of mentions reaches back this many posts
TIMELINE_WINDOW = 3200  # an account's own timeline reaches back this many posts
MESSAGES_DAYS = 30  # direct messages are shown for this long
THREAD_DEPTH = 10  # how many posts above one are fetched as its context
POST_LIMIT = 280  # weighted, see text.py
MESSAGE_LIMIT = 10_000  # characters


def tweets(expansions: tuple[str, ...] = TWEET_EXPANSIONS) -> dict[str, list[str]]:
    """Keywords of tweepy for every call that answers with posts."""
    return {
        "tweet_fields": list(TWEET_FIELDS),
        "user_fields": list(USER_FIELDS),
        "media_fields": list(MEDIA_FIELDS),
        "expansions": list(expansions),
    }


def messages() -> dict[str, list[str]]:
    """Keywords of tweepy for every call that answers with direct messages."""
    return {
        "dm_event_fields": list(DM_FIELDS),
        "user_fields": list(USER_FIELDS),
        "media_fields": list(MEDIA_FIELDS),
        "expansions": list(DM_EXPANSIONS),
        "event_types": ["MessageCreate"],
    }
