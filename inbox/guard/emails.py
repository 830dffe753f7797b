"""E-mail addresses, also as people write them when a filter should not see them."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from collections.abc import Iterator

from inbox.guard.shapes import Kind, Level, Span

_OPEN, _CLOSE = r"[(\[{<*_]", r"[)\]}>*_]"
_AT_WORDS = r"at|ät|aet|arroba|arobase|arobas|chiocciola|apenstaartje|apestaart|małpa|malpa|snabel-?a|klammeraffe"
_DOT_WORDS = r"dot|punkt|point|punto|punt|kropka|ponto"
_AT = re.compile(
    rf"\s?{_OPEN}\s?(?:{_AT_WORDS}|@|a)\s?{_CLOSE}\s?"
    rf"|(?P<word>\s(?:{_AT_WORDS})\s)|\s{{1,2}}@\s{{1,2}}|@|%40|\s?&#64;\s?",
    re.IGNORECASE,
)
_DOT = rf"(?:\.|\s?{_OPEN}\s?(?:{_DOT_WORDS}|\.)\s?{_CLOSE}\s?|\s(?:{_DOT_WORDS})\s|\s\.\s?(?=[a-z]{{2,3}}(?![a-z])))"
_LOCAL = re.compile(rf"[\w+%'-]{{1,64}}(?:{_DOT}[\w+%'-]{{1,64}}){{0,6}}$", re.IGNORECASE)
_DOMAIN = re.compile(
    rf"\[?((?:[^\W_](?:[\w-]{{0,61}}[^\W_])?{_DOT}){{1,6}}(?:[a-z]{{2,24}}|xn--[a-z0-9-]{{2,30}})(?![\w-]|\.[a-z]{{2,6}}(?![\w])))",
    re.IGNORECASE,
)
_SPELLED_DOT = re.compile(rf"{_OPEN}|\s(?:{_DOT_WORDS})\s", re.IGNORECASE)
_AT_ONLY = re.compile(r"\s(?:at)\s", re.IGNORECASE)
_BACK = 90  # How far before the sign a local part may begin.
# "Look at acme dot com" is no address.
_NO_PERSON_ALL = (
    "us me you look looking here there available is be are was find found shop online now live see visit more info store "
    "stores buy sold out contact chat help directly today sign log in on it them him her apply book order read learn up"
)
_NO_PERSON = frozenset(_NO_PERSON_ALL.split())
_FREE = re.compile(
    r"^(?:gmail|googlemail|hotmail|outlook|live|msn|yahoo|ymail|icloud|me|mac|aol|gmx|web|t-online|freenet|posteo|"
    r"protonmail|proton|pm|mail|orange|wanadoo|free|laposte|sfr|libero|virgilio|tiscali|alice|ziggo|kpnmail|planet|"
    r"wp|o2|onet|interia|telia|bredband|btinternet|sky|comcast|verizon|att|fastmail|zoho|yandex|hushmail|tutanota)\.[a-z.]{2,8}$"
)
# A mailbox of a function, not of a person.
_FUNCTION = re.compile(
    r"^(?:info|support|help|helpdesk|contact|contactus|care|customer[._-]?(?:care|service|services|support|relations)|cs|"
    r"service|services|kundenservice|kundendienst|kontakt|hello|team|press|presse|media|sales|privacy|datenschutz|dpo|"
    r"data[._-]?protection|feedback|no-?reply|office|hr|jobs|careers|legal|security|abuse|billing|social|socialmedia|"
    r"servicio|atencion|clientes|clienti|assistenza|klantenservice|kundtjanst|kundservice|pomoc|bok|biuro|webmaster|"
    r"enquiries|complaints|reservations|bookings|orders|returns|refunds|accessibility|community|hola|bonjour)$"
)
_IMAGE = re.compile(r"^\dx(?:\.|$)|\.(?:png|jpe?g|gif|svg|webp)$")


def emails(text: str) -> Iterator[Span]:
    """Every e-mail address in ``text``; that of a function, such as info@, only warns."""
    done = 0
    for sign in _AT.finditer(text):
        domain = _DOMAIN.match(text, sign.end())
        local = _LOCAL.search(text[max(done, sign.start() - _BACK) : sign.start()]) if domain else None
        if local is None or domain is None:
            continue
        start = sign.start() - len(local.group())
        name, host = _clean(local.group()), _clean(domain.group(1))
        if _IMAGE.search(host) or not _means_an_address(text, start, sign, name, domain.group(1)):
            continue
        if text[max(0, start - 1) : start] == "@" and not _FREE.match(host):
            continue  # @somebody@their.server is a handle.
        end = domain.end()
        done = end
        own = _FUNCTION.match(name) and not _FREE.match(host)
        yield Span(Kind.EMAIL, start, end, Level.WARN if own else Level.HOLD)


def _clean(part: str) -> str:
    """A part of an address with its spelled dots as dots."""
    return re.sub(_DOT, ".", part, flags=re.IGNORECASE).lower()


def _means_an_address(text: str, start: int, sign: re.Match[str], name: str, domain: str) -> bool:
    """Whether "x at y" is an address: an English "at" needs more than two words around it."""
    if not sign["word"] or not _AT_ONLY.fullmatch(sign["word"]):
        return True
    if name in _NO_PERSON or not re.search(r"[a-z]", name):
        return False
    if _SPELLED_DOT.search(domain):
        return True
    shouted = "AT" in sign["word"] and not domain.isupper()
    return shouted or bool(re.search(r"[a-z][._]\w|[a-z]\d{2,}", name))
