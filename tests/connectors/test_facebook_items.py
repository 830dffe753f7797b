"""One item of Facebook at a time, after the examples in Meta's documents: what becomes of every field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.errors import InvalidItem
from connectors.networks.facebook.parse import Reader, following, moment
from connectors.types import Audience, Author, Media

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PAGE = "1906385232743851"
POST_ID = f"{PAGE}_2165290813519957"
CAROL = {"name": "Carol \x00\ud800", "id": "6045967815435791"}
COMMENT = {
    "id": "2165290813519957_2165291123519926",
    "created_time": "2026-11-22T11:59:00+0000",
    "from": CAROL,
    "message": "Keep up the good work!",
}
MESSAGE = {
    "id": "m_ABC=",
    "created_time": "2026-11-22T11:58:00+0000",
    "from": CAROL,
    "to": {"data": [{"name": "Norrline", "id": PAGE}]},
    "message": "Where is my parcel?",
}
TALK = {"id": "t_2638", "participants": {"data": [CAROL, {"name": "Norrline", "id": PAGE}]}}


def reader() -> Reader:
    return Reader(PAGE, NOW)


def test_a_comment_belongs_to_its_post_and_its_author_to_the_page() -> None:
    post = reader().comment({**COMMENT, "permalink_url": "https://www.facebook.com/c/1", "like_count": 3}, POST_ID)
    assert post.author == Author(CAROL["id"], name="Carol \ufffd", scope=PAGE)
    assert (post.root_id, post.in_reply_to, post.audience) == (POST_ID, POST_ID, Audience.PUBLIC)
    assert post.published_at == NOW - timedelta(minutes=1)
    assert (post.url, post.extra) == ("https://www.facebook.com/c/1", {"metrics": {"like_count": 3}})
    assert not post.own


def test_a_reply_answers_the_comment_above_it_under_the_same_root() -> None:
    post = reader().comment({**COMMENT, "parent": {"id": "9_8"}}, POST_ID)
    assert (post.root_id, post.in_reply_to) == (POST_ID, "9_8")


def test_what_the_page_writes_is_own_wherever_it_stands() -> None:
    page = {"name": "Norrline", "id": PAGE}
    assert reader().comment({**COMMENT, "from": page}, POST_ID).own
    assert reader().post({**COMMENT, "from": page}, context=True).own
    message = reader().message({**MESSAGE, "from": page, "to": {"data": [CAROL]}}, TALK)
    assert message.own
    assert message.peer == Author(CAROL["id"], name="Carol \ufffd", scope=PAGE)
    without = reader().message({**MESSAGE, "from": page, "to": None}, TALK)
    assert without.peer == message.peer


def test_a_message_is_direct_and_the_dialogue_is_its_root() -> None:
    post = reader().message(MESSAGE, TALK)
    assert (post.root_id, post.audience, post.own, post.peer) == ("t_2638", Audience.DIRECT, False, None)
    assert post.author.scope == PAGE
    assert reader().message({**MESSAGE, "id": "ABC="}, TALK).external_id == post.external_id == "m_ABC="


def test_a_visitor_post_is_its_own_root() -> None:
    post = reader().post({**COMMENT, "id": POST_ID, "can_reply_privately": False})
    assert (post.root_id, post.in_reply_to) == (POST_ID, "")
    assert post.extra == {"can_reply_privately": False}


def test_somebody_whom_facebook_does_not_name_keeps_a_comment_of_their_own() -> None:
    one = reader().comment({**COMMENT, "from": None}, POST_ID)
    other = reader().comment({**COMMENT, "id": "1_2", "from": {}}, POST_ID)
    assert one.text == COMMENT["message"]
    assert one.author.external_id != other.author.external_id
    assert one.author.scope == PAGE


@pytest.mark.parametrize("value", ["2126-01-02T03:04:05+0000", "yesterday", "", None, [], 10**30, True])
def test_a_time_that_cannot_be_is_now(value: Any) -> None:
    post = reader().comment({**COMMENT, "created_time": value}, POST_ID)
    assert post.published_at == NOW
    assert post.extra == ({"claimed_at": value} if isinstance(value, str) and value else {})


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("2026-11-22T12:00:00+0000", 0), ("2026-11-22T12:00:00.250Z", 0.25), ("2026-11-22T13:00:00+01:00", 0)],
)
def test_times_with_and_without_milliseconds_are_utc(value: str, seconds: float) -> None:
    assert moment(value) == NOW + timedelta(seconds=seconds)
    assert moment(int(NOW.timestamp())) == NOW


@pytest.mark.parametrize(
    "raw",
    [
        {**COMMENT, "message": None},
        {**COMMENT, "message": ["a"]},
        {**COMMENT, "id": None},
        {**COMMENT, "id": "../me"},
        {**COMMENT, "id": "1?access_token=1"},
    ],
)
def test_a_comment_that_cannot_be_read_says_why(raw: dict[str, Any]) -> None:
    with pytest.raises(InvalidItem, match=r"^Facebook .*\.$"):
        reader().comment(raw, POST_ID)


@pytest.mark.parametrize("change", [{"message": None}, {"from": None}, {"id": "m_ ä"}, {"id": 7}])
def test_a_message_that_cannot_be_read_says_why(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidItem, match=r"^Facebook .*\.$"):
        reader().message({**MESSAGE, **change}, TALK)


def test_one_unreadable_item_stops_no_other() -> None:
    posts, invalid = reader().comments([COMMENT, None, "x", {**COMMENT, "id": "2_2", "message": 1}, COMMENT], POST_ID)
    assert [post.external_id for post in posts] == [COMMENT["id"]]
    assert [item.external_id for item in invalid] == ["", "", "2_2"]


def test_a_picture_needs_no_words() -> None:
    attachment = {
        "type": "photo",
        "media": {"image": {"src": "https://scontent.example/1.jpg"}},
        "target": {"id": "77"},
        "description": "a router",
    }
    post = reader().comment({**COMMENT, "message": "", "attachment": attachment}, POST_ID)
    assert post.media == (Media("77", "photo", "https://scontent.example/1.jpg", "a router"),)
    files = [{"id": "5", "mime_type": "image/png", "name": "x.png", "image_data": {"url": "https://cdn.example/x"}}]
    message = reader().message({**MESSAGE, "message": None, "attachments": {"data": files}}, TALK)
    assert message.media == (Media("5", "image", "https://cdn.example/x", "x.png"),)


def test_only_a_next_page_is_a_next_page() -> None:
    cursors = {"cursors": {"before": "a", "after": "b"}}
    assert following({"paging": cursors}) == ""
    assert following({"paging": {**cursors, "next": "https://graph.facebook.com/…"}}) == "b"
    assert following({"paging": {"next": "https://graph.facebook.com/…"}}) == ""
    assert following({}) == ""
