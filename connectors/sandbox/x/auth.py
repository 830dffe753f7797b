"""Who calls: OAuth 2 user tokens (Bearer) and OAuth 1.0a signatures, verified as X verifies them; and new tokens."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request

from connectors.sandbox.answers import Answer
from connectors.sandbox.store import Store
from connectors.sandbox.x.facts import SCOPES
from connectors.sandbox.x.people import is_client, rotate
from connectors.sandbox.x.problems import unauthorized

_PARAM = re.compile(r'(\w+)="([^"]*)"')


def authenticate(store: Store, request: Request, *, expired_since: float | None) -> int:
    """The id of the calling account, or 401.

    ``expired_since`` is set while the network plays "token expired": tokens handed out before it are
    refused. OAuth 1 tokens do not expire on X, but their owner can revoke them; the switch does that too.
    """
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _bearer(store, rest.strip(), expired_since)
    if scheme.lower() == "oauth" and expired_since is None:
        return _signed(store, request, rest)
    raise unauthorized()


def _bearer(store: Store, token: str, expired_since: float | None) -> int:
    row = store.one("SELECT user_id, issued_at, expires_at FROM accounts WHERE access_token = ?", (token,))
    if row is None or (row[2] is not None and row[2] <= time.time()):
        raise unauthorized()
    if expired_since is not None and row[1] <= expired_since:
        raise unauthorized()
    return int(row[0])


def refresh(store: Store, request: Request, raw: bytes, *, revoked_since: float | None) -> Answer:
    """New tokens for a refresh token, RFC 6749, 6. It rotates: the old one and its access token are dead at once.

    X's documents show HTTP Basic for a confidential client, and client_id in the form for a public one. The
    sandbox's apps are confidential.
    """
    client_id, client_secret = _basic(request)
    if not is_client(store, client_id, client_secret):
        return _no(401, "unauthorized_client", "Missing valid authorization header")
    form = dict(parse_qsl(raw.decode("utf-8", "replace")))
    if form.get("grant_type") != "refresh_token":
        return _no(400, "unsupported_grant_type", "The grant_type must be refresh_token.")
    if "refresh_token" not in form:
        return _no(400, "invalid_request", "Missing required parameter [refresh_token].")
    fresh = rotate(store, client_id, form["refresh_token"], revoked_since=revoked_since)
    if fresh is None:
        return _no(400, "invalid_request", "Value passed for the token was invalid.")
    return Answer(200, {"token_type": "bearer", "scope": SCOPES, **fresh}, note="tokens rotated")


def _no(status: int, error: str, description: str) -> Answer:
    return Answer(status, {"error": error, "error_description": description}, note=error)


def _basic(request: Request) -> tuple[str, str]:
    """The client's id and secret from HTTP Basic (RFC 7617); empty where there is none."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    try:
        pair = base64.b64decode(rest, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        pair = ""
    client_id, _, client_secret = pair.partition(":")
    return client_id, client_secret


def _signed(store: Store, request: Request, header: str) -> int:
    given = {name: unquote(value) for name, value in _PARAM.findall(header)}
    row = store.one(
        "SELECT user_id, consumer_key, consumer_secret, oauth_secret FROM accounts WHERE oauth_token = ?",
        (given.get("oauth_token", ""),),
    )
    if row is None or given.get("oauth_consumer_key") != row[1]:
        raise unauthorized()
    if given.get("oauth_signature_method") != "HMAC-SHA1":
        raise unauthorized()
    signature = given.pop("oauth_signature", "")
    given.pop("realm", None)
    query = parse_qsl(request.url.query, keep_blank_values=True)
    address = str(request.url.replace(query="", fragment=""))
    expected = sign(request.method, address, [*given.items(), *query], row[2], row[3])
    if not hmac.compare_digest(signature.encode(), expected.encode()):
        raise unauthorized()
    return int(row[0])


def sign(
    method: str, address: str, parameters: Iterable[tuple[str, str]], consumer_secret: str, token_secret: str
) -> str:
    """RFC 5849, 3.4: the HMAC-SHA1 signature of a request whose body is not a form."""
    pairs = sorted((_escape(name), _escape(value)) for name, value in parameters)
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join((method.upper(), _escape(address), _escape(joined)))
    key = f"{_escape(consumer_secret)}&{_escape(token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


def _escape(value: str) -> str:
    return quote(value, safe="-._~")
