"""The contract, part one: nothing lost, nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.testing.world import Contract, Items, World
from connectors.types import Visibility


class ReadingContract(Contract):
    """What fetch promises."""

    def test_check_says_who_we_are(self, world: World) -> None:
        author = world.connector().check()
        assert author.external_id
        assert author.handle or author.name

    def test_a_first_poll_takes_the_newest_items_and_not_all_history(self, world: World) -> None:
        ids = world.publish([f"history {n}" for n in range(self.many)])
        items = Items()
        assert items.poll(world.connector(history=20), world.public_stream)
        assert set(items.posts) == set(ids[-20:])
        assert items.gaps == []

    def test_nothing_new_means_nothing_lost_and_the_cursor_stays_good(self, world: World) -> None:
        items = Items()
        assert items.poll(world.connector(), world.public_stream)
        ids = world.publish(["first ever"])
        assert items.poll(world.connector(), world.public_stream)
        assert set(items.posts) == set(ids)

    @pytest.mark.parametrize("direct", [False, True], ids=["public", "direct"])
    def test_a_walk_cut_after_every_page_loses_nothing(self, world: World, direct: bool) -> None:
        stream = world.direct_stream if direct else world.public_stream
        write = world.write_direct if direct else world.publish
        items = Items()
        known = write(["known ground"])
        assert items.poll(world.connector(), stream)
        fresh = write([f"item {n}" for n in range(self.many)])
        for _ in range(self.many):
            if items.poll(world.connector(), stream, pages=1):
                break
        assert set(items.posts) == {*known, *fresh}
        assert items.gaps == []
        assert items.pages > 3

    def test_items_that_arrive_during_a_walk_are_found_by_the_next(self, world: World) -> None:
        items = Items()
        ids = world.publish(["known ground"])
        items.poll(world.connector(), world.public_stream)
        ids += world.publish([f"before {n}" for n in range(self.many)])
        assert not items.poll(world.connector(), world.public_stream, pages=1)
        ids += world.publish([f"during {n}" for n in range(10)])
        while not items.poll(world.connector(), world.public_stream, pages=1):
            pass
        assert items.poll(world.connector(), world.public_stream)
        assert set(items.posts) == set(ids)

    def test_replaying_any_cursor_gives_the_same_items(self, world: World) -> None:
        first, second = Items(), Items()
        world.publish(["known ground"])
        first.poll(world.connector(), world.public_stream)
        second.cursor = first.cursor
        world.publish([f"item {n}" for n in range(self.many)])
        first.poll(world.connector(), world.public_stream)
        second.poll(world.connector(), world.public_stream)
        assert set(first.posts) >= set(second.posts)
        assert len(second.posts) >= self.many

    @pytest.mark.parametrize("fault", ["repeat", "shuffle"])
    def test_repeated_and_shuffled_items_arrive_once_each(self, world: World, fault: str) -> None:
        ids = world.publish(["known ground"])
        items = Items()
        items.poll(world.connector(), world.public_stream)
        ids += world.publish([f"item {n}" for n in range(30)])
        world.fault(fault)
        assert items.poll(world.connector(), world.public_stream)
        assert set(items.posts) == set(ids)

    def test_what_the_network_no_longer_shows_is_a_gap_with_bounds(self, world: World) -> None:
        items = Items()
        known = world.publish(["known ground"])
        items.poll(world.connector(), world.public_stream)
        ids = world.publish([f"item {n}" for n in range((world.window or self.many) + 50)])
        assert items.poll(world.connector(), world.public_stream)
        shown = ids[-world.window :] if world.window else ids
        expected = [] if shown == ids else [(known[0], shown[0])]
        assert set(items.posts) == {*known, *shown}
        assert [(gap.after_id, gap.before_id) for gap in items.gaps] == expected
        assert items.poll(world.connector(), world.public_stream)
        assert len(items.gaps) == len(expected), "a gap is told once"

    def test_an_unreadable_item_stops_no_other(self, world: World) -> None:
        good = world.publish(["before"])
        bad = world.publish_raw(text=None)
        good += world.publish(["after"])
        items = Items()
        assert items.poll(world.connector(), world.public_stream)
        assert set(items.posts) == set(good)
        assert set(items.invalid) == {bad}
        assert items.invalid[bad].endswith(".")

    def test_odd_items_become_clean_ones(self, world: World) -> None:
        odd = ["nul \x00 here", "lone \ud800 surrogate", "long " * 20_000, "right \u202e to left", "e\u0301"]
        ids = [world.publish_raw(text=text) for text in odd]
        items = Items()
        items.poll(world.connector(), world.public_stream)
        texts = [items.posts[identifier].text for identifier in ids]
        assert texts[0] == "nul  here"
        assert texts[1] == "lone \ufffd surrogate"
        assert texts[2].strip() == odd[2].strip()
        assert texts[3:] == odd[3:]
        for text in texts:
            text.encode()

    def test_times_are_aware_and_never_in_the_future(self, world: World) -> None:
        for claimed in ("2026-01-02T03:04:05Z", "2126-01-02T03:04:05.000Z", "yesterday", None):
            world.publish_raw(created_at=claimed)
        items = Items()
        items.poll(world.connector(), world.public_stream)
        assert len(items.posts) == 4
        for post in items.posts.values():
            assert post.published_at.utcoffset() == timedelta(0)
            assert post.published_at <= datetime.now(UTC) + timedelta(minutes=10)

    def test_public_and_direct_are_told_apart_by_each_item(self, world: World) -> None:
        world.publish(["in public"])
        world.write_direct(["in private"])
        for stream, visibility in (
            (world.public_stream, Visibility.PUBLIC),
            (world.direct_stream, Visibility.DIRECT),
        ):
            items = Items()
            items.poll(world.connector(), stream)
            assert {post.audience.visibility for post in items.posts.values()} == {visibility}
