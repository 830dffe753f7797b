"""Account numbers and codes with letters in them, and passwords: only with a word beside them."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from collections.abc import Iterator

from inbox.guard.shapes import Kind, Level, Span
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
        if digits < 2 or digits == len(piece) - sum(c in "-/._" for c in piece):
            continue
        if all(_UNIT.match(part) for part in re.split(r"[-/._]", piece)):
            continue
        for topic in context.topics(*match.span())[:2]:
            kind = _meant(context, topic, piece, digits, match.start())
            if kind:
                yield Span(kind, *match.span(), Level.WARN if topic is Topic.CASE else Level.HOLD)
                break
            if topic is not Topic.NUMBER:
                break
    for match in _LETTERS.finditer(masked):
        near = context.before(match.start())
        word = next((w for w in near if w.topic is Topic.ACCOUNT), None)
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
        return Kind.CODE if context.tight(start, topic) and 4 <= len(piece) <= 40 else None
    if topic not in {Topic.ACCOUNT, Topic.CASE, Topic.NUMBER, Topic.IBAN}:
        return None
    if context.tight(start, topic, Topic.NUMBER) and len(piece) >= 5:
        return Kind.ACCOUNT
    shouted = piece.upper() == piece and len(piece) >= 6
    return Kind.ACCOUNT if shouted and digits >= 4 and topic is not Topic.NUMBER else None


def _passwords(context: Context, masked: str) -> Iterator[Span]:
    """What is said to be a password: quoted, or with more in it than a word has."""
    for word in context.words:
        if word.topic is not Topic.CODE or not _SECRET_WORD.match(context.folded.plain, word.start):
            continue
        says = _SAYS.match(context.folded.plain, word.end)
        if says is None:
            continue
        quoted = _QUOTED.match(masked, says.end())
        if quoted:
            yield Span(Kind.CODE, *quoted.span(1))
            continue
        bare = _BARE.match(masked, says.end())
        value = bare.group().rstrip(".,;:!?)\"'") if bare else ""
        if len(value) >= 4 and not value.isalpha() and re.search(r"[^\W_]", value) and _not_a_word(value):
            yield Span(Kind.CODE, says.end(), says.end() + len(value))


def _not_a_word(value: str) -> bool:
    """Whether ``value`` mixes letters with digits or signs; "8-12" and "case-sensitive" do not."""
    if re.fullmatch(r"[A-Za-z]+(?:[-'’/][A-Za-z]+)*", value) or re.fullmatch(r"\d{1,2}[-–/]?\d{0,2}", value):
        return False
    return any(c.isalpha() for c in value) or len(value) >= 4
