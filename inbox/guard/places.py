"""Where somebody lives: street and house number in the way of each country."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from collections.abc import Iterator

from inbox.guard.shapes import Kind, Span
from inbox.guard.streets import HOUSE, NOT_A_HOUSE, with_a_streets_ending

_CAP = r"(?:[A-ZÀ-ÞŁŚŻŹĆ0-9][\w'’.-]{0,30})"
_ENGLISH_SURE = (
    r"street|avenue|road|lane|boulevard|blvd|crescent|parkway|pkwy|highway|hwy|terrace|gardens|mews|turnpike"
)
_ENGLISH = (
    _ENGLISH_SURE
    + r"|st|ave|rd|ln|drive|dr|court|ct|way|place|pl|square|sq|close|grove|row|walk|hill|circle|cir|trail|"
    r"park|green|rise|view|loop|plaza|quay|wharf|broadway|alley|path|pike|cres|gdns|ter|cl|gr|green"
)
_NO_STREET = r"(?!(?:stores?|shops?|blocks?|doors?|lanes?|cars?|new|best|major|other|mph|volt|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|miles?|km|business|working|more|of|in|on|to|the|and|or|way|ways|people|times|x|am|pm|stars?|out)\b)"

# No word of a street's name where it is written small: "9 stores on Main Street", "2 doors down the road".
_NO_NAME_WORD = (
    r"(?!(?:at|of|on|in|to|the|an?|and|or|our|your|their|my|this|that|from|by|for|with|up|down|off|along|across|near|per|is|are|"
    r"was|were|into|over|than|as|it|we|you)[ ])"
)
# The same in Spanish and Polish: "la Plaza de España hasta el 20", "na ul. Polnej są 4".
_NO_SPANISH = (
    r"(?!(?:hasta|desde|est[aá]n?|estar[aá]n?|cerrad[ao]s?|cortad[ao]s?|no|hay|con|para|por|en|entre|a|al|cada|solo|dura|cuesta|son|"
    r"es|tiene|abre|que|se)[ ])"
)
_NO_POLISH = r"(?!(?:są|sa|jest|był\w*|będ\w*|nie|od|do|na|w|we|z|ze|za|po|to|i|oraz|dla|przez|około|zależy)[ ])"
# What comes by way of something, in Italian, comes along no street.
_NO_ITALIAN = (
    r"(?!(?:Twitter|Facebook|Whats[Aa]pp|Messenger|Instagram|Telegram|DM|SMS|App|E-?[Mm]ail|Mail|X|Mastodon|Bluesky|Internet|Web|Chat|"
    r"Pay[Pp]al|Bus|Wi-?[Ff]i|Bluetooth|USB|HDMI|Lightning|Ethernet|Fibra|ADSL|Google|Apple|Android|iOS|Windows|Chrome|Skype|Zoom|Teams|"
    r"Signal|Viber|LinkedIn|TikTok|YouTube|Corriere|Poste?|Bonifico|Satispay|PagoPA|SPID|PEC|API|OTP|Terminal|Aeroporto|Autostrada|"
    r"Statale|Provinciale|Regionale)(?![\w]))"
)
# Nouns behind a German preposition whose number counts something else than houses.
_NO_PLACE = (
    r"(?!(?:Store|Shop|Laden|Supermarkt|Baumarkt|Getränkemarkt|Freizeitpark|Parkhaus|Flughafen|Center|Filiale|Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag|Januar|Februar|März|April|Mai|Juni|Juli|August|September|"
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
        rf"(?<![\w.,$€£/#:-])\d{{1,5}}[a-z]?,?[ ]{_NO_STREET}(?:{_NO_NAME_WORD}[a-z][\w'’.-]{{1,24}}[ ]){{1,3}}?(?:{_ENGLISH_SURE})(?![\w'’])",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<!\w)(?:p\.?[ ]?o\.?[ ]?box|postfach|boite postale|apartado(?: de correos)?|casella postale|postbus|skrytka pocztowa|postbox)[ :]{1,2}\d[\d ]{1,8}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<!\w){_CAP}[ ](?:Straße|Strasse|Str\.?|Allee|Platz|Weg|Ring|Damm|Gasse|Ufer|Chaussee)[ ]?{HOUSE}{NOT_A_HOUSE}"
    ),
    re.compile(
        rf"(?<!\w)(?:[Aa]m|[Aa]n de[rmn]|[Ii]m|[Ii]n de[rn]|[Uu]nter de[nrm]|[Aa]uf de[mr]|[Zz]u[mr]|[Bb]eim?|[Hh]inter de[mr])[ ](?:{_CAP}[ ]){{1,2}}{HOUSE},?[ ]{{1,2}}(?:in[ ])?\d{{5}}(?!\d)"
    ),
    re.compile(
        rf"(?<!\w)(?:Am|An de[rmn]|Im|In de[rn]|Unter de[nrm]|Auf de[mr]|Zu[mr]|Beim?|Hinter de[mr])[ ]{_NO_PLACE}{_CAP}(?:[ ]{_CAP})?[ ]{HOUSE}"
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
        r"(?<![\w.,/-])\d{1,4}(?:[ ]?(?:bis|ter|quater|[a-d](?!\w)))?,?[ ](?:rue|avenue|ave?\.|ave?(?=[ ](?-i:[A-ZÀ-Þ]))|boulevard|bd\.?|bld\.?|blvd|allees?|allées?|chemin|impasse|faubourg|fbg|"
        r"sentier|résidence|residence|lotissement|esplanade|hameau|montée|(?:place|pl\.|quai|route|rte|cours|square|passage|villa|cité|voie)"
        r"(?=[ ](?:(?:du|de|des|la|le|les|d['’]|l['’]|aux?|à)[ ]?){0,3}(?-i:[A-ZÀ-Þ])))"
        r"[ ](?:(?:du|de|des|la|le|les|d['’]|l['’]|aux?|à)[ ]?){0,3}[\wÀ-ÿ'’-]{2,}",
        re.IGNORECASE,
    ),
    # Calle Mayor 5, 2.º B
    re.compile(
        rf"(?<!\w)(?:calle|c/|c\.(?= ?[A-ZÁÉÍÓÚÑ])|avenida|avda\.?|av\.|plaza|pza\.?|paseo|pº|camino|carretera|ctra\.?|ronda|travesía|travesia|pasaje|glorieta|urbanización|rambla|carrer)"
        rf"(?![ ]de[ ](?:garaje|parking|aparcamiento|autobuses)\b)[ ]?(?:{_NO_SPANISH}[\wÀ-ÿ.'’ªº-]{{1,24}}[ ]){{0,5}}{_NO_SPANISH}(?!(?:de|del|la|el|los|las)[ ])[\wÀ-ÿ.'’-]{{1,24}},?[ ](?:n[.ºo°]{{0,3}}[ ]?|núm(?:ero)?\.?[ ]?|numero[ ])?{HOUSE}{NOT_A_HOUSE}",
        re.IGNORECASE,
    ),
    # Via Roma 12; "via" is a word of many languages, so the name needs its capital
    re.compile(
        rf"(?<!\w)(?:[Vv]ia(?:le|letto)?|VIA|V\.(?:le)?|P\.z?z?a|C\.so|L\.go|Str\.|[Pp]iazz(?:a|ale|etta)|(?<![Ii]l )(?<![Uu]n )(?<![dn]el )(?<![dD]al )[Cc]orso|[Vv]icolo|[Ll]argo|[Cc]ontrada|[Ll]ungomare|[Ss]trada|[Ll]ocalità|[Ff]razione)"
        rf"[ ](?:(?:de[lgi]{{0,2}}|della|delle|dello|dei|degli|di|dell['’]|San|Santa|d['’])[ ]?){{0,2}}(?!\d{{3}})(?:{_NO_ITALIAN}{_CAP}[ ]?){{1,4}}(?<=\w),?[ ](?:n\.?[ ]?|nr\.?[ ]?|civico[ ])?{HOUSE}{NOT_A_HOUSE}"
    ),
    # ul. Długa 5/7 m. 3
    re.compile(
        rf"(?<!\w)(?:ul\.?|ulic[ayęe]|al\.|pl\.|os\.|(?:alej[aęei]|alejach|plac(?:u|em)?|osiedl[eau]|rynek|skwer)(?=[ ](?-i:[A-ZŁŚŻŹĆ0-9])))(?:[ ]|(?<=\.))(?:{_NO_POLISH}[\wÀ-žŁł.'’-]{{1,24}}[ ]){{0,4}}{_NO_POLISH}[\wÀ-žŁł.'’-]{{2,24}}[ ]{HOUSE}(?:[ ]?(?:m\.?|lok\.?|/)[ ]?\d+)?{NOT_A_HOUSE}",
        re.IGNORECASE,
    ),
    # A street and its number before a postal code, whatever the street is called: Lindenhof 3, 80010 Ort
    re.compile(
        rf"(?<!\w)(?:{_CAP}[ ]){{1,4}}{HOUSE},?[ \n]{{1,2}}(?:D-|F-|I-|NL-|S-|SE-|PL-)?(?:\d{{5}}|\d{{2}}-\d{{3}}|\d{{3}}[ ]\d{{2}}|\d{{4}}[ ]?[A-Z]{{2}})[ ]{_CAP}"
    ),
]
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
    re.compile(r"\d ?[a-z]?,?[ \n]{1,2}(?:[a-z]{1,2}-)?(?:\d{5}|\d\d-\d{3}|\d{3} \d\d|\d{4} ?[a-z]{2}) "),
]
# "Android 14 Street View", "Level 26 Boss Hill": the noun before a number says that it counts no house.
_COUNTED = re.compile(
    r"(?:levels?|stages?|chapters?|seasons?|episodes?|rounds?|act|part|day|week|world|version|android|ios|ipados|macos|windows|"
    r"office|playstation|xbox|galaxy|iphone|ipad|pixel|line|routes?|bus|train|tram|gate|exit|lot|platform|track|terminal|room|"
    r"section|zone|area|junction|lane|aisle|page|step|ligne|arret|quai|voie|porte|sortie|niveau|etape|article)[ ]$"
)
# "The 2024 Holiday Gift Drive" is of a year, where the street's word has other meanings.
_A_YEARS = re.compile(
    r"(?:19[5-9]|20[0-4])\d .*(?i:drive|way|place|park|green|court|view|row|walk|hill|circle|trail|rise|path)$"
)
_THE = re.compile(r"\b(?:the|our|an?|this|every|each|last|next|in|during|since|for)[ ]$")


def places(masked: str, plain: str) -> Iterator[Span]:
    """Postal addresses: a street and a number, whatever follows."""
    for gate, pattern in zip(_GATES, _PATTERNS, strict=True):
        if not gate or gate.search(plain):
            for match in pattern.finditer(masked):
                if not _of_no_house(plain, match):
                    yield Span(Kind.ADDRESS, *match.span(match.lastindex or 0))
    for start, end in with_a_streets_ending(masked, plain):
        yield Span(Kind.ADDRESS, start, end)


def _of_no_house(plain: str, match: re.Match[str]) -> bool:
    """Whether what stands before a number says that it belongs to something else than a street."""
    if not match.group()[0].isdigit():
        return False
    before = max(0, match.start() - 16)
    return bool(
        _COUNTED.search(plain, before, match.start())
        or (_A_YEARS.match(match.group()) and _THE.search(plain, before, match.start()))
    )
