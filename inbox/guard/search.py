"""The one question: what in these texts must not be public?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inbox.guard.allowed import Allowed
from inbox.guard.folding import Folded, fold, normal
from inbox.guard.passages import Read, copied, read
from inbox.guard.patterns import patterns
from inbox.guard.phones import spellings
from inbox.guard.record import in_record
from inbox.guard.seams import over_seams
from inbox.guard.shapes import Finding, Kind, Level, Protection, Surroundings
from inbox.guard.strangers import candidates
from inbox.guard.stream import Place, Stream

_WHY = {
    Kind.EMAIL: "This is an e-mail address.",
    Kind.PHONE: "This is a telephone number.",
    Kind.CARD: "This is a card number.",
    Kind.IBAN: "This is the number of a bank account.",
    Kind.NATIONAL_ID: "This is a national identity number.",
    Kind.ACCOUNT: "This is the number of an account, customer, order or contract.",
    Kind.ADDRESS: "This is a postal address.",
    Kind.BIRTH_DATE: "This is a date of birth.",
    Kind.IP: "This is an IP address.",
    Kind.CODE: "This is a code, PIN or password.",
    Kind.TOKEN: "This is an access token or key.",
    Kind.PASSAGE: "This was copied from the private conversation.",
    Kind.NOTE: "This was copied from an internal note.",
    Kind.ARTICLE: "This was copied from an article for staff only.",
    Kind.STRANGER: "This stands in the record of another customer.",
}
_RECORD = "This stands in the customer's record as a secret: {}."
_SOFT = "This stands in the customer's record and is better not said in public: {}."
_SAID = " The customer has written it in public."
_COPIED = frozenset({Kind.PASSAGE, Kind.NOTE, Kind.ARTICLE, Kind.SOFT})
Found = tuple[Kind, Level, list[Place], str]


def find(texts: Sequence[str], around: Surroundings) -> list[Finding]:
    """What in ``texts`` must not be public. Texts are all that a reply publishes: posts, alternative texts, names."""
    parts = [fold(text) for text in texts]
    stream = Stream(parts)
    allowed = Allowed(around)
    found = [
        *_by_itself(parts, stream, allowed),
        *_of_the_record(parts, stream, around, allowed),
        *_copied(parts, around, allowed),
    ]
    if around.strangers is not None:
        found += _of_strangers(parts, stream, around, allowed, found)
    return _findings(parts, found)


def _text(parts: Sequence[Folded], places: Sequence[Place]) -> str:
    return "".join(parts[place.part].text[place.start : place.end] for place in places)


def _by_itself(parts: Sequence[Folded], stream: Stream, allowed: Allowed) -> Iterator[Found]:
    """Personal data of every kind, in each text and over the seams between them."""
    spans = [
        (span.kind, span.level, [Place(number, span.start, span.end)])
        for number, folded in enumerate(parts)
        for span in patterns(folded)
    ]
    ours = [place for value in allowed.ours for places in stream.find(value, whole=False) for place in places]
    taken = [places[0] for _, _, places in spans]
    for kind, level, places in over_seams(parts, stream):
        if not all(any(place.within(other) for other in taken) for place in places):
            spans.append((kind, level, places))
    for kind, level, places in spans:
        value = _text(parts, places)
        if allowed.passes(kind, value) or all(any(place.within(other) for other in ours) for place in places):
            continue
        if level is Level.HOLD and allowed.softened(kind, value):
            yield kind, Level.WARN, places, _WHY[kind] + (_SAID if allowed.said(normal(value)) else "")
        else:
            yield kind, level, places, _WHY[kind]


def _of_the_record(parts: Sequence[Folded], stream: Stream, around: Surroundings, allowed: Allowed) -> Iterator[Found]:
    record = [field for field in around.record if not allowed.is_a_name(field.value)]
    for known in in_record(record, stream, parts, allowed.free):
        name = known.field.name
        if known.field.protection is Protection.SOFT:
            yield Kind.SOFT, Level.WARN, known.places, _SOFT.format(name)
        elif allowed.softened(Kind.RECORD, known.value):
            yield Kind.RECORD, Level.WARN, known.places, _RECORD.format(name) + _SAID
        else:
            yield Kind.RECORD, Level.HOLD, known.places, _RECORD.format(name)


def _copied(parts: Sequence[Folded], around: Surroundings, allowed: Allowed) -> Iterator[Found]:
    """Passages, numbers and codes of a private place."""
    private_places = ((Kind.PASSAGE, around.direct), (Kind.NOTE, around.notes), (Kind.ARTICLE, around.articles))
    if not any(texts for _, texts in private_places):
        return
    drafts = [Read(folded) for folded in parts]
    for kind, texts in private_places:
        sources = [read(text) for text in texts]
        private = {value for source in sources for value, _, _ in source.codes}
        for number, draft in enumerate(drafts):
            for start, end in copied(draft, sources, allowed.names):
                level = Level.WARN if allowed.said(normal(parts[number].text[start:end])) else Level.HOLD
                yield kind, level, [Place(number, start, end)], _WHY[kind]
            for value, start, end in draft.codes:
                place = Place(number, start, end)
                if value not in private or allowed.passes(kind, _text(parts, [place])) or value in allowed.free:
                    continue
                level = Level.WARN if allowed.said(value) else Level.HOLD
                yield kind, level, [place], _WHY[kind]


def _of_strangers(
    parts: Sequence[Folded], stream: Stream, around: Surroundings, allowed: Allowed, found: Sequence[Found]
) -> Iterator[Found]:
    """Values that another customer's record holds; asked once for all of them."""
    asked: dict[str, list[list[Place]]] = {}
    own = {way for field in around.record for value in [normal(field.value)] for way in ({value} | spellings(value))}
    for places in (*(places for _, _, places, _ in found), *candidates(stream)):
        value = normal(_text(parts, places))
        if value in own or value in allowed.free:
            continue
        for way in {value} | spellings(value):
            if len(way) >= 5:
                asked.setdefault(way, []).append(places)
    if asked and around.strangers is not None:
        for value in around.strangers(sorted(asked)):
            for places in asked.get(value, ()):
                yield Kind.STRANGER, Level.HOLD, places, _WHY[Kind.STRANGER]


def _findings(parts: Sequence[Folded], found: Sequence[Found]) -> list[Finding]:
    """The finds as places of the texts as they were written, each once, in their order."""
    holding = [
        place for kind, level, places, _ in found if level is Level.HOLD and kind not in _COPIED for place in places
    ]
    findings = {
        Finding(kind, level, place.part, *parts[place.part].place(place.start, place.end), why)
        for kind, level, places, why in found
        for place in places
        if kind not in _COPIED or not any(place.within(other) for other in holding)
    }
    return sorted(findings, key=lambda f: (f.part, f.start, f.end, f.kind))
