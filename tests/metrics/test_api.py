"""The API's figures are the dashboard's own."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.services.collecting import collect
from routing.services import handing
from tests import factories
from tests.api.conftest import Api, problem, program
from tests.factories import Desk

pytestmark = pytest.mark.django_db(transaction=True)


def _handled(desk: Desk) -> None:
    """Alice resolves two for the help desk, erin one for billing."""
    for customer in ("carol", "dave"):
        one = factories.routed(desk, by=customer)
        program(desk.alice)("POST", f"conversations/{one.pk}/resolve/", {"resolution": "no_action"})
    bill = factories.routed(desk, "My bill", by="frank")
    handing.assign(conversation_id=bill.pk, actor=desk.bob, team_id=desk.billing.pk, agent_id=desk.erin.pk)
    program(desk.erin)("POST", f"conversations/{bill.pk}/resolve/", {"resolution": "no_action"})
    while collect():
        pass


def _lines(api: Api, by: str, **query: Any) -> dict[str, int]:
    return {row["name"]: row["figures"]["handled"] for row in api.get("metrics/handled/", by=by, **query)["results"]}


def test_a_lead_reads_what_was_handled_by_agent_team_network_and_day(desk: Desk) -> None:
    _handled(desk)
    bob = program(desk.bob)
    answer = bob.get("metrics/handled/")
    assert answer["total"]["handled"] == 3
    assert answer["total"]["first_arrived"] == {"median": None, "p90": None}
    assert answer["exact"] is True
    assert _lines(bob, "agent") == {"Alice": 2, "Erin": 1}
    assert _lines(bob, "team") == {"Help desk": 2, "Billing": 1}
    assert _lines(bob, "network") == {"X": 3}
    assert sum(_lines(bob, "day").values()) == 3
    assert _lines(bob, "agent", team=desk.billing.pk) == {"Erin": 1}


def test_an_agent_reads_their_own_and_no_other(desk: Desk) -> None:
    _handled(desk)
    alice = program(desk.alice)
    assert _lines(alice, "agent") == {"Alice": 2}
    assert _lines(alice, "agent", agent=desk.alice.pk) == {"Alice": 2}
    assert problem(alice("GET", "metrics/handled/", agent=desk.erin.pk)) == (403, "permission_denied")
    assert problem(alice("GET", "metrics/handled/", team=desk.help_desk.pk)) == (403, "permission_denied")


@pytest.mark.parametrize(
    "query",
    [
        {"by": "customer"}, {"from": "yesterday"}, {"from": "2026-02-01", "to": "2026-01-01"}, {"to": "0001-01-01"},
        {"from": "2020-01-01", "to": "2026-01-01"}, {"network": "nowhere"}, {"since": "2026-01-01"},
    ],
)  # fmt: skip
def test_days_that_cannot_be_counted_are_refused(desk: Desk, query: dict[str, Any]) -> None:
    assert problem(program(desk.bob)("GET", "metrics/handled/", **query)) == (400, "invalid")


def test_a_team_that_one_does_not_lead_is_not_there(desk: Desk) -> None:
    foreign = factories.person("foreign", desk.billing, role="lead")
    assert problem(program(foreign)("GET", "metrics/handled/", team=desk.help_desk.pk)) == (404, "not_found")
