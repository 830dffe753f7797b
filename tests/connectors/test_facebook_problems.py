"""What Facebook's refusals mean, over a real socket: by its own code, and by what is no answer at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from connectors import registry
from connectors.base import Connector
from connectors.errors import (
    AuthError,
    ConfigError,
    ConnectorError,
    GoneError,
    NotReachable,
    RateLimited,
    RejectedError,
    TransientError,
    UnknownOutcome,
    WindowClosed,
)
from connectors.http import Http
from connectors.types import Draft, Visibility
from tests.connectors.servers import Script, answer, serving

TOKEN, SECRET = "EAAGm0PX4ZCpsBA-canary", "0123456789abcdefcanary"
NOW = datetime.now(UTC)
COMMENT = Draft("a", Visibility.PUBLIC, "Thank you", in_reply_to="1_2", started_at=NOW)
MESSAGE = Draft("b", Visibility.DIRECT, "Thank you", recipient_id="7", started_at=NOW, last_direct_at=NOW)


def connector(url: str, **config: Any) -> Connector[Any]:
    given = {"account_id": "9", "base_url": url, **config}
    return registry.build("facebook", given, {"access_token": TOKEN, "app_secret": SECRET}, Http(deadline=3))


def error(code: int, subcode: int = 0, *, status: str = "400 Bad Request", headers: str = "", **more: Any) -> Script:
    body = {"message": f"(#{code}) {TOKEN} said", "type": "OAuthException", "code": code, **more}
    body |= {"error_subcode": subcode} if subcode else {}
    return answer(json.dumps({"error": body}).encode(), status, *([headers] if headers else []))


def read(facebook: Connector[Any]) -> None:
    list(facebook.fetch("comments", {}))


def raised(script: Script, *, write: bool) -> ConnectorError:
    with serving(script) as line:
        facebook = connector(line.url)
        act = partial(facebook.send, MESSAGE, facebook.prepare(MESSAGE)) if write else partial(read, facebook)
        with pytest.raises(ConnectorError) as caught:
            act()
    found = caught.value
    everything = f"{found} {found!r} {found.__context__!r} {found.__cause__!r}"
    assert TOKEN not in everything
    assert SECRET not in everything
    assert str(found).endswith((".", "again"))
    return found


@pytest.mark.parametrize(
    ("code", "subcode", "kind"),
    [
        (190, 0, AuthError),
        (190, 463, AuthError),
        (190, 460, AuthError),
        (102, 0, AuthError),
        (4, 0, RateLimited),
        (17, 0, RateLimited),
        (32, 0, RateLimited),
        (613, 0, RateLimited),
        (80001, 0, RateLimited),
        (80006, 0, RateLimited),
        (10, 2018278, WindowClosed),
        (10900, 0, WindowClosed),
        (10903, 0, NotReachable),
        (100, 33, GoneError),
        (100, 2018292, GoneError),
        (803, 0, GoneError),
        (100, 2018001, NotReachable),
        (551, 1545041, NotReachable),
        (200, 1545041, NotReachable),
        (368, 0, RejectedError),
        (506, 0, RejectedError),
        (100, 0, RejectedError),
        (99999, 0, RejectedError),
        (10, 0, ConfigError),
        (200, 0, ConfigError),
        (230, 0, ConfigError),
        (1, 0, UnknownOutcome),
        (2, 0, UnknownOutcome),
        (1200, 0, UnknownOutcome),
    ],
)
def test_a_refused_write_has_its_class(code: int, subcode: int, kind: type[ConnectorError]) -> None:
    assert type(raised(error(code, subcode), write=True)) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (190, AuthError),
        (4, RateLimited),
        (32, RateLimited),
        (613, RateLimited),
        (1, TransientError),
        (2, TransientError),
        (10, ConfigError),
    ],
)
def test_a_refused_read_has_its_class(code: int, kind: type[ConnectorError]) -> None:
    assert type(raised(error(code), write=False)) is kind


def test_a_passing_fault_of_a_write_is_unknown_and_of_a_read_transient() -> None:
    assert type(raised(error(3131, is_transient=True), write=True)) is UnknownOutcome
    assert type(raised(error(3131, is_transient=True), write=False)) is TransientError
    assert type(raised(error(100, status="500 Internal Server Error"), write=True)) is UnknownOutcome


@pytest.mark.parametrize(
    ("header", "minutes"),
    [
        (
            'X-Business-Use-Case-Usage: {"9":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":12}]}',
            12,
        ),
        ('X-App-Usage: {"call_count":100,"estimated_time_to_regain_access":3}', 3),
        ('X-App-Usage: {"call_count":100,"total_time":25,"total_cputime":25}', None),
        ("X-App-Usage: nonsense", None),
        ('X-Business-Use-Case-Usage: {"9":[{"estimated_time_to_regain_access":99999999}]}', None),
    ],
)
def test_a_rate_limit_says_when_it_ends_where_facebook_does(header: str, minutes: int | None) -> None:
    found = raised(error(32, headers=header), write=False)
    assert isinstance(found, RateLimited)
    if minutes is None:
        assert found.retry_at is None
    else:
        assert found.retry_at is not None
        assert abs((found.retry_at - datetime.now(UTC)).total_seconds() - 60 * minutes) < 30


def plain(raw: bytes) -> Script:
    return lambda conn, request: conn.sendall(raw)


ODD = {
    "html": answer(b"<html>502</html>", "502 Bad Gateway", "Content-Type: text/html"),
    "html with a good status": plain(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"
    ),
    "no content type": plain(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"id":"1_2"'),
    "cut JSON": answer(b'{"message_id":"m_'),
    "nothing": answer(b""),
    "an empty object": answer(b"{}"),
    "a list": answer(b"[]"),
    "a number": answer(b"7"),
    "deep": answer(b"[" * 100_000),
    "a 503 that says ok": answer(b'{"message_id":"m_1","data":[]}', "503 Service Unavailable"),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_answer_is_unknown_after_a_write_and_transient_after_a_read(name: str) -> None:
    assert type(raised(ODD[name], write=True)) is UnknownOutcome
    assert isinstance(raised(ODD[name], write=False), TransientError)


def test_no_content_type_and_a_whole_answer_is_still_not_trusted() -> None:
    script = plain(b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"message_id":"m_1"}')
    assert type(raised(script, write=True)) is UnknownOutcome


def test_a_success_without_an_id_proves_nothing() -> None:
    assert type(raised(answer(b'{"recipient_id":"7"}'), write=True)) is UnknownOutcome
    with serving(answer(b'{"success":true}')) as line, pytest.raises(UnknownOutcome):
        connector(line.url).send(COMMENT, connector(line.url).prepare(COMMENT))


def test_nothing_listens_means_nothing_was_sent() -> None:
    facebook = connector("http://127.0.0.1:1")
    with pytest.raises(TransientError):
        facebook.send(COMMENT, facebook.prepare(COMMENT))


def test_the_token_of_a_person_is_told_from_a_page_s() -> None:
    with serving(error(100)) as line, pytest.raises(ConfigError, match="page access token"):
        connector(line.url).check()


def test_the_token_of_another_page_is_refused() -> None:
    with serving(answer(b'{"id":"8","name":"Other","category":"Shop"}')) as line:
        with pytest.raises(ConfigError, match="another Facebook page"):
            connector(line.url).check()
        author = connector(line.url, account_id="8").check()
    assert (author.external_id, author.handle, author.name) == ("8", "", "Other")


def test_the_budget_is_what_the_usage_headers_leave() -> None:
    header = 'X-Business-Use-Case-Usage: {"9":[{"call_count":28,"total_time":71,"total_cputime":5}]}'
    with serving(answer(b'{"data":[]}', "200 OK", header)) as line:
        facebook = connector(line.url)
        list(facebook.fetch("comments", {}))
    budget = facebook.budget("comments")
    assert budget is not None
    assert (budget.limit, budget.remaining, budget.reset_at) == (100, 29, None)
