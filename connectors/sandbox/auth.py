"""Who calls: OAuth 2 user tokens (Bearer) and OAuth 1.0a signatures, verified as X verifies them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request

from connectors.sandbox.problems import unauthorized
from connectors.sandbox.store import Store

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
