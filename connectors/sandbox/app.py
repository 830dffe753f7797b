"""The sandbox as an ASGI program: X's API under /x, Facebook's under /graph, the control API, and the page."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.sandbox import control, page
from connectors.sandbox.faults import PREFIXES
from connectors.sandbox.graph.gate import GraphGate
from connectors.sandbox.network import Network
from connectors.sandbox.x import text
from connectors.sandbox.x.gate import XGate

APIS = tuple(f"{prefix}/" for prefix in PREFIXES.values())
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class LoopbackOnly:
    """Refuses other sites' pages (Origin) and names that are not this machine's (Host).

    The API itself has its tokens; the page and the control API have none, so a page on the web must not
    be able to reach them through a visitor's browser.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(APIS):
            request = Request(scope)
            host = request.headers.get("host", "")
            origin = request.headers.get("origin")
            if urlsplit(f"//{host}").hostname not in LOOPBACK:
                await PlainTextResponse("Open the sandbox by its loopback address.\n", 403)(scope, receive, send)
                return
            if origin is not None and origin != f"{scope['scheme']}://{host}":
                await PlainTextResponse("Other sites may not use the sandbox.\n", 403)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def create_app(data_dir: Path, *, public_url: str, desk_url: str = "") -> Starlette:
    """The network whose memory is in ``data_dir``, reached by browsers and connectors at ``public_url``."""
    network = Network.open(data_dir, public_url=public_url, desk_url=desk_url)

    @contextlib.asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        # The length rules take half a second to load; a first reply must not wait for them.
        threading.Thread(target=text.weighted_length, args=("warm up",), daemon=True).start()
        yield
        network.store.close()

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    routes = [
        Route("/x/{path:path}", XGate(network).handle, methods=methods),
        Route("/graph/{path:path}", GraphGate(network).handle, methods=methods),
        *control.routes(network),
        *page.routes(network),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(LoopbackOnly)], lifespan=life)
    app.state.network = network
    return app
