"""Lengths as X counts them, and texts that X has rewritten."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors import registry
from connectors.http import Http
from connectors.networks.x import text
from connectors.types import Allowed, Denied, Draft, Visibility
from tests.connectors.x_world import TOKENS

PUBLIC, DIRECT = Visibility.PUBLIC, Visibility.DIRECT
X = registry.build("x", {"account_id": "1"}, TOKENS, Http())
REPLY = Draft("k", PUBLIC, "Hello", in_reply_to="20")
NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("written", "weight"),
    [
        ("", 0),
        ("a" * 280, 280),
        ("日本", 4),
        ("😷", 2),
        ("👨‍👩‍👧", 2),
        ("https://example.com/" + "long" * 50, 23),
        ("example.com", 23),
        ("e\u0301", 1),
        ("\r\n a \x00\r\nb  ", 4),
        ("\ud800", 2),
    ],
)
def test_a_post_is_counted_as_x_counts_it(written: str, weight: int) -> None:
    assert X.measure(written, PUBLIC).used == weight
    assert X.measure(written, PUBLIC).limit == 280


def test_a_direct_message_is_counted_in_characters() -> None:
    assert (X.measure("日" * 10_001, DIRECT).used, X.measure("", DIRECT).limit) == (10_001, 10_000)


@pytest.mark.parametrize("unit", ["a", "a.b.", "a.b.c.d.e.f.g ", "日.", "http://a.b ", "😷", "a.com ", "@a ", "$"])
def test_counting_a_huge_text_takes_no_time(unit: str) -> None:
    began = time.monotonic()
    assert not X.measure(unit * (100_000 // len(unit)), PUBLIC).fits
    assert isinstance(X.can_send(replace(REPLY, text=unit * 25_000), NOW), Denied)
    assert time.monotonic() - began < 5, "unbounded, it takes minutes"


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (replace(REPLY, text="a" * 281), "The text is too long for X: 281 of 280 weighted characters."),
        (replace(REPLY, text=" \n\x00"), "There is no text to send."),
        (replace(REPLY, text="a\ufeffb"), "The text holds an invisible character that X refuses; type it again."),
        (replace(REPLY, in_reply_to=""), "There is no post on X to answer."),
        (replace(REPLY, visibility=DIRECT), "There is no person on X to write to."),
        (replace(REPLY, visibility=DIRECT, recipient_id="7/../8"), "There is no person on X to write to."),
        (replace(REPLY, visibility=DIRECT, dialogue_id="dm:1-7/x"), "There is no person on X to write to."),
    ],
)
def test_what_x_would_refuse_is_denied_with_a_sentence(draft: Draft, reason: str) -> None:
    assert X.can_send(draft, NOW) == Denied(reason)


def test_the_composer_is_told_what_a_link_costs_and_of_a_second_cashtag() -> None:
    costly = X.can_send(replace(REPLY, text="See example.com, $ABC and $DEF"), NOW)
    assert isinstance(costly, Allowed)
    assert [warning.split(" ")[1] for warning in costly.warnings] == ["charges", "takes"]
    assert X.can_send(replace(REPLY, text="$5 is not $ABC"), NOW) == Allowed()
    private = replace(REPLY, visibility=DIRECT, recipient_id="7", text="See example.com")
    assert X.can_send(private, NOW) == Allowed()


def test_the_payload_is_frozen_and_is_what_was_measured() -> None:
    draft = replace(REPLY, text="  Cafe\u0301 \r\nfor\x00 you \ud800 ")
    assert X.prepare(draft) == {"kind": "reply", "text": "Café \nfor you \ufffd", "in_reply_to": "20"}
    private = replace(draft, visibility=DIRECT, text="Hi", recipient_id="7", dialogue_id="dm:1-7")
    assert X.prepare(private) == {"kind": "direct", "text": "Hi", "recipient_id": "7", "dialogue_id": "1-7"}


def test_incoming_text_is_opened_for_reading() -> None:
    entities = {
        "urls": [
            {"url": "https://t.co/a", "expanded_url": "https://example.com/?a=1&b=2"},
            {"url": "https://t.co/ab", "expanded_url": "https://other.example/"},
            {"url": "https://t.co/pic", "expanded_url": "https://x.com/c/status/1/photo/1", "media_key": "3_1"},
            {"url": None},
            "odd",
        ]
    }
    shown = text.incoming("5 &lt; 6 &amp;amp; https://t.co/a https://t.co/ab https://t.co/pic", entities)
    assert shown == "5 < 6 &amp; https://example.com/?a=1&b=2 https://other.example/"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Thank you", "@carol @dave Thank you"),
        ("@carol Thank you", "Thank you"),
        ("See Example.com/Path/", "See http://example.com/path"),
        ("a  b\n c", "a b c"),
        ("Cafe\u0301", "Café"),
    ],
)
def test_a_text_is_recognised_after_x_has_rewritten_it(ours: str, theirs: str) -> None:
    assert text.comparable(ours) == text.comparable(theirs)


def test_different_texts_stay_different() -> None:
    assert text.comparable("Thanks!") != text.comparable("Thanks")
    assert text.comparable("see example.com/a") != text.comparable("see example.com/b")
