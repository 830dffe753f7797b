"""Where somebody lives: street and house number in the way of each country."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from collections.abc import Iterator

from inbox.guard.shapes import Kind, Span

_CAP = r"(?:[A-ZÀ-ÞŁŚŻŹĆ0-9][\w'’.-]{0,30})"
_HOUSE = r"[1-9]\d{0,3}(?:[ ]?[a-zA-Z](?![\w'’]))?(?:[ ]?[-/][ ]?\d{1,4}[a-zA-Z]?)?"
# What follows a number that counts something else than houses.
_NOT_A_HOUSE = (
    r"(?![\w%€$£]|[.,:]\d|[ ]?(?:times?|x|days?|hours?|hrs?|minutes?|mins?|weeks?|months?|years?|am|pm|uhr|stunden|minuten|tage|"
    r"jahre|km|miles?|meters?|metros|metri|heures?|jours?|minuti|ore|volte|giorni|veces|fois|razy|keer|ganger|horas|dias|minutos|uur|dagen|minuten|godzin|dni|minut|"
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

# Nouns behind a German preposition whose number counts something else than houses.
_NO_PLACE = (
    r"(?!(?:Store|Shop|Laden|Center|Filiale|Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag|Januar|Februar|März|April|Mai|Juni|Juli|August|September|"
    r"Oktober|November|Dezember|Seite|Schritt|Kapitel|Punkt|Gleis|Gate|Terminal|Linie|Zug|Artikel|Paragraph|Absatz|Tag|Bahnsteig|"
    r"Zimmer|Raum|Etage|Stock|Halle|Stand|Jahr|Bild|Menü|Preis|Wert|Alter|Schnitt|Version|Paket|Tarif|Bus|Wagen|Abschnitt|Jahrgang|"
    r"Block|Kanal|Channel|Windows|Android|Update|Level|Quartal|Vergleich|Durchschnitt|Monat|Abend|Morgen|Vormittag|Nachmittag)\w*)"
)
_NO_NAME = (
    r"(?!(?:Star|Year|Free|Mbit|Mbps|GB|MB|TB|Days?|Hours?|Top|Percent|New|Months?|Weeks?|Minutes?|Great|Good|Best|Million|Years|"
    r"Steps?|Ways?|Times|Points?|Miles?|January|February|March|April|May|June|July|August|September|October|November|December)\b)"
)
_PATTERNS = [
    # 12 Baker Street; Flat 3, 12 Baker St; 1600 Elm Ave
    re.compile(
        rf"(?<![\w.,$€£/#:-])\d{{1,5}}(?:[ ]?[A-Za-z]|-\d{{1,5}})?,?[ ](?:(?:[NSEW]|North|South|East|West)\.?[ ])?"
        rf"{_NO_NAME}(?:{_CAP}[ ]){{1,4}}(?i:{_ENGLISH})(?![\w'’])"
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
    re.compile(
        rf"(?<!\w)(?:Am|An de[rmn]|Im|In de[rn]|Unter de[nrm]|Auf de[mr]|Zu[mr]|Beim?|Hinter de[mr])[ ]{_NO_PLACE}{_CAP}(?:[ ]{_CAP})?[ ]{_HOUSE}"
        rf"(?=[ ]*(?:$|[,;)\n]|\.(?!\d| [A-ZÄÖÜ]?[a-zä-ü]+ ?\d)|in[ ][A-ZÄÖÜ]))"
    ),
    # shipped to 4521 Magnolia
    re.compile(
        rf"(?i:address|lives? at|deliver\w* (?:it )?to|ship\w* (?:it )?to|sent (?:it )?to|send (?:it )?to|resid\w+ at|moved? to|home at|house at|parcel to|package to)"
        rf"[^.!?\n]{{0,25}}?[ ](\d{{1,5}}[ ](?:[NSEW]\.?[ ])?{_CAP}(?:[ ]{_CAP}){{0,2}})"
    ),
    re.compile(
        rf"(?<![\w.,$€£/#:-])\d{{1,5}}[ ](?:{_CAP}[ ]?){{1,3}},[ ](?:{_CAP}[ ]?){{1,3}},?[ ][A-Z]{{2}}[ ]\d{{5}}(?!\d)"
    ),
    re.compile(r"(?<![\w.,$€£/#:-])\d{1,5}[ ](?:[NSEW]\.?[ ])?(?:Broadway|Bowery|Embarcadero|Strand|Piccadilly)(?!\w)"),
    # 12 bis rue de la Paix
    re.compile(
        r"(?<![\w.,/-])\d{1,4}(?:[ ]?(?:bis|ter|quater|[a-d](?!\w)))?,?[ ](?:rue|avenue|av\.?|ave\.?|boulevard|bd\.?|bld\.?|blvd|allees?|allées?|chemin|impasse|faubourg|fbg|"
        r"sentier|résidence|residence|lotissement|esplanade|hameau|montée|(?:place|pl\.|quai|route|rte|cours|square|passage|villa|cité|voie)"
        r"(?=[ ](?:(?:du|de|des|la|le|les|d['’]|l['’]|aux?|à)[ ]?){0,3}(?-i:[A-ZÀ-Þ])))"
        r"[ ](?:(?:du|de|des|la|le|les|d['’]|l['’]|aux?|à)[ ]?){0,3}[\wÀ-ÿ'’-]{2,}",
        re.IGNORECASE,
    ),
    # Calle Mayor 5, 2.º B
    re.compile(
        rf"(?<!\w)(?:calle|c/|c\.(?= ?[A-ZÁÉÍÓÚÑ])|avenida|avda\.?|av\.|plaza|pza\.?|paseo|pº|camino|carretera|ctra\.?|ronda|travesía|travesia|pasaje|glorieta|urbanización|rambla|carrer)"
        rf"[ ]?(?:[\wÀ-ÿ.'’ªº-]{{1,24}}[ ]){{0,5}}[\wÀ-ÿ.'’-]{{1,24}},?[ ](?:n[.ºo°]{{0,3}}[ ]?|núm(?:ero)?\.?[ ]?|numero[ ])?{_HOUSE}{_NOT_A_HOUSE}",
        re.IGNORECASE,
    ),
    # Via Roma 12; "via" is a word of many languages, so the name needs its capital
    re.compile(
        rf"(?<!\w)(?:[Vv]ia(?:le|letto)?|VIA|V\.(?:le)?|P\.z?z?a|C\.so|L\.go|Str\.|[Pp]iazz(?:a|ale|etta)|[Cc]orso|[Vv]icolo|[Ll]argo|[Cc]ontrada|[Ll]ungomare|[Ss]trada|[Ll]ocalità|[Ff]razione)(?![ ](?:Twitter|Facebook|Whats[Aa]pp|Messenger|Instagram|Telegram|DM|SMS|App|E-?[Mm]ail|Mail|X|Mastodon|Bluesky|Internet|Web|Chat|Pay[Pp]al|Bus)\b)"
        rf"[ ](?:(?:de[lgi]{{0,2}}|della|delle|dello|dei|degli|di|dell['’]|San|Santa|d['’])[ ]?){{0,2}}(?!\d{{3}})(?:{_CAP}[ ]?){{1,4}}(?<=\w),?[ ](?:n\.?[ ]?|nr\.?[ ]?|civico[ ])?{_HOUSE}{_NOT_A_HOUSE}"
    ),
    # ul. Długa 5/7 m. 3
    re.compile(
        rf"(?<!\w)(?:ul\.?|ulic[ayęe]|al\.|alej[aęei]|alejach|aleje|pl\.|plac(?:u|em)?|os\.|osiedl[eau]|rynek|skwer)(?:[ ]|(?<=\.))(?:[\wÀ-žŁł.'’-]{{1,24}}[ ]){{0,4}}[\wÀ-žŁł.'’-]{{2,24}}[ ]{_HOUSE}(?:[ ]?(?:m\.?|lok\.?|/)[ ]?\d+)?{_NOT_A_HOUSE}",
        re.IGNORECASE,
    ),
    # A street and its number before a postal code, whatever the street is called: Lindenhof 3, 80010 Ort
    re.compile(
        rf"(?<!\w)(?:{_CAP}[ ]){{1,4}}{_HOUSE},?[ \n]{{1,2}}(?:D-|F-|I-|NL-|S-|SE-|PL-)?(?:\d{{5}}|\d{{2}}-\d{{3}}|\d{{3}}[ ]\d{{2}}|\d{{4}}[ ]?[A-Z]{{2}})[ ]{_CAP}"
    ),
]
# Hauptstraße 12; Keizersgracht 123; Storgatan 12 B: the street's name ends like streets of its country.
# What must stand in a text before its pattern is worth the time, in the order of the patterns.
_GATES = [
    None,
    re.compile(_ENGLISH_SURE),
    re.compile("box|postfach|postal|apartado|postbus|skrytka"),
    re.compile("str|allee|platz|weg|ring|damm|gasse|ufer|chaussee"),
    re.compile(r"\d{5}"),
    re.compile(r"\b(?:am|an de|im|in de|unter de|auf de|zu[mr]|bei|hinter)\w? [a-z]"),
    re.compile("address|live|deliver|ship|sent|send|resid|move|home at|house at|parcel|package"),
    re.compile(r", [a-z]{2} \d{5}"),
    re.compile("broadway|bowery|embarcadero|strand|piccadilly"),
    None,
    re.compile(
        r"calle|c/|c\.|aven|avda|av\.|pla?za|paseo|po |camino|carret|ctra|ronda|traves|pasaje|glorieta|urban|rambla|carrer"
    ),
    re.compile(r"via|v\.|piazz|p\.|corso|c\.so|vicolo|largo|l\.go|contrada|lungomare|stra?d|str\.|localita|frazione"),
    re.compile(r"ul[. i]|al[.e ]|pl[. a]|os[. i]|rynek|skwer"),
    re.compile(r"\d{4}|\d\d-\d{3}|\d{3} \d\d"),
]
_NUMBER = re.compile(r"(?<=[a-zß.'’])[ ]?(?=[1-9])")
_ENDINGS = (
    "straße strasse str. gasse allee platz chaussee damm ufer ring weg steig pfad straat laan plein gracht kade singel "
    "dijk dreef plantsoen steeg burgwal hof pad markt wal gatan gata vagen vag grand granden torget torg allen stigen "
    "backen leden kajen garden slingan svangen ringen brinken liden stranden strand esplanaden backe stig planen platsen "
    "plats rundan hojden kroken gardet promenaden udden lyckan straket angen lunden dalen hagen alle tunet berget"
)
_STREETS = tuple(_ENDINGS.split())
_REST = re.compile(rf"{_HOUSE}{_NOT_A_HOUSE}", re.IGNORECASE)
_AFTER_A_NAME = re.compile(r"(?<!\w)[A-ZÀ-Þ][\w'’-]+[ ]$")
_HEAD = re.compile(r"[\w'’.-]+$")  # The word that "straße" ends.


def places(masked: str, plain: str) -> Iterator[Span]:
    """Postal addresses: a street and a number, whatever follows."""
    for gate, pattern in zip(_GATES, _PATTERNS, strict=True):
        if not gate or gate.search(plain):
            for match in pattern.finditer(masked):
                yield Span(Kind.ADDRESS, *match.span(match.lastindex or 0))
    yield from _by_the_streets_end(masked, plain)


def _by_the_streets_end(masked: str, plain: str) -> Iterator[Span]:
    for number in _NUMBER.finditer(plain):
        if not plain.endswith(_STREETS, max(0, number.start() - 12), number.start()):
            continue
        head = _HEAD.search(masked, max(0, number.start() - 40), number.start())
        rest = _REST.match(masked, number.end())
        if (
            head
            and rest
            and (
                head.group().lower() not in _STREETS
                or _AFTER_A_NAME.search(masked, max(0, head.start() - 40), head.start())
            )
        ):
            yield Span(Kind.ADDRESS, head.start(), rest.end())
