"""The contract, part four, for networks whose credentials expire: they are renewed once, and doubt is said."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from connectors import registry
from connectors.errors import AuthError, ConnectorError, RateLimited, UnknownOutcome
from connectors.testing.world import Contract, World

LOST = ("lost_answer", "broken_answer", "empty", "late_error", "closed", "html")


class RenewingContract(Contract):
    """What refresh promises."""

    def test_renewed_credentials_are_complete_and_work(self, world: World) -> None:
        old = world.connector()
        fresh = old.refresh()
        assert timedelta(0) < fresh.expires_at - datetime.now(UTC) < timedelta(days=400)
        assert set(fresh.secrets) <= set(registry.secret_fields(type(old.config)))
        new = world.connector(secrets=fresh.secrets)
        assert new.check().external_id
        again = new.refresh()
        assert world.connector(secrets=again.secrets).check().external_id
        for secret in fresh.secrets.values():
            assert secret not in repr(fresh)

    def test_an_expired_access_is_refused_and_can_be_renewed(self, world: World) -> None:
        connector = world.connector()
        world.expire()
        with pytest.raises(AuthError):
            connector.check()
        assert world.connector(secrets=connector.refresh().secrets).check().external_id

    def test_what_was_taken_away_is_not_renewed(self, world: World) -> None:
        connector = world.connector()
        world.revoke()
        with pytest.raises(AuthError):
            connector.refresh()

    @pytest.mark.parametrize("fault", LOST)
    def test_a_renewal_without_a_clear_answer_is_an_unknown_outcome(self, world: World, fault: str) -> None:
        connector = world.connector(deadline=1.5 if fault == "lost_answer" else 20)
        world.fault(fault)
        with pytest.raises(UnknownOutcome):
            connector.refresh()

    def test_a_renewal_that_came_too_fast_is_provably_none(self, world: World) -> None:
        connector = world.connector()
        world.fault("status", status=429, reset=300)
        with pytest.raises(RateLimited):
            connector.refresh()
        world.heal()
        assert connector.refresh().secrets

    def test_a_renewal_leaves_no_secret_in_any_error_or_log(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        for name in ["", *logging.root.manager.loggerDict]:
            caplog.set_level(logging.DEBUG, logger=name)
        said: list[str] = []
        secrets: set[str] = set()
        for fault in ("", *LOST, "400", "401", "403", "429", "500"):
            world.heal()
            world.authorise()
            connector = world.connector(deadline=1.5 if fault == "lost_answer" else 20)
            secrets |= set(world.secrets())
            if fault.isdigit():
                world.fault("status", status=int(fault))
            elif fault:
                world.fault(fault)
            try:
                secrets |= set(connector.refresh().secrets.values())
            except ConnectorError as error:
                said += [str(error), repr(error), repr(error.__context__), repr(error.__cause__)]
        everything = "\n".join([*said, caplog.text])
        assert len(said) == 4 * (len(LOST) + 5), "the faults must have been felt"
        assert len(secrets) > 10
        assert [secret for secret in secrets if secret in everything] == []
