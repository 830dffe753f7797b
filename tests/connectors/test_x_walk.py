"""What X's own ways of paging ask of a walk, beyond the contract."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import ConfigError
from connectors.networks.x import snowflake
from connectors.testing import Items
from tests.connectors.x_world import XWorld


def broken(cursor, **changes):
    """A cursor whose page token X no longer knows."""
    return {**cursor, "walk": {**cursor["walk"], "token": "0123456789abcdef-expired", **changes}}


@pytest.mark.parametrize("stream", ["mentions", "messages"])
def test_a_walk_goes_on_when_its_page_token_has_expired(x: XWorld, stream: str) -> None:
    write = x.publish if stream == "mentions" else x.write_direct
    ids, items = write(["known ground"]), Items()
    items.poll(x.connector(), stream)
    ids += write([f"item {n}" for n in range(250)])
    assert not items.poll(x.connector(), stream, pages=1)
    items.cursor = broken(items.cursor)
    assert items.poll(x.connector(), stream)
    assert set(items.posts) == set(ids)


def test_a_first_poll_that_is_cut_still_takes_exactly_its_share(x: XWorld) -> None:
    ids, items = x.publish([f"item {n}" for n in range(400)]), Items()
    while not items.poll(x.connector(history=230), "mentions", pages=1):
        assert "high_water" not in items.cursor
    assert set(items.posts) == set(ids[-230:])


def test_ten_thousand_messages_of_history_page_without_trouble(x: XWorld) -> None:
    ids, items = x.write_direct(["known ground"]), Items()
    items.poll(x.connector(), "messages")
    ids += x.write_direct([f"item {n}" for n in range(10_000)])
    while not items.poll(x.connector(), "messages", pages=7):
        pass
    assert set(items.posts) == set(ids)


def test_ten_thousand_mentions_end_at_what_x_shows_with_one_gap(x: XWorld) -> None:
    known, items = x.publish(["known ground"]), Items()
    items.poll(x.connector(), "mentions")
    ids = x.publish([f"item {n}" for n in range(10_000)])
    assert items.poll(x.connector(), "mentions")
    assert set(items.posts) == {*known, *ids[-800:]}
    assert [(gap.after_id, gap.before_id) for gap in items.gaps] == [(known[0], ids[-800])]
    assert items.gaps[0].reason.endswith(".")


def test_a_deleted_post_at_the_known_end_is_no_gap(x: XWorld) -> None:
    known, items = x.publish(["known ground"]), Items()
    items.poll(x.connector(), "mentions")
    x.publish([f"item {n}" for n in range(300)])
    x.remove(known[0])
    items.poll(x.connector(), "mentions")
    assert items.gaps == []


def test_a_quiet_poll_costs_one_request_and_reads_only_the_overlap(x: XWorld) -> None:
    now = time.time()
    old = [{"handle": "carol", "text": "@norrline old", "created_at": _iso(now - 3600 - n)} for n in range(60)]
    x.sandbox.posts(old)
    x.publish(["new"])
    items = Items()
    items.poll(x.connector(), "mentions")
    pages = list(x.connector().fetch("mentions", items.cursor))
    assert [len(page.items) for page in pages] == [1]


def test_an_id_that_arrives_late_is_found_by_the_overlap(x: XWorld) -> None:
    ids, items = x.publish(["first"]), Items()
    items.poll(x.connector(), "mentions")
    late = {"handle": "dave", "text": "@norrline late", "created_at": _iso(time.time() - 60)}
    ids.append(x.sandbox.post(**late))
    assert int(ids[1]) < int(ids[0])
    items.poll(x.connector(), "mentions")
    assert set(items.posts) == set(ids)


def test_messages_stop_at_known_ground_and_need_no_walk_through_all_history(x: XWorld) -> None:
    now = time.time()
    x.sandbox.dms([{"handle": "carol", "text": "old", "created_at": _iso(now - 3600 - 10 * n)} for n in range(500)])
    items = Items()
    items.poll(x.connector(), "messages")
    ids = x.write_direct([f"new {n}" for n in range(120)])
    pages = list(x.connector().fetch("messages", items.cursor))
    assert len(pages) == 2
    assert set(ids) <= {post.external_id for page in pages for post in page.items}


def test_messages_not_read_for_more_than_thirty_days_are_a_gap(x: XWorld) -> None:
    items, long_ago = Items(), time.time() - 40 * 86_400
    items.cursor = {"high_water": str(snowflake.at(long_ago)), "at": long_ago, "walk": None}
    ids = x.write_direct(["after the holidays"])
    assert items.poll(x.connector(), "messages")
    assert [(gap.after_id, gap.before_id) for gap in items.gaps] == [(str(snowflake.at(long_ago)), ids[0])]


def test_messages_read_lately_in_a_quiet_account_are_no_gap(x: XWorld) -> None:
    items, long_ago = Items(), time.time() - 40 * 86_400
    items.cursor = {"high_water": str(snowflake.at(long_ago)), "at": time.time() - 75, "walk": None}
    x.write_direct(["hello again"])
    assert items.poll(x.connector(), "messages")
    assert items.gaps == []


def test_an_id_far_in_the_future_does_not_carry_the_known_ground_away(x: XWorld) -> None:
    x.sandbox.post("carol", "@norrline from the future", created_at=_iso(time.time() + 86_400))
    items = Items()
    items.poll(x.connector(), "mentions")
    [id_] = x.publish(["today"])
    items.poll(x.connector(), "mentions")
    assert id_ in items.posts


def test_an_unreadable_cursor_begins_a_new_walk(x: XWorld) -> None:
    ids, items = x.publish(["one"]), Items()
    items.cursor = {"high_water": "?", "walk": {"top": "x"}}
    assert items.poll(x.connector(), "mentions")
    assert set(items.posts) == set(ids)


def test_an_unknown_stream_or_account_is_one_sentence(x: XWorld) -> None:
    with pytest.raises(ConfigError, match="no stream called"):
        x.connector().fetch("likes", {})
    with pytest.raises(ConfigError, match="id is not known yet"):
        x.connector(account_id="").fetch("mentions", {})


def test_the_budget_is_what_x_last_said(x: XWorld) -> None:
    x.sandbox.rates_on(mentions=5)
    connector = x.connector()
    assert connector.budget("mentions") is None
    Items().poll(connector, "mentions")
    budget = connector.budget("mentions")
    assert budget is not None
    assert (budget.limit, budget.remaining) == (5, 4)
    assert budget.reset_at is not None
    assert datetime.now(UTC) < budget.reset_at < datetime.now(UTC) + timedelta(minutes=16)


def test_the_thread_above_is_fetched_oldest_first_and_ends_where_a_post_is_deleted(x: XWorld) -> None:
    root = x.sandbox.post("dave", "@norrline is slow")
    middle = x.sandbox.post("erin", "@norrline yes", in_reply_to=root)
    leaf = x.sandbox.post("carol", "@norrline me too", in_reply_to=middle)
    items, connector = Items(), x.connector()
    items.poll(connector, "mentions")
    above = connector.context(items.posts[leaf])
    assert [(post.external_id, post.context, post.author.handle) for post in above] == [
        (root, True, "dave"),
        (middle, True, "erin"),
    ]
    assert {post.root_id for post in items.posts.values()} == {root}
    x.remove(root)
    assert [post.external_id for post in connector.context(items.posts[leaf])] == [middle]
    x.remove(middle)
    assert connector.context(items.posts[leaf]) == []


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
