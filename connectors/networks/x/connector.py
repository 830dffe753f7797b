"""X: mentions and direct messages in, replies and direct messages out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.base import Connector
from connectors.errors import ConfigError, RejectedError, UnknownOutcome
from connectors.http import Http
from connectors.networks.x import acts, fields, media, text
from connectors.networks.x.client import XClient
from connectors.networks.x.config import XConfig
from connectors.networks.x.find import find, receipt, target
from connectors.networks.x.parse import DIRECT_PREFIX, ID, Reader, address
from connectors.networks.x.problems import UNKNOWN
from connectors.networks.x.renew import renew
from connectors.networks.x.walk import Mentions, Messages, Stream
from connectors.text import outgoing
from connectors.types import (
    Absent,
    Action,
    Allowed,
    Author,
    Capabilities,
    Credentials,
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

LINK_COSTS = "X charges $0.20 for a post with a link, against $0.015 without."
PORTAL = "In X's developer console give the app Read, Write and Direct Message, make new tokens, and enter them here."
MENTIONS = Missing("reading posts", "Mentions and replies are not read.", PORTAL)
DIRECT = Missing("direct messages", "Private messages are neither read nor sent.", PORTAL)
CLOSED = "When X was last asked, this person took no private messages; X may refuse this one."
ONE_CASHTAG = "X takes at most one cashtag ($ABC) in a post and may refuse this one."


class XConnector(Connector[XConfig]):
    """One account on X, by its API v2."""

    key = "x"
    label = "X"
    config_class = XConfig
    capabilities = Capabilities(
        streams=(
            StreamSpec("mentions", "Mentions and replies", interval=30.0),
            StreamSpec("messages", "Direct messages", interval=75.0),  # 15 requests in 15 minutes
        ),
        settle_seconds=10.0,
        mark="x",
        link_prefix="https://x.com/",
        acts=acts.ACTS,
        threads=True,
        media=media.LIMITS,
        deep_link="https://x.com/messages/compose?recipient_id={account_id}",
    )

    def __init__(self, config: XConfig, http: Http) -> None:
        super().__init__(config, http)
        self.client = XClient(config, http)

    def check(self) -> Author:
        answer = self.client.me()
        data = answer.get("data")
        if not isinstance(data, Mapping):
            raise ConfigError("X does not say whose credentials these are; use a user's, not an app's.")
        author = Reader(answer, self.config.account_id, datetime.now(UTC)).account(data)
        if self.config.account_id and author.external_id != self.config.account_id:
            raise ConfigError("These credentials belong to another X account than the one that is connected.")
        return author

    def missing(self) -> Sequence[Missing]:
        """X names no permissions, so the smallest page of each stream is asked for."""
        return (
            *self._refused(self.client.mentions, MENTIONS, max_results=5),
            *self._refused(self.client.messages, DIRECT),
        )

    def _refused(self, read: Callable[..., Any], lacking: Missing, **window: Any) -> Sequence[Missing]:
        try:
            read(**window)
        except (ConfigError, RejectedError):
            return [lacking]
        return []

    def fetch(self, stream: str, cursor: Mapping[str, Any]) -> Iterator[Page]:
        streams: dict[str, type[Stream]] = {"mentions": Mentions, "messages": Messages}
        if stream not in streams:
            raise ConfigError(f"X has no stream called “{stream}”.")
        if not self.config.account_id:
            raise ConfigError("The X account's id is not known yet; check the connection first.")
        return streams[stream](self.client, cursor).pages()

    def context(self, post: Post) -> Sequence[Post]:
        """At most ten posts; where one is deleted or hidden, those above it cannot be reached."""
        above: list[Post] = []
        wanted, known = post.in_reply_to, Reader({}, self.config.account_id, datetime.now(UTC))
        while wanted and len(above) < fields.THREAD_DEPTH and wanted not in {p.external_id for p in above}:
            raw = known.tweets.get(wanted)
            if raw is None:
                known, raw = self._looked_up(wanted)
            found = known.posts([raw])[0] if raw is not None else []
            if not found:
                break
            above.append(known.post(raw or {}, context=not found[0].own))
            wanted = above[-1].in_reply_to
        return above[::-1]

    def _looked_up(self, post_id: str) -> tuple[Reader, Mapping[str, Any] | None]:
        try:
            answer = self.client.thread(post_id)
        except RejectedError:  # deleted or hidden
            answer = {}
        data = answer.get("data")
        reader = Reader(answer, self.config.account_id, datetime.now(UTC))
        return reader, data if isinstance(data, Mapping) else None

    def measure(self, text_: str, visibility: Visibility) -> Measure:
        return text.measure(text_, visibility)

    def can_send(self, draft: Draft, now: datetime) -> Allowed | Denied:
        body, public = outgoing(draft.text), draft.visibility is Visibility.PUBLIC
        if not body and not draft.media:
            return Denied("There is no text to send.")
        if refused := self.refuse_media(draft, now):
            return refused
        if text.FORBIDDEN.search(body):
            return Denied("The text holds an invisible character that X refuses; type it again.")
        length = text.measure(body, draft.visibility)
        if not length.fits:
            return Denied(f"The text is too long for X: {length.used} of {length.limit} {length.unit}.")
        if public and not ID.fullmatch(draft.in_reply_to):
            return Denied("There is no post on X to answer.")
        if not public:
            try:
                target(self.prepare(draft))
            except RejectedError as error:
                return Denied(str(error))
        warnings = [LINK_COSTS] if public and text.links(body) else []
        if not public and not draft.can_reply_privately and draft.last_direct_at is None:
            warnings.append(CLOSED)
        if public and text.cashtags(body) > 1:
            warnings.append(ONE_CASHTAG)
        return Allowed(tuple(warnings))

    def prepare(self, draft: Draft) -> dict[str, Any]:
        body = {"text": outgoing(draft.text)}
        pictures = {"media": [ref.external_id for ref in draft.media]} if draft.media else {}
        if draft.visibility is Visibility.PUBLIC:
            return {"kind": "reply", **body, **pictures, "in_reply_to": draft.in_reply_to}
        dialogue = draft.dialogue_id.removeprefix(DIRECT_PREFIX)
        return {"kind": "direct", **body, **pictures, "recipient_id": draft.recipient_id, "dialogue_id": dialogue}

    def send(self, draft: Draft, prepared: Mapping[str, Any]) -> Receipt:
        """Sends what was prepared; the draft is not looked at, except that its audience must agree."""
        kind = prepared.get("kind")
        if kind != ("reply" if draft.visibility is Visibility.PUBLIC else "direct"):
            raise RejectedError("What was prepared is for another audience; it was not sent.")
        text_, pictures = str(prepared["text"]), [str(ref) for ref in prepared.get("media", ())]
        if kind == "reply":
            answer = self.client.reply(text_, str(prepared["in_reply_to"]), pictures)
            identifier = _identifier(answer, "id")
            return receipt(identifier, url=address(self.config.handle, identifier))
        answer = self.client.message(text_, pictures, **target(prepared))
        identifier = _identifier(answer, "dm_event_id")
        dialogue = answer["data"].get("dm_conversation_id")
        return receipt(identifier, dialogue_id=f"{DIRECT_PREFIX}{dialogue}" if dialogue else "")

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

    @property
    def expiring(self) -> bool:
        return not self.config.oauth1

    def refresh(self) -> Credentials:
        return renew(self.client.session, self.config)

    def budget(self, stream: str) -> RateBudget | None:
        return self.client.budgets.get(stream)


def _identifier(answer: Mapping[str, Any], key: str) -> str:
    """The id of what X took. Without one nobody knows whether it took anything."""
    data = answer.get("data")
    identifier = str(data.get(key, "")) if isinstance(data, Mapping) else ""
    if not ID.fullmatch(identifier):
        raise UnknownOutcome(UNKNOWN)
    return identifier


CONNECTOR = XConnector
