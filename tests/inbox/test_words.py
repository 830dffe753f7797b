"""Texts as words: cut, compared, asked for and marked in one way."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox import words

TEXT = "Where is my order A-123, sent to carol@example.com? Crème brûlée! 日本語のテスト"


def found(text: str, query: str) -> list[str]:
    return [text[start:end] for start, end in words.read(query).places(text)]


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("order", ["order"]),
        ("ORD", ["order"]),
        ("creme", ["Crème"]),
        ("Brûl", ["brûlée"]),
        ("a-123", ["A-123"]),
        ("carol@example.com", ["carol@example.com"]),
        ("carol@exam", ["carol@example"]),
        ('"my order"', ["my order"]),
        ('"my ord"', []),
        ('"order my"', []),
        ("日本", ["日本"]),
        ("本日", []),
        ("“my order” 日本語", ["my order", "日本語"]),
    ],
)
def test_what_is_asked_is_found_and_marked(query: str, marked: list[str]) -> None:
    assert found(TEXT, query) == marked


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["order", "creme", "a-123", "carol@exam", '"my order"', "日本", "本日", '"order my"', "x"]
)
def test_the_server_finds_what_the_page_marks(query: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector @@ %s::tsquery", [words.vector(TEXT), words.read(query).tsquery])
        assert cursor.fetchone()[0] is bool(found(TEXT, query))


@pytest.mark.parametrize(
    "query", ["", "%", "* ? _", ":*", "'", '"', '""', "\0", "\u202e\u200f\u200b", "& | ! <->", "\\"]
)
def test_signs_alone_are_no_search(query: str) -> None:
    with pytest.raises(words.Unasked, match="There is no word in this search"):
        words.read(query)


def test_too_much_is_said_to_be_too_much() -> None:
    with pytest.raises(words.Unasked, match=r"at most 200 characters; these are 10,000\."):
        words.read("a" * 10_000)
    with pytest.raises(words.Unasked, match="at most 16 words"):
        words.read("a " * 17)


@pytest.mark.django_db
@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(text=st.text(max_size=300), query=st.text(max_size=40))
def test_any_text_can_be_stored_and_any_query_asked(text: str, query: str) -> None:
    try:
        asked = words.read(query)
    except words.Unasked:
        asked = words.read("a")
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector @@ %s::tsquery", [words.vector(text), asked.tsquery])
        assert cursor.fetchone()[0] is bool(asked.places(text))


@pytest.mark.django_db
def test_a_text_of_any_length_can_be_stored() -> None:
    long = " ".join(f"{number}{'ж' * 90}" for number in range(20_000))
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(%s::tsvector)", [words.vector(long + " the" * 400)])
        assert cursor.fetchone()[0] > 1000


def test_an_excerpt_stands_around_what_was_found() -> None:
    pieces = words.excerpt("yes " * 200 + "<b>refund</b> " + "no " * 200, words.read("refund"))
    assert pieces[0] == ("…", "")
    assert ("refund", "found") in pieces
    assert len("".join(piece for piece, _ in pieces)) <= words.EXCERPT + 2
    assert words.excerpt("Short", None) == [("Short", "")]
