"""A server for one line at a time: it says exactly what a test wants, byte by byte, over a real socket."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Script = Callable[[socket.socket, bytes], None]


@dataclass
class Line:
    """Where the server listens and what it was sent."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def read_request(conn: socket.socket) -> bytes:
    """The head and body of one request; empty when the other side is gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = conn.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(v.split(b":")[1]) for v in head.lower().split(b"\r\n") if v.startswith(b"content-length")), 0)
    while len(body) < length:
        body += conn.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(body: bytes, status: str = "200 OK", *headers: str) -> Script:
    """A plain answer with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/json", *headers]
    return lambda conn, request: conn.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


@contextmanager
def serving(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Line]:
    """Serve ``script`` for every request on a connection until it closes the connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    line = Line(listener.getsockname()[1])

    def talk(conn: socket.socket) -> None:
        with conn:
            try:
                conn = tls.wrap_socket(conn, server_side=True) if tls else conn
                while request := read_request(conn):
                    line.requests.append(request)
                    script(conn, request)
                    if b"connection: close" in request.lower():
                        return
            except OSError:
                return

    def listen() -> None:
        while True:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            line.connections += 1
            threading.Thread(target=talk, args=(conn,), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield line
    finally:
        listener.close()
