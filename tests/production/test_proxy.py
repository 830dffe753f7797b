"""The real Caddy with the real Caddyfile in front of two web processes."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors.sandbox.harness import ROOT, free_port
from socialdesk.embedded.processes import spawn, stop
from tests import factories
from tests.chaos.world import until
from tests.production.stack import HOST, Stack, running_stack

CADDY = shutil.which("caddy")
pytestmark = pytest.mark.skipif(CADDY is None, reason="CADDY ABSENT: the proxy was not run (apt-get install caddy)")
CLIENT = "127.0.0.7"  # so that the client's address is another than the proxy's


def once(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


def here(text: str, webs: list[str], ports: tuple[int, int, int], folder: Path) -> str:
    """The Caddyfile with what only this machine has another way: ports, names of containers, a public certificate."""
    text = once(text, "\tadmin off\n", f"\tadmin off\n\thttp_port {ports[0]}\n\thttps_port {ports[1]}\n")
    text = once(text, "{$DESK_HOST} {\n", "{$DESK_HOST} {\n\ttls internal\n\tbind 127.0.0.1\n")
    text = re.sub(r"dynamic a web 8000 \{[^}]*\}", f"to {' '.join(webs)}", text)
    text = once(text, "127.0.0.1:2020", f"127.0.0.1:{ports[2]}")
    version = subprocess.run([str(CADDY), "version"], capture_output=True, text=True, check=True).stdout
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    if numbers < (2, 6, 4):  # spelled otherwise before
        text = once(text, "request_buffers 16MB", "buffer_requests\n\t\tmax_buffer_size 16MB")
    (folder / "Caddyfile").write_text(text)
    return str(folder / "Caddyfile")


class Proxy:
    def __init__(self, folder: Path, webs: list[str]) -> None:
        self.ports = (free_port(), free_port(), free_port())
        self.config = here((ROOT / "Caddyfile").read_text(), webs, self.ports, folder)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"),
            "XDG_CONFIG_HOME": str(folder / "config"), "DESK_HOST": HOST,
        }  # fmt: skip
        command = [str(CADDY), "run", "--config", self.config, "--adapter", "caddyfile"]
        self.process = spawn(command, log=folder / "caddy.log", env=self.environment, cwd=folder)
        root = folder / "data" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        until(lambda: root.exists() and self._listens(), "the proxy to listen", 20, every=0.1)
        self.tls = ssl.create_default_context(cafile=str(root))

    def servers(self) -> list[dict[str, Any]]:
        """The servers that Caddy makes of the file."""
        command = [str(CADDY), "adapt", "--config", self.config, "--adapter", "caddyfile"]
        made = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout
        return list(json.loads(made)["apps"]["http"]["servers"].values())

    def _listens(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.ports[1]), timeout=1).close()
            return True
        return False

    def line(self) -> http.client.HTTPSConnection:
        line = http.client.HTTPSConnection(HOST, self.ports[1], timeout=30, context=self.tls)
        # The name is the certificate's; the address is this machine's.
        raw = socket.create_connection(("127.0.0.1", self.ports[1]), timeout=30, source_address=(CLIENT, 0))
        line.sock = self.tls.wrap_socket(raw, server_hostname=HOST)
        return line


class Client:
    """A browser behind the proxy: cookies over TLS, nothing forged unless asked."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy, self.cookies = proxy, dict[str, str]()

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        line = self.proxy.line()
        line.request(method, path, body, {"Host": HOST, "Cookie": cookies, **headers})
        answer = line.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            assert "secure" in cookie.lower()
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def post(self, path: str, form: dict[str, str], **headers: str) -> http.client.HTTPResponse:
        body = urlencode({**form, "csrfmiddlewaretoken": self.cookies["csrftoken"]}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{HOST}"}
        return self.ask("POST", path, body, **kind, **headers)

    def sign_in(self, word: str = factories.PASSWORD, **headers: str) -> int:
        self.ask("GET", "/accounts/login/").read()
        return self.post("/accounts/login/", {"username": "alice", "password": word}, **headers).status


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, static_root: Path) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("behind"), static_root) as stack:
        stack.release()
        stack.run("python", "-m", "tests.production.prepare")
        stack.up(*[stack.start("web", name, FORWARDED_ALLOW_IPS="*") for name in ("web-a", "web-b")])
        yield stack


@pytest.fixture(scope="module")
def proxy(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    webs = [f"127.0.0.1:{stack.programs[name].port}" for name in ("web-a", "web-b")]
    proxy = Proxy(Path(tmp_path_factory.mktemp("caddy")), webs)
    yield proxy
    stop(proxy.process, with_signal=signal.SIGTERM, patience=10)


@pytest.fixture(scope="module")
def alice(proxy: Proxy) -> Client:
    client = Client(proxy)
    assert client.sign_in() == 302
    return client


def test_plain_http_is_sent_to_https(proxy: Proxy) -> None:
    line = http.client.HTTPConnection("127.0.0.1", proxy.ports[0], timeout=10)
    line.request("GET", "/inbox/mine/", headers={"Host": HOST})
    answer = line.getresponse()
    assert answer.status == 308
    assert answer.headers["Location"] == f"https://{HOST}/inbox/mine/"
    line.close()


def test_the_headers_are_the_desks(alice: Client) -> None:
    answer = alice.ask("GET", "/inbox/mine/")
    assert answer.status == 200
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert answer.headers["X-Frame-Options"] == "DENY"
    page = answer.read().decode()
    path = next(word for word in page.split('"') if word.startswith("/static/") and word.endswith(".css"))
    file = alice.ask("GET", path)
    assert file.status == 200
    assert file.headers["Cache-Control"] == "max-age=315360000, public, immutable"


def test_a_body_that_is_too_long_ends_at_the_proxy(alice: Client) -> None:
    with contextlib.suppress(ConnectionError, ssl.SSLError):  # it may hang up while we still send
        answer = alice.ask("POST", "/me/", b"x" * 20_000_000, **{"Content-Type": "text/plain"})
        assert answer.status == 413
        assert "X-Frame-Options" not in answer.headers, "the desk itself had to refuse it"
    assert alice.ask("GET", "/healthz").status in (200, 503)


def test_who_sends_slowly_keeps_no_thread_of_the_desk(alice: Client, proxy: Proxy, stack: Stack) -> None:
    lines = []
    for _ in range(12):  # more than the two web processes have threads
        line = proxy.line()
        line.putrequest("POST", "/accounts/login/", skip_host=True)
        for name, value in (("Host", HOST), ("Content-Length", "100"), ("Content-Type", "text/plain")):
            line.putheader(name, value)
        line.endheaders(b"username=")
        lines.append(line)
    began = time.monotonic()
    assert alice.ask("GET", "/inbox/mine/").status == 200
    assert time.monotonic() - began < 10
    for line in lines:
        line.close()


def test_the_clients_address_arrives_and_a_forged_one_does_not(proxy: Proxy, stack: Stack) -> None:
    forged = {"X-Forwarded-For": "6.6.6.6", "X-Real-IP": "6.6.6.6", "Forwarded": "for=6.6.6.6"}
    assert Client(proxy).sign_in("a wrong password", **forged) == 200
    assert {str(ip) for (ip,) in stack.sql("SELECT DISTINCT host(ip_address) FROM axes_accessattempt")} == {CLIENT}


def stream_of(client: Client, **headers: str) -> tuple[http.client.HTTPResponse, list[tuple[float, str]]]:
    answer = client.ask("GET", "/events", **headers)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    heard: list[tuple[float, str]] = []

    def read() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            for raw in answer:
                heard.append((time.monotonic(), raw.decode().strip()))

    threading.Thread(target=read, daemon=True).start()
    until(lambda: any(line.startswith("retry") for _, line in heard), "the stream's first line", 10)
    return answer, heard


def tell(stack: Stack) -> float:
    """Something happens that everybody may hear."""
    at = time.monotonic()
    stack.run("python", "-m", "tests.production.tell")
    return at


def test_a_stream_is_passed_on_at_once_and_outlives_every_time_limit(alice: Client, stack: Stack) -> None:
    _, heard = stream_of(alice)
    quiet = time.monotonic()
    until(lambda: any(line == "event: here" for _, line in heard), "an idle stream's sign of life", 20, every=0.1)
    sign = next(at for at, line in heard if line == "event: here")
    assert sign - quiet < 16
    tell(stack)
    until(lambda: any(line.startswith("id: ") for _, line in heard), "the event", 10)
    for server in alice.proxy.servers():
        assert not {"read_timeout", "write_timeout"} & set(server), "either would end a stream"
        assert server["read_header_timeout"]


def test_while_one_restarts_nobody_sees_an_error_and_streams_go_on(alice: Client, stack: Stack) -> None:
    streams = [stream_of(alice) for _ in range(4)]
    statuses: list[int] = []
    over = threading.Event()

    def click() -> None:
        client = Client(alice.proxy)
        client.cookies = dict(alice.cookies)
        while not over.is_set():
            answer = client.ask("GET", "/inbox/mine/")
            answer.read()
            statuses.append(answer.status)

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for thread in clicks:
        thread.start()
    until(lambda: len(statuses) > 5, "pages", 20)
    stack.terminate("web-a", patience=15)
    seen = len(statuses)
    until(lambda: len(statuses) > seen + 10, "pages from the other one", 30)
    over.set()
    for thread in clicks:
        thread.join(30)
    assert set(statuses) == {200}
    tell(stack)
    ended = [heard for answer, heard in streams if answer.isclosed()]
    assert ended, "the streams of the one that stopped have ended"
    for heard in ended:
        last = [line.removeprefix("id: ") for _, line in heard if line.startswith("id: ")]
        _, again = stream_of(alice, **{"Last-Event-ID": last[-1] if last else "0"})
        until(lambda again=again: any("data" in line for _, line in again), "what was missed", 10)
    kept = [heard for answer, heard in streams if not answer.isclosed()]
    for heard in kept:
        until(lambda heard=heard: any("data" in line for _, line in heard), "the event on the other's stream", 10)


def test_the_containers_own_check_is_answered(proxy: Proxy) -> None:
    line: Any = http.client.HTTPConnection("127.0.0.1", proxy.ports[2], timeout=5)
    line.request("GET", "/")
    assert line.getresponse().read() == b"ok"
    line.close()
