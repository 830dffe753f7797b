"""What every test stands on: a real PostgreSQL, a real Valkey, and no way out to the network."""

from __future__ import annotations

import atexit
import base64
import ipaddress
import os
import secrets
import socket
from typing import Any

import django
import pytest

from socialdesk.embedded.testing import make_services


def _provide_services() -> None:
    """One pair of servers for the run. Workers of pytest-xdist inherit the addresses, as does whoever sets them."""
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        return
    services = make_services()
    atexit.register(services.stop)
    services.start()
    os.environ["DATABASE_URL"] = services.postgres.url
    os.environ["REDIS_URL"] = services.valkey.url


_provide_services()
os.environ["SOCIALDESK_MODE"] = "test"
os.environ.setdefault("SECRET_KEY", "test-" + secrets.token_urlsafe(48))
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", base64.b64encode(secrets.token_bytes(32)).decode())
os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
# Playwright's synchronous API runs an event loop in the thread of the test.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
os.environ["DJANGO_SETTINGS_MODULE"] = "socialdesk.settings"
# pytest-django looks for settings before this file has made them.
django.setup()


class OutsideWorld(AssertionError):
    """A test tried to leave this machine."""


def _is_local(family: int, address: Any) -> bool:
    if family == socket.AF_UNIX:
        return True
    host = str(address[0]).split("%")[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "")


@pytest.fixture(autouse=True, scope="session")
def _no_outside_world() -> Any:
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(original: Any) -> Any:
        def method(self: socket.socket, address: Any) -> Any:
            if not _is_local(self.family, address):
                raise OutsideWorld(f"a test tried to reach {address!r}")
            return original(self, address)

        return method

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded(connect))
    patch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
    yield
    patch.undo()
