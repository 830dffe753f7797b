"""The contract, part two: every write leaves once, and doubt is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.errors import GoneError, UnknownOutcome
from connectors.testing.world import Contract, Items, World
from connectors.types import Absent, Allowed, Denied, Receipt

SILENT = ("lost_answer", "never_written")  # only the deadline ends these


class SendingContract(Contract):
    """What prepare, send and find_sent promise."""

    def test_what_is_sent_arrives_and_is_found(self, world: World) -> None:
        connector = world.connector()
        for draft in self.drafts(world, "Grüße & <b>thanks</b>: https://example.com/a?b=1&c=2 😀"):
            prepared = connector.prepare(draft)
            assert isinstance(connector.can_send(draft, datetime.now(UTC)), Allowed)
            assert isinstance(connector.find_sent(draft, prepared, ()), Absent)
            receipt = connector.send(draft, prepared)
            assert world.sent()[-1].external_id == receipt.external_id
            found = connector.find_sent(draft, prepared, ())
            assert isinstance(found, Receipt)
            assert found.external_id == receipt.external_id
            assert isinstance(connector.find_sent(draft, prepared, {receipt.external_id}), Absent)

    @pytest.mark.parametrize("fault", ["lost_answer", "broken_answer", "empty", "late_error"])
    def test_a_write_whose_answer_is_lost_is_unknown_and_then_found(self, world: World, fault: str) -> None:
        for draft in self.drafts(world):
            connector = world.connector(deadline=1.5 if fault in SILENT else 20)
            prepared = connector.prepare(draft)
            world.fault(fault)
            with pytest.raises(UnknownOutcome):
                connector.send(draft, prepared)
            world.heal()
            found = world.connector().find_sent(draft, prepared, ())
            assert isinstance(found, Receipt)
            assert found.external_id == world.sent()[-1].external_id
        assert len(world.sent()) == 2

    @pytest.mark.parametrize("fault", ["never_written", "closed", "html"])
    def test_a_write_that_never_happened_is_unknown_and_then_absent(self, world: World, fault: str) -> None:
        for draft in self.drafts(world):
            connector = world.connector(deadline=1.5 if fault in SILENT else 20)
            prepared = connector.prepare(draft)
            world.fault(fault)
            with pytest.raises(UnknownOutcome):
                connector.send(draft, prepared)
            world.heal()
            assert isinstance(world.connector().find_sent(draft, prepared, ()), Absent)
        assert world.sent() == []

    def test_identical_twins_stay_two(self, world: World) -> None:
        connector = world.connector()
        draft = self.drafts(world)[1]
        prepared = connector.prepare(draft)
        ids = [connector.send(draft, prepared).external_id for _ in range(2)]
        claimed: list[str] = []
        for _ in range(2):
            found = connector.find_sent(draft, prepared, claimed)
            assert isinstance(found, Receipt)
            claimed.append(found.external_id)
        assert claimed == ids
        assert isinstance(connector.find_sent(draft, prepared, claimed), Absent)

    def test_own_items_are_marked_wherever_they_come_back(self, world: World) -> None:
        connector = world.connector()
        drafts = self.drafts(world)
        ids = [connector.send(draft, connector.prepare(draft)).external_id for draft in drafts]
        world.fault("echo_own")
        for stream, own in zip((world.public_stream, world.direct_stream), ids, strict=True):
            items = Items()
            items.poll(connector, stream)
            assert {post.external_id for post in items.posts.values() if post.own} == {own}
        peer = items.posts[ids[1]].peer
        assert peer is not None, "an own direct message says to whom"
        assert peer.external_id == world.customer_id()

    def test_a_reply_to_something_deleted_is_gone(self, world: World) -> None:
        draft = self.drafts(world)[0]
        world.remove(draft.in_reply_to)
        connector = world.connector()
        with pytest.raises(GoneError):
            connector.send(draft, connector.prepare(draft))

    def test_what_is_measured_is_what_is_prepared(self, world: World) -> None:
        connector = world.connector()
        for draft in self.drafts(world):
            limit = connector.measure("", draft.visibility).limit
            for length, answer in ((limit, Allowed), (limit + 1, Denied)):
                full = replace(draft, text="  " + "a" * length + "\r\n")
                assert connector.measure(full.text, full.visibility).used == length
                assert isinstance(connector.can_send(full, datetime.now(UTC)), answer)
            assert connector.prepare(full) == connector.prepare(full)
            empty = replace(draft, text=" \n ")
            assert isinstance(connector.can_send(empty, datetime.now(UTC)), Denied)
