"""X's token endpoint: what is asked, and what each answer proves."""

from __future__ import annotations

import json
from base64 import b64encode
from urllib.parse import parse_qs

import pytest

from connectors import registry
from connectors.base import Connector
from connectors.errors import AuthError, ConfigError, RateLimited, TransientError, UnknownOutcome
from connectors.http import Http, NotSent
from connectors.sandbox.harness import free_port
from tests.connectors.servers import answer, serving
from tests.connectors.x_world import XWorld

SECRETS = {"client_id": "app", "client_secret": "canary-1", "access_token": "canary-2", "refresh_token": "canary-3"}


def connector(base: str) -> Connector:
    return registry.build("x", {"account_id": "1", "base_url": base}, SECRETS, Http(deadline=2))


def test_the_request_is_the_one_that_x_documents_for_a_confidential_client() -> None:
    fresh = {"token_type": "bearer", "expires_in": 7200, "access_token": "new-1", "refresh_token": "new-2"}
    with serving(answer(json.dumps(fresh).encode())) as line:
        credentials = connector(line.url).refresh()
    head, _, body = line.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /2/oauth2/token HTTP/1.1")
    assert b"Authorization: Basic " + b64encode(b"app:canary-1") in head
    assert b"Content-Type: application/x-www-form-urlencoded" in head
    assert parse_qs(body.decode()) == {
        "grant_type": ["refresh_token"], "refresh_token": ["canary-3"], "client_id": ["app"],
    }  # fmt: skip
    assert dict(credentials.secrets) == {"access_token": "new-1", "refresh_token": "new-2"}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("400 Bad Request", {"error": "invalid_grant"}, AuthError),
        (
            "400 Bad Request",
            {"error": "invalid_request", "error_description": "Value passed for the token was invalid."},
            AuthError,
        ),
        ("400 Bad Request", {"error": "invalid_request", "error_description": "Missing parameter."}, ConfigError),
        ("401 Unauthorized", {"error": "unauthorized_client"}, ConfigError),
        ("403 Forbidden", {"error": "strange"}, ConfigError),
        ("400 Bad Request", {"title": "something before X answered"}, UnknownOutcome),
        ("429 Too Many Requests", {}, RateLimited),
        ("503 Service Unavailable", {"error": "invalid_grant"}, UnknownOutcome),
        ("302 Found", {}, UnknownOutcome),
        ("200 OK", {}, UnknownOutcome),
        ("200 OK", [], UnknownOutcome),
        ("200 OK", {"access_token": "a", "expires_in": 7200}, UnknownOutcome),
        ("200 OK", {"access_token": "a", "refresh_token": 7, "expires_in": 7200}, UnknownOutcome),
        ("200 OK", {"access_token": "a", "refresh_token": "b", "expires_in": 0}, UnknownOutcome),
    ],
)
def test_what_an_answer_proves(status: str, body: object, kind: type[Exception]) -> None:
    with serving(answer(json.dumps(body).encode(), status)) as line, pytest.raises(kind) as caught:
        connector(line.url).refresh()
    assert "canary" not in repr(caught.value)
    assert str(caught.value).endswith(".")


def test_an_address_that_cannot_be_reached_has_renewed_nothing() -> None:
    with pytest.raises(NotSent) as caught:
        connector(f"http://127.0.0.1:{free_port()}").refresh()
    assert isinstance(caught.value, TransientError)


def test_a_wrong_client_secret_is_told_and_costs_nothing(x: XWorld) -> None:
    with pytest.raises(ConfigError, match="client id and client secret"):
        x.connector(secrets={"client_secret": "wrong"}).refresh()
    assert x.connector().refresh().secrets


def test_a_refresh_token_is_taken_once(x: XWorld) -> None:
    connector = x.connector()
    connector.refresh()
    with pytest.raises(AuthError, match="authorise it again"):
        connector.refresh()
