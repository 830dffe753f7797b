"""Files at addresses that strangers gave us: asked for by a worker, and never by an agent's browser.

An address may be a trap: a name that leads into our own network, or does so only the second time it is asked for.
So a name is resolved here, once; every address it has must be a public one; and the connection goes to that very
address (``Http.session(pinned=…)``, urllib3's own way), while TLS still asks for a certificate of the name. A
redirect is followed by hand and begins all this anew. What is sent holds no cookie and says nothing of who looks.
Time and size are bounded by connectors/http.py.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urljoin

from django.conf import settings
from django.utils.translation import gettext_noop
from urllib3.exceptions import HTTPError
from urllib3.util import Url, parse_url

from connectors.errors import ConnectorError
from connectors.http import Http, NotSent

SECONDS = 10.0  # all in all, redirects included
CONNECT_SECONDS = 3.0
LARGEST = 10 * 2**20  # bytes
REDIRECTS = 3
TRIES = 3  # addresses of one name
HEADERS = {"User-Agent": "socialdesk", "Accept": "image/*, video/mp4, */*;q=0.1", "Accept-Encoding": "identity"}
_ODD = re.compile(r"[\x00-\x20\x7f\\]")  # what parsers of addresses disagree about

# Of IPv6 only what is handed out to the world; so the ways to write an IPv4 address in it (mapped, compatible,
# NAT64) are outside. Python's is_global calls several of these public, and so does it with Azure's own address.
_WORLD = IPv6Network("2000::/3")
_NOT_PUBLIC: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(one)
    for one in (
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),  # Teredo and other protocols, examples, 6to4
        *("192.0.0.0/24", "192.88.99.0/24", "100.64.0.0/10"),  # protocols, 6to4 relays, carriers' own
        "168.63.129.16/32",
    )
)


class Unreachable(Exception):
    """No file from there. One sentence for a person, without the address."""


def fetch(address: str) -> bytes:
    """What lies at ``address``, at most LARGEST bytes of it. Raises Unreachable."""
    ends, near = time.monotonic() + SECONDS, _is_near(_parsed(address))
    for _ in range(REDIRECTS + 1):
        url = _parsed(address)
        status, location, body = _ask(url, _addresses(url, near=near), ends)
        if status == 200:
            return body
        if status not in (301, 302, 303, 307, 308) or not location:
            raise Unreachable(_said(status))
        address = _joined(url.url, location)
    raise Unreachable(gettext_noop("Its server leads on from one address to the next."))


def _joined(here: str, location: str) -> str:
    try:
        return urljoin(here, location)
    except ValueError:  # what looks like an IPv6 address and is none
        raise Unreachable(gettext_noop("Its server leads on to an address that is none.")) from None


def _said(status: int) -> str:
    if status in (404, 410):
        return gettext_noop("It is no longer there.")
    if status in (401, 403):
        return gettext_noop("The network shows it to nobody without a key, or shows it no longer.")
    return f"Its server answered with an error ({status})."


def _parsed(address: str) -> Url:
    """As the HTTP library will read it, so that nothing is checked which then means something else."""
    try:
        if _ODD.search(address):
            raise Unreachable(gettext_noop("Its address is none."))
        url = parse_url(address)
    except HTTPError:
        raise Unreachable(gettext_noop("Its address is none.")) from None
    if not url.host or url.auth:
        raise Unreachable(gettext_noop("Its address is none that may be asked."))
    return url


def _is_near(url: Url) -> bool:
    """Whether this is a server of our own machine that the settings name: the sandbox of tests and `make run`."""
    return url.netloc in settings.MEDIA_ON_LOOPBACK


def _addresses(url: Url, *, near: bool) -> Sequence[str]:
    """Where the name leads, if all of it may be asked; never empty. ``near``: the first address was our own."""
    near = near and _is_near(url)
    if not near and (url.scheme != "https" or url.port not in (None, 443)):
        raise Unreachable(gettext_noop("It lies at no https address, and others are not asked."))
    host = str(url.host).strip("[]")
    try:
        found = socket.getaddrinfo(host, url.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # no such name, or none that could be one
        raise Unreachable(gettext_noop("Its server is not found.")) from None
    addresses = list(dict.fromkeys(str(row[4][0]) for row in found))
    allowed = _loopback if near else public
    if not addresses or not all(allowed(one) for one in addresses):
        raise Unreachable(gettext_noop("Its address leads into a private network and was not asked."))
    return addresses[:TRIES]


def public(address: str) -> bool:
    """Whether anybody in the world may reach this IP address."""
    try:
        ip = ip_address(address)
    except ValueError:  # one with a zone, as of a network card
        return False
    if isinstance(ip, IPv6Address) and ip not in _WORLD:
        return False
    if isinstance(ip, IPv4Address) and (ip.is_multicast or ip.is_reserved):
        return False
    return ip.is_global and not any(ip in network for network in _NOT_PUBLIC if network.version == ip.version)


def _loopback(address: str) -> bool:
    return ip_address(address).is_loopback


def _ask(url: Url, addresses: Sequence[str], ends: float) -> tuple[int, str, bytes]:
    """Status, where it leads on, and the body; of the first address that can be reached."""
    for number, address in enumerate(addresses, 1):
        left = ends - time.monotonic()
        if left <= 0:
            break
        http = Http(connect_timeout=CONNECT_SECONDS, deadline=left, max_body=LARGEST)
        try:
            with http.session(pinned=address) as session:
                answer = session.get(url.url, headers=HEADERS)
        except NotSent:
            if number < len(addresses):
                continue
            raise Unreachable(gettext_noop("Its server cannot be reached.")) from None
        except ConnectorError:
            megabytes = LARGEST // 2**20
            sentence = f"Its server took too long, broke off, or sent more than {megabytes} MB."
            raise Unreachable(sentence) from None
        return answer.status_code, answer.headers.get("Location", ""), answer.content
    raise Unreachable(gettext_noop("Its server took too long."))
