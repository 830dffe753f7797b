"""What Meta's own documents (Graph API v26.0) say of the part that the sandbox speaks.

This table is the sandbox's only idea of nodes, fields, edges and parameters; everything else is refused. A
test compares it with Meta's node descriptions and with facebook-business. Windows, lengths, error codes and
permissions come from Meta's documentation, since the node descriptions do not carry them, and so does the
node of a message, which they name (UnifiedMessage) but do not describe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

VERSION = 26  # the newest; an older one is answered as the newest
DEFAULT_LIMIT = 25
MOST = 100  # items on a page; more are asked for in vain
RECENT_MESSAGES = 20  # of a conversation; older ones show no details
COMMENT_LENGTH = 8000
MESSAGE_LENGTH = 2000

READ_CONTENT = "pages_read_engagement"
READ_VISITORS = "pages_read_user_content"
ENGAGE = "pages_manage_engagement"
MESSAGING = "pages_messaging"
METADATA = "pages_manage_metadata"
POSTS = "pages_manage_posts"
PERMISSIONS = ("pages_show_list", READ_CONTENT, READ_VISITORS, ENGAGE, METADATA, POSTS, MESSAGING)
PHOTO_BYTES = 10_000_000  # Meta: less than that


@dataclass(frozen=True, slots=True)
class Edge:
    """A list below a node: what it holds, its own parameters (with their allowed values), what it asks for."""

    node: str
    params: Mapping[str, frozenset[str]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Write:
    """A POST or DELETE: ``params`` are played, ``unplayed`` are Meta's but not the sandbox's."""

    params: frozenset[str] = frozenset()
    unplayed: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    needs: str = ENGAGE


@dataclass(frozen=True, slots=True)
class Node:
    """A kind of object. ``silent`` fields exist and never have a value here; ``default`` is shown unasked."""

    name: str
    fields: frozenset[str]
    default: tuple[str, ...]
    silent: frozenset[str] = frozenset()
    edges: Mapping[str, Edge] = field(default_factory=dict)
    writes: Mapping[tuple[str, str], Write] = field(default_factory=dict)


ANY: frozenset[str] = frozenset()
_COMMENTS = Edge(
    "Comment",
    {
        "filter": frozenset({"stream", "toplevel"}),
        "live_filter": frozenset({"filter_low_quality", "no_filter"}),
        "order": frozenset({"chronological", "reverse_chronological"}),
        "since": ANY,
    },
    (READ_CONTENT, READ_VISITORS),
)
_LIKES = Edge("Profile", {}, (READ_CONTENT,))
_FEED = {"include_hidden": ANY, "limit": ANY, "show_expired": ANY, "with": frozenset({"LOCATION"})}
_ATTACHMENTS = frozenset({"attachment_share_url", "attachment_url"})
_TRACKING = frozenset({"feedback_source", "nectar_module", "tracking"})
_LIKE = Write(unplayed=_TRACKING)

PAGE = Node(
    "Page",
    frozenset(["about", "category", "fan_count", "followers_count", "id", "is_published", "link", "name", "username"]),
    ("name", "id"),
    frozenset(["bio", "description", "emails", "phone", "verification_status", "website"]),
    {
        "blocked": Edge("Profile", {"uid": ANY, "user": ANY}, (METADATA,)),
        "conversations": Edge(
            "UnifiedThread",
            {
                "folder": ANY,
                "platform": frozenset({"INSTAGRAM", "MESSENGER"}),
                "tags": ANY,
                "user_id": ANY,
            },
            (MESSAGING,),
        ),
        "feed": Edge("PagePost", _FEED, (READ_CONTENT, READ_VISITORS)),
        "posts": Edge("PagePost", {**_FEED, "q": ANY}, (READ_CONTENT,)),
        "published_posts": Edge("PagePost", _FEED, (READ_CONTENT,)),
        "tagged": Edge("PagePost", {}, (READ_VISITORS,)),
        "visitor_posts": Edge("PagePost", _FEED, (READ_VISITORS,)),
    },
    {
        ("POST", "messages"): Write(
            frozenset(["message", "messaging_type", "notification_type", "recipient", "sender_action", "tag"]),
            frozenset(["folder", "payload", "persona_id", "reply_to", "suggestion_action", "thread_control"]),
            frozenset(["recipient"]),
            MESSAGING,
        ),
        ("POST", "blocked"): Write(frozenset({"psid"}), frozenset({"asid", "uid", "user"}), needs=METADATA),
        ("DELETE", "blocked"): Write(frozenset({"psid"}), frozenset({"asid", "uid", "user"}), needs=METADATA),
        ("POST", "photos"): Write(
            frozenset({"alt_text_custom", "published"}),
            frozenset({"caption", "no_story", "place", "scheduled_publish_time", "targeting", "temporary", "url"}),
            needs=POSTS,
        ),
    },
)
POST = Node(
    "PagePost",
    frozenset(
        [
            *("can_reply_privately", "created_time", "from", "id", "is_hidden", "is_published", "message"),
            *("permalink_url", "status_type", "updated_time"),
        ]
    ),
    ("created_time", "message", "id"),
    frozenset(
        [
            *("admin_creator", "application", "call_to_action", "child_attachments", "coordinates", "event"),
            *("full_picture", "icon", "message_tags", "parent_id", "picture", "place", "privacy", "properties"),
            *("shares", "story", "story_tags", "target", "via"),
        ]
    ),
    {"attachments": Edge("StoryAttachment"), "comments": _COMMENTS, "likes": _LIKES, "reactions": _LIKES},
    {
        ("POST", "comments"): Write(
            frozenset({"attachment_id", "message"}),
            _ATTACHMENTS | _TRACKING | {"comment", "comment_privacy_value", "parent_comment_id", "post_id"},
        ),
        ("POST", "likes"): _LIKE,
        ("DELETE", "likes"): Write(unplayed=frozenset({"nectar_module", "tracking"})),
        ("POST", ""): Write(frozenset({"is_hidden"}), frozenset({"is_pinned", "is_published", "message", "tracking"})),
        ("DELETE", ""): Write(),
    },
)
COMMENT = Node(
    "Comment",
    frozenset(
        [
            *(
                "attachment",
                "can_comment",
                "can_hide",
                "can_like",
                "can_remove",
                "can_reply_privately",
                "comment_count",
            ),
            *("created_time", "from", "id", "is_hidden", "is_private", "like_count", "message"),
            *("object", "parent", "permalink_url", "private_reply_conversation", "user_likes"),
        ]
    ),
    ("created_time", "from", "message", "id"),
    frozenset(["admin_creator", "application", "live_broadcast_timestamp", "message_tags"]),
    {"comments": _COMMENTS, "likes": _LIKES, "reactions": _LIKES},
    {
        ("POST", "comments"): Write(
            frozenset({"attachment_id", "message"}),
            _ATTACHMENTS
            | _TRACKING
            | {
                *("comment_privacy_value", "facepile_mentioned_ids", "is_offline", "object_id"),
                *("parent_comment_id", "text"),
            },
        ),
        ("POST", "likes"): _LIKE,
        ("DELETE", "likes"): _LIKE,
        ("POST", ""): Write(frozenset({"is_hidden"}), _ATTACHMENTS | {"attachment_id", "message"}),
        ("DELETE", ""): Write(),
    },
)
THREAD = Node(
    "UnifiedThread",
    frozenset(
        [
            *("can_reply", "id", "is_subscribed", "link", "message_count", "participants", "senders", "snippet"),
            *("unread_count", "updated_time"),
        ]
    ),
    ("id", "link", "updated_time"),
    frozenset(["folder", "former_participants", "is_owner", "linked_group", "name", "scoped_thread_key", "wallpaper"]),
    {"messages": Edge("UnifiedMessage", {"source": ANY}, (MESSAGING,))},
)
MESSAGE = Node(
    "UnifiedMessage",
    frozenset(["created_time", "from", "id", "message", "to"]),
    ("created_time", "id"),
    frozenset(["attachments", "reactions", "shares", "sticker", "story", "tags"]),
)
PROFILE = Node("Profile", frozenset({"id", "name"}), ("id", "name"), frozenset({"link", "pic", "username"}))
ATTACHMENT = Node(
    "StoryAttachment", frozenset(), (), frozenset(["description", "media", "target", "title", "type", "url"])
)
NODES: Mapping[str, Node] = {node.name: node for node in (PAGE, POST, COMMENT, THREAD, MESSAGE, PROFILE, ATTACHMENT)}
# Parameters that every read takes, whatever its node (Meta: "Using the Graph API").
GENERAL = frozenset(
    [
        *("access_token", "appsecret_proof", "fields", "ids", "limit", "after", "before", "since", "until"),
        *("summary", "locale", "pretty", "format"),
    ]
)
MESSAGING_TYPES = frozenset({"MESSAGE_TAG", "RESPONSE", "UPDATE", "UTILITY"})
TAGS = frozenset({"HUMAN_AGENT"})  # Meta retired the others on 27 April 2026
SENDER_ACTIONS = frozenset({"MARK_SEEN", "REACT", "TYPING_OFF", "TYPING_ON", "UNREACT"})
