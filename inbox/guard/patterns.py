"""All that a text shows by itself, whoever it is about."""

# ruff: noqa: E501 - an alternative of a pattern is easier to read in one line

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from inbox.guard.births import births
from inbox.guard.codes import codes
from inbox.guard.emails import emails
from inbox.guard.folding import Folded
from inbox.guard.ibans import ibans
from inbox.guard.ids import ids_of_digits, ids_with_letters
from inbox.guard.internet import addresses_of_machines
from inbox.guard.masking import blank, mask, parameters
from inbox.guard.numbers import cards_in, numbers
from inbox.guard.places import places
from inbox.guard.shapes import Kind, Level, Span
from inbox.guard.tokens import in_links, tokens
from inbox.guard.words import Context, Topic

_MANY_DIGITS = re.compile(r"(?:\d\D{0,12}?){6}")
# What a piece of text is called where more than one pattern knows it: the surest first.
_ORDER = [
    Kind.TOKEN, Kind.EMAIL, Kind.IBAN, Kind.CARD, Kind.NATIONAL_ID, Kind.IP, Kind.BIRTH_DATE, Kind.PHONE, Kind.CODE,
    Kind.ADDRESS, Kind.ACCOUNT,
]  # fmt: skip


def patterns(folded: Folded) -> list[Span]:
    """The spans of ``folded`` that look like somebody's data, each place once."""
    return _each_place_once(_of_ours(folded.plain, span) for span in _all(folded))


def _all(folded: Folded) -> Iterator[Span]:
    found = list(emails(folded.text))
    yield from found
    masked = mask(blank(folded.text, [(span.start, span.end) for span in found]))
    if masked.links:
        carried = list(parameters(folded.text, masked.links))
        yield from in_links(folded.text, carried, masked.links)
        for parameter in carried:
            yield from cards_in(folded.text, parameter.start, parameter.end)
            yield from ibans(Context(folded), folded.text[: parameter.end], parameter.start)
    context = Context(folded)
    text = masked.text
    for pattern in (ibans(context, text), tokens(text), addresses_of_machines(context, text), births(context)):
        spans = list(pattern)
        yield from spans
        text = blank(text, [(span.start, span.end) for span in spans])
    if not any(c.isdigit() for c in text):
        yield from codes(context, text)
        return
    many = _MANY_DIGITS.search(text)
    ids = list(ids_of_digits(text)) if many else []
    if many or any(word.topic is Topic.ID for word in context.words):
        ids += ids_with_letters(context, text)
    yield from ids
    yield from places(text, folded.plain)
    text = blank(text, [(span.start, span.end) for span in ids])
    yield from codes(context, text)
    yield from numbers(context, text)


# "Our hotline is …", "unsere Filiale in …": the company speaks of itself. It is told, and not held. Nothing but small
# words may stand between: "our office will call you on …" is about the customer.
_SMALL = (
    r"[ ,:(]*(?:(?:is|are|at|in|on|under|unter|ist|lautet|liegt|befindet sich|der|dem|die|das|the|est|se trouve|au|a|en|la|le|el|"
    r"es|esta|se encuentra|al|si trova|e|il|op|is te|aan de|bij|pod|numerem|jest|przy|na|pa|ar|vid|under|nr|number)[ :,(]+){0,4}$"
)
_OUR = r"\b(?:our|unsere[rnms]?|notre|nos|nuestr[oa]s?|nostr[oaie]|onze?|nasz\w*|vart?|vara)[ ](?:[a-z]+[ ])?"
_US = (
    r"(?:call|ring|phone|reach|contact|text|write to|e?-?mail|message)[ ]us|(?:rufen|erreichen|kontaktieren|schreiben)[ ]sie[ ]uns|"
    r"(?:appelez|contactez|joignez|ecrivez)[ -]nous|(?:llame|llama|contacte|contacta|escriba|escribe)nos|(?:chiama|contatta|scrivi)(?:te)?ci|"
    r"(?:bel|mail|contacteer|bereik)[ ]ons|(?:zadzwon|napisz|dzwon)[ ]do[ ]nas|(?:ring|kontakta|mejla|skriv[ ]till)[ ]oss"
)
_HOTLINE = re.compile(
    rf"(?:{_US}|hotline|helpline|infoline|infolinia|infolinii|servicenummer|switchboard|telefonzentrale|centralino|centralita|"
    + _OUR
    + r"(?:(?:tele)?phone|telefon\w*|telefoon\w*|number|line|nummer|numero|numer))"
    + _SMALL
)
_SHOP = re.compile(
    r"(?:(?:find|visit|meet|see)[ ]us|(?:finden|besuchen)[ ]sie[ ]uns|(?:retrouvez|rejoignez)[ -]nous|venez nous voir|visitenos|visitanos|"
    r"encuentranos|trovarci|ci trov[ia]|(?:vind|bezoek)[ ]ons|znajdziesz nas|odwiedz nas|(?:hitta|besok)[ ]oss|"
    + _OUR
    + r"(?:offices?|stores?|shops?|branch|buro|geschaft|laden|filiale\w*|markt|boutique|magasin|agence|bureaux?|tienda|oficina|"
    r"sucursal|negozio|sede|ufficio|winkel|kantoor|vestiging|sklep\w*|biuro|salon\w*|butik|kontor))" + _SMALL
)


def _of_ours(plain: str, span: Span) -> Span:
    ours = _HOTLINE if span.kind in {Kind.PHONE, Kind.EMAIL} else _SHOP if span.kind is Kind.ADDRESS else None
    if ours and ours.search(plain, max(0, span.start - 80), span.start):
        return Span(span.kind, span.start, span.end, Level.WARN)
    return span


def _each_place_once(spans: Iterable[Span]) -> list[Span]:
    kept: list[Span] = []  # In the order of the text; none overlaps another.
    for span in sorted(spans, key=lambda s: (s.level, _ORDER.index(s.kind), s.start - s.end)):
        at = bisect_left(kept, span.start, key=lambda s: s.start)
        if (at == 0 or kept[at - 1].end <= span.start) and (at == len(kept) or span.end <= kept[at].start):
            kept.insert(at, span)
    return kept
