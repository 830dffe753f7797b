"""What network code may rely on when it speaks HTTP."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from connectors.errors import ConfigError, TransientError, UnknownOutcome
from connectors.http import Http, MaybeSent, NotSent, ReadFailed, quiet
from tests.connectors.servers import answer, serving

SECRET = "canary-token-5f1e"
QUICK = Http(connect_timeout=0.5, deadline=0.6)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_requests_for_a_given_host_go_to_the_configured_address() -> None:
    with serving(answer(b"{}")) as line:
        session = Http().session({"https://api.example.com": line.url + "/base/"})
        session.get("https://api.example.com/2/users/me?a=1")
    assert line.requests[0].startswith(b"GET /base/2/users/me?a=1 ")


def test_a_host_that_only_begins_alike_is_not_rebased() -> None:
    session = QUICK.session({"https://api.example.com": "http://127.0.0.1:9"})
    assert session._rebased("https://api.example.com.evil.test/x") == "https://api.example.com.evil.test/x"


def test_the_last_answer_is_kept_with_status_headers_and_body() -> None:
    with serving(answer(b'{"a":1}', "418 Teapot", "X-Rate-Limit-Reset: 7")) as line:
        session = Http().session()
        session.get(line.url)
    assert session.last is not None
    assert (session.last.status, session.last.headers["x-rate-limit-reset"]) == (418, "7")
    assert session.last.body == b'{"a":1}'


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_connection_is_provably_not_sent(method: str) -> None:
    with pytest.raises(NotSent) as caught:
        QUICK.session().request(method, f"http://127.0.0.1:{closed_port()}/{SECRET}")
    assert isinstance(caught.value, TransientError)
    assert SECRET not in repr(caught.value)


def test_a_name_that_does_not_exist_is_provably_not_sent() -> None:
    with pytest.raises(NotSent):
        Http().session().post("http://no-such-host.invalid/")


def test_a_connection_that_is_never_accepted_is_provably_not_sent() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(3):  # fill the queue, so that the next one gets no answer at all
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(full.getsockname())
            waiting.append(one)
        with pytest.raises(NotSent):
            Http(connect_timeout=0.3, deadline=2).session().post(f"http://127.0.0.1:{full.getsockname()[1]}/")
        for one in waiting:
            one.close()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(lambda conn, _: conn.close(), id="closed without an answer"),
        pytest.param(lambda conn, _: (conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Le"), conn.close()), id="cut head"),
        pytest.param(
            lambda conn, _: (conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), conn.close()),
            id="cut body",
        ),
        pytest.param(lambda conn, _: (conn.sendall(b"nonsense\r\n\r\n"), conn.close()), id="not HTTP"),
        pytest.param(
            lambda conn, _: conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
            id="not gzip",
        ),
        pytest.param(lambda conn, _: time.sleep(1), id="silent"),
    ],
)
def test_an_answer_that_never_comes_whole_is_doubtful_for_a_write_and_transient_for_a_read(script) -> None:
    with serving(script) as line:
        with pytest.raises(MaybeSent) as caught:
            QUICK.session().post(f"{line.url}/{SECRET}", json={"text": "private words"})
        with pytest.raises(ReadFailed):
            QUICK.session().get(line.url)
    assert isinstance(caught.value, UnknownOutcome)
    assert caught.value.__context__ is None, "the cause would carry the URL and with it a token"
    assert SECRET not in str(caught.value)


def drip(conn: socket.socket, head: bytes) -> None:
    conn.sendall(head)
    for _ in range(100):
        time.sleep(0.05)
        conn.sendall(b"a")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",  # ends with the connection: cut by us, it would look complete
    ],
)
def test_a_server_that_drips_cannot_stretch_the_deadline(head: bytes) -> None:
    with serving(lambda conn, _: drip(conn, head)) as line:
        began = time.monotonic()
        with pytest.raises(MaybeSent):
            QUICK.session().post(line.url)
        assert time.monotonic() - began < 3


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, made for this run."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(plain + made.public_bytes(Encoding.PEM))
    return path


def over_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_the_deadline_holds_over_tls_too(certificate: Path) -> None:
    http = Http(connect_timeout=0.5, deadline=0.6, ca_bundle=str(certificate))
    with serving(answer(b"{}"), over_tls(certificate)) as line:
        assert http.session().get(line.url.replace("http:", "https:")).json() == {}
    with serving(lambda conn, _: drip(conn, b"HTTP/1.1 200 OK\r\n\r\n"), over_tls(certificate)) as line:
        began = time.monotonic()
        with pytest.raises(MaybeSent):
            http.session().post(line.url.replace("http:", "https:"))
        assert time.monotonic() - began < 3


def test_a_certificate_that_nobody_vouches_for_gets_nothing(certificate: Path) -> None:
    with serving(answer(b"{}"), over_tls(certificate)) as line, pytest.raises(NotSent):
        Http().session().post(line.url.replace("http:", "https:"))
    assert line.requests == []


def test_a_body_beyond_the_limit_is_refused_even_when_it_is_packed() -> None:
    packed = gzip.compress(b"0" * 5_000_000)
    with serving(answer(packed, "200 OK", "Content-Encoding: gzip")) as line, pytest.raises(ReadFailed):
        Http(max_body=1_000_000).session().get(line.url)


def test_redirects_are_answers_and_are_not_followed() -> None:
    with serving(answer(b"", "307 Go", "Location: http://127.0.0.1:9/")) as line:
        assert Http().session().post(line.url, headers={"Authorization": SECRET}).status_code == 307
    assert len(line.requests) == 1


def test_nothing_is_repeated() -> None:
    with serving(answer(b"", "503 No", "Retry-After: 0")) as line:
        Http().session().post(line.url)
    assert len(line.requests) == 1


def test_reads_share_a_connection_and_a_write_gets_a_fresh_one() -> None:
    with serving(answer(b"{}")) as line:
        session = Http().session()
        session.get(line.url)
        session.get(line.url)
        assert line.connections == 1
        session.post(line.url)
        assert line.connections == 2
    assert b"connection: close" in line.requests[2].lower()


def test_a_read_after_a_write_does_not_use_its_connection() -> None:
    """The other side ends it when it likes: a read that goes there meanwhile is never answered."""

    def ends_late(conn: socket.socket, request: bytes) -> None:
        answer(b"{}")(conn, request)
        if request.startswith(b"POST"):
            time.sleep(0.3)

    with serving(ends_late) as line:
        session = Http().session()
        session.post(line.url)
        assert session.get(line.url).status_code == 200
    assert line.connections == 2


def test_the_environment_brings_neither_proxies_nor_other_credentials(monkeypatch, tmp_path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    with serving(answer(b"{}")) as line:
        Http().session().get(line.url, headers={"Authorization": f"Bearer {SECRET}"})
    assert f"Bearer {SECRET}".encode() in line.requests[0]


def test_a_token_that_cannot_be_sent_is_a_setting_to_mend_and_is_not_shown() -> None:
    with serving(answer(b"{}")) as line, pytest.raises(ConfigError) as caught:
        Http().session().get(line.url, headers={"Authorization": f"Bearer {SECRET}\n"})
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None


def test_debug_records_of_http_libraries_cannot_be_turned_on(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("somelibrary.client")
    quiet("somelibrary")
    caplog.set_level(logging.DEBUG)
    for name in ("somelibrary", "somelibrary.client", "urllib3.connectionpool"):
        caplog.set_level(logging.DEBUG, logger=name)
    with serving(answer(b"{}")) as line:
        Http().session().get(f"{line.url}/?access_token={SECRET}")
    logging.getLogger("somelibrary.client").debug("Headers: %s", SECRET)
    logging.getLogger("somelibrary.client").warning("still heard")
    assert SECRET not in caplog.text
    assert "still heard" in caplog.text
