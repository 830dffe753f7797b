"""The pages of figures and their exports, as a browser asks for them."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.sheets import cell
from metrics import days
from metrics.models import Occurrence, Rollup
from metrics.services import checking, rollups
from tests import factories
from tests.metrics.test_figures import ended, happened, roll

pytestmark = pytest.mark.django_db


def _open(user: User, path: str) -> str:
    client = factories.signed_in(user)
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def _csv(user: User, path: str) -> list[dict[str, str]]:
    client = factories.signed_in(user)
    answer = client.get(path)
    assert answer.status_code == 200, path
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


def test_every_linked_figure_of_the_dashboard_opens_to_as_many_rows() -> None:
    desk = factories.desk()
    now = timezone.now()
    for index in range(6):
        ended(desk, desk.alice, at=now - timedelta(minutes=index), first=index % 2 == 0)
        happened(desk, "arrival", at=now - timedelta(minutes=index), message=ended(desk, desk.erin, at=now).turn)
    happened(desk, "resolution", at=now, agent=desk.alice)
    happened(desk, "reopening", at=now)
    first, last = days.day_of(now - timedelta(minutes=9)), days.day_of(now)
    page = _open(desk.bob, f"/metrics/?from={first}&to={last}")
    found = re.findall(
        r'<a href="(/metrics/(?:rows|arrivals|resolutions|reopenings|waiting)/[^"]*)"[^>]*>(\d+)</a>', page
    )
    assert len(found) > 20
    for link, number in found:
        rows = _open(desk.bob, link.replace("&amp;", "&"))
        assert int(re.findall(r"<h1>(\d+) ", rows)[0]) == int(number), link
        assert rows.count("<tr><td>") == int(number), link


def test_more_than_a_year_is_one_sentence_and_the_last_year() -> None:
    desk = factories.desk()
    page = _open(desk.bob, "/metrics/?from=2016-01-01&to=2026-01-01")
    assert "You asked for more than a year." in page
    assert 'value="2025-01-01"' in page


def test_an_agent_sees_only_their_own_work_wherever_they_ask() -> None:
    desk = factories.desk()
    ended(desk, desk.alice, at=timezone.now())
    ended(desk, desk.erin, at=timezone.now())
    for path in (f"/metrics/rows/?agent={desk.erin.pk}", f"/metrics/csv/interactions/?agent={desk.erin.pk}"):
        assert "Erin" not in (_open(desk.alice, path) if "csv" not in path else str(_csv(desk.alice, path)))
    assert len(_csv(desk.alice, "/metrics/csv/interactions/")) == 1
    assert "Handled interactions" in _open(desk.alice, "/metrics/me/")


def test_another_teams_customer_has_no_name_in_rows_and_export() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk, by="hemmelig")
    Occurrence.objects.create(
        position=1, kind="arrival", at=timezone.now(), conversation=conversation, network="x", visibility="public",
        message=conversation.turn_first,
    )  # fmt: skip
    stranger = factories.person("stranger", desk.billing, role="lead")
    assert "Hemmelig" in _open(desk.bob, "/metrics/arrivals/")
    assert "Hemmelig" not in _open(stranger, "/metrics/arrivals/")
    assert [row["customer"] for row in _csv(stranger, "/metrics/csv/arrivals/")] == [""]


@pytest.mark.parametrize("text", ["=1+1", "+49", "-1", "@x", "\tx", "\rx", "\nx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text, UTC) == f"'{text}"
    assert cell(-1, UTC) == "-1"


def test_exports_hold_what_the_tables_show() -> None:
    desk = factories.desk()
    User.objects.filter(pk=desk.alice.pk).update(first_name="=cmd|' /C calc'!A0", last_name="")
    for index in range(3):
        ended(desk, desk.alice, at=timezone.now(), seconds=60 * (index + 1))
    (agent,) = _csv(desk.bob, "/metrics/csv/agents/")
    assert agent["agent"].startswith("'=cmd")
    assert (agent["handled"], agent["first_arrived_median"]) == ("3", "120.0")
    assert [row["agent"][:5] for row in _csv(desk.bob, "/metrics/csv/interactions/")] == ["'=cmd"] * 3
    for table in (
        "teams",
        "networks",
        "periods",
        "ages",
        "waiting",
        "arrivals",
        "resolutions",
        "reopenings",
        "touches",
    ):
        _csv(desk.bob, f"/metrics/csv/{table}/")


def test_the_nightly_check_finds_and_repairs_a_wrong_rollup_and_the_page_says_so() -> None:
    desk = factories.desk()
    yesterday = timezone.now() - timedelta(days=1)
    ended(desk, desk.alice, at=yesterday)
    roll()
    assert "have not been compared" in _open(desk.bob, "/metrics/")
    check = checking.check_due()
    assert check is not None
    assert (check.compared, check.different) == (1, [])
    assert checking.check_due() is None, "once a night"
    assert "all 1 days equal" in _open(desk.bob, "/metrics/")
    Rollup.objects.filter(span="day").update(handled=7)
    day = days.day_of(yesterday)
    assert checking.run(check).different == [day.isoformat()]
    page = _open(desk.bob, f"/metrics/?from={day}&to={day}")
    assert "differed from their rows" in page
    assert ">1</a></p>" in page, "read from the facts at once"
    assert rollups.roll_due() >= 1
    assert checking.run(check).different == []


def test_the_statements_of_the_dashboard_are_few_and_do_not_grow() -> None:
    desk = factories.desk()
    client = factories.signed_in(desk.bob)
    costs = []
    for index in range(8):
        ended(desk, factories.person(f"agent{index}", desk.help_desk), at=timezone.now())
        if index % 4 < 3:
            continue
        client.get("/metrics/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/metrics/")
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 26
