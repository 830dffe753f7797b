"""Figures are exact, whatever was rolled, and each opens to its rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Message
from inbox.services import counts
from metrics import current, days, rows, selectors, spread
from metrics.days import Filter
from metrics.models import Interaction, Occurrence, RolledPeriod, Rollup
from metrics.services import rollups
from metrics.services.touches import beat
from routing.selectors import count_keys
from routing.services.assignment import route_due
from tests import factories

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ALL = Filter(day_from=DAY, day_to=DAY)
OSLO = ZoneInfo("Europe/Oslo")


def ended(desk: factories.Desk, agent: User, *, at: datetime = NOON, seconds: float = 60, **facts: Any) -> Interaction:
    """A turn that arrived ``seconds`` before it ended, and was published ten seconds earlier."""
    conversation = factories.conversation(desk, by=f"customer{Message.objects.count()}")
    arrived = at - timedelta(seconds=seconds)
    row = {"team": desk.help_desk, "network": "x", "visibility": "public", "ended_by": "reply", "first": True}
    return Interaction.objects.create(
        conversation=conversation, turn=conversation.turn_first, agent=agent, ended_at=at, arrived_at=arrived,
        published_at=arrived - timedelta(seconds=10), position=1, **{**row, **facts},
    )  # fmt: skip


def happened(desk: factories.Desk, kind: str, *, at: datetime = NOON, **facts: Any) -> Occurrence:
    conversation = factories.conversation(desk, by=f"customer{Message.objects.count()}")
    row = {"team": desk.help_desk, "network": "x", "visibility": ""}
    return Occurrence.objects.create(
        position=Occurrence.objects.count() + 1, kind=kind, at=at, conversation=conversation, **{**row, **facts}
    )


def both(times: selectors.Times) -> tuple[float | None, float | None]:
    return times.median, times.p90


def roll() -> None:
    while rollups.roll_due():
        pass


def test_every_figure_of_a_day_by_team_agent_and_network() -> None:
    desk = factories.desk()
    for seconds in (10, 20, 30, 40, 100):
        ended(desk, desk.alice, seconds=seconds)
    ended(desk, desk.alice, seconds=9999, first=False, visibility="direct", network="bluesky")
    ended(desk, desk.alice, visibility="", ended_by="resolution")
    ended(desk, desk.erin, team=desk.billing)
    happened(desk, "arrival")
    happened(desk, "resolution", agent=desk.alice)
    happened(desk, "reopening", team=None)
    for rolled in (False, True):
        if rolled:
            roll()
            assert RolledPeriod.objects.filter(span="day", period=DAY).exists()
        board = selectors.board(ALL)
        alice = board.agents[desk.alice.pk]
        assert (alice.handled, alice.publicly, alice.privately, alice.no_reply_due) == (7, 5, 1, 1)
        assert (alice.first_responses, alice.next_responses, alice.resolutions) == (5, 1, 1)
        assert both(alice.first_arrived) == (30, pytest.approx(76))
        assert both(alice.first_published) == (40, pytest.approx(86))
        assert both(alice.next_arrived) == (9999, 9999)
        assert board.total.handled == 8
        assert (board.total.arrivals, board.total.resolutions, board.total.reopenings) == (1, 1, 1)
        assert board.total.first_arrived.median == 35, "of all rows, not of the medians 30 and 60"
        assert {pk: line.handled for pk, line in board.teams.items()} == {
            0: 0,
            desk.help_desk.pk: 7,
            desk.billing.pk: 1,
        }
        assert board.teams[0].reopenings == 1
        assert {key: line.handled for key, line in board.networks.items()} == {"x": 7, "bluesky": 1}
        assert board.periods[DAY] == board.total == selectors.totals(ALL)


def test_a_late_fact_counts_at_once_and_the_day_is_rolled_anew() -> None:
    desk = factories.desk()
    ended(desk, desk.alice)
    roll()
    ended(desk, desk.alice)
    assert selectors.board(ALL).total.handled == 1, "the rollup is what is read"
    rollups.spoil([NOON])
    assert selectors.board(ALL).total.handled == 2
    roll()
    assert Rollup.objects.get(span="day", period=DAY).handled == 2
    assert selectors.board(ALL).total.handled == 2


def test_whole_months_are_read_from_months_and_the_edges_from_days() -> None:
    desk = factories.desk()
    begin = datetime(2026, 1, 20, 12, tzinfo=UTC)
    for number in range(60):
        ended(desk, desk.alice, at=begin + timedelta(days=number))
    asked = Filter(day_from=date(2026, 1, 25), day_to=date(2026, 3, 10))
    before = selectors.board(asked)
    roll()
    assert set(RolledPeriod.objects.filter(span="month").values_list("period", flat=True)) >= {date(2026, 2, 1)}
    assert date(2026, 1, 1) not in RolledPeriod.objects.filter(span="month").values_list("period", flat=True)
    assert selectors.board(asked).total == before.total
    assert before.total.handled == 45
    Rollup.objects.filter(span__in=("month", "team_month"), period=date(2026, 2, 1)).update(handled=1000)
    assert selectors.totals(asked).handled == 45 - 28 + 1000, "February is read from its month"
    assert selectors.board(asked).total.handled == 45 - 28 + 1000


def test_rebuilding_gives_identical_rollups() -> None:
    desk = factories.desk()
    for number in range(40):
        ended(desk, desk.alice if number % 3 else desk.erin, at=NOON - timedelta(days=number), first=number % 2 == 0)
        happened(desk, "arrival", at=NOON - timedelta(days=number, hours=number % 24))
    roll()
    fields = [field.name for field in Rollup._meta.fields if field.name != "pk"]
    before = sorted(map(str, Rollup.objects.values_list(*fields)))
    assert len(before) > 80
    assert rollups.rebuild() > 40
    assert sorted(map(str, Rollup.objects.values_list(*fields))) == before


@override_settings(REPORTING_TIME_ZONE="Europe/Oslo")
@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 5, 1), 24)])
def test_days_of_23_and_25_hours_hold_all_their_rows_and_no_other(day: date, hours: int) -> None:
    desk = factories.desk()
    begin = datetime(day.year, day.month, day.day, tzinfo=OSLO).astimezone(UTC)
    for number in range(-1, hours + 1):
        ended(desk, desk.alice, at=begin + timedelta(hours=number, minutes=30))
    asked = Filter(day_from=day, day_to=day)
    assert selectors.board(asked).total.handled == hours
    by_hour = selectors.hours(asked)
    assert [handled for _, _, handled in by_hour] == [1] * hours
    rollups.roll_day(day=day)
    assert RolledPeriod.objects.filter(period=day).exists()
    assert selectors.board(asked).total.handled == hours
    assert len(rows.interaction_rows(asked, limit=100)) == hours
    if hours == 25:  # half past two comes twice
        assert [f"{at.astimezone(OSLO):%H:%M}" for at, _, _ in by_hour][2:4] == ["02:00", "02:00"]
        assert [len(rows.interaction_rows(replace(asked, hour=hour))) for hour in (2, 3)] == [1, 1]


def test_another_reporting_zone_leaves_no_old_rollup_in_use() -> None:
    desk = factories.desk()
    ended(desk, desk.alice, at=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))
    roll()
    with override_settings(REPORTING_TIME_ZONE="Europe/Oslo"):
        assert selectors.totals(ALL).handled == 0
        assert selectors.totals(Filter(day_from=date(2026, 3, 3), day_to=date(2026, 3, 3))).handled == 1
        roll()
        assert selectors.totals(ALL).handled == 0
        assert selectors.totals(Filter(day_from=date(2026, 3, 3), day_to=date(2026, 3, 3))).handled == 1


def test_every_figure_opens_to_its_rows() -> None:
    desk = factories.desk()
    for index in range(9):
        ended(desk, desk.alice, visibility="direct" if index % 3 else "public", first=index % 2 == 0, seconds=index)
    ended(desk, desk.erin, team=desk.billing, at=NOON + timedelta(days=1))
    for part, number in {"publicly": 3, "privately": 6, "first_responses": 5, "next_responses": 4}.items():
        assert getattr(selectors.board(ALL).agents[desk.alice.pk], part) == number
        asked = days.parse(replace(ALL, agent_id=desk.alice.pk, part=part).parameters(), team_ids=None, networks=["x"])
        assert len(rows.interaction_rows(asked)) == number


def test_a_lead_sees_the_work_of_their_teams_and_what_no_team_had() -> None:
    desk = factories.desk()
    ended(desk, desk.alice)
    ended(desk, desk.erin, team=desk.billing)
    ended(desk, desk.erin, team=None)
    for team_ids, number in (([desk.billing.pk], 2), ([], 1), (None, 3)):
        asked = replace(days.parse({"from": "2026-03-02", "to": "2026-03-02"}, team_ids=team_ids, networks=[]))
        assert selectors.totals(asked).handled == len(rows.interaction_rows(asked)) == number
    foreign = days.parse({"team": str(desk.help_desk.pk)}, team_ids=[desk.billing.pk], networks=[])
    assert foreign.team_ids == (0, desk.billing.pk), "another's team is left out of the filter"


def test_an_agent_in_two_teams_counts_in_both_and_once_in_all() -> None:
    desk = factories.desk()
    anna = factories.person("anna", desk.help_desk, desk.billing)
    ended(desk, anna)
    ended(desk, anna, team=desk.billing)
    board = selectors.board(ALL)
    assert board.agents[anna.pk].handled == board.total.handled == 2
    assert board.teams_of[anna.pk] == {desk.help_desk.pk, desk.billing.pk}
    assert [board.teams[team.pk].handled for team in (desk.help_desk, desk.billing)] == [1, 1]


def test_rows_come_newest_first_and_go_on_from_the_last_one() -> None:
    desk = factories.desk()
    made = [ended(desk, desk.alice, at=NOON + timedelta(minutes=index // 2)) for index in range(7)]
    seen: list[int] = []
    after = None
    while page := rows.interaction_rows(ALL, after=after, limit=3):
        seen += [row.pk for row in page]
        after = (page[-1].ended_at, page[-1].pk)
    assert seen == [row.pk for row in reversed(made)]


def test_arrivals_page_by_page() -> None:
    desk = factories.desk()
    made = [happened(desk, "arrival", at=NOON + timedelta(minutes=index // 2)) for index in range(5)]
    first = rows.occurrence_rows(ALL, "arrival", limit=3)
    rest = rows.occurrence_rows(ALL, "arrival", after=(first[-1].at, first[-1].pk))
    assert [row.pk for row in first + rest] == [row.pk for row in reversed(made)]


@pytest.mark.parametrize(
    "parameters",
    [
        {"from": "yesterday", "to": "2026-03-02", "agent": "1 OR 1=1", "part": "all", "network": "'", "hour": "x"},
        {"from": "9999-12-31", "to": "2026-03-02", "agent": "-1", "team": "٣", "hour": "25"},
        {"to": "2026-03-02", "agent": "9" * 30},
    ],
)
def test_what_is_not_understood_is_left_out(parameters: dict[str, str]) -> None:
    assert days.parse(parameters, team_ids=None, networks=["x"]) == ALL


def test_an_address_turned_round_or_too_long_is_put_right() -> None:
    turned = days.parse({"from": "2026-03-02", "to": "2026-02-01"}, team_ids=None, networks=[])
    assert (turned.day_from, turned.day_to, turned.shortened) == (date(2026, 2, 1), DAY, False)
    long = days.parse({"from": "2016-03-02", "to": "2026-03-02"}, team_ids=None, networks=[])
    assert (long.number, long.shortened) == (366, True)


def test_today_is_compared_with_the_same_hours_a_week_ago() -> None:
    desk = factories.desk()
    now = datetime(2026, 3, 9, 12, tzinfo=UTC)
    for hour in (9, 11, 13):
        ended(desk, desk.alice, at=datetime(2026, 3, 2, hour, tzinfo=UTC))
    today = Filter(day_from=now.date(), day_to=now.date())
    roll()
    assert selectors.totals(today.before(now=now)).handled == 2
    week = Filter(day_from=date(2026, 3, 3), day_to=date(2026, 3, 9))
    assert week.before(now=now).day_from == date(2026, 2, 24)
    assert selectors.totals(week.before(now=now)).handled == 2


def test_active_time_counts_for_the_day_and_the_team_it_began_in_and_opens_to_its_conversations() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    now = timezone.now()
    for seconds in (0, 15, 300):
        beat(agent=desk.alice, conversation_id=conversation.pk, now=now + timedelta(seconds=seconds))
    beat(agent=desk.erin, conversation_id=conversation.pk, now=now)
    beat(agent=desk.alice, conversation_id=conversation.pk, now=now - timedelta(days=2))
    asked = Filter(day_from=now.date(), day_to=(now + timedelta(seconds=300)).date())
    board = selectors.board(asked)
    assert (board.agents[desk.alice.pk].active, board.agents[desk.erin.pk].active) == (45, 15)
    assert board.teams[desk.help_desk.pk].active == board.total.active == 60
    assert sum(row.seconds for row in rows.touch_rows(replace(asked, agent_id=desk.alice.pk))) == 45
    assert rows.touch_rows(replace(asked, team_ids=(desk.billing.pk,))) == []
    first = rows.touch_rows(asked, limit=1)
    rest = rows.touch_rows(asked, after=(first[0].conversation.pk, first[0].agent.pk))
    assert {row.agent for row in first + rest} == {desk.alice, desk.erin}


def test_a_touch_that_may_still_grow_keeps_its_day_open() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    midnight = days.midnight(days.today())
    beat(agent=desk.alice, conversation_id=conversation.pk, now=midnight - timedelta(seconds=20))
    end = timezone.now() + timedelta(seconds=5)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE metrics_touch SET period = tstzrange(lower(period), %s)", [end])
    yesterday = days.today() - days.A_DAY
    roll()
    assert not RolledPeriod.objects.filter(period=yesterday, span="day").exists()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE metrics_touch SET period = tstzrange(lower(period), %s)", [midnight])
    roll()
    assert RolledPeriod.objects.filter(period=yesterday, span="day").exists()


def test_many_answers_keep_within_the_bound() -> None:
    """Beyond 2,000 answers the figure is the middle of a bin: within 5 % and 3 s of the row that stands there."""
    desk = factories.desk()
    made = ended(desk, desk.alice, seconds=1)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            """
            INSERT INTO metrics_interaction (conversation_id, turn_id, agent_id, team_id, network, visibility, ended_by,
                published_at, arrived_at, ended_at, first, position)
            SELECT conversation_id, -n, agent_id, team_id, network, visibility, ended_by,
                ended_at - n * n * interval '0.11 s' - interval '30 s', ended_at - n * n * interval '0.1 s', ended_at,
                n %% 2 = 0, n
            FROM metrics_interaction, generate_series(1, 2600) n WHERE id = %s
            """,
            [made.pk],
        )
        cursor.execute("SET session_replication_role = origin")
    for rolled in (False, True):
        if rolled:
            roll()
        board = selectors.board(ALL)
        assert not board.exact
        assert board.total.first_responses + board.total.next_responses == 2601
        for first, clock, times in (
            (True, "arrived_at", board.total.first_arrived),
            (True, "published_at", board.total.first_published),
            (False, "arrived_at", board.total.next_arrived),
            (False, "published_at", board.total.next_published),
        ):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP"
                    f" (ORDER BY extract(epoch FROM ended_at - {clock})::float) FROM metrics_interaction"
                    " WHERE first = %s",
                    [first],
                )
                for true, shown in zip(cursor.fetchone()[0], both(times), strict=True):
                    assert shown is not None
                    assert abs(shown - true) <= spread.SHARE * true + spread.SECONDS


def test_the_desk_now_by_team_and_by_age() -> None:
    desk = factories.desk(capacity=1)
    factories.arrives(desk, *factories.many(3))
    route_due()
    factories.conversation(desk)
    now = timezone.now()
    ids = [desk.help_desk.pk, desk.billing.pk]
    numbers = counts.read(count_keys(team_ids=ids, agent_id=None, unrouted=False))
    team, billing = current.backlog(team_ids=ids, numbers=numbers)
    assert (team.open, team.unassigned, billing.open) == (3, 2, 0)
    assert team.oldest_waiting is not None
    asked = days.parse({}, team_ids=[desk.help_desk.pk], networks=["x"])
    assert current.waiting(asked, now=now).open == 4, "what no team has yet waits too"
    for hours, ages in ((2, [0, 4, 0, 0, 0]), (30, [0, 0, 0, 4, 0]), (100, [0, 0, 0, 0, 4])):
        later = now + timedelta(hours=hours)
        waiting = current.waiting(asked, now=later)
        assert [number for _, _, number in waiting.ages] == ages
        for key, _, number in waiting.ages:
            assert len(current.waiting_rows(asked, age=key, now=later)) == number
    first = current.waiting_rows(asked, age="", now=now, limit=3)
    rest = current.waiting_rows(asked, age="", now=now, after=(first[-1].waiting_since, first[-1].pk))
    assert len({row.pk for row in first + rest}) == 4


def test_the_statements_do_not_grow_with_the_rows() -> None:
    desk = factories.desk()
    costs = []
    for _ in range(2):
        for number in range(5):
            ended(desk, desk.alice, at=NOON + timedelta(days=number))
        week = Filter(day_from=DAY, day_to=DAY + timedelta(days=6))
        with CaptureQueriesContext(connection) as queries:
            selectors.board(week)
            [str(row.conversation.identity) for row in rows.interaction_rows(week)]
        costs.append(len(queries))
    assert costs[0] == costs[1] == 3
