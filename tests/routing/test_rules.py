"""What counts as a word."""

from __future__ import annotations

import pytest

from inbox.phrases import contains, plain


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Refund, please", "refund"),
        ("I was double   charged\nyesterday", "double charged"),
        ("Die STRASSE ist gesperrt", "straße"),
        ("Ｒｅｆｕｎｄ now", "refund"),
        ("it’s late", "it's late"),
        ("re\u200bfund", "refund"),
        ("cafe\u0301 closed", "café"),
        ("我要退款谢谢", "退款"),
        ("#refund", "refund"),
        ("pay in c++ please", "c++"),
        ("Возврат, пожалуйста", "возврат"),
        ("ΤΕΛΟΣ", "τελος"),
    ],
)
def test_found(text: str, word: str) -> None:
    assert contains(plain(text), plain(word))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("refunded", "refund"),
        ("prerefund", "refund"),
        ("हिन्दी", "हिन्द"),
        ("double-charged", "double charged"),
        ("", "refund"),
        ("refund", ""),
        ("re_refund", "refund"),
    ],
)
def test_not_found(text: str, word: str) -> None:
    assert not contains(plain(text), plain(word))
