"""What a number is: by its own check digits first, then by the word beside it, then by its shape."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from inbox.guard import phones
from inbox.guard.cards import cards
from inbox.guard.chains import Group, chains, joined
from inbox.guard.ids import a_states_number
from inbox.guard.masking import blank
from inbox.guard.shapes import Kind, Level, Span
from inbox.guard.words import Context, Topic

_NARROW = re.compile(r"[ .\-/()_·]{1,3}")
_DATES = re.compile(
    r"(?<![\d./-])(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2})(?![\d/-]|\.\d)"
    r"|(?<![\d:.+])\d{1,2}(?::\d\d){1,2}(?![\d:])|(?<![\d.])\d{1,2}[.:]?\d\d ?- ?\d{1,2}[.:]\d\d(?![\d.])"
    r"|(?<![\d./-])(?:0?[1-9]|1[0-2])[/.](?:19|20)\d\d(?![\d/-]|[.,]\d)"
    r"|(?<!\d)(?<!\d )(?:0[1-9]|[12]\d|3[01]) (?:0[1-9]|1[0-2]) 20\d\d(?![ ]?\d)"
    r"|(?<![\d-])(?:19|20)\d\d ?[-/] ?(?:(?:19|20)?\d\d)(?![\d-])|(?<![\d/-])24/7(?![\d/-])"
)
_RUN = re.compile(r"[0-9]+")
_PARTED = re.compile(r"\d ?[-/.:] ?\d|\d\d \d\d 20\d\d")
_DOTTED = re.compile(r"\d{1,2}(?:\.\d{1,2}){3}$")
_MONEY_BEFORE = re.compile(r"(?:[$€£¥]|usd|eur|gbp|sek|pln|chf|rs\.?)[ ]?$")
_AMOUNT_AFTER = re.compile(
    r"(?:[.,]\d{1,2})?[ ]?(?:[$€£%]|usd\b|eur(?:os?)?\b|gbp\b|sek\b|pln\b|chf\b|kr\b|zl\b|dollars?\b|pounds?\b|points?\b|miles?\b|"
    r"punkte\b|meilen\b|punkter\b|puntos\b|punti\b|punten\b|mb\b|gb\b|tb\b|kb\b|kwh\b|km\b|kg\b|ml\b|mm\b|cm\b|mah\b|px\b|mbps\b|"
    r"users?\b|customers\b|followers\b|people\b|steps\b|hours?\b|days?\b|minutes?\b|years?\b|stunden\b|tage\b|jahre\b|"
    r"kronor\b|zlotych\b|zlote\b|cents?\b|pence\b|punkt\w*\b|poang\b|liter\b|litres?\b|volts?\b|watts?\b|w\b|hz\b|ghz\b|"
    r"rpm\b|seiten\b|pages?\b|stuck\b|szt\b|pcs\b|kunden\b|clients\b|clientes\b|clienti\b|klanten\b|klientow\b|kunder\b|"
    r"characters\b|words\b|items\b|x\b|th\b|st\b|nd\b|rd\b|am\b|pm\b|uhr\b)"
)
_ROUND = re.compile(r"\d{1,3}(?:[. ]\d{3})*[. ]000$|\d{2,}000$")
_THOUSANDS = re.compile(r"\d{1,3}(?:[. ]\d{3})+$")
_A_TOWN = re.compile(r" [A-ZÀ-Þ][a-zß-ÿ]")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_OPENINGS = re.compile(r"(?:\+|\(\+?)[ ]?$")
_GROUPED_CARD = re.compile(r"\d{4}[ .-]\d{4}[ .-]\d{4}[ .-]\d{4}$|\d{16}$|\d{4}[ .-]\d{6}[ .-]\d{5}$")
_SKIPPED = 4  # Groups before a number that may belong to something else.
_MOST = 20  # Digits of an account number.
_LEAST_DIALLED = 7  # From here on a bracket begins something else.


def numbers(context: Context, masked: str) -> Iterator[Span]:
    """Cards, telephone numbers, national numbers, accounts and codes among the digits of ``masked``."""
    taken = []
    for chain in chains(masked):
        for groups in cards(chain):
            taken.append((groups[0].start, groups[-1].end))
            yield Span(Kind.CARD, *taken[-1])
    dates = list(_dates(masked)) if _PARTED.search(masked) else []
    rest = blank(masked, [*taken, *dates])
    for chain in chains(rest):
        for piece in _narrow(rest, chain):
            yield from _of(context, rest, piece)


def _dates(masked: str) -> Iterator[tuple[int, int]]:
    """Dates, hours and years: each begins where a run of digits does."""
    done = 0
    for run in _RUN.finditer(masked):
        if run.start() >= done and (date := _DATES.match(masked, run.start())):
            done = date.end()
            yield date.span()


def cards_in(text: str, start: int, end: int) -> Iterator[Span]:
    """The card numbers between two places of ``text``."""
    for chain in chains(text[start:end]):
        for groups in cards(chain):
            yield Span(Kind.CARD, start + groups[0].start, start + groups[-1].end)


def _narrow(text: str, chain: Sequence[Group]) -> Iterator[list[Group]]:
    """The pieces of ``chain`` that can be one number: no comma, no line break inside."""
    piece = [chain[0]]
    for group in chain[1:]:
        gap = text[piece[-1].end : group.start]
        # A plus begins a number of its own.
        if (
            not _NARROW.fullmatch(gap)
            or ("(" in gap and sum(len(g.digits) for g in piece) >= _LEAST_DIALLED)
            or sum(len(g.digits) for g in piece) >= _MOST
        ):
            yield piece
            piece = []
        piece.append(group)
    yield piece


def _of(context: Context, text: str, piece: Sequence[Group], skipped: int = 0) -> Iterator[Span]:
    """What one run of digit groups is; where the whole is nothing, what its beginning is."""
    start = piece[0].start
    if text[max(0, start - 1) : start].isalpha() and not context.ends_at(start):
        return  # The tail of a word such as KB4512941.
    opening = _OPENINGS.search(text, max(0, start - 3), start)
    # A bracket belongs to a number that has it in its middle.
    start = opening.start() if opening and (text[start - 1] != "(" or ")" in text[start : piece[-1].end]) else start
    for count in range(len(piece), max(0, len(piece) - 5), -1):
        found, settled = _judge(context, text, start, piece[:count], whole=count == len(piece))
        if found:
            yield found
        if settled:
            if count < len(piece):
                yield from _of(context, text, piece[count:])
            return
    if len(piece) > 1 and skipped < _SKIPPED:
        yield from _of(context, text, piece[1:], skipped + 1)


def _judge(context: Context, text: str, start: int, piece: Sequence[Group], *, whole: bool) -> tuple[Span | None, bool]:
    """What one number is, and whether that is settled: a number that everybody may know is, and is no find."""
    digits, end = joined(piece), piece[-1].end
    if len(digits) < 4:
        return None, False
    written = text[start:end]
    topics = context.topics(start, end)
    if (" " in written and len(digits) < 9 and _ROUND.match(written)) or (
        Topic.VERSION in topics[:2] and _DOTTED.match(written)
    ):
        return None, True
    own = _by_itself(context, written, digits, start, topics)
    if own is not None:
        return (Span(Kind(own), start, end) if own else None), True
    if not topics and 4 <= len(digits) <= 8 and context.asks_for_code(start, end):
        topics = [Topic.CODE]
    if 4 <= len(digits) <= 8 and context.is_a_codes(start):
        topics = [Topic.CODE]
    if topics[:1] == [Topic.NUMBER] and (
        Topic.CASE in topics[1:3] or (Topic.ACCOUNT not in topics[1:3] and context.goes_on_to_a_case(end))
    ):
        return None, False  # A case's number opens nothing: teams say it in public.
    if topics[:2] == [Topic.REFERENCE, Topic.PHONE]:
        topics = topics[:1]  # "The phone, ref. 12345678", is a thing that is sold.
    for topic in topics:
        kind, level = _by_word(context, topic, written, digits, start, end, whole=whole)
        if kind:
            return Span(kind, start, end, level), True
        if topic not in _LOOK_FURTHER:
            break
    return None, False


_LOOK_FURTHER = {Topic.NUMBER, Topic.REFERENCE, Topic.CARD, Topic.IBAN, Topic.BIRTH, Topic.CODE}
_BY_TWOS = re.compile(r"0[1-9](?:[ ._-]\d\d){4}$")  # Nobody but the French writes a number so, and only telephones.
_AREA = re.compile(r"0\d{1,4}[-/.]\d[\d .-]{4,}$")  # The code of an area, cut off: no account is written so.
_NAMED = {Topic.ACCOUNT, Topic.ID, Topic.CODE, Topic.CASE, Topic.REFERENCE}  # They say what a number is.
_NOTHING = ""
_NAMING = (Topic.ACCOUNT, Topic.CASE, Topic.REFERENCE, Topic.ID, Topic.CODE, Topic.CARD)


def _by_itself(context: Context, written: str, digits: str, start: int, topics: list[Topic]) -> Kind | str | None:
    """What a number is whatever stands beside it: a kind, nothing at all, or None where only a word can say."""
    abroad = written.startswith(("+", "(+")) or (digits.startswith("00") and phones.judged(written, called=False) != "")
    if not abroad and a_states_number(digits, grouped=not written.isdigit()) and Topic.ACCOUNT not in topics[:1]:
        return Kind.NATIONAL_ID
    # A number that begins with a 0 needs its noun nearer: it looks like one to dial.
    far = context.told(start, topics)
    told = far if digits[0] == "0" else next((topic for topic in topics if topic is not Topic.NUMBER), None)
    if far is Topic.ACCOUNT and _AREA.match(written) and phones.valid(written):
        return Kind.PHONE
    if len(digits) < 7 or (told in _NAMING and context.tight(start, *_NAMING, Topic.NUMBER) and not abroad):
        return None
    verdict = phones.judged(written, called=False)
    if verdict == "everybodys":
        return _NOTHING
    if context.tight(start, Topic.VERSION):
        return _NOTHING
    if verdict == "theirs" and (abroad or told not in _NAMED or _BY_TWOS.match(written)):
        return Kind.PHONE
    if told not in _NAMED and context.around(start, start + len(written), Topic.PHONE) and phones.valid(written):
        return Kind.PHONE
    return None


def _by_word(
    context: Context, topic: Topic, written: str, digits: str, start: int, end: int, *, whole: bool
) -> tuple[Kind | None, Level]:
    """What the word beside a number makes of it."""
    count = len(digits)
    if topic is Topic.ID and 6 <= count <= 15:
        return Kind.NATIONAL_ID, Level.HOLD
    if (
        topic is Topic.NUMBER
        and count >= (8 if digits[0] == "0" else 9)  # Few accounts begin with a 0.
        and Topic.ACCOUNT not in context.topics(start, end)[:3]
        and phones.valid(written)
    ):
        return Kind.PHONE, Level.HOLD
    if topic is Topic.PHONE:
        verdict = phones.judged(written, called=whole)
        if verdict == "theirs" and not _an_amount(context, written, start, end):
            return Kind.PHONE, Level.HOLD
        return None, Level.HOLD
    if topic is Topic.CARD and _GROUPED_CARD.match(written):
        return Kind.CARD, Level.HOLD
    if topic is Topic.CODE and 4 <= count <= 10 and (not _YEAR.match(digits) or context.tight(start, Topic.CODE)):
        free = _an_amount(context, written, start, end) or context.promotes(start, end)
        return (None if free else Kind.CODE), Level.HOLD
    if topic in _ACCOUNTS and _an_account(context, topic, written, digits, start, end):
        return Kind.ACCOUNT, Level.HOLD
    return None, Level.HOLD


_ACCOUNTS = {Topic.ACCOUNT, Topic.IBAN, Topic.NUMBER}


def _an_account(context: Context, topic: Topic, written: str, digits: str, start: int, end: int) -> bool:
    if len(digits) > _MOST or (_YEAR.match(digits) and topic is not Topic.ACCOUNT):
        return False
    tight = context.tight(start, topic, Topic.NUMBER) and not context.of_many(start)
    if not tight and len(digits) == 5 and _A_TOWN.match(context.folded.text, end):
        return False
    if _YEAR.match(digits) and not context.tight(start, Topic.NUMBER):
        return False
    if _an_amount(context, written, start, end) or (not tight and (_THOUSANDS.match(written) or _ROUND.match(written))):
        return False
    least = 4 if tight and topic is Topic.ACCOUNT else 7 if topic is Topic.NUMBER else 5 if tight else 6
    return len(digits) >= least


def _an_amount(context: Context, written: str, start: int, end: int) -> bool:
    """Whether a number counts money or things."""
    plain = context.folded.plain
    return bool(_MONEY_BEFORE.search(plain, max(0, start - 4), start) or _AMOUNT_AFTER.match(plain, end))
