"""X's door: its operations, its tokens, its pace, its ways of saying no."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox.answers import Answer, Refused
from connectors.sandbox.faults import Fault
from connectors.sandbox.gate import Gate
from connectors.sandbox.x import acts, reads, uploads, writes
from connectors.sandbox.x.auth import authenticate, refresh
from connectors.sandbox.x.calls import Call
from connectors.sandbox.x.checks import check_body, check_path, check_query
from connectors.sandbox.x.facts import ENDPOINTS, TOKEN_PATH, Endpoint
from connectors.sandbox.x.limits import count
from connectors.sandbox.x.people import find_user
from connectors.sandbox.x.problems import problem, too_many, unauthorized

HANDLERS: dict[str, Callable[[Call], Answer]] = {
    "me": reads.me,
    "user_by_handle": reads.user_by_handle,
    "user": reads.user,
    "mentions": reads.mentions,
    "timeline": reads.timeline,
    "search": reads.search,
    "tweet": reads.tweet,
    "tweets": reads.tweets,
    "dm_events": reads.dm_events,
    "dm_events_with": reads.dm_events_with,
    "dm_events_of": reads.dm_events_of,
    "create_tweet": writes.create_tweet,
    "delete_tweet": writes.delete_tweet,
    "dm_to": writes.dm_to,
    "dm_in": writes.dm_in,
    "hide": acts.hide,
    "like": acts.like,
    "unlike": acts.unlike,
    "liked": acts.liked,
    "upload": uploads.upload,
    "describe": uploads.describe,
}
_ROUTES = [
    (endpoint, re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", endpoint.path) + "$")) for endpoint in ENDPOINTS
]
_TOKEN = Endpoint("token", "POST", TOKEN_PATH)
_TITLES = {
    400: "Invalid Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}


@dataclass(frozen=True, slots=True)
class XVisit:
    """An operation of X's document and the values in its path."""

    endpoint: Endpoint
    values: Mapping[str, str] = field(default_factory=dict)


class XGate(Gate[XVisit]):
    """Behind ``/x/…``."""

    key = "x"
    html = (
        b"<!DOCTYPE html><html><head><title>X / Error</title></head><body><h1>Something went wrong.</h1></body></html>"
    )

    def find(self, method: str, path: str) -> tuple[XVisit, str]:
        """The operation that X's document knows for this method and path, or 404 or 405."""
        if path == TOKEN_PATH and method == "POST":
            return XVisit(_TOKEN), TOKEN_PATH
        seen = False
        for endpoint, pattern in _ROUTES:
            if match := pattern.match(path):
                if endpoint.method == method:
                    return XVisit(endpoint, match.groupdict()), endpoint.path
                seen = True
        if seen:
            raise problem(405, "Method Not Allowed", f"{method} is not allowed here.")
        raise problem(404, "Not Found", "Not Found")

    def perform(
        self, request: Request, raw: bytes, visit: XVisit, faults: Mapping[str, Fault], headers: dict[str, str]
    ) -> Answer:
        headers["x-transaction-id"] = secrets.token_hex(8)
        endpoint, store = visit.endpoint, self.network.store
        if endpoint is _TOKEN:
            return refresh(store, request, raw, revoked_since=self._since("revoke_token"))
        who = self.caller(request, raw)
        account_id = authenticate(store, request, expired_since=self._since("expire_token", "revoke_token", who=who))
        account = find_user(store, account_id)
        if account is None:
            raise unauthorized()
        pace, allowed = count(self.network.limits, endpoint, account_id)
        headers.update(pace)
        if not allowed:
            raise too_many()
        check_path(endpoint, visit.values)
        query = check_query(endpoint, parse_qsl(request.url.query, keep_blank_values=True))
        body = check_body(endpoint, raw, request.headers.get("content-type", ""))
        call = Call(
            *(store, endpoint, account, visit.values, query, body, headers["x-transaction-id"], faults),
            self.network.public_url,
        )
        return HANDLERS[endpoint.key](call)

    def caller(self, request: Request, raw: bytes) -> tuple[str, ...]:
        if not self.network.faults.by_account():
            return ()
        try:
            account = find_user(self.network.store, authenticate(self.network.store, request, expired_since=None))
        except Refused:
            account = None
        return (str(account.id), account.handle) if account else ()

    def _since(self, *names: str, who: tuple[str, ...] = ()) -> float | None:
        """When the newest of these switches was set for them; None where none of them is."""
        on = [fault.since for name in names if (fault := self.network.faults.named(name, self.key, who))]
        return max(on, default=None)

    def lie(self, fault: Fault) -> tuple[int, Any, dict[str, str]]:
        status = fault.status or 500
        headers = {}
        if status == 429 and fault.reset is not False:
            ahead = 900.0 if fault.reset is True else float(fault.reset)
            headers = {
                "x-rate-limit-limit": "15",
                "x-rate-limit-remaining": "0",
                "x-rate-limit-reset": str(int(time.time() + ahead)),
            }
        title = _TITLES.get(status, "Error")
        return status, {"title": title, "detail": title, "type": "about:blank", "status": status}, headers

    def respond(self, status: int, body: bytes, headers: dict[str, str]) -> Response:
        kind = "application/json" if status < 400 else "application/problem+json"
        return Response(body, status, headers, media_type=f"{kind}; charset=utf-8")
