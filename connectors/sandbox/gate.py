"""The door to X's API: finds the operation, applies faults, checks, counts, performs, logs."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox import reads, writes
from connectors.sandbox.auth import authenticate
from connectors.sandbox.calls import Answer, Call
from connectors.sandbox.checks import check_body, check_path, check_query
from connectors.sandbox.facts import ENDPOINTS, SCOPES, TOKEN_PATH, Endpoint
from connectors.sandbox.faults import Fault
from connectors.sandbox.hangup import HangUp
from connectors.sandbox.network import Network
from connectors.sandbox.people import find_user, rotate
from connectors.sandbox.problems import Refused, problem, too_many, unauthorized

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
HTML = b"<!DOCTYPE html><html><head><title>X / Error</title></head><body><h1>Something went wrong.</h1></body></html>"
HANG_SECONDS = 60.0


def route(method: str, path: str) -> tuple[Endpoint, Mapping[str, str]]:
    """The operation that X's document knows for this method and path, or 404 or 405."""
    seen = False
    for endpoint, pattern in _ROUTES:
        if match := pattern.match(path):
            if endpoint.method == method:
                return endpoint, match.groupdict()
            seen = True
    if seen:
        raise problem(405, "Method Not Allowed", f"{method} is not allowed here.")
    raise problem(404, "Not Found", "Not Found")


class Gate:
    """The Starlette endpoint behind ``/x/…``."""

    def __init__(self, network: Network) -> None:
        self.network = network

    async def handle(self, request: Request) -> Response:
        path = "/" + request.path_params["path"]
        raw = await request.body()
        try:
            values: Mapping[str, str] = {}
            if path == TOKEN_PATH and request.method == "POST":
                endpoint = _TOKEN
            else:
                endpoint, values = route(request.method, path)
        except Refused as refused:
            self.network.saw(request.method, path, refused.status, "unknown to X's document")
            return _respond(refused.status, refused.document, {})
        return await self._answer(request, raw, path, endpoint, values)

    async def _answer(
        self, request: Request, raw: bytes, path: str, endpoint: Endpoint, values: Mapping[str, str]
    ) -> Response:
        faults = self._take(request.method, path, endpoint)
        if slow := faults.get("slow"):
            await asyncio.sleep(1.0 if slow.seconds is None else slow.seconds)
        if early := await self._before(request, path, faults):
            return early
        headers: dict[str, str] = {"x-transaction-id": secrets.token_hex(8)}
        try:
            answer = self._perform(request, raw, endpoint, values, faults, headers)
        except Refused as refused:
            answer = Answer(refused.status, refused.document, note=str(refused))
        return await self._after(request, path, faults, answer, headers)

    def _take(self, method: str, path: str, endpoint: Endpoint) -> dict[str, Fault]:
        if not self.network.faults.active:
            return {}
        taken = self.network.faults.take(method, path, endpoint.path)
        self.network.save_faults()
        return taken

    async def _before(self, request: Request, path: str, faults: Mapping[str, Fault]) -> Response | None:
        """Faults that keep the call from happening at all."""
        if hang := faults.get("timeout_before_write"):
            self.network.saw(request.method, path, 0, "not written, no answer")
            await asyncio.sleep(HANG_SECONDS if hang.seconds is None else hang.seconds)
            return HangUp()
        if "close" in faults:
            self.network.saw(request.method, path, 0, "line closed")
            return HangUp()
        for name in ("status", "html"):
            if (fault := faults.get(name)) and not fault.after:
                return self._lie(request, path, fault, "")
        return None

    async def _after(
        self,
        request: Request,
        path: str,
        faults: Mapping[str, Fault],
        answer: Answer,
        headers: dict[str, str],
    ) -> Response:
        """The answer, or what the faults make of it once the call has happened."""
        said = answer.note
        if hang := faults.get("timeout_after_write"):
            self._withheld(request, path, answer, said)
            await asyncio.sleep(HANG_SECONDS if hang.seconds is None else hang.seconds)
            return HangUp()
        for name in ("status", "html"):
            if (fault := faults.get(name)) and fault.after:
                if answer.written:
                    self.network.store.annotate(answer.written, "after an error answer")
                return self._lie(request, path, fault, said)
        body = reads.dump(answer.document)
        if "cut_connection" in faults:
            self._withheld(request, path, answer, said)
            return HangUp(body[: max(1, len(body) // 2)], len(body), answer.status)
        if "cut_json" in faults:
            body, said = body[: len(body) // 2], f"{said}, cut off"
        if "empty_body" in faults:
            body, said = b"", f"{said}, empty"
        if answer.written and ({"cut_json", "empty_body"} & faults.keys()):
            self.network.store.annotate(answer.written, "after a broken answer")
        self.network.saw(request.method, path, answer.status, said)
        return _respond_raw(answer.status, body, headers)

    def _withheld(self, request: Request, path: str, answer: Answer, said: str) -> None:
        if answer.written:
            self.network.store.annotate(answer.written, "after a time-out")
        self.network.saw(request.method, path, 0, f"{said}, answer withheld")

    def _lie(self, request: Request, path: str, fault: Fault, said: str) -> Response:
        status = fault.status or (502 if fault.name == "html" else 500)
        self.network.saw(request.method, path, status, f"{said}, on purpose" if said else "on purpose")
        if fault.name == "html":
            return Response(HTML, status, media_type="text/html")
        headers = {}
        if status == 429 and fault.reset is not False:
            ahead = 900.0 if fault.reset is True else float(fault.reset)
            headers = {
                "x-rate-limit-limit": "15",
                "x-rate-limit-remaining": "0",
                "x-rate-limit-reset": str(int(time.time() + ahead)),
            }
        title = _TITLES.get(status, "Error")
        document = {"title": title, "detail": title, "type": "about:blank", "status": status}
        return _respond(status, document, headers)

    def _perform(
        self,
        request: Request,
        raw: bytes,
        endpoint: Endpoint,
        values: Mapping[str, str],
        faults: Mapping[str, Fault],
        headers: dict[str, str],
    ) -> Answer:
        if endpoint is _TOKEN:
            return self._refresh(raw)
        store = self.network.store
        expired = self.network.faults.named("expire_token")
        account_id = authenticate(store, request, expired_since=expired.since if expired else None)
        account = find_user(store, account_id)
        if account is None:
            raise unauthorized()
        pace, allowed = self.network.limits.count(endpoint, account_id)
        headers.update(pace)
        if not allowed:
            raise too_many()
        check_path(endpoint, values)
        query = check_query(endpoint, parse_qsl(request.url.query, keep_blank_values=True))
        body = check_body(endpoint, raw, request.headers.get("content-type", ""))
        call = Call(store, endpoint, account, values, query, body, headers["x-transaction-id"], faults)
        return HANDLERS[endpoint.key](call)

    def _refresh(self, raw: bytes) -> Answer:
        """RFC 6749, 6. The refresh token rotates: the old one and its access token are dead at once."""
        form = dict(parse_qsl(raw.decode("utf-8", "replace")))
        if form.get("grant_type") != "refresh_token":
            error = {"error": "invalid_request", "error_description": "The grant_type must be refresh_token."}
            return Answer(400, error)
        fresh = rotate(self.network.store, form.get("refresh_token", ""))
        if fresh is None:
            said = "Value passed for the token was invalid."
            return Answer(400, {"error": "invalid_request", "error_description": said})
        return Answer(200, {"token_type": "bearer", "scope": SCOPES, **fresh}, note="tokens rotated")


def _respond(status: int, document: Mapping[str, object], headers: dict[str, str]) -> Response:
    return _respond_raw(status, reads.dump(document), headers)


def _respond_raw(status: int, body: bytes, headers: dict[str, str]) -> Response:
    kind = "application/json" if status < 400 else "application/problem+json"
    return Response(body, status, headers, media_type=f"{kind}; charset=utf-8")
