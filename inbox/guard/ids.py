"""Numbers that a state gives to a person: by their own check digits, or by the word beside them."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.exceptions import ValidationError
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.us import ssn

from inbox.guard.shapes import Kind, Span
from inbox.guard.words import Context, Topic

_G = r"[ .\-/]{0,2}"
_NINO = re.compile(
    rf"(?<![A-Za-z0-9])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]{_G}\d\d{_G}\d\d{_G}\d\d{_G}[A-D](?![A-Za-z0-9])",
    re.IGNORECASE,
)
_DNI = re.compile(
    rf"(?<![A-Za-z0-9])(?:[XYZxyz]{_G})?\d(?:[ .]?\d){{6,7}}(?:[ .\-/]{{1,2}}[A-HJ-NP-TV-Z]|[A-HJ-NP-TV-Za-hj-np-tv-z])(?![A-Za-z0-9])"
)
_FISCAL = re.compile(
    rf"(?<![A-Za-z0-9])[A-Z]{{3}}{_G}[A-Z]{{3}}{_G}[0-9L-NP-V]{{2}}{_G}?[ABCDEHLMPRST]{_G}?[0-9L-NP-V]{{2}}{_G}[A-Z]{_G}?[0-9L-NP-V]{{3}}{_G}?[A-Z](?![A-Za-z0-9])",
    re.IGNORECASE,
)
_NIR = re.compile(
    rf"(?<!\d)[1-4]{_G}\d\d{_G}(?:0[1-9]|1[0-2]|[2-9]\d){_G}(?:\d\d|2[AB]){_G}\d{{3}}{_G}\d{{3}}(?:{_G}\d\d)?(?!\d)",
    re.IGNORECASE,
)
_SSN = re.compile(r"\d{3}(?<![\d-]\d{3})(?:-\d\d-\d{4}(?![\d-])|(?<!\d \d{3}) \d\d \d{4}(?!\d| \d))")
_PERSON = re.compile(r"\d{6}(?<!\d{7})(?:(?:\d\d)?[-+]\d{4}(?!\d)|(?<=(?:19|20)\d{4})\d\d\s?\d{4}(?!\d))")
_GERMAN_SURE = re.compile(r"(?![A-Z]{2,4}\d+$)(?=(?:.*\d){3})[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}\d$")
_GERMAN = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Z0-9]{8}(?:[ <-]?\d)?(?![A-Za-z0-9])", re.IGNORECASE)
_DOCUMENT = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Z0-9 -]{6,14}(?![A-Za-z0-9]))[A-Z0-9]{1,3}[ -]?(?=(?:[A-Z ]*\d){4})[A-Z0-9]{4,10}(?![A-Za-z0-9])"
)


def ids_with_letters(context: Context, text: str) -> Iterator[Span]:
    """Those whose shape is their own: no word is needed where the check digits are right."""
    for match in _NINO.finditer(text):
        yield Span(Kind.NATIONAL_ID, *match.span())
    for match in _DNI.finditer(text):
        compact = re.sub(r"[ .\-/]", "", match.group()).upper()
        if _valid(nie if compact[0] in "XYZ" else dni, compact) or _called(context, match.start(), match.end()):
            yield Span(Kind.NATIONAL_ID, *match.span())
    for match in _FISCAL.finditer(text):
        if _valid(codicefiscale, re.sub(r"[ .\-/]", "", match.group())) or _called(context, *match.span()):
            yield Span(Kind.NATIONAL_ID, *match.span())
    for match in _NIR.finditer(text):
        compact = re.sub(r"[ .\-/]", "", match.group()).upper()
        if (len(compact) == 15 and _valid(nir, compact)) or _called(context, *match.span()):
            yield Span(Kind.NATIONAL_ID, *match.span())
    for match in _GERMAN.finditer(text):
        compact = re.sub(r"[ <-]", "", match.group()).upper()
        if (
            any(map(str.isdigit, compact))
            and compact.isalnum()
            and ((_GERMAN_SURE.match(compact) and _checked(compact)) or _called(context, *match.span()))
        ):
            yield Span(Kind.NATIONAL_ID, *match.span())
    if any(word.topic is Topic.ID for word in context.words):
        for match in _DOCUMENT.finditer(text):
            if _called(context, *match.span()):
                yield Span(Kind.NATIONAL_ID, *match.span())


def ids_of_digits(text: str) -> Iterator[Span]:
    """Those of digits in a shape that nothing else has."""
    for match in _SSN.finditer(text):
        if _valid(ssn, match.group().replace(" ", "-")):
            yield Span(Kind.NATIONAL_ID, *match.span())
    for match in _PERSON.finditer(text):
        if _valid(personnummer, match.group()):
            yield Span(Kind.NATIONAL_ID, *match.span())


def a_states_number(digits: str, *, grouped: bool) -> bool:
    """Whether bare digits carry the check of a national number that is too long to be chance."""
    if len(digits) == 11:
        return _valid(pesel, digits) or (grouped and _valid(idnr, digits))
    return len(digits) == 15 and _valid(nir, digits)


def _checked(compact: str) -> bool:
    """Whether the last digit is the check digit of a machine-readable document (ICAO 9303)."""
    values = [int(char, 36) * weight for char, weight in zip(compact[:9], (7, 3, 1) * 3, strict=True)]
    return compact[9].isdigit() and sum(values) % 10 == int(compact[9])


def _called(context: Context, start: int, end: int) -> bool:
    return Topic.ID in context.topics(start, end)[:2]


def _valid(module: object, number: str) -> bool:
    validate = getattr(module, "validate")  # noqa: B009 - the modules of stdnum share this name only
    try:
        return bool(validate(number))
    except ValidationError:
        return False
