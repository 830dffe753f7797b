"""Keys to a door: access tokens, private keys, and what a link carries in their place."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import log2

from inbox.guard.masking import Parameter
from inbox.guard.shapes import Kind, Span

# Tokens that say themselves what they are.
_KNOWN = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"  # JSON web token
    r"|(?:sk|pk|rk)_(?:live|test)_\w{8,}|whsec_\w{16,}|sk-[\w-]{20,}"
    r"|(?:AKIA|ASIA|AGPA|AROA|AIDA)[0-9A-Z]{16}"
    r"|gh[oprsu]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|npm_\w{20,}|pypi-[\w-]{20,}|dop_v1_\w{20,}|hf_\w{20,}"
    r"|xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{10,}|AIza[\w-]{30,}|ya29\.[\w-]{16,}|1//0[\w-]{20,}"
    r"|EAA[A-Za-z0-9]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|shp(?:at|ca|pa|ss)_\w{16,}|sq0[a-z]{3}-[\w-]{20,}|key-[0-9a-f]{32}"
    r"|\d{5,}-[A-Za-z0-9]{36,44}|\d{8,10}:[A-Za-z0-9_-]{35}"
    r"|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----"
    r")"
)
_NAMED = re.compile(
    r"(?:bearer|basic|(?:access|refresh|auth|api|secret|session|client|bot|oauth|private|reset|bear)[ _-]?(?:token|key|secret|id)"
    r"|cl[ée]f? (?:secr[èe]te|d['’]acc[èe]s|d['’]api|priv[ée]e)|jeton(?: d['’]\w+)?|(?:zugriffs|api|geheimer |privater )-?schl[üu]ssel"
    r"|(?:clave|llave) (?:secreta|privada|de api|de acceso)|chiave (?:segreta|privata|api)|geheime sleutel|klucz (?:tajny|api|prywatny)|hemlig nyckel"
    r"|token|api[ _-]?key|secret|cookie|zugriffstoken|zugangstoken|schlussel|jeton|ficha|clave|gettone|sleutel|klucz|nyckel)"
    r"\b[\"']?(?:\s+(?:is|ist|lautet|est|es|e|jest|ar|to))?[\s:=\"'“`>(]{1,5}$",
    re.IGNORECASE,
)
_NEAR = re.compile(
    r"(?:token|api|secret|(?:access|private|secret|license|client)[ _-]?key|bearer|oauth|webhook|schl[uü]ssel|jeton|cl[eé]\b|llave|"
    r"clave|chiave|sleutel|klucz|nyckel|session|cookie|sesi[oó]n|sessione|sessie|sesj)",
    re.IGNORECASE,
)
_RUN = re.compile(r"(?<![A-Za-z0-9+/=_.~-])[A-Za-z0-9+/_.~-]{10,}={0,2}")
_LONG = 24
_LEAST_HEX = 32  # From here on digits alone may be a key.
_HEX = re.compile(r"^(?:[0-9a-f]{32,}|[0-9A-F]{32,})$")
_BITS = 3.6  # Of a character: words stand below it, random letters and digits above.
_LOGIN = re.compile(r"(?<=://)[^\s/@:]{1,64}:[^\s/@]{1,64}(?=@)")
_DOORS = re.compile(
    r"(?:^|[_.-])(?:token|access_?token|refresh_?token|id_?token|auth|auth_?key|key|api_?key|apikey|secret|client_?secret|sig|"
    r"signature|password|passwd|pwd|pw|session|session_?id|sid|jwt|otp|reset|magic|invite|ticket_?token|hash|code|pin|nonce|jeton|clef?|schluessel|clave|llave|chiave|sleutel|klucz|nyckel|mdp|motdepasse|mot-de-passe|contrasena|haslo|"
    r"wachtwoord|losenord|passwort)$"
)
_DOOR_PATH = re.compile(
    r"/(?:reset|verify|confirm\w*|activate|invite|magic|token|login|auth|password\w*|unlock|session|signin|sso|recover\w*|"
    r"reinitialis\w*|connexion|mot-de-passe|verifi\w*|activation|zuruecksetzen|passwor[dt]\w*|restablecer|contrasena|recuper\w*|"
    r"reimposta\w*|wachtwoord\w*|haslo|losenord|aterstall\w*)"
    r"(?:[/-][a-z-]{1,20})?/(?P<value>[A-Za-z0-9_.~-]{10,})",
    re.IGNORECASE,
)
_TRACKING = re.compile(r"^(?:utm_\w+|fbclid|gclid|igshid|mc_\w+|ref|ref_src|si|s|t|v|feature|story_fbid|__\w+)$")
_OWNERS = re.compile(
    r"(?:account|acct|customer|cust|client|order|booking|reservation|contract|policy|invoice|member|user|pnr|konto|kunde|"
    r"kunden|bestell|vertrag|auftrag|rechnung|compte|commande|contrat|facture|cuenta|pedido|reserva|contrato|factura|conto|"
    r"cliente|ordine|klant|bestelling|klient|zamowienie|kund|bestallning)\w{0,8}?[_-]?(?:id|no|nr|number|nummer|ref)?$"
)


def tokens(text: str) -> Iterator[Span]:
    """Tokens that stand in the open: known by their prefix, by the word before, or by looking like chance."""
    for match in _KNOWN.finditer(text):
        yield Span(Kind.TOKEN, *match.span())
    for match in _RUN.finditer(text):
        value = match.group()
        if not any(c.isdigit() for c in value) or (len(value) < _LEAST_HEX and not any(c.isalpha() for c in value)):
            continue
        named = _NAMED.search(text, max(0, match.start() - 48), match.start())
        near = len(value) >= 14 and (
            _NEAR.search(text, max(0, match.start() - 70), match.start())
            or _NEAR.search(text, match.end(), match.end() + 50)
        )
        if ((named or near) and _like_chance(value, least=2.8) and (named or _turns(value))) or (
            len(value) >= _LONG and _chance(value)
        ):
            yield Span(Kind.TOKEN, *match.span())


def _turns(value: str) -> bool:
    return sum(a.isdigit() != b.isdigit() for a, b in pairwise(value)) >= 3


_FILE = re.compile(r"\.(?:pdf|jpe?g|png|gif|webp|heic|docx?|xlsx?|csv|txt|mp4|mov|zip|eml)$", re.IGNORECASE)


def _chance(value: str) -> bool:
    if _FILE.search(value):
        return False
    return bool(_HEX.match(value)) or (_mixed(value) and _like_chance(value, least=_BITS))


def _mixed(value: str) -> bool:
    """Small and large letters and digits, as base64 has them, changing often."""
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" if c.islower() else "-" for c in value]
    changes = sum(a != b for a, b in pairwise(kinds))
    return {"d", "u", "l"} <= set(kinds) and changes * 4 >= len(value) and kinds.count("-") * 8 <= len(value)


def _like_chance(value: str, *, least: float) -> bool:
    if not any(c.isdigit() for c in value) or not any(c.isalpha() for c in value):
        return False
    counts = Counter(value)
    return -sum(n / len(value) * log2(n / len(value)) for n in counts.values()) >= least


def in_links(text: str, parameters: list[Parameter], links: list[tuple[int, int]]) -> Iterator[Span]:
    """What a link carries: a key, a name and password before its host, an account's number."""
    for start, end in links:
        for match in (*_KNOWN.finditer(text, start, end), *_LOGIN.finditer(text, start, end)):
            yield Span(Kind.TOKEN, *match.span())
        for match in _DOOR_PATH.finditer(text, start, end):
            if any(c.isdigit() for c in match["value"]):
                yield Span(Kind.TOKEN, *match.span("value"))
    for parameter in parameters:
        digits = sum(c.isdigit() for c in parameter.value)
        if _TRACKING.match(parameter.name):
            continue
        if _DOORS.search(parameter.name) and (len(parameter.value) >= 12 or digits >= 4):
            yield Span(Kind.TOKEN, parameter.start, parameter.end)
        elif _OWNERS.search(parameter.name) and digits >= 4:
            yield Span(Kind.ACCOUNT, parameter.start, parameter.end)
