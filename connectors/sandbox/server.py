"""Serves the sandbox: ``python -m connectors.sandbox.server --port 8900 --data DIR``. Needs no Django."""

from __future__ import annotations

import argparse
import socket
import sys
from pathlib import Path

import uvicorn

from connectors.sandbox.app import create_app
from connectors.sandbox.hangup import Protocol


def serve(*, host: str, port: int, data: Path, desk_url: str = "") -> None:
    """Runs until it is told to stop. A taken port is one clear sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's delay on and every answer takes 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as reason:
        raise SystemExit(f"The sandbox cannot listen on {host}:{port}: {reason.strerror}.") from None
    public_url = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
    try:
        app = create_app(data, public_url=public_url, desk_url=desk_url)
    except OSError as reason:
        raise SystemExit(f"The sandbox cannot use the folder {data}: {reason.strerror}.") from None
    config = uvicorn.Config(
        app, http=Protocol, ws="none", log_level="warning", access_log=False, timeout_graceful_shutdown=1
    )
    sys.stdout.write(f"Sandbox at {public_url}/ (nothing leaves this machine)\n")
    sys.stdout.flush()
    uvicorn.Server(config).run([listening])


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox", description="A social network on your own machine.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--desk-url", default="")
    options = parser.parse_args()
    serve(host=options.host, port=options.port, data=options.data, desk_url=options.desk_url)


if __name__ == "__main__":
    main()
