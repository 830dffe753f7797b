"""Addresses of strangers: what is asked, what never is, and what a hostile server can do about it."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from inbox.services import strangers
from inbox.services.strangers import Unreachable, fetch, public
from tests.connectors.servers import Line, Script, answer, serving

PUBLIC = "93.184.215.14"  # stands for a stranger's server in the world
PRIVATE = "Its address leads into a private network and was not asked."


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.100.100.200", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "203.0.113.9", "224.0.0.1",
        "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
        "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1", "2002:7f00:1::", "2001::1", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1",
        "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "100::1", "5f00::1", "3fff::1", "2001:20::1", "localhost",
    ],
)  # fmt: skip
def test_an_address_of_no_use_to_the_world_is_not_public(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", PUBLIC, "2001:4860:4860::8888", "2606:4700::1"])
def test_an_address_of_the_world_is_public(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "2130706433", "0177.0.0.1", "017700000001", "0x7f000001", "0x7f.0.0.1", "127.1", "0", "localhost",
        "localhost.", "LOCALHOST", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::]",
        "169.254.169.254", "10.0.0.1", "①②⑦.⓪.⓪.①",
    ],
)  # fmt: skip
def test_however_a_private_address_is_written_it_is_never_asked(host: str) -> None:
    assert never_asked(f"https://{host}/a.png")


@pytest.mark.parametrize(
    "address",
    [
        "http://pictures.example/a.png", "ftp://pictures.example/a", "file:///etc/passwd", "gopher://x/1", "data:,x",
        "//pictures.example/a", "/etc/passwd", "", "https://", "https:///a", "javascript:alert(1)",
        "https://pictures.example:22/", "https://pictures.example:80/a", "https://pictures.example:99999/a",
        "https://me:secret@pictures.example/a", "https://pictures.example\\@127.0.0.1/", "https://a b.example/",
        "https://pictures.example/\r\nHost: x", "https://pictures.example\t/", "https://[::1", "https://a..b/",
        "https://" + "a" * 300 + ".example/", "https://127.0.0.1#@pictures.example/",
    ],
)  # fmt: skip
def test_an_address_of_another_kind_is_never_asked(address: str, resolver: Resolver) -> None:
    resolver.answers["pictures.example"] = [PUBLIC]
    assert never_asked(address)
    assert resolver.connected == []


def never_asked(address: str) -> bool:
    """Refused by its looks or by where it leads; not because nobody happened to listen there."""
    with pytest.raises(Unreachable) as caught:
        fetch(address)
    return str(caught.value) in (
        PRIVATE, "Its address is none.", "Its address is none that may be asked.", "Its server is not found.",
        "It lies at no https address, and others are not asked.",
    )  # fmt: skip


class Resolver:
    """Stands for the world: names with their addresses in turn, and roads from public addresses to this machine."""

    def __init__(self) -> None:
        self.answers: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.connected: list[tuple[str, int]] = []
        self.port = 0  # of the server on this machine that a public address leads to

    def addresses(self, host: str) -> list[str] | None:
        listed = self.answers.get(host)
        if listed is None:
            return None
        self.asked.append(host)
        return [listed.pop(0) if len(listed) > 1 else listed[0]]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    """What is replaced is Python's own: getaddrinfo and connect. The servers behind are real."""
    world = Resolver()
    ask, connect = socket.getaddrinfo, socket.socket.connect

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        found = world.addresses(name)
        if found is None:
            return ask(host, port, *args, **kwargs)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, int(port or 0))) for one in found]

    def to(self: socket.socket, address: Any) -> Any:
        if address[0] == PUBLIC:
            world.connected.append(address[:2])
            address = ("127.0.0.1", world.port)
        return connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", to)
    return world


def listening() -> Any:
    return serving(answer(b"inside"))


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's own certificate for pictures.example, which this machine trusts during the test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pictures.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("pictures.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path / "pair.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    (tmp_path / "ca.pem").write_bytes(made.public_bytes(Encoding.PEM))
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_name_is_resolved_once_and_its_address_is_the_one_that_is_asked(
    resolver: Resolver, certified: ssl.SSLContext
) -> None:
    """Rebinding: the second answer would lead inside. Nobody asks a second time, and TLS still knows the name."""
    resolver.answers["pictures.example"] = [PUBLIC, "127.0.0.1"]
    with serving(answer(b"a picture"), certified) as server, listening() as inside:
        resolver.port = server.port
        assert fetch("https://pictures.example/a.png?key=1") == b"a picture"
    assert resolver.asked == ["pictures.example"]
    assert resolver.connected == [(PUBLIC, 443)]
    assert inside.connections == 0
    head = server.requests[0].decode()
    assert head.startswith("GET /a.png?key=1 HTTP/1.1\r\n")
    assert "\r\nHost: pictures.example\r\n" in head
    assert not {"cookie", "referer", "authorization"} & {line.partition(":")[0].lower() for line in head.split("\r\n")}


def test_a_certificate_of_another_name_is_not_accepted(resolver: Resolver, certified: ssl.SSLContext) -> None:
    resolver.answers["other.example"] = [PUBLIC]
    with serving(answer(b"a picture"), certified) as server:
        resolver.port = server.port
        with pytest.raises(Unreachable):
            fetch("https://other.example/a.png")
    assert server.requests == []


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1"])
def test_a_name_that_leads_inside_is_never_asked(resolver: Resolver, inside: str) -> None:
    resolver.answers["pictures.example"] = [inside]
    with listening() as server, pytest.raises(Unreachable, match="private network"):
        fetch("https://pictures.example/a.png")
    assert server.connections == 0


def test_one_inner_address_among_public_ones_is_enough_to_refuse(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver.answers["pictures.example"] = ["unused"]
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in (PUBLIC, "192.168.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: rows)
    with pytest.raises(Unreachable, match="private network"):
        fetch("https://pictures.example/a.png")
    assert resolver.connected == []


def redirects(location: str, status: str = "302 Found") -> Script:
    return answer(b"", status, f"Location: {location}")


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/", "https://127.0.0.1/", "https://localhost/", "https://inside.example/",
        "http://pictures.example/b.png", "https://pictures.example:8443/", "file:///etc/passwd",
        "https://2130706433/", "//169.254.169.254/latest/meta-data/", "https://u:p@pictures.example/",
    ],
)  # fmt: skip
def test_a_redirect_is_checked_like_the_first_address(
    resolver: Resolver, certified: ssl.SSLContext, settings: Any, location: str
) -> None:
    """Also one to the sandbox: from a stranger nothing leads to this machine."""
    resolver.answers |= {"pictures.example": [PUBLIC], "inside.example": ["10.0.0.9"]}
    with listening() as inside:
        settings.MEDIA_ON_LOOPBACK = [f"127.0.0.1:{inside.port}"]
        with serving(redirects(location.format(port=inside.port)), certified) as server:
            resolver.port = server.port
            assert never_asked("https://pictures.example/a.png")
    assert len(server.requests) == len(resolver.connected) == 1
    assert inside.connections == 0


def test_a_redirect_within_the_world_is_followed_and_resolved_anew(
    resolver: Resolver, certified: ssl.SSLContext
) -> None:
    resolver.answers["pictures.example"] = [PUBLIC]

    def script(conn: socket.socket, request: bytes) -> None:
        here = answer(b"found") if b"GET /b.png" in request else redirects("/b.png")
        here(conn, request)

    with serving(script, certified) as server:
        resolver.port = server.port
        assert fetch("https://pictures.example/a.png") == b"found"
    assert resolver.asked == ["pictures.example"] * 2


@pytest.mark.parametrize("location", ["https://[::1", "//[", "https://[fe80::1%25x]/", "\x01", "https://a:b/"])
def test_a_redirect_to_no_address_at_all_is_refused(near: Callable[[Script], Line], location: str) -> None:
    server = near(redirects(location))
    with pytest.raises(Unreachable):
        fetch(server.url + "/a.png")


def test_redirects_end(near: Callable[[Script], Line]) -> None:
    server = near(redirects("/again"))
    with pytest.raises(Unreachable, match="leads on"):
        fetch(server.url + "/")
    assert len(server.requests) == strangers.REDIRECTS + 1


@pytest.fixture
def near(settings: Any) -> Any:
    """A server of this machine that the settings name, as the sandbox is one."""
    open_ones: list[Any] = []

    def start(script: Script) -> Line:
        context = serving(script)
        line = context.__enter__()
        open_ones.append(context)
        settings.MEDIA_ON_LOOPBACK = [f"127.0.0.1:{line.port}"]
        return line

    yield start
    for context in open_ones:
        context.__exit__(None, None, None)


def test_the_sandbox_is_reached_where_the_settings_name_it(near: Callable[[Script], Line]) -> None:
    server = near(answer(b"a picture"))
    assert fetch(server.url + "/a.png") == b"a picture"
    with pytest.raises(Unreachable):
        fetch(server.url.replace("127.0.0.1", "localhost") + "/a.png")


def test_a_name_in_the_settings_opens_no_other_network(resolver: Resolver, settings: Any) -> None:
    settings.MEDIA_ON_LOOPBACK = ["sandbox.example:8080"]
    resolver.answers["sandbox.example"] = ["192.168.0.7"]
    with pytest.raises(Unreachable, match="private network"):
        fetch("http://sandbox.example:8080/a.png")


@pytest.mark.parametrize(
    ("status", "words"), [("404 Not Found", "no longer"), ("410 Gone", "no longer"), ("403 No", "without a key"),
                          ("500 Oh", "500"), ("204 No Content", "204"), ("302 Found", "302")]
)  # fmt: skip
def test_an_answer_without_a_file_is_said_in_a_sentence(
    near: Callable[[Script], Line], status: str, words: str
) -> None:
    server = near(answer(b"", status))
    with pytest.raises(Unreachable, match=words):
        fetch(server.url + "/a.png")


def test_an_endless_answer_ends_at_the_limit(near: Callable[[Script], Line]) -> None:
    sent = [0]

    def script(conn: socket.socket, request: bytes) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n")
        while True:
            conn.sendall(bytes(65536))
            sent[0] += 65536

    with pytest.raises(Unreachable, match="10 MB"):
        fetch(near(script).url + "/")
    assert sent[0] < 3 * strangers.LARGEST


def test_a_bomb_of_the_transport_ends_at_the_limit(near: Callable[[Script], Line]) -> None:
    body = gzip.compress(bytes(200 * 2**20))
    with pytest.raises(Unreachable, match="10 MB"):
        fetch(near(answer(body, "200 OK", "Content-Encoding: gzip")).url + "/")


@pytest.mark.parametrize("where", ["head", "body"])
def test_a_server_that_drips_is_left(near: Callable[[Script], Line], where: str) -> None:
    """One byte every tenth of a second keeps every socket's own time-out away."""
    over = threading.Event()

    def script(conn: socket.socket, request: bytes) -> None:
        conn.sendall(b"HTTP/1.1 200 OK\r\n" + (b"" if where == "head" else b"Content-Type: image/png\r\n\r\n"))
        while not over.is_set():
            conn.sendall(b"X")
            time.sleep(0.1)

    began = time.monotonic()
    with pytest.raises(Unreachable, match="too long"):
        fetch(near(script).url + "/")
    over.set()
    assert time.monotonic() - began < strangers.SECONDS + 2


def waits(over: threading.Event) -> None:
    over.wait(30)


def test_a_server_that_never_answers_is_left(near: Callable[[Script], Line]) -> None:
    over = threading.Event()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        fetch(near(lambda conn, request: waits(over)).url + "/")
    over.set()
    assert time.monotonic() - began < strangers.SECONDS + 2


def test_nothing_of_the_address_stands_in_a_sentence(near: Callable[[Script], Line]) -> None:
    server = near(answer(b"", "500 Oh"))
    for address in (server.url + "/canary", "https://canary.invalid/canary", "https://127.0.0.1/canary"):
        with pytest.raises(Unreachable) as caught:
            fetch(address)
        assert "canary" not in str(caught.value)
        assert "127" not in str(caught.value)
