"""What is asked of Facebook, in one place: the version, fields and limits of the Graph API.

Sources: Meta's node descriptions for v26.0 (Page, PagePost, Comment, UnifiedThread), the references of the
Message node and of the Send API, and Meta's "Private Replies" and "Messenger Platform Policy" pages.
"""

from __future__ import annotations

from datetime import timedelta

VERSION = "v26.0"

PAGE_FIELDS = ("id", "name", "username", "category")  # a person has no category: tells a page's token from a user's
POST_FIELDS = (
    "id",
    "created_time",
    "from",
    "message",
    "story",
    "permalink_url",
    "full_picture",
    "is_hidden",
    "can_reply_privately",
)
COMMENT_FIELDS = (
    "id",
    "created_time",
    "from",
    "message",
    "parent{id}",
    "attachment",
    "permalink_url",
    "is_hidden",
    "can_reply_privately",
    "like_count",
)
MESSAGE_FIELDS = ("id", "created_time", "from", "to", "message", "attachments", "sticker")
ORDER = {"filter": "stream", "order": "reverse_chronological"}  # replies too, the newest first

POSTS_PAGE = 25  # posts on one page of the feed, each with the first of its new comments
NESTED = 25  # comments that come with their post
COMMENTS_PAGE = 100
CONVERSATIONS_PAGE = 20
NESTED_MESSAGES = 20  # Meta promises details of the twenty newest messages of a conversation
MESSAGES_PAGE = 50
THREAD_DEPTH = 5

COMMENT_LIMIT = 8_000  # characters
MESSAGE_LIMIT = 2_000  # characters
STANDARD_WINDOW = timedelta(hours=24)  # after the person last wrote
HUMAN_AGENT_WINDOW = timedelta(days=7)  # the same, for apps with Meta's approval
PRIVATE_REPLY_WINDOW = timedelta(days=7)  # after the comment or visitor post
PICTURE_WINDOW = timedelta(hours=24)  # in which an unpublished photo must be used


def joined(fields: tuple[str, ...]) -> str:
    return ",".join(fields)


def nested(edge: str, fields: tuple[str, ...], **modifiers: object) -> str:
    """An edge as a field of its node: ``comments.order(…).limit(25){id,message}``."""
    given = "".join(f".{name}({value})" for name, value in modifiers.items() if value is not None)
    return f"{edge}{given}{{{joined(fields)}}}"
