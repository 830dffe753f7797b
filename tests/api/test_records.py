"""Records over the API: put by a program, and never read back in clear."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.models import RecordField
from tests import factories
from tests.api.conftest import Api, problem, program
from tests.factories import Desk

pytestmark = pytest.mark.django_db
FIELDS = [
    {"name": "contract", "value": "KD-48213-CANARY", "protection": "secret"},
    {"name": "pin", "value": "4821", "protection": "secret"},
    {"name": "city", "value": "Lyon", "protection": "soft"},
]


@pytest.fixture
def carol(desk: Desk) -> int:
    return factories.routed(desk).identity.contact_id


def test_a_secret_is_shown_masked_whoever_asks(desk: Desk, alice: Api, carol: int) -> None:
    dana = program(desk.dana)
    answer = dana("PUT", f"contacts/{carol}/record/", {"fields": FIELDS})
    assert answer.status_code == 200
    shown = {field["name"]: (field["value"], field["protection"]) for field in answer.json()["fields"]}
    assert shown == {"city": ("Lyon", "soft"), "contract": ("••••NARY", "secret"), "pin": ("••••", "secret")}
    assert alice.get(f"contacts/{carol}/record/")["fields"] == answer.json()["fields"]
    assert "CANARY" not in str([answer.content, alice("GET", f"contacts/{carol}/").content])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"fields": [{"name": "a"}]},
        {"fields": [{"name": "a", "value": 7, "protection": "secret"}]},
        {"fields": [{"name": "a", "value": "x", "protection": "odd"}]},
        {"fields": [{"name": "", "value": "x", "protection": "soft"}]},
        {"fields": "x"},
    ],
)
def test_what_is_not_understood_changes_nothing(desk: Desk, carol: int, body: Any) -> None:
    assert problem(program(desk.dana)("PUT", f"contacts/{carol}/record/", body))[0] == 400
    assert RecordField.objects.count() == 0


def test_two_fields_of_one_name_are_refused(desk: Desk, carol: int) -> None:
    code, _ = problem(program(desk.dana)("PUT", f"contacts/{carol}/record/", {"fields": FIELDS[:1] * 2}))
    assert code == 409


def test_removing_twice_is_removing(desk: Desk, carol: int) -> None:
    dana = program(desk.dana)
    dana("PUT", f"contacts/{carol}/record/", {"fields": FIELDS})
    assert [dana("DELETE", f"contacts/{carol}/record/").status_code for _ in range(2)] == [204, 204]
    assert dana.get(f"contacts/{carol}/record/") == {"contact": carol, "fields": []}
