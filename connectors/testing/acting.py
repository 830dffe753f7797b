"""The contract, part five: each act is done once, doubt is said, and what is so can be told, or safely be repeated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Connector, target_of
from connectors.errors import AuthError, ConfigError, GoneError, RateLimited, RejectedError, UnknownOutcome
from connectors.testing.sending import SILENT
from connectors.testing.world import Contract, World
from connectors.types import (
    Absent,
    Act,
    Action,
    ActSpec,
    Allowed,
    Denied,
    Receipt,
    Target,
    Unknown,
    Visibility,
)

OPPOSITES = {Act.UNHIDE: Act.HIDE, Act.UNLIKE: Act.LIKE, Act.UNBLOCK: Act.BLOCK}
STATUSES = [(401, AuthError), (404, GoneError), (400, RejectedError), (429, RateLimited)]


class ActingContract(Contract):
    """What can_act, act and find_acted promise, for every act that the network's capabilities name."""

    def action(self, world: World, spec: ActSpec) -> Action:
        """What is to be done next, with its opposite done already where there is one."""
        connector, now = world.connector(), datetime.now(UTC)
        if spec.on is Target.OURS:
            draft = self.drafts(world, f"Sorry, {spec.act}.")[0]
            sent = connector.send(draft, connector.prepare(draft))
            return Action("a", spec.act, target_id=sent.external_id, own=True, started_at=now)
        post = world.below_ours(f"nonsense, {spec.act}")
        action = Action("a", spec.act, post, world.author_of(post), root_own=True, started_at=now)
        if spec.act in OPPOSITES:
            connector.act(replace(action, key="b", kind=OPPOSITES[spec.act]))
        return action

    def actions(self, world: World) -> list[tuple[ActSpec, Action]]:
        return [(spec, self.action(world, spec)) for spec in world.connector().capabilities.acts]

    def done(self, world: World, action: Action) -> int:
        """How often the network has seen it."""
        thing = action.author_id if target_of(action) is Target.PERSON else action.target_id
        return world.acted().count((action.kind.value, thing))

    def test_each_act_is_done_once_and_then_it_is_so(self, world: World) -> None:
        connector = world.connector()
        for spec, action in self.actions(world):
            assert isinstance(connector.can_act(action, datetime.now(UTC)), Allowed)
            self.expect(connector, spec, action, Absent)
            receipt = connector.act(action)
            assert receipt.external_id in (action.target_id, action.author_id)
            assert self.done(world, action) == 1
            self.expect(connector, spec, action, Receipt)

    def expect(self, connector: Connector[Any], spec: ActSpec, action: Action, kind: type) -> None:
        """What the network tells; it may be unable to only where repeating does no harm."""
        found = connector.find_acted(action)
        if isinstance(found, Unknown):
            assert spec.repeatable, f"{spec.act}: neither told nor repeatable"
            assert found.reason.endswith(".")
        else:
            assert isinstance(found, kind), f"{spec.act}: {found}"

    def test_what_may_be_repeated_is_taken_again(self, world: World) -> None:
        connector = world.connector()
        for spec, action in self.actions(world):
            if spec.repeatable:
                assert connector.act(action) == connector.act(action)

    @pytest.mark.parametrize("fault", ["lost_answer", "broken_answer", "empty", "late_error"])
    def test_an_act_whose_answer_is_lost_is_unknown_and_then_found(self, world: World, fault: str) -> None:
        for spec, action in self.actions(world):
            connector = world.connector(deadline=1.5 if fault in SILENT else 20)
            world.fault(fault)
            with pytest.raises(UnknownOutcome):
                connector.act(action)
            world.heal()
            assert self.done(world, action) == 1
            self.expect(world.connector(), spec, action, Receipt)

    @pytest.mark.parametrize("fault", ["never_written", "closed", "html"])
    def test_an_act_that_never_happened_is_unknown_and_then_absent(self, world: World, fault: str) -> None:
        for spec, action in self.actions(world):
            connector = world.connector(deadline=1.5 if fault in SILENT else 20)
            world.fault(fault)
            with pytest.raises(UnknownOutcome):
                connector.act(action)
            world.heal()
            assert self.done(world, action) == 0
            self.expect(world.connector(), spec, action, Absent)

    def test_an_act_that_needs_an_agreement_is_denied_without_it(self, world: World) -> None:
        connector = world.connector()
        for spec, action in self.actions(world):
            if spec.needs:
                without = type(connector)(replace(connector.config, **{spec.needs: False}), connector.http)
                denied = without.can_act(action, datetime.now(UTC))
                assert isinstance(denied, Denied)
                assert denied.reason == spec.without != ""

    def test_an_act_for_own_threads_is_denied_in_those_of_others(self, world: World) -> None:
        for spec, action in self.actions(world):
            if spec.own_threads:
                assert isinstance(world.connector().can_act(replace(action, root_own=False), datetime.now(UTC)), Denied)

    @pytest.mark.parametrize(("status", "kind"), STATUSES)
    def test_refusals_of_an_act_have_their_class(self, world: World, status: int, kind: type[Exception]) -> None:
        for _, action in self.actions(world):
            connector = world.connector()
            world.fault("status", status=status)
            with pytest.raises(kind):
                connector.act(action)
            world.heal()
            assert self.done(world, action) == 0

    def test_an_act_on_something_deleted_is_gone(self, world: World) -> None:
        connector = world.connector()
        for spec, action in self.actions(world):
            if spec.on is Target.THEIRS:
                world.remove(action.target_id)
                with pytest.raises(GoneError):
                    connector.act(action)

    def test_what_the_network_does_not_offer_is_denied_beforehand(self, world: World) -> None:
        connector, now = world.connector(), datetime.now(UTC)
        for kind in Act:
            for own in (True, False):
                action = Action("a", kind, target_id=world.below_ours("hm"), author_id="1", own=own, started_at=now)
                if connector.capabilities.act(kind, target_of(action)) is None:
                    assert isinstance(connector.can_act(action, now), Denied)
        for spec in connector.capabilities.acts:
            nothing = Action("a", spec.act, target_id="../1", author_id="../1", own=spec.on is Target.OURS)
            assert isinstance(connector.can_act(nothing, now), Denied)
            with pytest.raises((RejectedError, ConfigError)):
                connector.act(nothing)
            if spec.on is not Target.PERSON:
                private = Action("a", spec.act, "1", "1", own=spec.on is Target.OURS, visibility=Visibility.DIRECT)
                assert isinstance(connector.can_act(private, now), Denied)
