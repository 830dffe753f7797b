"""Addresses of machines."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from inbox.guard.shapes import Kind, Span
from inbox.guard.words import Context, Topic

_DOT = r"(?:\.|\s?[(\[{]\s?(?:dot|\.)\s?[)\]}]\s?|\sdot\s)"
_V4 = re.compile(rf"(?<![\w.])\d{{1,3}}(?:{_DOT}\d{{1,3}}){{3}}(?![\w-]|\.\d)", re.IGNORECASE)
_V6 = re.compile(r"(?<![\w:.])[0-9a-f:]{2,40}(?:\.\d{1,3}){0,3}(?![\w:]|\.\w)", re.IGNORECASE)
_GROUP = re.compile(r"\d+")
# The resolvers that everybody is told to use.
_EVERYBODYS_ALL = (
    "8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 9.9.9.9 149.112.112.112 208.67.222.222 208.67.220.220 "
    "2001:4860:4860::8888 2001:4860:4860::8844 2606:4700:4700::1111 2606:4700:4700::1001"
)
_EVERYBODYS = frozenset(_EVERYBODYS_ALL.split())
_VERSION = 24  # How near the word "version" must stand, with no word between that says where somebody came from.
_FROM = re.compile(r"\b(?:from|at|ip\w*|von|aus|depuis|desde|da|dal|dall|van|vanaf|z|ze|fran)\b")


def _somebodys(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address can be a customer's at the internet. Examples of manuals count, a router's inside do not."""
    inside = address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
    example = address.is_private and any(address in net for net in _EXAMPLES if net.version == address.version)
    return not inside and (not address.is_private or example) and str(address) not in _EVERYBODYS


_EXAMPLES = tuple(
    ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)


def addresses_of_machines(context: Context, text: str) -> Iterator[Span]:
    """IP addresses in public ranges; version numbers that look like one do not count."""
    for match in _V4.finditer(text):
        groups = _GROUP.findall(match.group())
        try:
            address = ipaddress.ip_address(".".join(groups))
        except ValueError:
            continue
        if _somebodys(address) and int(groups[0]) and not _a_version(context, match.start()):
            yield Span(Kind.IP, *match.span())
    if text.count(":") < 2:
        return
    for match in _V6.finditer(text):
        found = match.group().rstrip(":") if not match.group().endswith("::") else match.group()
        if found.count(":") < 3 or not re.search(r"\d", found):
            continue
        try:
            six = ipaddress.ip_address(found)
        except ValueError:
            continue
        if _somebodys(six):
            yield Span(Kind.IP, match.start(), match.start() + len(found))


def _a_version(context: Context, start: int) -> bool:
    for word in context.before(start, _VERSION)[:2]:
        if word.topic is Topic.VERSION:
            return not _FROM.search(context.folded.plain, word.end, start)
    return context.folded.plain[max(0, start - 1) : start] == "v"
