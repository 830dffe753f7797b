"""Reading a page: many posts, replies, old posts, page cursors that die, and what Facebook no longer shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import registry
from connectors.errors import AuthError, ConfigError, TransientError
from connectors.http import Http
from connectors.testing import Items
from tests.connectors.facebook_world import FacebookWorld
from tests.connectors.servers import Script, answer, serving


def test_comments_under_every_post_and_replies_and_visitors_arrive(facebook: FacebookWorld) -> None:
    posts = facebook.sandbox.page_posts([{"page": "norrline", "text": f"post {n}"} for n in range(30)])
    comments = facebook.sandbox.comments([{"post": p, "handle": "carol", "text": "hello"} for p in posts])
    replies = facebook.sandbox.comments(
        [{"post": posts[0], "parent": comments[0], "handle": "dave", "text": f"reply {n}"} for n in range(60)]
    )
    visitors = facebook.sandbox.visitor_posts(
        [
            {"page": "norrline", "handle": "erin", "text": "on your wall"},
            {"page": "norrline", "handle": "frank", "text": "about @norrline", "tagged": True},
        ]
    )
    items = Items()
    assert items.poll(facebook.connector(history=1000), "comments")
    assert set(items.posts) == {*comments, *replies, *visitors}
    reply = items.posts[replies[0]]
    assert (reply.root_id, reply.in_reply_to) == (posts[0], comments[0])
    above = facebook.connector().context(reply)
    assert [(post.external_id, post.own, post.context) for post in above] == [
        (posts[0], True, True),
        (comments[0], False, True),
    ]


def test_a_new_comment_under_an_old_post_is_found_while_the_post_is_young_enough(facebook: FacebookWorld) -> None:
    now = datetime.now(UTC)
    old = {"page": "norrline", "created_at": (now - timedelta(days=40)).isoformat()}
    posts = facebook.sandbox.page_posts([{**old, "text": f"old {n}"} for n in range(60)])
    items = Items()
    assert items.poll(facebook.connector(), "comments")
    comments = facebook.sandbox.comments([{"post": p, "handle": "carol", "text": "still broken"} for p in posts])
    again = Items()
    again.cursor, items.pages = items.cursor, 0
    assert items.poll(facebook.connector(days=30), "comments")
    assert items.pages == 2, "the feed is left at the first page that is too old as a whole"
    assert len(items.posts) < len(comments)
    assert again.poll(facebook.connector(days=50), "comments")
    assert set(again.posts) == set(comments)


def test_a_quiet_poll_of_a_small_page_is_one_request(facebook: FacebookWorld) -> None:
    facebook.publish([f"comment {n}" for n in range(200)])
    items = Items()
    assert items.poll(facebook.connector(), "comments")
    items.pages = 0
    cursor = {"high_water": str(int(datetime.now(UTC).timestamp()) + 3600), "walk": None}
    items.cursor = cursor
    assert items.poll(facebook.connector(), "comments")
    assert items.pages == 1


def test_ten_thousand_comments_arrive_once_each_over_many_turns(facebook: FacebookWorld) -> None:
    items = Items()
    assert items.poll(facebook.connector(), "comments")
    ids = facebook.publish([f"item {n}" for n in range(10_000)])
    turns = 0
    while not items.poll(facebook.connector(), "comments", pages=20):
        turns += 1
        assert turns < 30
    assert set(items.posts) == set(ids)
    assert turns >= 3


def test_a_page_cursor_that_died_begins_that_list_again(facebook: FacebookWorld) -> None:
    items = Items()
    assert items.poll(facebook.connector(), "comments")
    ids = facebook.publish([f"item {n}" for n in range(150)])
    assert not items.poll(facebook.connector(), "comments", pages=1)
    walk = dict(items.cursor["walk"])
    assert walk["todo"]
    walk["todo"] = [{**place, "after": "bm9uc2Vuc2U="} for place in walk["todo"]]
    items.cursor = {**items.cursor, "walk": walk}
    while not items.poll(facebook.connector(), "comments", pages=1):
        pass
    assert set(items.posts) == set(ids)
    assert items.gaps == []


def test_a_post_that_is_deleted_during_the_walk_holds_nothing_up(facebook: FacebookWorld) -> None:
    items = Items()
    assert items.poll(facebook.connector(), "comments")
    facebook.publish([f"item {n}" for n in range(150)])
    [other] = facebook.sandbox.visitor_posts([{"page": "norrline", "handle": "erin", "text": "on your wall"}])
    assert not items.poll(facebook.connector(), "comments", pages=1)
    facebook.remove(facebook.post)
    assert items.poll(facebook.connector(), "comments")
    assert other in items.posts
    assert items.cursor["walk"] is None


@pytest.mark.parametrize(
    "stored", [{"walk": "x"}, {"walk": {"todo": [1]}}, {"high_water": "x"}, {"walk": {"mark": []}}]
)
def test_a_cursor_that_cannot_be_read_begins_anew(facebook: FacebookWorld, stored: dict[str, Any]) -> None:
    ids = facebook.publish(["one", "two"])
    items = Items()
    items.cursor = stored
    assert items.poll(facebook.connector(), "comments")
    assert set(items.posts) == set(ids)


def test_more_messages_than_facebook_shows_are_a_gap_with_bounds(facebook: FacebookWorld) -> None:
    items = Items()
    items.cursor = {"high_water": str(int(datetime.now(UTC).timestamp()) - 60), "walk": None}
    ids = facebook.sandbox.page_messages(
        [{"page": "norrline", "handle": "carol", "text": f"message {n}"} for n in range(35)]
    )
    assert items.poll(facebook.connector(), "messages")
    assert set(items.posts) == set(ids[-20:])
    assert [gap.before_id for gap in items.gaps] == [ids[-20]]
    assert items.invalid == {}


def test_old_messages_of_a_dialogue_that_goes_on_are_not_new(facebook: FacebookWorld) -> None:
    then = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    facebook.sandbox.page_messages(
        [{"page": "norrline", "handle": "carol", "text": f"old {n}", "created_at": then} for n in range(5)]
    )
    items = Items()
    items.cursor = {"high_water": str(int(datetime.now(UTC).timestamp()) - 60), "walk": None}
    ids = facebook.write_direct(["new"])
    assert items.poll(facebook.connector(), "messages")
    assert set(items.posts) == set(ids)


def test_a_dead_token_says_what_to_do(facebook: FacebookWorld) -> None:
    facebook.sandbox.expire_page_token(facebook.page["page_id"])
    with pytest.raises(AuthError, match="connect the page again"):
        Items().poll(facebook.connector(), "comments")
    fresh = facebook.sandbox.renew_page_token(facebook.page["page_id"])
    assert Items().poll(facebook.connector(secrets={"access_token": fresh}), "comments")


@pytest.mark.parametrize(
    ("permission", "stream"), [("pages_read_engagement", "comments"), ("pages_messaging", "messages")]
)
def test_a_missing_permission_is_named_and_does_not_disconnect(
    facebook: FacebookWorld, permission: str, stream: str
) -> None:
    facebook.sandbox.revoke_permission(facebook.page["page_id"], permission)
    with pytest.raises(ConfigError, match=permission):
        Items().poll(facebook.connector(), stream)


def test_a_wrong_app_secret_is_refused(facebook: FacebookWorld) -> None:
    with pytest.raises((ConfigError, AuthError)) as caught:
        facebook.connector(secrets={"app_secret": "another"}).check()
    assert "another" not in str(caught.value)


@pytest.mark.parametrize("fault", ["no_milliseconds", "future_timestamps", "no_content_type"])
def test_odd_times_and_heads_lose_nothing(facebook: FacebookWorld, fault: str) -> None:
    ids = facebook.publish(["one", "two"])
    facebook.sandbox.fault(fault, times=1)
    items = Items()
    try:
        items.poll(facebook.connector(), "comments")
    except TransientError:
        assert fault == "no_content_type"
    items.poll(facebook.connector(), "comments")
    assert set(items.posts) == set(ids)
    assert all(post.published_at <= datetime.now(UTC) + timedelta(minutes=10) for post in items.posts.values())


def scripted(bodies: list[Any]) -> Script:
    """The bodies one after the other, the last one again and again."""
    left = list(bodies)
    return lambda conn, request: answer(json.dumps(left.pop(0) if len(left) > 1 else left[0]).encode())(conn, request)


def poll(url: str, cursor: dict[str, Any]) -> Items:
    given = {"account_id": "100", "base_url": url}
    facebook = registry.build("facebook", given, {"access_token": "t", "app_secret": "s"}, Http(deadline=3))
    items = Items()
    items.cursor = cursor
    items.poll(facebook, "comments")
    return items


def test_time_is_taken_from_facebook_s_clock() -> None:
    date = "Date: Sun, 22 Nov 2026 12:00:00 GMT"
    with serving(answer(b'{"data":[]}', "200 OK", date)) as line:
        items = poll(line.url, {})
    assert items.cursor == {"high_water": "1795348800", "walk": None}


def test_known_ground_never_moves_back() -> None:
    with serving(answer(b'{"data":[]}', "200 OK", "Date: Thu, 01 Jan 2026 00:00:00 GMT")) as line:
        items = poll(line.url, {"high_water": "1795348800", "walk": None})
    assert items.cursor["high_water"] == "1795348800"


def test_an_old_page_of_comments_ends_a_list_that_ignores_since() -> None:
    def comment(number: int, day: int) -> dict[str, Any]:
        made = f"2026-11-{day:02}T00:00:00+0000"
        return {"id": f"5_{number}", "from": {"id": "7"}, "message": "x", "created_time": made}

    paging = {"cursors": {"after": "QQ"}, "next": "https://graph.facebook.com/…"}
    post = {"id": "100_5", "created_time": "2026-11-22T00:00:00+0000", "from": {"id": "100"}, "message": "x"}
    first = {"data": [{**post, "comments": {"data": [comment(9, 22)], "paging": paging}}]}
    # Out of order, and one of them has no time: this page proves nothing about what follows.
    second = {"data": [comment(3, 1), comment(4, 22), {**comment(5, 2), "created_time": None}], "paging": paging}
    third = {"data": [comment(1, 1), comment(2, 1)], "paging": paging}
    floor = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp())
    with serving(scripted([first, second, third, {"data": [comment(8, 22)]}])) as line:
        items = poll(line.url, {"high_water": str(floor), "walk": None})
        assert len(line.requests) == 3
    assert set(items.posts) == {"5_9", "5_4", "5_5"}


def test_an_answer_without_a_list_is_no_empty_page() -> None:
    with serving(answer(b'{"success":true}')) as line, pytest.raises(TransientError):
        poll(line.url, {})
