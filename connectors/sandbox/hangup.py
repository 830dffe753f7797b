"""Closing a line without an answer, which ASGI has no word for."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_LINES: dict[Any, asyncio.Transport] = {}


class Protocol(H11Protocol):
    """uvicorn's own protocol; it only remembers which line belongs to which client."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._peer = transport.get_extra_info("peername")[:2]
        _LINES[self._peer] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        _LINES.pop(self._peer, None)
        super().connection_lost(exc)


class HangUp(Response):
    """Closes the line, after ``part`` of an answer that announced ``length`` bytes, or after nothing."""

    def __init__(self, part: bytes = b"", length: int = 0, status: int = 200) -> None:
        super().__init__(status_code=status)
        self.part, self.length = part, length

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.part:
            headers = [
                (b"content-type", b"application/json"),
                (b"content-length", str(self.length).encode()),
            ]
            await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
            await send({"type": "http.response.body", "body": self.part, "more_body": True})
            await asyncio.sleep(0.02)
        line = _LINES.get(tuple(scope["client"] or ()))
        if line is None:
            raise RuntimeError("serve the sandbox by connectors.sandbox.server: only it can hang up")
        line.close()
        await asyncio.sleep(0.02)  # lets the server notice that the client is gone
