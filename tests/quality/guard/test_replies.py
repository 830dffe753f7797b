"""The generated replies are what they claim to be: otherwise the figures of the guard say nothing."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from itertools import combinations
from random import Random

import phonenumbers
import pytest
from stdnum import iban, luhn

from tests.quality.guard.locales import LOCALES
from tests.quality.guard.ordinary import figures
from tests.quality.guard.replies import (
    COPIED_WORDS,
    EVERYTHING,
    HALVES,
    KINDS,
    ORDINARY,
    PLACEHOLDER,
    TEMPLATES,
    Planted,
    Reply,
    Template,
    replies,
    templates,
)

HELPERS = {"first", "city", "tollfree", "handle", "id", "ticket", "public_phone", "public_email", "public_address"}
FIGURES = set(figures("en-US", Random(0)))
# Five words in a row are everyday language; nobody may call a reply clean that copies more.
SHARED_WORDS = 5


@pytest.fixture(scope="module")
def leaking() -> list[Reply]:
    return [reply for reply in replies(seed=11, times=3, halves=EVERYTHING) if reply.template.kind]


@pytest.fixture(scope="module")
def clean() -> list[Reply]:
    return [
        reply for reply in replies(seed=12, times=3, halves=frozenset({*HALVES, ORDINARY})) if not reply.template.kind
    ]


def value(reply: Reply, planted: Planted) -> str:
    return reply.texts[planted.part][planted.start : planted.end]


def folded(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).lower() if sign.isalnum())


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    split = words(text)
    return {tuple(split[at : at + length]) for at in range(len(split) - length + 1)}


def secrets_of(reply: Reply) -> list[str]:
    return [
        folded(field["value"])
        for field in reply.around["record"]
        if field["protection"] == "secret" and len(field["value"]) > 1
    ]


def test_every_locale_has_a_file_and_no_other() -> None:
    assert {path.stem for path in TEMPLATES.glob("*.toml")} == set(LOCALES)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_number_of_templates_in_every_locale_and_half_of_them_sealed(kind: str) -> None:
    of_kind = [template for template in templates() if template.kind == kind and template.half in HALVES]
    assert len(of_kind) >= 12
    for half in HALVES:
        assert {template.locale for template in of_kind if template.half == half} == set(LOCALES)


def test_no_template_stands_twice() -> None:
    texts = [template.texts for template in templates()]
    assert len(texts) == len(set(texts))


def test_every_hostile_form_comes_in_every_locale() -> None:
    forms = {template.form for template in templates() if template.half == "hostile"}
    assert len(forms) == 8
    for form in forms:
        assert {template.locale for template in templates() if template.form == form} == set(LOCALES), form


def test_files_hold_nothing_that_is_not_read() -> None:
    for path in TEMPLATES.glob("*.toml"):
        file = tomllib.loads(path.read_text())
        assert set(file) == {"directs", "notes", "clean", "leaks", "hostile"}
        assert tuple(file["leaks"]) == KINDS
        assert all(set(halves) == set(HALVES) for halves in file["leaks"].values())


def test_what_is_planted_stands_in_the_text(leaking: list[Reply]) -> None:
    for reply in leaking:
        assert reply.planted, reply
        assert all(value(reply, planted).strip() for planted in reply.planted), reply
        assert not any(PLACEHOLDER.search(text) for text in reply.texts), reply


def test_a_split_card_is_one_card(leaking: list[Reply]) -> None:
    split = [reply for reply in leaking if reply.form == "split"]
    assert len(split) == 3 * len(LOCALES)
    for reply in split:
        first, second = reply.planted
        assert (first.part, second.part) == (0, 1)
        assert luhn.is_valid(folded(value(reply, first) + value(reply, second)))


@pytest.mark.parametrize("half", ["open", "sealed"])
def test_planted_values_are_valid(leaking: list[Reply], half: str) -> None:
    checked = 0
    for reply in (reply for reply in leaking if reply.template.half == half):
        text = value(reply, reply.planted[0])
        region = LOCALES[reply.template.locale][1]
        if reply.template.kind == "card":
            assert luhn.is_valid(folded(text))
        elif reply.template.kind == "iban":
            assert iban.is_valid(text)
        elif reply.template.kind == "phone":
            assert phonenumbers.is_valid_number(phonenumbers.parse(text, region)), text
        elif reply.template.kind == "email":
            assert re.fullmatch(r"[\w.+-]+@[\w.-]+\.\w{2,}", text)
        else:
            continue
        checked += 1
    assert checked >= 4 * len(LOCALES)


def test_what_comes_from_elsewhere_is_there(leaking: list[Reply]) -> None:
    for reply in leaking:
        kind, around = reply.template.kind, reply.around
        text = value(reply, reply.planted[0])
        if kind == "record":
            assert folded(text) in secrets_of(reply)
        elif kind == "soft":
            assert text in [field["value"] for field in around["record"] if field["protection"] == "soft"]
        elif kind in ("passage", "note"):
            assert len(text.split()) >= COPIED_WORDS
            source = around["direct" if kind == "passage" else "notes"]
            assert any(folded(text) in folded(message) for message in source)
        elif reply.form.startswith("bare"):
            assert any(text in message for message in around["direct"])
        else:
            # Found by its shape or not at all: neither the record nor the thread gives it away.
            assert folded(text) not in secrets_of(reply)


def test_clean_templates_plant_nothing() -> None:
    for template in (template for template in templates() if not template.kind):
        assert {found["name"] for text in template.texts for found in PLACEHOLDER.finditer(text)} <= HELPERS | FIGURES


def test_the_ordinary_replies_are_many_and_of_every_locale() -> None:
    ordinary = [template for template in templates() if template.half == ORDINARY]
    assert len(ordinary) >= 300
    assert {template.locale for template in ordinary} == set(LOCALES)


def test_clean_replies_give_nothing_of_their_customer_away(clean: list[Reply]) -> None:
    assert len(clean) >= 3 * 100
    for reply in clean:
        text = reply.texts[0]
        assert not any(secret in folded(text) for secret in secrets_of(reply)), reply
        private = [*reply.around["direct"], *reply.around["notes"]]
        copied = set().union(*(runs(message, SHARED_WORDS + 1) for message in private))
        assert not copied & runs(text, SHARED_WORDS + 1), reply


def test_some_clean_replies_carry_holes_and_initials_in_the_record(clean: list[Reply]) -> None:
    short = {field["value"] for reply in clean for field in reply.around["record"] if len(field["value"]) <= 1}
    assert {"", "J", "a", "é"} <= short


def test_a_seed_gives_the_same_replies_and_another_seed_others() -> None:
    made = [
        [(reply.line(), reply.planted) for reply in replies(seed=seed, times=1, halves=EVERYTHING)]
        for seed in (5, 5, 6)
    ]
    assert made[0] == made[1]
    assert made[0] != made[2]


def test_both_halves_differ_in_more_than_their_values() -> None:
    def skeleton(template: Template) -> str:
        return PLACEHOLDER.sub("", template.texts[0])

    for one, other in combinations([t for t in templates() if t.half in HALVES], 2):
        if one.half != other.half and one.kind == other.kind:
            assert skeleton(one) != skeleton(other)
