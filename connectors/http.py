"""The one way in which a network's code speaks HTTP.

A session made here has a total deadline, follows no redirect, repeats nothing, takes a bounded body
and says of every failure whether the request may have left. Sources: urllib3 2 (``HTTPConnection``),
requests 2.34 (``Session.request``), http.client (``HTTPConnection.send``).
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from connectors.errors import ConfigError, TransientError, UnknownOutcome

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CHUNK = 64 * 1024  # bytes
QUIET = ("requests", "oauthlib", "requests_oauthlib")


class NotSent(TransientError):
    """No byte of the request has left: no such name, connection refused, no connection in time."""


class ReadFailed(TransientError):
    """A read got no usable answer. It changed nothing there, so it may be asked again."""


class MaybeSent(UnknownOutcome):
    """A write got no usable answer after its first byte may have left."""


@dataclass(frozen=True, slots=True)
class LastResponse:
    """What the network last answered: for budgets and for telling one refusal from another."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Http:
    """How to speak HTTP. Times are seconds, sizes bytes.

    ``deadline`` bounds one request from the call to the last byte of its answer; it must stay below
    the outbox's lease. Only a name server that does not answer can stretch it, and then nothing is sent.
    ``patience``, where it is given, bounds reads, which change nothing and can be asked again.
    ``proxies`` and ``ca_bundle`` are taken from here and never from the environment: requests would
    otherwise also read ``.netrc`` and replace the Authorization header by what it finds there.
    """

    connect_timeout: float = 5.0
    deadline: float = 20.0
    patience: float | None = None
    max_body: int = 10 * 1024 * 1024
    proxies: Mapping[str, str] = field(default_factory=dict)
    ca_bundle: str = ""

    def session(self, rebase: Mapping[str, str] | None = None, *, pinned: str = "") -> Session:
        """A session that sends requests for each origin in ``rebase`` to the address beside it.

        ``pinned`` is an IP address: every request goes there and no name is resolved, while TLS still
        asks for a certificate of the name in the URL.
        """
        return Session(self, rebase or {}, pinned)


class _Above(logging.Filter):
    """Drops records up to ``level``. It sits on the logger, so that no configuration brings them back."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self.level = level

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > self.level


_FILTERS = {level: _Above(level) for level in (logging.DEBUG, logging.WARNING)}


def quiet(*libraries: str, level: int = logging.DEBUG) -> None:
    """Make records of ``libraries`` up to ``level`` impossible: they hold headers and URLs with tokens.

    A filter works for its own logger only, therefore every existing logger below is given it too.
    """
    for library in libraries:
        names = [name for name in list(logging.root.manager.loggerDict) if name.startswith(library + ".")]
        for name in (library, *names):
            logging.getLogger(name).addFilter(_FILTERS[level])


class _Attempt:
    """One request under its deadline: which sockets to shut, and whether a byte may have left."""

    def __init__(self, seconds: float) -> None:
        self.ends = time.monotonic() + seconds
        self.touched = False
        self._fired = False
        self._sockets: list[socket.socket] = []
        self._to_close: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self._timer.start()

    @property
    def expired(self) -> bool:
        return self._fired or time.monotonic() >= self.ends

    def watch(self, sock: socket.socket) -> None:
        with self._lock:
            self._sockets.append(sock)
            if self._fired:
                _shutdown(sock)

    def close_later(self, sock: socket.socket) -> None:
        with self._lock:
            self._to_close.append(sock)

    def finish(self) -> None:
        self._timer.cancel()
        with self._lock:
            for sock in self._to_close:
                sock.close()
            self._sockets.clear()

    def _shut(self) -> None:
        with self._lock:
            self._fired = True
            for sock in self._sockets:
                _shutdown(sock)


def _shutdown(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # already closed
        sock.shutdown(socket.SHUT_RDWR)


class _Current(threading.local):
    attempt: _Attempt | None = None


_current = _Current()


class _Watched(HTTPConnection):
    """Keeps a twin of its socket (the same connection, even below TLS) for the watchdog to shut."""

    _twin: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        self._twin = sock.dup()
        if _current.attempt is not None:
            _current.attempt.watch(self._twin)
        return sock

    def send(self, data: Any) -> None:
        attempt = _current.attempt
        if attempt is not None and not attempt.touched:
            if self.sock is None:
                self.connect()
            if attempt.expired:
                raise TimeoutError("deadline passed before the first byte")
            if self._twin is not None:
                attempt.watch(self._twin)
            attempt.touched = True
        super().send(data)

    def close(self) -> None:
        super().close()
        twin, self._twin = self._twin, None
        if twin is None:
            return
        if _current.attempt is None:
            twin.close()
        else:  # http.client closes before the body is read, where the server closes after its answer
            _current.attempt.close_later(twin)


class _WatchedTLS(_Watched, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


class _Adapter(HTTPAdapter):
    def __init__(self, pinned: str = "") -> None:
        self.pinned = pinned
        super().__init__()  # and repeats nothing

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """Where to connect. For a pinned address as urllib3 documents it ("Custom SNI hostname")."""
        host: dict[str, Any]
        pool: dict[str, Any]
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)  # type: ignore[assignment]
        if self.pinned:
            request.headers["Host"] = urlsplit(request.url).netloc
            if host["scheme"] == "https":
                pool.update(assert_hostname=host["host"], server_hostname=host["host"])
            host["host"] = f"[{self.pinned}]" if ":" in self.pinned else self.pinned
        return host, pool

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}
        return manager


class Session(requests.Session):
    """A requests session for one connection, used by one thread at a time. Made by ``Http.session``.

    Raises NotSent, ReadFailed or MaybeSent, whose sentences hold no URL, header or body, and
    ConfigError for an address or token that cannot be sent at all. ``last`` is the last answer.
    """

    def __init__(self, http: Http, rebase: Mapping[str, str], pinned: str = "") -> None:
        super().__init__()
        quiet(*QUIET)
        quiet("urllib3", level=logging.WARNING)  # "Failed to parse headers" names the whole URL
        self.http, self.last = http, None
        self.rebase = {origin.rstrip("/"): base.rstrip("/") for origin, base in rebase.items()}
        self.trust_env = False
        self.proxies = dict(http.proxies)
        self.verify = http.ca_bundle or True
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(pinned))

    last: LastResponse | None

    def request(self, method: Any, url: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Send once and read the whole answer, all within the deadline."""
        write = str(method).upper() not in SAFE_METHODS
        seconds = self.http.deadline
        if not write and self.http.patience is not None:
            seconds = min(seconds, self.http.patience)
        timeout = (min(seconds, self.http.connect_timeout), seconds)
        kwargs.update(allow_redirects=False, stream=True, timeout=timeout)
        if write:
            # A kept connection may be dead already, and then nobody can tell whether the write arrived.
            self.close()
            kwargs["headers"] = {**(kwargs.get("headers") or {}), "Connection": "close"}
        self.last = None
        attempt = _current.attempt = _Attempt(seconds)
        failure: Exception | None = None  # raised outside the handler: the cause may hold a secret
        try:
            response = super().request(method, self._rebased(str(url)), **kwargs)
            self._read(response, attempt)
        except ValueError:  # requests' own for addresses and headers that cannot be
            failure = ConfigError("The connection's address or token holds characters that cannot be sent.")
            if attempt.touched:
                failure = _failure(attempt, write, None)
        except (requests.RequestException, HTTPError, OSError) as error:
            failure = _failure(attempt, write, error)
        finally:
            attempt.finish()
            _current.attempt = None
        if write or failure is not None:  # a line that was to end with this request takes no other
            self.close()
        if failure is not None:
            raise failure
        return response

    def _rebased(self, url: str) -> str:
        for origin, base in self.rebase.items():
            if url == origin or url.startswith((origin + "/", origin + "?")):
                return base + url[len(origin) :]
        return url

    def _read(self, response: requests.Response, attempt: _Attempt) -> None:
        """The body, bounded in time and size, so that ``response.content`` needs no more I/O."""
        parts, size = [], 0
        original = getattr(response.raw, "_original_response", None)
        if getattr(getattr(original, "msg", None), "defects", None):  # a head that was cut off
            response.close()
            raise OSError("head broken")
        try:
            for part in response.iter_content(CHUNK):
                size += len(part)
                if size > self.http.max_body:
                    raise OSError("body too large")
                if attempt.expired:
                    raise TimeoutError("deadline passed")
                parts.append(part)
            if attempt.expired:  # a body that ends with the connection looks complete when we cut it
                raise TimeoutError("deadline passed")
        finally:
            response.close()
        response._content = b"".join(parts)
        self.last = LastResponse(response.status_code, response.headers, response._content)


def _failure(attempt: _Attempt, write: bool, error: Exception | None) -> Exception:
    """Our own error for a request that got no usable answer."""
    late = attempt.expired or isinstance(error, (requests.Timeout, TimeoutError))
    if not attempt.touched:
        return NotSent(
            "The network could not be reached in time; nothing was sent."
            if late
            else "The network could not be reached; nothing was sent."
        )
    if write:
        return MaybeSent(
            "The network did not answer in time; this may have been sent."
            if late
            else "The network broke off before it answered; this may have been sent."
        )
    return ReadFailed(
        "The network did not answer in time." if late else "The network's answer broke off or was too large."
    )
