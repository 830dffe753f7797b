"""Where somebody lives: street and house number in the way of each country."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from collections.abc import Iterator

from inbox.guard.shapes import Kind, Level, Span

_CAP = r"(?:[A-ZÀ-ÞŁŚŻŹĆ0-9][\w'’.-]{0,30})"
_HOUSE = r"[1-9]\d{0,3}(?:[ ]?[a-zA-Z](?![\w'’]))?(?:[ ]?[-/][ ]?\d{1,4}[a-zA-Z]?)?"
# What follows a number that counts something else than houses.
_NOT_A_HOUSE = (
    r"(?![\w%€$£]|[.,:]\d|[ ]?(?:times?|x|days?|hours?|hrs?|minutes?|mins?|weeks?|months?|years?|am|pm|uhr|stunden|minuten|tage|"
    r"jahre|km|miles?|meters?|metros|metri|heures?|jours?|minuti|ore|giorni|horas|dias|minutos|uur|dagen|minuten|godzin|dni|minut|"
    r"timmar|dagar|minuter|euros?|eur|kr|zl|gb|mb|%)(?!\w))"
)
_ENGLISH_SURE = (
    r"street|avenue|road|lane|boulevard|blvd|crescent|parkway|pkwy|highway|hwy|terrace|gardens|mews|turnpike"
)
_ENGLISH = (
    _ENGLISH_SURE
    + r"|st|ave|rd|ln|drive|dr|court|ct|way|place|pl|square|sq|close|grove|row|walk|hill|circle|cir|trail|"
    r"park|green|rise|view|loop|plaza|quay|wharf|broadway|alley|path|pike|cres|gdns|ter|cl|gr|green"
)
_NO_STREET = r"(?!(?:minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|miles?|km|business|working|more|of|in|on|to|the|and|or|way|ways|people|times|x|am|pm|stars?|out)\b)"

_UNITED_KINGDOM_CODE = re.compile(r"(?<![\w])(?:[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[ABD-HJLNP-UW-Z]{2}|GIR 0AA)(?!\w)")
_PATTERNS = [
    # 12 Baker Street; Flat 3, 12 Baker St; 1600 Elm Ave
    re.compile(
        rf"(?<![\w.,$€£/#:-])\d{{1,5}}(?:[ ]?[A-Za-z]|-\d{{1,5}})?,?[ ](?:(?:[NSEW]|North|South|East|West)\.?[ ])?"
        rf"(?:{_CAP}[ ]){{1,4}}(?i:{_ENGLISH})(?![\w'’])"
    ),
    re.compile(
        rf"(?<![\w.,$€£/#:-])\d{{1,5}}[a-z]?,?[ ]{_NO_STREET}(?:[a-z][\w'’.-]{{1,24}}[ ]){{1,3}}?(?:{_ENGLISH_SURE})(?![\w'’])",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<!\w)(?:p\.?[ ]?o\.?[ ]?box|postfach|boite postale|apartado(?: de correos)?|casella postale|postbus|skrytka pocztowa|postbox)[ :]{1,2}\d[\d ]{1,8}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<!\w){_CAP}[ ](?:Straße|Strasse|Str\.?|Allee|Platz|Weg|Ring|Damm|Gasse|Ufer|Chaussee)[ ]?{_HOUSE}{_NOT_A_HOUSE}"
    ),
    re.compile(
        rf"(?<!\w)(?:[Aa]m|[Aa]n de[rmn]|[Ii]m|[Ii]n de[rn]|[Uu]nter de[nrm]|[Aa]uf de[mr]|[Zz]u[mr]|[Bb]eim?|[Hh]inter de[mr])[ ](?:{_CAP}[ ]){{1,2}}{_HOUSE},?[ ]{{1,2}}(?:in[ ])?\d{{5}}(?!\d)"
    ),
    # 12 bis rue de la Paix
    re.compile(
        r"(?<![\w.,/-])\d{1,4}(?:[ ]?(?:bis|ter|quater|[a-d](?!\w)))?,?[ ](?:rue|avenue|av\.?|ave\.?|boulevard|bd\.?|bld\.?|blvd|place|pl\.|allees?|allées?|chemin|"
        r"impasse|quai|route|rte|cours|square|passage|faubourg|fbg|sentier|résidence|residence|lotissement|esplanade|villa|cité|hameau|voie|montée)"
        r"[ ](?:(?:du|de|des|la|le|les|d['’]|l['’]|aux?|à)[ ]?){0,3}[\wÀ-ÿ'’-]{2,}",
        re.IGNORECASE,
    ),
    # Calle Mayor 5, 2.º B
    re.compile(
        rf"(?<!\w)(?:calle|c/|avenida|avda\.?|av\.|plaza|pza\.?|paseo|pº|camino|carretera|ctra\.?|ronda|travesía|travesia|pasaje|glorieta|urbanización|rambla|carrer)"
        rf"[ ]?(?:[\wÀ-ÿ.'’ªº-]{{1,24}}[ ]){{0,5}}[\wÀ-ÿ.'’-]{{1,24}},?[ ](?:n[.ºo°]{{0,3}}[ ]?|núm(?:ero)?\.?[ ]?|numero[ ])?{_HOUSE}{_NOT_A_HOUSE}",
        re.IGNORECASE,
    ),
    # Via Roma 12; "via" is a word of many languages, so the name needs its capital
    re.compile(
        rf"(?<!\w)(?:[Vv]ia(?:le|letto)?|VIA|[Pp]iazz(?:a|ale|etta)|[Cc]orso|[Vv]icolo|[Ll]argo|[Cc]ontrada|[Ll]ungomare|[Ss]trada|[Ll]ocalità|[Ff]razione)"
        rf"[ ](?:(?:de[lgi]{{0,2}}|della|delle|dello|dei|degli|di|dell['’]|San|Santa|d['’])[ ]?){{0,2}}(?:{_CAP}[ ]?){{1,4}}(?<=\w),?[ ](?:n\.?[ ]?|nr\.?[ ]?|civico[ ])?{_HOUSE}{_NOT_A_HOUSE}"
    ),
    # ul. Długa 5/7 m. 3
    re.compile(
        rf"(?<!\w)(?:ul\.?|ulic[ayęe]|al\.|alej[aęei]|alejach|aleje|pl\.|plac(?:u|em)?|os\.|osiedl[eau]|rynek|skwer)[ ]?(?:[\wÀ-žŁł.'’-]{{1,24}}[ ]){{0,4}}[\wÀ-žŁł.'’-]{{2,24}}[ ]{_HOUSE}(?:[ ]?(?:m\.?|lok\.?|/)[ ]?\d+)?{_NOT_A_HOUSE}",
        re.IGNORECASE,
    ),
]
# Hauptstraße 12; Keizersgracht 123; Storgatan 12 B: the street's name ends like streets of its country.
_NUMBER = re.compile(r"(?<=[a-zß.'’])[ ]?(?=[1-9])")
_ENDINGS = (
    "straße strasse str. gasse allee platz chaussee damm ufer ring weg steig pfad straat laan plein gracht kade singel "
    "dijk dreef plantsoen steeg burgwal hof pad markt wal gatan gata vagen vag grand granden torget torg allen stigen "
    "backen leden kajen garden"
)
_STREETS = tuple(_ENDINGS.split())
_REST = re.compile(rf"{_HOUSE}{_NOT_A_HOUSE}", re.IGNORECASE)
_NO_NAMES = frozenset(
    {"garden", "grand", "ring", "allen", "hof", "weg", "wal", "pad", "allee", "platz", "laan", "markt"}
)
_HEAD = re.compile(r"[\w'’.-]+$")  # The word that "straße" ends.
# A street and its number before a postal code, whatever the street is called: Lindenhof 3, 8001 Ort.
_BEFORE_A_CODE = re.compile(
    rf"(?<!\w)(?:{_CAP}[ ]){{1,4}}{_HOUSE},?[ \n]{{1,2}}(?:D-|F-|I-|NL-|S-|SE-|PL-)?(?:\d{{5}}|\d{{2}}-\d{{3}}|\d{{3}}[ ]\d{{2}}|\d{{4}}[ ]?[A-Z]{{2}})[ ]{_CAP}"
)


def places(masked: str, plain: str) -> Iterator[Span]:
    """Postal addresses. A British postcode alone only warns: it is a few houses, not one."""
    for pattern in (*_PATTERNS, _BEFORE_A_CODE):
        for match in pattern.finditer(masked):
            yield Span(Kind.ADDRESS, *match.span())
    yield from _by_the_streets_end(masked, plain)
    for match in _UNITED_KINGDOM_CODE.finditer(masked):
        yield Span(Kind.ADDRESS, *match.span(), Level.WARN)


def _by_the_streets_end(masked: str, plain: str) -> Iterator[Span]:
    for number in _NUMBER.finditer(plain):
        if not plain.endswith(_STREETS, max(0, number.start() - 12), number.start()):
            continue
        head = _HEAD.search(masked, max(0, number.start() - 40), number.start())
        rest = _REST.match(masked, number.end())
        if head and rest and head.group().lower().rstrip(".") not in _NO_NAMES:
            yield Span(Kind.ADDRESS, head.start(), rest.end())
