"""The contract, part four: credentials that expire are renewed once, and doubt is said."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from connectors import registry
from connectors.errors import AuthError, ConfigError, ConnectorError, RateLimited, UnknownOutcome
from connectors.testing.world import Contract, World

LOST = ("lost_answer", "broken_answer", "empty", "late_error", "closed", "html")


class RenewingContract(Contract):
    """What refresh promises."""

    @pytest.fixture
    def expiring(self, world: World) -> World:
        if not world.connector().expiring:
            pytest.skip("this network's credentials do not expire")
        return world

    def test_credentials_that_do_not_expire_are_not_renewed(self, world: World) -> None:
        connector = world.connector()
        if not connector.expiring:
            with pytest.raises(ConfigError):
                connector.refresh()

    def test_renewed_credentials_are_complete_and_work(self, expiring: World) -> None:
        old = expiring.connector()
        fresh = old.refresh()
        assert timedelta(0) < fresh.expires_at - datetime.now(UTC) < timedelta(days=400)
        assert set(fresh.secrets) <= set(registry.secret_fields(type(old.config)))
        new = expiring.connector(secrets=fresh.secrets)
        assert new.check().external_id
        again = new.refresh()
        assert expiring.connector(secrets=again.secrets).check().external_id
        for secret in fresh.secrets.values():
            assert secret not in repr(fresh)

    def test_an_expired_access_is_refused_and_can_be_renewed(self, expiring: World) -> None:
        connector = expiring.connector()
        expiring.expire()
        with pytest.raises(AuthError):
            connector.check()
        assert expiring.connector(secrets=connector.refresh().secrets).check().external_id

    def test_what_was_taken_away_is_not_renewed(self, expiring: World) -> None:
        connector = expiring.connector()
        expiring.revoke()
        with pytest.raises(AuthError):
            connector.refresh()

    @pytest.mark.parametrize("fault", LOST)
    def test_a_renewal_without_a_clear_answer_is_an_unknown_outcome(self, expiring: World, fault: str) -> None:
        connector = expiring.connector(deadline=1.5 if fault == "lost_answer" else 20)
        expiring.fault(fault)
        with pytest.raises(UnknownOutcome):
            connector.refresh()

    def test_a_renewal_that_came_too_fast_is_provably_none(self, expiring: World) -> None:
        connector = expiring.connector()
        expiring.fault("status", status=429, reset=300)
        with pytest.raises(RateLimited):
            connector.refresh()
        expiring.heal()
        assert connector.refresh().secrets

    def test_a_renewal_leaves_no_secret_in_any_error_or_log(
        self, expiring: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        for name in ["", *logging.root.manager.loggerDict]:
            caplog.set_level(logging.DEBUG, logger=name)
        said: list[str] = []
        secrets: set[str] = set()
        for fault in ("", *LOST, "400", "401", "403", "429", "500"):
            expiring.heal()
            expiring.authorise()
            connector = expiring.connector(deadline=1.5 if fault == "lost_answer" else 20)
            secrets |= set(expiring.secrets())
            if fault.isdigit():
                expiring.fault("status", status=int(fault))
            elif fault:
                expiring.fault(fault)
            try:
                secrets |= set(connector.refresh().secrets.values())
            except ConnectorError as error:
                said += [str(error), repr(error), repr(error.__context__), repr(error.__cause__)]
        everything = "\n".join([*said, caplog.text])
        assert len(said) == 4 * (len(LOST) + 5), "the faults must have been felt"
        assert len(secrets) > 10
        assert [secret for secret in secrets if secret in everything] == []
