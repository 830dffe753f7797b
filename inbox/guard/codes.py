"""Account numbers and codes with letters in them, and passwords: only with a word beside them."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from inbox.guard.shapes import Kind, Span
from inbox.guard.words import Context, Topic

_PIECE = re.compile(r"(?<![\w])[A-Za-z0-9]{1,32}(?:[-/._][A-Za-z0-9]{1,32}){0,6}(?![\w])")
_UNIT = re.compile(
    r"(?:\d{1,4}(?:am|pm|h|hrs?|hours?|st|nd|rd|th|x|gb|mb|tb|kb|kg|km|cm|mm|mi|min|mins|m|s|k|p|g|d|day|days|weeks?|ww|w|years?|yr|er|e|o|a|ghz|hz|mah|uhr|ft|in|px|am-|pm-)"
    r"|\d{1,4}|am|pm|iphone\d*|ipad\d*|windows\d*|office\d*|covid\d*|ps\d|xbox\d*|mp\d|h264|4k|5g|4g|3g|wifi\d?|[a-z]{4,}\d{1,3})$",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"(?<![\w#@])[A-Z]{5,8}(?![\w])")
_BOOKING = re.compile(
    r"(?:booking|reservation|pnr|locator|buchung|reservierung|reserva|localizador|prenotazione|boeking|rezerwacj|bokning|confirmation)\w*"
)
_SECRET_WORD = re.compile(
    r"pass|pwd|kennwort|losung|mots? de|mdp|contrasen|parola|wachtwoord|hasl|losenord|answer|memorable|code secret|clave"
)
_SAYS = re.compile(
    r"\s*(?:(?:is|was|ist|lautet|war|est|es|e|jest|ar|to|now|jetzt|set to|again)\b[\s:]*){1,2}|\s*[:=]+\s*|\s+(?=[\"'“„«`])"
)
_QUOTED = re.compile(r"[\"'“„«`]([^\"'”“»`\n]{3,64})[\"'”“»`]")
_BARE = re.compile(r"\S{4,64}")


def codes(context: Context, masked: str) -> Iterator[Span]:
    """Spans of account numbers and codes that hold letters, and of passwords."""
    if not context.words:
        return
    yield from _with_letters(context, masked)
    yield from _passwords(context, masked)


def _with_letters(context: Context, masked: str) -> Iterator[Span]:
    for match in _PIECE.finditer(masked):
        piece = match.group()
        if piece.isalpha() or piece.isdigit():
            continue
        digits = sum(c.isdigit() for c in piece)
        if digits < 1 or digits == len(piece) - sum(c in "-/._" for c in piece):
            continue
        if all(_UNIT.match(part) for part in re.split(r"[-/._]", piece)):
            continue
        topics = context.topics(*match.span())[:3]
        if Topic.CASE in topics and Topic.ACCOUNT not in topics:
            continue  # A case's number opens nothing.
        for topic in topics:
            kind = _meant(context, topic, piece, digits, match.start())
            if kind:
                yield Span(kind, *match.span())
                break
            if topic not in {Topic.NUMBER, Topic.REFERENCE, Topic.CODE}:
                break
    for match in _LETTERS.finditer(masked):
        near = context.before(match.start())
        word = next((w for w in near[:3] if w.topic is Topic.ACCOUNT), None)
        if (
            word
            and _BOOKING.match(context.folded.plain, word.start)
            and not masked.isupper()
            and _says(context, near[0].end, match.start())
        ):
            yield Span(Kind.ACCOUNT, *match.span())


def _says(context: Context, end: int, start: int) -> bool:
    said = _SAYS.match(context.folded.plain, end, start)
    return bool(said and said.end() == start) or context.folded.plain[end:start].strip() in {"", "#", "("}


def _meant(context: Context, topic: Topic, piece: str, digits: int, start: int) -> Kind | None:
    """What the word beside a mix of letters and digits makes of it."""
    if topic is Topic.CODE:
        if not context.tight(start, topic) or not 4 <= len(piece) <= 40 or _PROMOTION.match(piece):
            return None
        if context.promotes(start, start + len(piece)):
            return None
        before = context.before(start)
        booked = any(word.topic is Topic.ACCOUNT and before[0].start - word.end <= _ITS for word in before[1:3])
        return Kind.ACCOUNT if booked else Kind.CODE
    if topic not in {Topic.ACCOUNT, Topic.NUMBER, Topic.IBAN}:
        return None
    if _FLIGHT.match(piece) and not context.tight(start, Topic.NUMBER, Topic.REFERENCE, Topic.CODE):
        return None
    if context.tight(start, topic, Topic.NUMBER, Topic.REFERENCE, Topic.CODE) and len(piece) >= 5:
        return Kind.ACCOUNT
    if piece.upper() != piece or len(piece) < 6 or topic is Topic.NUMBER:
        return None
    booked = any(_BOOKING.match(context.folded.plain, word.start) for word in context.before(start)[:3])
    return Kind.ACCOUNT if digits >= 4 or (booked and len(piece) == 6) else None


_PROMOTION = re.compile(r"[A-Z]{4,}\d{1,4}$")  # SUMMER2024
_ITS = 12  # Between "booking" and "reference".
_FLIGHT = re.compile(r"[A-Z]{2}[ -]?\d{2,4}$")


def _passwords(context: Context, masked: str) -> Iterator[Span]:
    """What is said to be a password: quoted behind the word, or a mix near it that no word is."""
    for word in context.words:
        if word.topic is not Topic.CODE or not _SECRET_WORD.search(context.folded.plain, word.start, word.end):
            continue
        says = _SAYS.match(context.folded.plain, word.end)
        if says is not None:
            quoted = _QUOTED.match(masked, says.end())
            if quoted:
                yield Span(Kind.CODE, *quoted.span(1))
                continue
            bare = _BARE.match(masked, says.end())
            value = bare.group().rstrip(".,;:!?)\"'") if bare else ""
            if len(value) >= 4 and not value.isalpha() and re.search(r"[^\W_]", value) and _not_a_word(value):
                yield Span(Kind.CODE, says.end(), says.end() + len(value))
                continue
        yield from _mixes(masked, max(0, word.start - 50), word.end + 70)


def _mixes(masked: str, start: int, end: int) -> Iterator[Span]:
    """Words between two places that take letters, digits and signs in turns: nothing but a password does."""
    for match in _BARE.finditer(masked, start, min(end, len(masked))):
        value = match.group().strip(".,;:!?()[]\"'“”„«»")
        at = match.start() + match.group().find(value) if value else 0
        if len(value) < 6 or not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
            continue
        kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" if c.islower() else "-" for c in value]
        changes = sum(a != b for a, b in pairwise(kinds))
        sign = any(c in "!#$%&*+=?@^~§€" for c in value)
        mixed = (changes >= 3 and len(set(kinds)) >= 3) or (sign and changes >= 2) or changes >= 4
        if mixed and not all(_UNIT.match(part) for part in re.split(r"[-/._]", value) if part):
            yield Span(Kind.CODE, at, at + len(value))


def _not_a_word(value: str) -> bool:
    """Whether ``value`` mixes letters with digits or signs; "8-12" and "case-sensitive" do not."""
    if re.fullmatch(r"[A-Za-z]+(?:[-'’/][A-Za-z]+)*", value) or re.fullmatch(r"\d{1,2}[-–/]?\d{0,2}", value):
        return False
    return any(c.isalpha() for c in value) or len(value) >= 4
