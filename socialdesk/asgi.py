"""One address: /events by Django's ASGI handler, everything else by WSGI in a fixed pool of threads.

A page costs several times as much under the ASGI handler and takes a fresh database backend; a fixed pool keeps as
many backends as it has threads. The event stream, which only waits, is what the ASGI handler is good at.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from django.core.asgi import get_asgi_application

from socialdesk import wsgi
from socialdesk.live import close_at_sigterm

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

live: Any = get_asgi_application()
# So many streams are let in at once: each takes a database backend until it is, and after a restart all come together.
doors = asyncio.Semaphore(4)
pages: Any = WSGIMiddleware(cast(Any, wsgi.application), workers=int(os.environ.get("WEB_THREADS", "8")))


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        is_live = scope["path"] == "/events" or scope["path"].startswith("/events/")
        await (_live if is_live else pages)(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1000})


async def _live(scope: Message, receive: Receive, send: Send) -> None:
    inside = False

    async def said(message: Message) -> None:
        nonlocal inside
        if message["type"] == "http.response.body" and not inside:
            inside = True
            doors.release()
        await send(message)

    await doors.acquire()
    try:
        await live(scope, receive, said)
    finally:
        if not inside:
            doors.release()


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            close_at_sigterm()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
