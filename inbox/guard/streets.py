"""House numbers, and streets that are known by how their name ends: Hauptstraße 12, Keizersgracht 123, Storgatan 12 B."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from collections.abc import Iterator

# A number that may be a year is one: no street of Europe is that long.
HOUSE = r"(?!(?:19[5-9]|20[0-4])\d(?!\d))[1-9]\d{0,3}(?:[ ]?[a-zA-Z](?![\w'’]))?(?:[ ]?[-/][ ]?\d{1,4}[a-zA-Z]?)?"
# What follows a number that counts something else than houses.
NOT_A_HOUSE = (
    r"(?![\w%€$£]|[.,:]\d|[ ]?(?:times?|x|days?|hours?|hrs?|minutes?|mins?|weeks?|months?|years?|am|pm|uhr|stunden|minuten|tage|"
    r"jahre|km|miles?|meters?|metros|metri|heures?|jours?|minuti|ore|volte|giorni|veces|fois|razy|keer|ganger|horas|d[ií]as|kilom\w*|meter|plätze|stück|platser|plekken|miejsc|places|plazas|posti|bus|autobus|negozi|tiendas|forms?|formulare|minutos|uur|dagen|minuten|godzin|dni|minut|"
    r"timmar|dagar|minuter|euros?|eur|kr|zl|gb|mb|%)(?!\w))"
)

_NUMBER = re.compile(r"(?<=[a-zß.'’])[ ]?(?=[1-9])")
_ENDINGS = (
    "straße strasse str. gasse allee platz chaussee damm ufer ring weg steig pfad straat laan plein gracht kade singel "
    "dijk dreef plantsoen steeg burgwal hof pad markt wal gatan gata vagen vag grand granden torget torg allen stigen "
    "backen leden kajen garden slingan svangen ringen brinken liden stranden strand esplanaden backe stig planen platsen "
    "plats rundan hojden kroken gardet promenaden udden lyckan straket angen lunden dalen hagen alle tunet berget"
)
_STREETS = tuple(_ENDINGS.split())
# Endings that only a street has: its name need not begin with a capital.
_SURE = ("straße", "strasse", "str.", "gasse", "straat", "gracht", "laan", "gatan", "vagen")
# What ends like a street and is none. "-ring" ends many nouns: it needs a preposition before it.
_NO_STREET = re.compile(
    r"(?:.*(?:i|think|touch|note|key|mouse|game|launch)pad|.*(?:sitz|stell|park|arbeits|steh|liege|spiel|camping|schlaf|fenster|lager|"
    r"speicher|mark)platz|.*(?:super|bau|floh|weihnachts|getranke|arbeits|drogerie|bio|aktien|finanz)markt|"
    r".*(?:freizeit|pret|vergnugungs|themen|tier|wild|fuhr|solar|wind|dieren)park|.*parkeerplein|(?:um|ruck|heim|hin|arbeits)weg|"
    r".*(?:[ehfk]|kr|schn|qu)alle|.*(?:renewal|withdrawal)|.*(?:k|l|r)aufer|.*(?:skan|me|san)dalen|.*(?:betal|tids|pris|spel|rese)planen|"
    r".*(?:parkerings|arbets|sitt)platsen|.*(?:block|ar|cas|de)kade)$"
)
_PERHAPS = re.compile(r"(?:ring(?:en)?|(?:bahn|fried|bauern)hof)$")
_AT = re.compile(r"\b(?:am|im|zum|vom|op de|aan de|vid|pa|at|in|to)[ ](?:de[nrm][ ])?$")
_AFTER_A_NAME = re.compile(r"(?<!\w)[A-ZÀ-Þ][\w'’-]+[ ]$")
_HEAD = re.compile(r"[\w'’.-]+$")  # The word that "straße" ends.
_REST = re.compile(rf"{HOUSE}{NOT_A_HOUSE}", re.IGNORECASE)


def with_a_streets_ending(masked: str, plain: str) -> Iterator[tuple[int, int]]:
    """A word that ends like streets of its country, and a house number behind it."""
    for number in _NUMBER.finditer(plain):
        if not plain.endswith(_STREETS, max(0, number.start() - 12), number.start()):
            continue
        head = _HEAD.search(masked, max(0, number.start() - 40), number.start())
        rest = _REST.match(masked, number.end())
        if head and rest and _a_street(masked, plain, head):
            yield head.start(), rest.end()


def _a_street(masked: str, plain: str, head: re.Match[str]) -> bool:
    word, name = plain[head.start() : head.end()], head.group()
    if word in _STREETS:  # A word of its own: Alte Gasse, Lilla Torg.
        return name[0].isupper() and bool(_AFTER_A_NAME.search(masked, max(0, head.start() - 40), head.start()))
    if not name[0].isupper() and not word.endswith(_SURE):
        return False
    if _PERHAPS.search(word) and not _AT.search(plain, max(0, head.start() - 12), head.start()):
        return False
    return not _NO_STREET.match(word)
