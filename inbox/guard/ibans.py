"""Bank accounts that carry their own check: IBANs, in groups or not."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban
from stdnum.iso7064 import mod_97_10

from inbox.guard.shapes import Kind, Span
from inbox.guard.words import Context, Topic

_BEGINS = re.compile(r"(?<![A-Za-z0-9])(?:IBAN)?(?=[A-Z]{2}[ .:-]?[0-9]{2}|[A-Za-z]{2}[0-9]{2})", re.IGNORECASE)
_GAPS = " \n\t.-_/:,*"
_SHORTEST, _LONGEST = 15, 34
_LENGTHS = {"DE": 22, "AT": 20, "CH": 21, "GB": 22, "IE": 22, "FR": 27, "MC": 27, "BE": 16, "LU": 20, "NL": 18}
_LENGTHS |= {"ES": 24, "PT": 25, "IT": 27, "SM": 27, "PL": 28, "SE": 24, "DK": 18, "NO": 15, "FI": 18, "CZ": 24}
# Countries whose lengths the library knows: they are rarely written here.
_ELSEWHERE_ALL = (
    "AD AE AL AZ BA BG BH BI BR BY CR CY DJ DO EE EG FK FO GE GI GL GR GT HN HR HU IL IQ IS JO KW KZ LB LC LI LT LV LY MD ME MK "
    "MN MR MT MU NI OM PK PS QA RO RS RU SA SC SD SI SK SO ST SV TL TN TR UA VA VG XK YE"
)
_ELSEWHERE = frozenset(_ELSEWHERE_ALL.split())


def ibans(context: Context, text: str, begin: int = 0) -> Iterator[Span]:
    """IBANs with the right check digits; with the word beside them also those that somebody mistyped."""
    done = 0
    for match in _BEGINS.finditer(text, begin):
        start = match.end()
        if start < done:
            continue
        places = _characters(text, start)
        end = _checked(text, places) or (_meant(context, text, places) if places else None)
        if end:
            done = end
            yield Span(Kind.IBAN, start, end)


def _characters(text: str, start: int) -> list[int]:
    """Where the letters and digits stand that may belong to an IBAN that begins at ``start``."""
    places: list[int] = []
    gap = 0
    for at in range(start, min(len(text), start + _LONGEST * 3)):
        if text[at].isascii() and text[at].isalnum():
            places.append(at)
            gap = 0
        elif text[at] not in _GAPS or (gap := gap + 1) > 3:
            break
        if len(places) == _LONGEST:
            break
    return places


def _checked(text: str, places: list[int]) -> int | None:
    compact = "".join(text[at] for at in places).upper()
    if sum(map(str.isdigit, compact)) < 8:
        return None
    known = _LENGTHS.get(compact[:2])
    if known is None and compact[:2] not in _ELSEWHERE:
        return None
    if known and known > len(compact):
        return None
    for length in [known] if known else range(len(compact), _SHORTEST - 1, -1):
        piece = compact[:length]
        following = text[places[length - 1] + 1 : places[length - 1] + 2]
        if following.isalnum() and following.isascii():
            continue  # An IBAN ends where a word ends.
        if mod_97_10.is_valid(piece[4:] + piece[:4]) if known else iban.is_valid(piece, check_country=False):
            return places[length - 1] + 1
    return None


def _meant(context: Context, text: str, places: list[int]) -> int | None:
    """The end of what was called an IBAN and has the shape of one, though its check digits are wrong."""
    if Topic.IBAN not in context.topics(places[0], places[0]):
        return None
    compact = "".join(text[at] for at in places).upper()
    length = _LENGTHS.get(compact[:2], 0)
    if not length or len(compact) < length or sum(map(str.isdigit, compact[:length])) < 10:
        return None
    return places[length - 1] + 1
