"""Whatever it is given to read, the guard answers, and its places fit."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.guard import Surroundings
from inbox.guard.folding import fold
from tests.guard.asking import findings, held, secret, soft

# fmt: off
PIECES = [
    "4111", " ", "1111", "@", "at", "dot", "mail.example", "DE89", "+49", "one", "\u200d", "order", "12.03.1985",
    "é", "\ud800", "\x00", "ß", "İ", "ﷺ", "\ufe0f\u20e3", "\u0301", "http://x.y/?a=", "(", "#", "&", "-",
    "via", "\n", "born",
]
LONG = [
    "a", "1 ", "@", "a.", "4111 ", "one ", "(at) ", "DE89", "call 0170 ", "calle ", "Via ", "ul. a ", "A ", "::1",
    "order 12345 ", "http://a/?", "eyJ", "\u0301", "x@y.", "12.12.", '"', "password: ", "1-2-3-", "(\n", "ﷺ",
    "Am Am ", "Aa1",
]
# fmt: on
hostile = st.one_of(st.text(st.characters(), max_size=80), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))


@settings(max_examples=400, deadline=None)
@given(st.lists(hostile, max_size=4), hostile, hostile, hostile)
def test_no_text_makes_it_raise(parts: list[str], value: str, direct: str, public: str) -> None:
    around = Surroundings(
        record=[secret("a", value), soft("b", public)],
        direct=[direct],
        notes=[value],
        names=[direct],
        public=[public],
        said=[direct],
        strangers=lambda values: values,
    )
    findings(parts, around)


@settings(max_examples=400, deadline=None)
@given(hostile)
def test_folding_keeps_the_way_back(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.plain) == len(folded.starts) == len(folded.ends)
    for at in range(len(folded.text)):
        start, end = folded.place(at, at + 1)
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize("piece", LONG)
def test_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    """Four times the text may take eight times as long, and a fixed second for the noise of the machine."""

    def took(characters: int) -> float:
        text = (piece * (characters // len(piece) + 1))[:characters]
        begun = time.process_time()
        findings([text])
        return time.process_time() - begun

    short = took(5_000)
    assert took(20_000) < 8 * short + 1


def test_a_hundred_thousand_characters_are_searched_to_the_end() -> None:
    text = "We are looking into it, thank you. " * 2900 + " 4111 1111 1111 1111"
    assert held(text) == {"card"}
