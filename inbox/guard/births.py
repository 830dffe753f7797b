"""Dates, and those that are somebody's birthday."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from inbox.guard.folding import Folded
from inbox.guard.shapes import Kind, Span
from inbox.guard.words import Context, Topic

_MONTHS = (
    "jan(?:uar[yi]?|uari|vier)?|janner|enero|ene|gennaio|gen|stycz(?:en|nia)|sty",
    "feb(?:ruar[yi]?|ruari|rero|braio)?|fevrier|fev|lut(?:y|ego)?",
    "mar(?:ch|s|zo|zec|ca)?|marz|maart|mrt",
    "apr(?:il|ile)?|avril|avr|abril|abr|kwie(?:cien|tnia)|kwi",
    "ma[yij]|mayo|maggio|mag|maja",
    "jun[ei]?|juin|junio|giugno|giu|czerw(?:iec|ca)|cze",
    "jul[yi]?|juillet|juil|julio|luglio|lug|lip(?:iec|ca)",
    "aug(?:ust|usti|ustus)?|aout|agosto|ago|sierp(?:ien|nia)|sie",
    "sept?(?:ember|embre|tiembre)?|set(?:tembre)?|septiembre|wrze(?:sien|snia)|wrz",
    "o[ck]t(?:ober|obre|ubre)?|ottobre|ott|pazdziernik(?:a)?|paz",
    "nov(?:ember|embre|iembre)?|listopad(?:a)?|lis",
    "de[cz](?:ember|embre)?|dic(?:iembre|embre)?|grud(?:zien|nia)|gru",
)
_NAME = "|".join(f"(?P<m{number}>{names})" for number, names in enumerate(_MONTHS, 1))
_YEAR = r"(?P<year>(?:18|19|20)\d\d|['’]?\d\d(?!\d))"
_WRITTEN = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.|er|o|º|e|:?a)?[ -]?(?:of |de |d')?(?:{_NAME})\.?,?[ -]?(?:of |de |del )?{_YEAR}"
)
_AMERICAN = re.compile(rf"(?<![a-z])(?:{_NAME})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? {_YEAR}")
_FIGURES = re.compile(
    r"(?<!\d)(?:(?P<y1>(?:18|19|20)\d\d)[ ]?[./ -][ ]?(?P<m1>\d{1,2})[ ]?[./ -][ ]?(?P<d1>\d{1,2})"
    r"|(?P<a>\d{1,2})[ ]?[./ -][ ]?(?P<b>\d{1,2})[ ]?[./ -][ ]?(?P<y2>(?:18|19|20)\d\d|\d\d)"
    r"|(?P<y3>(?:19|20)\d\d)(?P<m3>[01]\d)(?P<d3>[0-3]\d)|(?P<d4>[0-3]\d)(?P<m4>[01]\d)(?P<y4>(?:19|20)\d\d))(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Date:
    """A date in a text, with all the days that it may mean: 3/4/85 is two."""

    start: int
    end: int
    days: frozenset[tuple[int, int, int]]


def dates(folded: Folded) -> Iterator[Date]:
    """The dates of ``folded`` that name a year, in figures or with the month's name."""
    plain = folded.plain
    for pattern in (_WRITTEN, _AMERICAN):
        for match in pattern.finditer(plain):
            yield from _dated(match, [(match["year"], _month(match), int(match["day"]))])
    for match in _FIGURES.finditer(plain):
        if match["a"]:
            one, two = int(match["a"]), int(match["b"])
            yield from _dated(
                match, [(match["y2"], two, one), (match["y2"], one, two), (match["a"], two, int(match["y2"]))]
            )
        else:
            for n in "134":
                if match[f"y{n}"]:
                    yield from _dated(match, [(match[f"y{n}"], int(match[f"m{n}"]), int(match[f"d{n}"]))])


def _month(match: re.Match[str]) -> int:
    return next(number for number in range(1, 13) if match[f"m{number}"])


def _dated(match: re.Match[str], readings: list[tuple[str, int, int]]) -> Iterator[Date]:
    days = set()
    for written, month, day in readings:
        year = int(written.strip("'’"))
        years = [year] if year > 99 else [1900 + year, 2000 + year]
        if 1 <= month <= 12 and 1 <= day <= 31:
            days |= {(y, month, day) for y in years}
    if days:
        yield Date(match.start(), match.end(), frozenset(days))


_AFTERWARDS = re.compile(
    r"[\s,(]*(?:is|was|ist|war|est|es|e|jest|ar|as|=|-)?\s*(?:my|your|his|her|their|the|ihr|dein|votre|ta|su|tu|tuo|suo|uw|je|din)?\s*(?:geburts|date of birth|dob|birth|geboren|fodelse|urodz)"
)


# A birthday may be one that a shop celebrates this year.
_PARTY = re.compile(r"birthday|anniversaire|compleanno|cumplean|verjaardag|geburtstag|fodelsedag|urodzin")
_GROWN = 2015


def births(context: Context) -> Iterator[Span]:
    """Dates that a word beside them calls somebody's birthday."""
    if not any(word.topic is Topic.BIRTH for word in context.words):
        return
    for date in dates(context.folded):
        near = context.before(date.start)
        birth = any(word.topic is Topic.BIRTH for word in near[:3])
        if (
            birth
            and near
            and _PARTY.match(context.folded.plain, near[0].start)
            and all(y > _GROWN for y, _, _ in date.days)
        ):
            continue
        if birth or _AFTERWARDS.match(context.folded.plain, date.end):
            yield Span(Kind.BIRTH_DATE, date.start, date.end)
