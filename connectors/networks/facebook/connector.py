"""Facebook: comments, visitor posts and Messenger in; replies, private replies and messages out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.base import Connector
from connectors.errors import ConfigError, InvalidItem, RejectedError, UnknownOutcome, WindowClosed
from connectors.http import Http
from connectors.networks.facebook import acts, fields, media, text
from connectors.networks.facebook.client import FacebookClient
from connectors.networks.facebook.config import FacebookConfig
from connectors.networks.facebook.find import find
from connectors.networks.facebook.parse import NODE, PERSON, Reader, message_id
from connectors.networks.facebook.problems import UNKNOWN, WINDOW
from connectors.networks.facebook.walk import Comments, Messages, Stream
from connectors.text import clean, outgoing
from connectors.types import (
    Absent,
    Action,
    Allowed,
    Audience,
    Author,
    Capabilities,
    Denied,
    Draft,
    Measure,
    MediaRef,
    Missing,
    Page,
    Post,
    RateBudget,
    Receipt,
    StreamSpec,
    Unknown,
    Upload,
    Visibility,
)

ONE_PRIVATE_REPLY = "Facebook takes one private reply to this; you can write again once the person has answered."
PERMISSIONS = {
    "pages_read_engagement": "Comments and posts are not read.",
    "pages_read_user_content": "What visitors write on the page is not read.",
    "pages_manage_engagement": "Comments cannot be answered, liked, hidden or deleted.",
    "pages_manage_metadata": "Messenger conversations are not read, and nobody can be blocked.",
    "pages_manage_posts": "Pictures cannot be attached.",
    "pages_messaging": "Messenger is neither read nor answered.",
}
GRANT = "Make a new token with this permission, by the person who manages the page, and enter it here."
NOT_A_PAGE = "This token belongs to a person, not to a page: use a page access token."


class FacebookConnector(Connector[FacebookConfig]):
    """One Facebook page with its Messenger, by the Graph API."""

    key = "facebook"
    label = "Facebook"
    config_class = FacebookConfig
    capabilities = Capabilities(
        streams=(
            StreamSpec("comments", "Comments and visitor posts", interval=60.0),
            StreamSpec("messages", "Messenger", interval=60.0),
        ),
        settle_seconds=30.0,
        mark="facebook",
        link_prefix="https://www.facebook.com/",
        acts=acts.ACTS,
        media=media.LIMITS,
        deep_link="https://m.me/{account_id}",
    )

    def __init__(self, config: FacebookConfig, http: Http) -> None:
        super().__init__(config, http)
        self.client = FacebookClient(config, http)

    def check(self) -> Author:
        try:
            answer = self.client.me()
        except RejectedError:  # a person has no category
            raise ConfigError(NOT_A_PAGE) from None
        try:
            author = Reader("", datetime.now(UTC)).account(answer)
        except InvalidItem:
            raise ConfigError(NOT_A_PAGE) from None
        if self.config.account_id and author.external_id != self.config.account_id:
            raise ConfigError("This token belongs to another Facebook page than the one that is connected.")
        return author

    def missing(self) -> Sequence[Missing]:
        """What Facebook says of our own token; nothing where it does not let the token ask."""
        try:
            answer = self.client.token()
        except (ConfigError, RejectedError):
            return ()
        known = answer.get("data")
        granted = known.get("scopes") if isinstance(known, Mapping) else None
        if not isinstance(granted, list):
            return ()
        return [Missing(name, without, GRANT) for name, without in PERMISSIONS.items() if name not in granted]

    def fetch(self, stream: str, cursor: Mapping[str, Any]) -> Iterator[Page]:
        streams: dict[str, type[Stream]] = {"comments": Comments, "messages": Messages}
        if stream not in streams:
            raise ConfigError(f"Facebook has no stream called “{stream}”.")
        return streams[stream](self.client, cursor).pages()

    def context(self, post: Post) -> Sequence[Post]:
        """The comments above a reply, and the post above them all; what is deleted is left out."""
        if post.audience is Audience.DIRECT or not post.in_reply_to:
            return []
        above: list[Post] = []
        reader, wanted = Reader(self.client.page, datetime.now(UTC)), post.in_reply_to
        try:
            while wanted != post.root_id and len(above) < fields.THREAD_DEPTH:
                raw = self.client.node(wanted, fields.COMMENT_FIELDS)
                above.append(reader.comment(raw, post.root_id, context=True))
                wanted = above[-1].in_reply_to
            above.append(reader.post(self.client.node(post.root_id, fields.POST_FIELDS), context=True))
        except (RejectedError, InvalidItem):  # deleted, hidden or unreadable: those above it cannot be reached
            pass
        return above[::-1]

    def measure(self, text_: str, visibility: Visibility) -> Measure:
        return text.measure(text_, visibility)

    def can_send(self, draft: Draft, now: datetime) -> Allowed | Denied:
        if not outgoing(draft.text) and not draft.media:
            return Denied("There is no text to send.")
        if refused := self.refuse_media(draft, now):
            return refused
        length = text.measure(draft.text, draft.visibility)
        if not length.fits:
            return Denied(f"The text is too long for Facebook: {length.used} of {length.limit} {length.unit}.")
        if draft.visibility is Visibility.PUBLIC:
            fits = NODE.fullmatch(draft.in_reply_to)
            return Allowed() if fits else Denied("There is no comment or post on Facebook to answer.")
        if now < self._window_ends(draft):
            fits = PERSON.fullmatch(draft.recipient_id)
            return Allowed() if fits else Denied("There is no person on Facebook to write to.")
        return self._private_reply(draft, now)

    def _private_reply(self, draft: Draft, now: datetime) -> Allowed | Denied:
        """Without an open window a message can only hang on something public, once."""
        if not draft.public_id or not NODE.fullmatch(draft.public_id):
            return Denied(self._closed())
        if not draft.can_reply_privately:
            return Denied("This comment has had its private reply; wait until the person answers, or answer in public.")
        if draft.public_at is not None and now >= draft.public_at + fields.PRIVATE_REPLY_WINDOW:
            return Denied("Facebook takes a private reply for 7 days after the comment or post; answer in public.")
        return Allowed((ONE_PRIVATE_REPLY,))

    def _closed(self) -> str:
        window = "7 days" if self.config.human_agent else "24 hours"
        return f"Facebook takes a message for {window} after the person last wrote, and that is over; answer in public."

    def _window_ends(self, draft: Draft) -> datetime:
        """When the window that the person's last message opened shuts; long ago where they never wrote."""
        if draft.last_direct_at is None:
            return datetime.min.replace(tzinfo=UTC)
        allowed = fields.HUMAN_AGENT_WINDOW if self.config.human_agent else fields.STANDARD_WINDOW
        return draft.last_direct_at + allowed

    def prepare(self, draft: Draft) -> dict[str, Any]:
        """What leaves. ``answers`` binds a private reply to its comment or post: there is only one."""
        body = outgoing(draft.text)
        if draft.visibility is Visibility.PUBLIC:
            pictures = {"media": [ref.external_id for ref in draft.media]} if draft.media else {}
            return {"kind": "comment", "text": body, **pictures, "object_id": draft.in_reply_to}
        at = draft.started_at or draft.last_direct_at
        if not draft.public_id or (at is not None and at < self._window_ends(draft)):
            wrote = draft.last_direct_at.isoformat() if draft.last_direct_at else ""
            return {"kind": "message", "text": body, "recipient_id": draft.recipient_id, "last_direct_at": wrote}
        part = "post_id" if self.client.is_post(draft.public_id) else "comment_id"
        return {"kind": "private_reply", "text": body, part: draft.public_id, "answers": draft.public_id}

    def send(self, draft: Draft, prepared: Mapping[str, Any]) -> Receipt:
        """Sends what was prepared; the draft is not looked at, except that its audience must agree."""
        kind, body = prepared.get("kind"), str(prepared.get("text", ""))
        if (kind == "comment") != (draft.visibility is Visibility.PUBLIC):
            raise RejectedError("What was prepared is for another audience; it was not sent.")
        if kind == "comment":
            picture = str(next(iter(prepared.get("media", ())), ""))
            identifier = clean(self.client.comment(_part(prepared["object_id"]), body, picture).get("id"))
            if not NODE.fullmatch(identifier):
                raise UnknownOutcome(UNKNOWN)
            return Receipt(identifier, url=f"https://www.facebook.com/{identifier}")
        if kind == "private_reply":
            about = {name: _part(prepared[name]) for name in ("comment_id", "post_id") if name in prepared}
            return _sent(self.client.send(about, body))
        recipient = {"id": str(prepared["recipient_id"])}
        return _sent(self.client.send(recipient, body, tag=self._tag(prepared)))

    def _tag(self, prepared: Mapping[str, Any]) -> str:
        """The tag that the time asks for: none within 24 hours, HUMAN_AGENT up to 7 days where Meta approved it."""
        try:
            since = datetime.now(UTC) - datetime.fromisoformat(str(prepared["last_direct_at"]))
        except (KeyError, ValueError):
            since = timedelta.max
        if since < fields.STANDARD_WINDOW:
            return ""
        if self.config.human_agent and since < fields.HUMAN_AGENT_WINDOW:
            return "HUMAN_AGENT"
        raise WindowClosed(WINDOW)

    def find_sent(
        self, draft: Draft, prepared: Mapping[str, Any], claimed_ids: Collection[str]
    ) -> Receipt | Absent | Unknown:
        return find(self.client, draft, prepared, claimed_ids)

    def upload(self, upload: Upload) -> MediaRef:
        return media.upload(self.client, upload)

    def can_act(self, action: Action, now: datetime) -> Allowed | Denied:
        allowed = super().can_act(action, now)
        return allowed if isinstance(allowed, Denied) else acts.refusal(action) or allowed

    def act(self, action: Action) -> Receipt:
        return acts.act(self.client, action)

    def find_acted(self, action: Action) -> Receipt | Absent | Unknown:
        return acts.find_acted(self.client, action)

    def budget(self, stream: str) -> RateBudget | None:
        return self.client.budgets.get(stream)


def _part(value: Any) -> str:
    """An id that becomes part of a path or a recipient."""
    if not NODE.fullmatch(str(value)) or set(str(value)) <= {"."}:
        raise RejectedError("There is no comment or post on Facebook to answer.")
    return str(value)


def _sent(answer: Mapping[str, Any]) -> Receipt:
    """The id of what Messenger took. Without one nobody knows whether it took anything."""
    try:
        return Receipt(message_id(answer.get("message_id")))
    except InvalidItem:
        raise UnknownOutcome(UNKNOWN) from None


CONNECTOR = FacebookConnector
