"""facebook-sdk, pointed at the configured address, with every failure in our words.

facebook-sdk 3.1.0 knows no version after 3.1, no time-out and no address but Meta's, and puts the token
into every URL. Therefore: the version is set after it is made, the session is ours, and the token travels in
the Authorization header. It also trips over what is no JSON; what Facebook answered then decides.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import facebook

from connectors.errors import ConfigError, ConnectorError
from connectors.http import Http, LastResponse
from connectors.networks.facebook import fields
from connectors.networks.facebook.config import API, FacebookConfig
from connectors.networks.facebook.problems import problem, regain, usage
from connectors.types import RateBudget

WRITES = ("send", "act", "media")

Json = dict[str, Any]


class FacebookClient:
    """The calls that the connector makes. Each is made once; each raises one of connectors.errors."""

    def __init__(self, config: FacebookConfig, http: Http) -> None:
        self.config = config
        self.budgets: dict[str, RateBudget] = {}
        self.session = http.session({API: config.base_url})
        self.session.headers["Authorization"] = f"Bearer {config.access_token}"
        self._proof = hmac.new(config.app_secret.encode(), config.access_token.encode(), hashlib.sha256).hexdigest()
        self._graph = facebook.GraphAPI(session=self.session)
        self._graph.version = fields.VERSION

    @property
    def page(self) -> str:
        if not self.config.account_id:
            raise ConfigError("The Facebook page's id is not known yet; check the connection first.")
        return self.config.account_id

    def is_post(self, object_id: str) -> bool:
        """Whether this names a post on the page (its number comes first) and not a comment."""
        return object_id.startswith(f"{self.page}_")

    def me(self) -> Json:
        return self._read("account", "me", fields=fields.joined(fields.PAGE_FIELDS))

    def token(self) -> Json:
        """What Facebook knows of our token."""
        return self._read("account", "debug_token", input_token=self.config.access_token)

    def feed(self, *, since: int | None, limit: int = fields.POSTS_PAGE, after: str = "") -> Json:
        """Posts by, to and about the page, newest first, each with its comments since then."""
        comments = fields.nested("comments", fields.COMMENT_FIELDS, **fields.ORDER, since=since, limit=fields.NESTED)
        wanted = f"{fields.joined(fields.POST_FIELDS)},{comments}"
        return self._read("comments", f"{self.page}/feed", fields=wanted, limit=limit, after=after)

    def comments(self, object_id: str, *, since: int | None, after: str = "", stream: str = "comments") -> Json:
        """The comments of a post with all replies, or the replies to a comment, newest first."""
        wanted = fields.joined(fields.COMMENT_FIELDS)
        window = {"since": since, "limit": fields.COMMENTS_PAGE, "after": after}
        return self._read(stream, f"{object_id}/comments", fields=wanted, **fields.ORDER, **window)

    def conversations(self, *, after: str = "", person: str = "") -> Json:
        """Messenger conversations by their newest message, each with its newest messages."""
        messages = fields.nested("messages", fields.MESSAGE_FIELDS, limit=fields.NESTED_MESSAGES)
        wanted = f"id,updated_time,participants,{messages}"
        window = {"limit": fields.CONVERSATIONS_PAGE, "after": after, "user_id": person}
        return self._read("messages", f"{self.page}/conversations", platform="MESSENGER", fields=wanted, **window)

    def messages(self, conversation_id: str, *, after: str = "") -> Json:
        """The messages of one conversation, newest first."""
        wanted = fields.joined(fields.MESSAGE_FIELDS)
        return self._read(
            "messages", f"{conversation_id}/messages", fields=wanted, limit=fields.MESSAGES_PAGE, after=after
        )

    def node(self, node_id: str, wanted: tuple[str, ...]) -> Json:
        return self._read("lookup", node_id, fields=fields.joined(wanted))

    def comment(self, object_id: str, message: str, picture: str = "") -> Json:
        """Comment on a post, or reply to a comment; ``picture`` is an unpublished photo of ours."""
        given = {"message": message, "attachment_id": picture}
        return self._write("send", f"{object_id}/comments", **{name: value for name, value in given.items() if value})

    def send(self, recipient: Mapping[str, str], message: str, *, tag: str = "") -> Json:
        """A message. Facebook wants what is nested as JSON inside a form."""
        kind = {"messaging_type": "MESSAGE_TAG", "tag": tag} if tag else {"messaging_type": "RESPONSE"}
        body = {"recipient": json.dumps(dict(recipient)), "message": json.dumps({"text": message})}
        return self._write("send", f"{self.page}/messages", **body, **kind)

    def hide(self, object_id: str, *, hidden: bool) -> Json:
        return self._write("act", object_id, is_hidden="true" if hidden else "false")

    def like(self, object_id: str, *, liked: bool) -> Json:
        return self._write("act", f"{object_id}/likes") if liked else self._delete(f"{object_id}/likes")

    def likes(self, object_id: str) -> Json:
        """Who likes a post."""
        return self._read("lookup", f"{object_id}/likes", fields="id", limit=fields.COMMENTS_PAGE)

    def delete(self, object_id: str) -> Json:
        return self._delete(object_id)

    def block(self, person: str, *, blocked: bool) -> Json:
        if blocked:
            return self._write("act", f"{self.page}/blocked", psid=json.dumps([int(person)]))
        return self._delete(f"{self.page}/blocked", psid=person)

    def blocked(self, person: str) -> Json:
        """The person, where the page has blocked them."""
        return self._read("lookup", f"{self.page}/blocked", fields="id", user=person)

    def photo(self, data: bytes, mime: str, name: str, alt: str) -> Json:
        """A photo that stands nowhere yet."""
        described = {"alt_text_custom": alt} if alt else {}
        files = {"source": (name, data, mime)}
        return self._write("media", f"{self.page}/photos", files=files, published="false", **described)

    def _read(self, stream: str, path: str, **args: Any) -> Json:
        given = {name: value for name, value in args.items() if value not in ("", None)}
        return self._call(stream, path, args={**given, "appsecret_proof": self._proof})

    def _write(self, stream: str, path: str, *, files: Any = None, **body: str) -> Json:
        return self._call(stream, path, post_args={**body, "appsecret_proof": self._proof}, files=files)

    def _delete(self, path: str, **args: str) -> Json:
        return self._call("act", path, args={**args, "appsecret_proof": self._proof}, method="DELETE")

    def _call(self, stream: str, path: str, **kwargs: Any) -> Json:
        self.session.last = None
        failure: ConnectorError | None = None  # raised outside the handler: the cause may hold a secret
        answer: Any = None
        try:
            answer = self._graph.request(f"{fields.VERSION}/{path}", **kwargs)
        except ConnectorError:
            raise  # by our session, with a sentence of ours
        except Exception:  # noqa: BLE001 - GraphAPIError and what its parsing trips over; Facebook's answer decides
            failure = self._problem(stream)
        self._note(stream, self.session.last)
        if failure is None and not self._is_answer(answer):
            failure = self._problem(stream)
        if failure is not None:
            raise failure
        result: Json = answer
        return result

    def _problem(self, stream: str) -> ConnectorError:
        now = datetime.now(UTC)
        return problem(self.session.last, write=stream in WRITES, now=now, act=stream == "act")

    def _is_answer(self, answer: Any) -> bool:
        """An object under a good status; facebook-sdk looks at no status."""
        last = self.session.last
        return isinstance(answer, dict) and bool(answer) and last is not None and 200 <= last.status < 300

    def _note(self, stream: str, last: LastResponse | None) -> None:
        used = usage(last) if last is not None else None
        if last is not None and used is not None:
            self.budgets[stream] = RateBudget(
                limit=100, remaining=max(0, 100 - used), reset_at=regain(last, datetime.now(UTC))
            )
