"""One item of X at a time: what becomes of every field, and of what is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.networks.x import snowflake
from connectors.networks.x.parse import Reader
from connectors.types import Audience, Author, Media

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ID = str(snowflake.at(NOW.timestamp() - 60))
USERS = [
    {"id": "1", "username": "norrline", "name": "Norrline"},
    {
        "id": "2",
        "username": "carol",
        "name": "Carol \x00\ud800",
        "verified": True,
        "profile_image_url": "https://pbs.example/c.jpg",
        "public_metrics": {"followers_count": 7, "tweet_count": "many"},
    },
]
POST = {"id": ID, "author_id": "2", "text": "@norrline help", "created_at": "2026-11-22T11:59:00.000Z"}
MESSAGE = {
    "id": ID,
    "event_type": "MessageCreate",
    "sender_id": "2",
    "text": "help",
    "dm_conversation_id": "1-2",
    "created_at": "2026-11-22T11:59:00Z",
}


def reader(**includes: Any) -> Reader:
    return Reader({"includes": {"users": USERS, **includes}}, "1", NOW)


def test_a_post_with_everything() -> None:
    media = [{"media_key": "3_1", "type": "photo", "url": "https://pbs.example/1.jpg", "alt_text": "a router"}]
    post = reader(media=media).post(
        {
            **POST,
            "conversation_id": "99",
            "in_reply_to_user_id": "1",
            "referenced_tweets": [{"type": "replied_to", "id": "98"}, {"type": "quoted", "id": "97"}],
            "lang": "en",
            "attachments": {"media_keys": ["3_1", "3_2"]},
            "public_metrics": {"like_count": 3},
        }
    )
    assert post.author == Author("2", "carol", "Carol \ufffd", 7, "https://pbs.example/c.jpg")
    assert (post.root_id, post.in_reply_to, post.language) == ("99", "98", "en")
    assert post.published_at == NOW - timedelta(minutes=1)
    assert post.url == f"https://x.com/carol/status/{ID}"
    assert post.media == (Media("3_1", "photo", "https://pbs.example/1.jpg", "a router"), Media("3_2", "unknown"))
    assert post.extra == {
        "quotes": "97",
        "in_reply_to_user_id": "1",
        "verified": True,
        "metrics": {"like_count": 3},
    }
    assert (post.own, post.audience, post.peer) == (False, Audience.PUBLIC, None)


@pytest.mark.parametrize(("said", "language"), [("und", ""), ("qme", ""), ("zxx", ""), ("pt-BR", "pt-BR"), (7, "")])
def test_only_languages_are_languages(said: Any, language: str) -> None:
    assert reader().post({**POST, "lang": said}).language == language


def test_a_repost_is_marked() -> None:
    post = reader().post({**POST, "referenced_tweets": [{"type": "retweeted", "id": "98"}]})
    assert post.extra["repost"] is True


def test_a_long_post_is_read_whole() -> None:
    note = {"text": "long &amp; whole https://t.co/a", "entities": {"urls": [{"url": "https://t.co/a"}]}}
    assert reader().post({**POST, "text": "long…", "note_tweet": note}).text == "long & whole https://t.co/a"


def test_an_author_whom_x_does_not_describe_keeps_the_id() -> None:
    post = reader().post({**POST, "author_id": "3"})
    assert post.author == Author("3")
    assert post.url == f"https://x.com/i/status/{ID}"


def test_without_a_thread_the_post_is_its_own_root() -> None:
    assert reader().post(POST).root_id == ID


@pytest.mark.parametrize("created", ["2126-01-01T00:00:00.000Z", "soon", None, 17])
def test_an_impossible_time_is_replaced_by_the_one_in_the_id(created: Any) -> None:
    post = reader().post({**POST, "created_at": created})
    assert post.published_at == NOW - timedelta(minutes=1)
    assert post.extra.get("claimed_at", "") == (created if isinstance(created, str) else "")


def test_a_clock_that_is_a_little_ahead_is_believed() -> None:
    post = reader().post({**POST, "created_at": "2026-11-22T12:03:00Z"})
    assert post.published_at == NOW + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ({**POST, "id": None}, "X sent this item without its id."),
        ({**POST, "id": "../1"}, "X sent this item without its id."),
        ({**POST, "author_id": None}, "X did not say who wrote this."),
        ({**POST, "text": None}, "X sent this post without a text."),
        ({**POST, "referenced_tweets": 7}, "X sent this item in a form that cannot be read."),
        ("odd", "X sent something that is no item."),
    ],
)
def test_an_unreadable_post_is_told_in_one_sentence_and_the_rest_goes_on(item: Any, sentence: str) -> None:
    posts, invalid = reader().posts([item, {**POST, "id": "5"}])
    assert [post.external_id for post in posts] == ["5"]
    assert [one.reason for one in invalid] == [sentence]


def test_a_message_of_a_customer() -> None:
    post = reader().message(MESSAGE)
    assert (post.root_id, post.audience, post.own, post.peer) == ("dm:1-2", Audience.DIRECT, False, None)


@pytest.mark.parametrize("dialogue", ["1-2", "2-1"])
def test_an_own_message_says_to_whom(dialogue: str) -> None:
    post = reader().message({**MESSAGE, "sender_id": "1", "dm_conversation_id": dialogue})
    assert post.own
    assert post.peer is not None
    assert (post.peer.external_id, post.peer.handle) == ("2", "carol")


def test_a_group_has_no_single_peer_and_is_marked() -> None:
    post = reader().message({**MESSAGE, "sender_id": "1", "dm_conversation_id": "1582103724607971332"})
    assert post.peer is None
    assert post.extra["group"] is True


def test_joining_and_leaving_are_no_messages() -> None:
    posts, invalid = reader().messages([{**MESSAGE, "event_type": "ParticipantsJoin"}, MESSAGE])
    assert (len(posts), invalid) == (1, [])


def test_a_message_with_a_picture_alone_is_a_message() -> None:
    item = {key: value for key, value in MESSAGE.items() if key != "text"}
    assert reader().messages([item])[1][0].reason == "X sent this message without a text."
    assert reader().message({**item, "attachments": {"media_keys": ["3_1"]}}).media == (Media("3_1", "unknown"),)
