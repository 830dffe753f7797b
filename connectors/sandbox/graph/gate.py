"""Graph's door: versions, tokens, proofs, quotas, and its ways of saying no."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connectors.sandbox.answers import Answer
from connectors.sandbox.faults import Fault
from connectors.sandbox.gate import Gate
from connectors.sandbox.graph import forms, pages, reads, tokens, usage, writes
from connectors.sandbox.graph.calls import Call
from connectors.sandbox.graph.facts import VERSION
from connectors.sandbox.graph.pages import Page
from connectors.sandbox.graph.problems import document, no_path, refused, said

_VERSION = re.compile(r"^/v(\d{1,2})\.0(?=/|$)")
RATE_CODES = frozenset({4, 17, 32, 613, 80001, 80006})
BY_STATUS = {400: (100, None), 401: (190, 463), 403: (200, None), 404: (100, 33), 429: (80001, None)}


@dataclass(frozen=True, slots=True)
class GraphVisit:
    """An object's name and the edge below it; both may be empty."""

    method: str
    name: str
    edge: str


class GraphGate(Gate[GraphVisit]):
    """Behind ``/graph/…``."""

    key = "facebook"
    html = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1></body>"

    def short(self, path: str) -> str:
        return _VERSION.sub("", path) or "/"

    def find(self, method: str, path: str) -> tuple[GraphVisit, str]:
        version = _VERSION.match(path)
        parts = [part for part in self.short(path).split("/") if part]
        if len(parts) > 2 or (version and int(version[1]) > VERSION):
            raise no_path(path)
        if method not in ("GET", "POST", "DELETE"):
            raise refused(100, f"Unsupported {method.lower()} request.", kind="GraphMethodException")
        name, edge = [*parts, "", ""][:2]
        template = "/" + "/".join(["{id}" if name not in ("me", "debug_token") else name, *parts[1:]])
        return GraphVisit(method, name, edge), template

    def perform(
        self, request: Request, raw: bytes, visit: GraphVisit, faults: Mapping[str, Fault], headers: dict[str, str]
    ) -> Answer:
        headers["facebook-api-version"] = f"v{VERSION}.0"
        params, files = forms.read(request, raw)
        token = params.get("access_token") or _bearer(request)
        if visit.name == "debug_token" and visit.method == "GET":
            return tokens.debug(self.network, params, token)
        page = tokens.authenticate(self.network, token)
        kind = "messenger" if visit.edge in ("messages", "conversations") or visit.name[:2] in ("t_", "m_") else "pages"
        usage.count(self.network, page.id, kind, headers)
        _check_proof(pages.app(self.network.store)["secret"], page, token, params)
        address = f"{self.network.public_url}/graph"
        call = Call(self.network.store, page, token, address, params, faults, files)
        if visit.method != "GET":
            return writes.write(call, visit.method, visit.name, visit.edge)
        if not visit.name and "ids" in params:
            return reads.read_nodes(call)
        if visit.edge:
            return reads.read_edge(call, visit.name, visit.edge)
        return reads.read_node(call, visit.name)

    def caller(self, request: Request, raw: bytes) -> tuple[str, ...]:
        store = self.network.store
        known = pages.find_token(store, forms.read(request, raw)[0].get("access_token") or _bearer(request))
        page = pages.find(store, known.page_id) if known else None
        return (str(page.id), page.handle) if page else ()

    def lie(self, fault: Fault) -> tuple[int, Any, dict[str, str]]:
        """Graph says its errors by a code; a status alone is said by the code that belongs to it."""
        status = fault.status or 500
        code, subcode = BY_STATUS.get(status, (2, None))
        if fault.code is not None:
            code, subcode = fault.code, fault.subcode
        answer = said(code, subcode)
        if (code, subcode) == (100, 33):
            answer.document = document(code, "Unsupported request.", subcode=subcode, kind="GraphMethodException")
        headers: dict[str, str] = {}
        if code in RATE_CODES and fault.reset is not False:
            seconds = 900.0 if fault.reset is True else float(fault.reset)
            known = pages.pages(self.network.store)
            headers = usage.exhausted(code, known[0].id if known else 0, math.ceil(seconds / 60))
        return fault.status or answer.status, answer.document, headers

    def respond(self, status: int, body: bytes, headers: dict[str, str]) -> Response:
        return Response(body, status, headers, media_type="application/json; charset=UTF-8")


def _bearer(request: Request) -> str:
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    return rest.strip() if scheme.lower() in ("bearer", "oauth") else ""


def _check_proof(secret: str, page: Page, token: str, params: Mapping[str, str]) -> None:
    """The proof that the caller knows the app's secret: always checked, and demanded where the app is set so."""
    given = params.get("appsecret_proof")
    expected = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    if given is None and page.doc["require_proof"]:
        raise refused(100, "API calls from the server require an appsecret_proof argument", kind="GraphMethodException")
    if given is not None and not hmac.compare_digest(given.encode(), expected.encode()):
        raise refused(100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException")
