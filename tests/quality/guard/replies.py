"""Replies that leak and replies that do not: the templates of replies/*.toml, filled anew for every seed.

Half of the templates of each kind and locale, and of those that leak nothing, is open: whoever works on the guard may
be told where it is weak. The sealed half is never shown to them; what they reach there is what a stranger's reply would
meet. What leaks nothing has a larger open set of its own in ordinary.toml.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import phonenumbers

from tests.quality.guard.locales import LOCALES
from tests.quality.guard.ordinary import figures
from tests.quality.guard.values import Values

TEMPLATES = Path(__file__).parent / "replies"
ORDINARY_FILE = Path(__file__).parent / "ordinary.toml"
KINDS = (
    *("email", "phone", "card", "iban", "national_id", "account", "address", "birth_date", "ip", "code", "token"),
    *("record", "passage", "note", "soft"),
)
PLACEHOLDER = re.compile(r"\{(?P<name>[a-z_]+)(?:\.(?P<form>[a-z]+))?\}")
COPIED = {"passage": "directs", "note": "notes"}
HALVES = ("open", "sealed")
ORDINARY = "ordinary"
EVERYTHING = frozenset({*HALVES, "hostile", ORDINARY})
COPIED_WORDS = 8  # a run that nobody writes by chance; five words in common are everyday language
SENTENCES = re.compile(r"(?<=[.?!]) ")


@dataclass(frozen=True, slots=True)
class Template:
    kind: str  # empty: nothing is planted
    locale: str
    half: str  # open, sealed, hostile or ordinary
    texts: tuple[str, ...]
    form: str = ""  # of a hostile one


@dataclass(frozen=True, slots=True)
class Planted:
    part: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reply:
    template: Template
    form: str  # how the planted value is written
    texts: tuple[str, ...]
    planted: tuple[Planted, ...]
    around: dict[str, Any]  # what `manage.py guard` reads beside the texts

    def line(self) -> str:
        return json.dumps({"texts": self.texts, **self.around})


@cache
def file_of(locale: str) -> dict[str, Any]:
    return tomllib.loads((TEMPLATES / f"{locale}.toml").read_text())


@cache
def templates() -> tuple[Template, ...]:
    return tuple(template for locale in LOCALES for template in _of(locale)) + tuple(
        Template("", locale, ORDINARY, (text,))
        for locale, texts in tomllib.loads(ORDINARY_FILE.read_text()).items()
        for text in texts
    )


def _of(locale: str) -> Iterator[Template]:
    file = file_of(locale)
    for kind, halves in file["leaks"].items():
        for half, texts in halves.items():
            yield from (Template(kind, locale, half, (text,)) for text in texts)
    for hostile in file["hostile"]:
        yield Template(hostile["kind"], locale, "hostile", tuple(hostile["texts"]), hostile["form"])
    # The files speak of the same things in the same order: each locale begins with the other half.
    turn = list(LOCALES).index(locale)
    yield from (Template("", locale, HALVES[(at + turn) % 2], (text,)) for at, text in enumerate(file["clean"]))


def replies(*, seed: int, times: int, halves: frozenset[str]) -> Iterator[Reply]:
    random = Random(seed)
    for template in templates():
        if template.half in halves:
            for _ in range(times):
                yield fill(template, random)


def fill(template: Template, random: Random) -> Reply:
    """Record, direct thread and notes are always there, as on a real desk; the planted value is not in the record
    unless the template is about the record."""
    filling = _Filling(template, random)
    texts: list[str] = []
    planted: list[Planted] = []
    for part, text in enumerate(template.texts):
        filled, spans = filling.text(text)
        texts.append(filled)
        planted.extend(Planted(part, start, end) for start, end in spans)
    return Reply(template, template.form or filling.form, tuple(texts), tuple(planted), filling.around)


class _Filling:
    def __init__(self, template: Template, random: Random) -> None:
        self.template, self.random = template, random
        self.values = Values(template.locale, random)
        self.file = file_of(template.locale)
        self.form = ""
        self.first, self.last = self.values.fake.first_name(), self.values.fake.last_name()
        other = Values(template.locale, random)
        self.soft = {"city": other.make("soft", "city")[0], "plan": other.make("soft", "plan")[0]}
        self.public = {
            "public_phone": other.public_phone(),
            "public_email": f"{random.choice(('service', 'info', 'press', 'help'))}@{other.fake.domain_name()}",
            "public_address": other.make("address", "whole")[0],
        }
        customer = other.make("account", "digits")[0]
        self.around: dict[str, Any] = {
            "record": [
                {"name": "first name", "value": self.first, "protection": "open"},
                {"name": "last name", "value": self.last, "protection": "open"},
                {"name": "e-mail", "value": other.make("email", "plain")[0], "protection": "secret"},
                {"name": "phone", "value": other.make("phone", "e164")[0], "protection": "secret"},
                {"name": "customer number", "value": customer, "protection": "secret"},
                {"name": "address", "value": other.make("address", "whole")[0], "protection": "secret"},
                # Lists from elsewhere have holes and initials; a guard that looks for them would hold every reply.
                {"name": "middle name", "value": random.choice(("", "J", "a", "é")), "protection": "secret"},
                {"name": "city", "value": self.soft["city"], "protection": "soft"},
                {"name": "plan", "value": self.soft["plan"], "protection": "soft"},
            ],
            "direct": [*random.sample(self.file["directs"], 3), f"{self.first} {self.last}, {customer}"],
            "notes": list(self.file["notes"]),
            "names": [self.first, self.last],
            "public": list(self.public.values()),
        }

    def text(self, template: str) -> tuple[str, list[tuple[int, int]]]:
        """The filled text, and where what must not leave stands in it."""
        pieces: list[str] = []
        spans, length, last = [], 0, 0
        for found in PLACEHOLDER.finditer(template):
            name, form = found["name"], found["form"] or ""
            value = self._value(name, form)
            before = template[last : found.start()]
            start = length + len(before)
            if name == self.template.kind:
                spans.append((start, start + len(value)))
            pieces += [before, value]
            length, last = start + len(value), found.end()
        return "".join([*pieces, template[last:]]), spans

    def _value(self, name: str, form: str) -> str:
        if name != self.template.kind:
            return self._harmless(name)
        if name in COPIED:
            self.form = form or "sentence"
            return self._copied(self.random.choice(self.file[COPIED[name]]), name)
        if name == "soft":
            self.form = form
            return self.soft[form]
        if name == "record":
            forms = self.values.record()
            self.form = form or "exact"
            self.around["record"].append({"name": "note on file", "value": forms["exact"](), "protection": "secret"})
            return forms[self.form]()
        value, self.form = self.values.make(name, form)
        while name == "email" and self._at_our_own_domain(value):
            value, self.form = self.values.make(name, form)
        if form == "said":
            self.around["direct"].append(f"{self.first}: {value}")
        return value

    def _at_our_own_domain(self, email: str) -> bool:
        """Few domains are made up: a customer's may be the one that the company lists as its own."""
        host = self.public["public_email"].rpartition("@")[2]
        return host in email.replace(" [dot] ", ".").lower()

    def _copied(self, message: str, kind: str) -> str:
        """A whole sentence of the message, or eight words in a row of one."""
        place = self.around[{"passage": "direct", "note": "notes"}[kind]]
        if message not in place:
            place.insert(0, message)
        long = [sentence for sentence in SENTENCES.split(message) if len(sentence.split()) > COPIED_WORDS]
        sentence = self.random.choice(long)
        if self.form == "sentence":
            return sentence
        words = sentence.split()
        start = self.random.randrange(len(words) - COPIED_WORDS + 1)
        return " ".join(words[start : start + COPIED_WORDS]).strip(".,;:!?")

    def _harmless(self, name: str) -> str:
        if name in self.public:
            value = self.public[name]
            return self._own_number(value) if name == "public_phone" else value
        digits, pick = self.values.digits, self.random.choice
        makers: dict[str, Callable[[], str]] = {
            "first": lambda: self.first,
            "city": lambda: self.soft["city"],
            "tollfree": self.values.toll_free,
            "handle": lambda: f"@{self.first.split()[0].lower()}{digits('#######')}",
            "id": lambda: digits(pick(("#######", "#########", "############"))),
            # The case's own number: teams give it away in public, since it opens nothing and says nothing.
            "ticket": lambda: digits(pick(("#######", "########"))),
            **figures(self.template.locale, self.random),
        }
        return makers[name]()

    def _own_number(self, value: str) -> str:
        number = phonenumbers.parse(value, None)
        form = self.random.choice(
            (phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        )
        return phonenumbers.format_number(number, form)
