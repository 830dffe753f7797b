"""tweepy, pointed at the configured address, with every failure in our words.

tweepy.Client (4.17) has its host as a constant and no time-out: its session is replaced by ours.
Answers stay dictionaries, because tweepy's models refuse a timestamp without milliseconds.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import tweepy

from connectors.errors import ConfigError, ConnectorError
from connectors.http import Http, LastResponse, quiet
from connectors.networks.x import fields
from connectors.networks.x.config import OAUTH1, XConfig
from connectors.networks.x.problems import epoch, problem
from connectors.types import RateBudget

HOSTS = ("https://api.twitter.com", "https://api.x.com")

Json = dict[str, Any]


class XClient:
    """The calls that the connector makes. Each is made once; each raises one of connectors.errors."""

    def __init__(self, config: XConfig, http: Http) -> None:
        quiet("tweepy")
        self.config = config
        self.budgets: dict[str, RateBudget] = {}
        self.session = http.session(dict.fromkeys(HOSTS, config.base_url))
        self._oauth1 = config.oauth1
        credentials = {"bearer_token": config.access_token}
        if self._oauth1:
            credentials = {name: getattr(config, name) for name in OAUTH1}
        self._tweepy = tweepy.Client(return_type=dict, wait_on_rate_limit=False, **credentials)
        self._tweepy.session = self.session

    def me(self) -> Json:
        return self._call("account", False, self._tweepy.get_me, user_fields=list(fields.USER_FIELDS))

    def mentions(self, **window: Any) -> Json:
        read = self._tweepy.get_users_mentions
        return self._call("mentions", False, read, self._id, **window, **fields.tweets())

    def messages(self, **window: Any) -> Json:
        read = self._tweepy.get_direct_message_events
        return self._call("messages", False, read, **window, **fields.messages())

    def own_posts(self, **window: Any) -> Json:
        read = self._tweepy.get_users_tweets
        return self._call("timeline", False, read, self._id, **window, **fields.tweets())

    def thread(self, post_id: str) -> Json:
        """A post together with the one that it answers."""
        asked = fields.tweets(fields.THREAD_EXPANSIONS)
        return self._call("lookup", False, self._tweepy.get_tweet, post_id, **asked)

    def reply(self, text: str, in_reply_to: str, media: Sequence[str] = ()) -> Json:
        write = self._tweepy.create_tweet
        given = {"text": text or None, "media_ids": list(media) or None}
        return self._call("send", True, write, in_reply_to_tweet_id=in_reply_to, **given)

    def message(self, text: str, media: Sequence[str] = (), **target: str) -> Json:
        write = self._tweepy.create_direct_message
        return self._call("send", True, write, text=text or None, media_id=next(iter(media), None), **target)

    def hide(self, post_id: str, *, hidden: bool) -> Json:
        write = self._tweepy.hide_reply if hidden else self._tweepy.unhide_reply
        return self._call("act", True, write, post_id)

    def like(self, post_id: str, *, liked: bool) -> Json:
        likes = f"/2/users/{self._id}/likes"
        if liked:
            return self._call("act", True, self._ask, "POST", likes, json={"tweet_id": post_id})
        return self._call("act", True, self._ask, "DELETE", f"{likes}/{post_id}")

    def delete(self, post_id: str) -> Json:
        return self._call("act", True, self._tweepy.delete_tweet, post_id)

    def liked(self) -> Json:
        """Posts that we like."""
        return self._call("likes", False, self._tweepy.get_liked_tweets, self._id, max_results=fields.PAGE)

    def upload(self, data: bytes, mime: str, category: str) -> Json:
        body = {"media": b64encode(data).decode(), "media_type": mime, "media_category": category}
        return self._call("media", True, self._ask, "POST", "/2/media/upload", json=body)

    def describe(self, media_id: str, alt: str) -> Json:
        body = {"id": media_id, "metadata": {"alt_text": {"text": alt}}}
        return self._call("media", True, self._ask, "POST", "/2/media/metadata", json=body)

    def _ask(self, method: str, route: str, **kwargs: Any) -> Json:
        """What tweepy does not have (media), or asks who we are for before it (likes)."""
        answer: Json = self._tweepy.request(method, route, **kwargs).json()
        return answer

    @property
    def _id(self) -> str:
        if not self.config.account_id:
            raise ConfigError("The X account's id is not known yet; check the connection first.")
        return self.config.account_id

    def _call(self, stream: str, write: bool, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Json:
        self.session.last = None
        failure: ConnectorError | None = None  # raised outside the handler: the cause may hold a secret
        answer: Any = None
        try:
            answer = function(*args, user_auth=self._oauth1, **kwargs)
        except ConnectorError:
            raise  # by our session, with a sentence of ours
        except Exception:  # noqa: BLE001 - tweepy's errors and what its parsing trips over; X's answer decides
            failure = self._problem(stream, write)
        self._note(stream, self.session.last)
        if failure is None and not _is_answer(answer):
            failure = self._problem(stream, write)
        if failure is not None:
            raise failure
        result: Json = answer
        return result

    def _problem(self, stream: str, write: bool) -> ConnectorError:
        return problem(self.session.last, write=write, now=datetime.now(UTC), act=stream == "act")

    def _note(self, stream: str, last: LastResponse | None) -> None:
        if last is not None and "x-rate-limit-limit" in last.headers:
            self.budgets[stream] = RateBudget(
                limit=_number(last.headers.get("x-rate-limit-limit")),
                remaining=_number(last.headers.get("x-rate-limit-remaining")),
                reset_at=epoch(last.headers.get("x-rate-limit-reset")),
            )


def _is_answer(answer: Any) -> bool:
    """A document with data, or a page that says that it is empty. An empty body is neither."""
    known = ("data", "meta", "errors")
    return isinstance(answer, dict) and any(isinstance(answer.get(key), (dict, list)) for key in known)


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() else None
