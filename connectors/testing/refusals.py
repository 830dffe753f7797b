"""The contract, part three: what goes wrong has its class, and says nothing that is secret."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from connectors.base import Connector
from connectors.errors import (
    AuthError,
    ConnectorError,
    GoneError,
    RateLimited,
    RejectedError,
    TransientError,
    UnknownOutcome,
)
from connectors.testing.uploading import DOT
from connectors.testing.world import Contract, Items, World
from connectors.types import Action, Draft, Target, Upload


class RefusalContract(Contract):
    """What every error promises."""

    @pytest.mark.parametrize(
        ("status", "kind"),
        [(401, AuthError), (404, GoneError), (400, RejectedError), (429, RateLimited)],
    )
    def test_refusals_of_a_write_have_their_class(self, world: World, status: int, kind: type[Exception]) -> None:
        for draft in self.drafts(world):
            connector = world.connector()
            world.fault("status", status=status)
            with pytest.raises(kind):
                connector.send(draft, connector.prepare(draft))
            world.heal()
        assert world.sent() == []

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_any_server_error_is_doubtful_for_a_write_and_transient_for_a_read(self, world: World, status: int) -> None:
        draft = self.drafts(world)[0]
        connector = world.connector()
        world.fault("status", status=status)
        with pytest.raises(UnknownOutcome):
            connector.send(draft, connector.prepare(draft))
        with pytest.raises(TransientError):
            Items().poll(connector, world.public_stream)

    @pytest.mark.parametrize("fault", ["html", "broken_answer", "empty", "closed"])
    @pytest.mark.parametrize("direct", [False, True], ids=["public", "direct"])
    def test_a_read_without_a_usable_answer_is_transient_and_keeps_its_place(
        self, world: World, fault: str, direct: bool
    ) -> None:
        stream = world.direct_stream if direct else world.public_stream
        ids = (world.write_direct if direct else world.publish)(["one", "two"])
        items = Items()
        world.fault(fault)
        with pytest.raises(TransientError):
            items.poll(world.connector(), stream)
        assert items.cursor == {}
        world.heal()
        assert items.poll(world.connector(), stream)
        assert set(items.posts) == set(ids)

    def test_a_rate_limit_carries_the_network_s_time_where_there_is_one(self, world: World) -> None:
        connector = world.connector()
        world.fault("status", status=429, reset=300)
        with pytest.raises(RateLimited) as caught:
            Items().poll(connector, world.public_stream)
        assert caught.value.retry_at is not None
        assert 200 < (caught.value.retry_at - datetime.now(UTC)).total_seconds() < 400
        world.heal()
        world.fault("status", status=429, reset=False)
        with pytest.raises(RateLimited) as caught:
            Items().poll(connector, world.public_stream)
        assert caught.value.retry_at is None

    def test_the_deadline_holds(self, world: World) -> None:
        connector = world.connector(deadline=0.5)
        world.fault("slow", seconds=5)
        began = time.monotonic()
        with pytest.raises(TransientError):
            connector.check()
        assert time.monotonic() - began < 3

    def test_no_secret_and_no_text_is_in_any_error_or_log(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        for name in list(logging.root.manager.loggerDict):
            caplog.set_level(logging.DEBUG, logger=name)
        said: list[str] = []
        drafts = self.drafts(world, "the customer's private number 0170 5551234")
        for fault in ("", "lost_answer", "broken_answer", "html", "closed", "400", "401", "403", "404", "429", "500"):
            world.heal()
            if fault:
                name, options = ("status", {"status": int(fault)}) if fault.isdigit() else (fault, {})
                world.fault(name, **options)
            connector = world.connector(deadline=1.5 if fault == "lost_answer" else 20)
            for act in self.acts(world, connector, drafts):
                try:
                    act()
                except ConnectorError as error:
                    said += [str(error), repr(error), repr(error.__context__), repr(error.__cause__)]
        everything = "\n".join([*said, caplog.text])
        for secret in world.secrets():
            assert secret not in everything
        assert "5551234" not in everything
        assert len(said) > 100, "the faults must have been felt"

    def acts(self, world: World, connector: Connector[Any], drafts: list[Draft]) -> list[Callable[[], object]]:
        """Everything that speaks to the network."""
        sends = [partial(connector.send, draft, connector.prepare(draft)) for draft in drafts]
        uploads = [
            partial(connector.upload, Upload("u", "image/png", DOT, visibility, drafts[0].text))
            for visibility in connector.capabilities.media
        ]
        acts: list[Callable[[], object]] = []
        for spec in connector.capabilities.acts:
            target = drafts[0].in_reply_to[: -1 if spec.on is Target.OURS else None]  # nothing of ours
            action = Action("a", spec.act, target_id=target, author_id=drafts[1].recipient_id)
            acts += [partial(connector.act, action), partial(connector.find_acted, action)]
        return [connector.check, lambda: Items().poll(connector, world.public_stream), *sends, *uploads, *acts]
