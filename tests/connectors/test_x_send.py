"""X's refusals, as X words them, over a real line: what class each has and what a person reads."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import registry
from connectors.base import Connector
from connectors.errors import (
    AuthError,
    ConfigError,
    GoneError,
    NotReachable,
    RateLimited,
    RejectedError,
    TransientError,
    UnknownOutcome,
)
from connectors.http import Http
from connectors.sandbox.x import problems as said
from connectors.types import Absent, Allowed, Draft, Receipt, Unknown, Visibility
from tests.connectors.servers import answer, serving
from tests.connectors.x_world import TOKENS, XWorld

REPLY = Draft("k", Visibility.PUBLIC, "Hello", in_reply_to="20", started_at=datetime.now(UTC))
MESSAGE = Draft("k", Visibility.DIRECT, "Hello", recipient_id="7", started_at=datetime.now(UTC))


def connector(base: str) -> Connector[Any]:
    config = {"account_id": "1", "handle": "norrline", "base_url": base}
    return registry.build("x", config, TOKENS, Http(deadline=2))


def send_against(status: str, document: Any, *headers: str, draft: Draft = REPLY) -> Receipt:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    with serving(answer(body, status, *headers)) as line:
        x = connector(line.url)
        return x.send(draft, x.prepare(draft))


def detail(text: str) -> dict[str, Any]:
    return {"title": "Forbidden", "detail": text, "type": "about:blank", "status": 403}


CAP = {"title": "UsageCapExceeded", "period": "Monthly", "type": "https://api.twitter.com/2/problems/usage-capped"}
CREDITS = {"title": "CreditsDepleted", "detail": "Your enrolled account does not have any credits."}
ENROLLED = {"title": "Client Forbidden", "reason": "client-not-enrolled", "detail": "Appropriate access level needed"}
ECHO = {"title": "Invalid Request", "errors": [{"parameters": {"$.text": ["duplicate, deleted"]}, "message": "no"}]}


@pytest.mark.parametrize(
    ("status", "document", "kind", "sentence"),
    [
        ("401 Unauthorized", {"title": "Unauthorized"}, AuthError, "connect the account again"),
        ("401 Unauthorized", b"", AuthError, "connect the account again"),
        ("403 Forbidden", detail(said.DUPLICATE), UnknownOutcome, "may have been sent before"),
        ("403 Forbidden", detail(said.NOT_MENTIONED), RejectedError, "write a direct message instead"),
        ("403 Forbidden", detail(said.PARENT_GONE), GoneError, "deleted or hidden"),
        ("403 Forbidden", detail(said.NO_DM), NotReachable, "answer in public instead"),
        ("403 Forbidden", detail("You cannot send messages to this user."), NotReachable, "answer in public instead"),
        ("403 Forbidden", detail("Your account is suspended."), ConfigError, "sign in at x.com"),
        ("403 Forbidden", ENROLLED, ConfigError, "developer console"),
        ("403 Forbidden", CAP, RateLimited, "usage cap"),
        ("403 Forbidden", detail("Something new."), RejectedError, "refuses this as it stands"),
        ("402 Payment Required", CREDITS, RateLimited, "credits are used up"),
        ("429 Too Many Requests", CREDITS, RateLimited, "credits are used up"),
        ("400 Bad Request", detail(said.TOO_LONG), RejectedError, "too long"),
        ("400 Bad Request", ECHO, RejectedError, "refuses this as it stands"),
        ("404 Not Found", {"title": "Not Found"}, GoneError, "no longer has"),
        ("404 Not Found", b"<html>a proxy</html>", UnknownOutcome, "may have been sent"),
        ("302 Found", b"", UnknownOutcome, "may have been sent"),
        ("408 Request Timeout", b"", UnknownOutcome, "may have been sent"),
        ("500 Oops", {"errors": None}, UnknownOutcome, "may have been sent"),
        ("503 Busy", b"[1]", UnknownOutcome, "may have been sent"),
        ("200 OK", b"", UnknownOutcome, "may have been sent"),
        ("200 OK", b"<html></html>", UnknownOutcome, "may have been sent"),
        ("200 OK", b"[]", UnknownOutcome, "may have been sent"),
        ("201 Created", {"data": {}}, UnknownOutcome, "may have been sent"),
        ("201 Created", {"data": {"id": "../1"}}, UnknownOutcome, "may have been sent"),
        ("201 Created", {"errors": [{"title": "?"}]}, UnknownOutcome, "may have been sent"),
        ("429 Slow", b"[]", RateLimited, "slow down"),
    ],
)
def test_each_refusal_has_its_class_and_a_sentence_that_says_what_next(
    status: str, document: Any, kind: type[Exception], sentence: str
) -> None:
    with pytest.raises(kind, match=sentence) as caught:
        send_against(status, document)
    assert type(caught.value) is kind
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("reset", "expected"),
    [("in a while", None), ("", None), ("-1", None), ("9" * 30, None), ("soon", 60)],
)
def test_a_reset_time_that_makes_no_sense_is_none(reset: str, expected: int | None) -> None:
    value = str(int(time.time()) + 60) if expected else reset
    with pytest.raises(RateLimited) as caught:
        send_against("429 Slow", {}, f"x-rate-limit-reset: {value}", "x-rate-limit-limit: 5")
    assert (caught.value.retry_at is not None) == bool(expected)


def test_a_refused_connection_is_transient_for_a_write_too() -> None:
    x = connector("http://127.0.0.1:9")
    with pytest.raises(TransientError, match="nothing was sent"):
        x.send(REPLY, x.prepare(REPLY))


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "403 Forbidden"])
def test_a_read_of_something_that_is_not_x_is_transient(status: str) -> None:
    with serving(answer(b"<html>captive portal</html>", status)) as line, pytest.raises(TransientError):
        list(connector(line.url).fetch("mentions", {}))


def test_reading_what_the_app_may_not_read_is_a_setting_to_mend() -> None:
    with (
        serving(answer(json.dumps(ENROLLED).encode(), "403 Forbidden")) as line,
        pytest.raises(ConfigError, match="developer console"),
    ):
        list(connector(line.url).fetch("messages", {}))


def test_credentials_of_another_account_are_refused_by_check(x: XWorld) -> None:
    x.sandbox.create_account("second")
    with pytest.raises(ConfigError, match="another X account"):
        x.connector(account_id="12345").check()


def test_an_expired_token_needs_a_new_connection_and_nothing_else_does(x: XWorld) -> None:
    [post] = x.publish(["help"])
    draft, own = replace(REPLY, in_reply_to=post), x.connector()
    x.sandbox.fault("expire_token")
    for act in (own.check, lambda: list(own.fetch("mentions", {})), lambda: own.send(draft, own.prepare(draft))):
        with pytest.raises(AuthError, match="connect the account again"):
            act()


def test_a_payload_for_the_other_audience_never_leaves(x: XWorld) -> None:
    own = x.connector()
    with pytest.raises(RejectedError, match="another audience"):
        own.send(MESSAGE, own.prepare(REPLY))
    assert x.sent() == []


def test_the_same_reply_sent_twice_is_doubtful_and_then_found_once(x: XWorld) -> None:
    [post] = x.publish(["help"])
    draft, own = replace(REPLY, in_reply_to=post, started_at=datetime.now(UTC)), x.connector()
    prepared = own.prepare(draft)
    receipt = own.send(draft, prepared)
    with pytest.raises(UnknownOutcome):
        own.send(draft, prepared)
    found = own.find_sent(draft, prepared, ())
    assert isinstance(found, Receipt)
    assert found.external_id == receipt.external_id
    assert len(x.sent()) == 1


def test_the_same_thanks_to_two_customers_are_told_apart_by_the_post_they_answer(x: XWorld) -> None:
    posts, own = x.publish(["help", "help too"]), x.connector()
    drafts = [replace(REPLY, text="Thanks!", in_reply_to=post, started_at=datetime.now(UTC)) for post in posts]
    second = own.send(drafts[1], own.prepare(drafts[1]))
    assert isinstance(own.find_sent(drafts[0], own.prepare(drafts[0]), ()), Absent)
    found = own.find_sent(drafts[1], own.prepare(drafts[1]), ())
    assert isinstance(found, Receipt)
    assert found.external_id == second.external_id


def test_links_names_and_accents_are_found_again_after_x_has_rewritten_them(x: XWorld) -> None:
    [post] = x.publish(["help"])
    text = "@carol0 Cafe\u0301 & <more>: See example.com/Path/ or https://example.org/?a=1&b=2 😀"
    draft, own = replace(REPLY, text=text, in_reply_to=post, started_at=datetime.now(UTC)), x.connector()
    receipt = own.send(draft, own.prepare(draft))
    found = own.find_sent(draft, own.prepare(draft), ())
    assert isinstance(found, Receipt)
    assert found.external_id == receipt.external_id


def test_a_nearly_equal_text_in_the_same_place_is_for_a_person_to_judge(x: XWorld) -> None:
    [post] = x.publish(["help"])
    own, now = x.connector(), datetime.now(UTC)
    sent = replace(REPLY, text="We are sorry, please restart it.", in_reply_to=post, started_at=now)
    asked = replace(sent, text="We are sorry; please restart it.")
    receipt = own.send(sent, own.prepare(sent))
    assert isinstance(own.find_sent(asked, own.prepare(asked), ()), Unknown)
    assert isinstance(own.find_sent(asked, own.prepare(asked), {receipt.external_id}), Absent)


def test_an_earlier_equal_text_is_not_taken_for_this_one(x: XWorld) -> None:
    x.write_direct(["help"])
    own, later = x.connector(), datetime.now(UTC) + timedelta(minutes=10)
    draft = replace(MESSAGE, recipient_id=x.customer_id(), started_at=datetime.now(UTC))
    own.send(draft, own.prepare(draft))
    asked = replace(draft, started_at=later)
    assert isinstance(own.find_sent(asked, own.prepare(asked), ()), Absent)


def test_without_a_first_attempt_s_time_nothing_is_claimed(x: XWorld) -> None:
    own = x.connector()
    assert isinstance(own.find_sent(replace(REPLY, started_at=None), own.prepare(REPLY), ()), Unknown)


def test_a_message_long_ago_cannot_be_said_to_be_absent(x: XWorld) -> None:
    own, started = x.connector(), datetime.now(UTC) - timedelta(days=31)
    draft = replace(MESSAGE, recipient_id=x.customer_id(), started_at=started)
    assert isinstance(own.find_sent(draft, own.prepare(draft), ()), Unknown)


def test_a_person_who_takes_no_messages_is_one_sentence(x: XWorld) -> None:
    person = x.sandbox.user("shy", accepts_dm=False)
    draft, own = replace(MESSAGE, recipient_id=person), x.connector()
    assert isinstance(own.can_send(draft, datetime.now(UTC)), Allowed)
    with pytest.raises(NotReachable, match="answer in public instead"):
        own.send(draft, own.prepare(draft))


def test_somebody_who_did_not_mention_us_cannot_be_answered(x: XWorld) -> None:
    stranger = x.sandbox.post("dave", "nothing about anybody", mention=False)
    draft, own = replace(REPLY, in_reply_to=stranger), x.connector()
    with pytest.raises(RejectedError, match="write a direct message instead"):
        own.send(draft, own.prepare(draft))
