"""A text cut where the guard found something, and how a page shows it."""

from __future__ import annotations

from inbox import marks
from inbox.templatetags.desk import marked


def test_a_text_is_cut_at_its_own_marks_in_their_order_however_they_overlap() -> None:
    found = [[0, 6, 9, "c"], [1, 0, 5, "elsewhere"], [0, 2, 5, "a"], [0, 3, 7, "b"], [0, 4, 6, "inside"]]
    pieces = marks.cut("0123456789", marks.of(0, found))
    assert pieces == [("01", ""), ("234", "a"), ("56", "b"), ("78", "c"), ("9", "")]
    assert "".join(words for words, _ in pieces) == "0123456789"


def test_a_text_without_marks_is_one_piece_and_an_empty_one_none() -> None:
    assert marks.cut("Hello", []) == [("Hello", "")]
    assert marks.cut("", []) == []


def test_what_was_written_and_why_are_escaped_around_a_mark() -> None:
    shown = marked([("<b>", ""), ("<i>", 'a "reason"'), ("&", "")])
    assert shown == '&lt;b&gt;<mark title="a &quot;reason&quot;">&lt;i&gt;</mark>&amp;'
