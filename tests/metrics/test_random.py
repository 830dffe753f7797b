"""Whatever happens in whatever order: the page's figures, the rows they open and the facts say the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics import days, rows, selectors
from metrics.days import PARTS, Filter
from metrics.models import Interaction, Occurrence
from metrics.services import checking, rollups
from tests import factories

pytestmark = pytest.mark.django_db
BEGIN = date(2026, 1, 28)  # the range lies over a whole February
KINDS = {"arrival": "arrivals", "resolution": "resolutions", "reopening": "reopenings"}
_moments = st.integers(0, 40 * 86_400).map(
    lambda seconds: datetime(2026, 1, 28, tzinfo=UTC) + timedelta(seconds=seconds)
)
_who = st.fixed_dictionaries(
    {"agent": st.integers(0, 2), "team": st.integers(0, 2), "network": st.sampled_from(["x", "facebook"])}
)
_turn = st.tuples(
    st.just("turn"), _moments, _who, st.sampled_from(["public", "direct", ""]), st.booleans(), st.integers(0, 90_000)
)
_event = st.tuples(st.just("event"), _moments, _who, st.sampled_from([*KINDS]))
_steps = st.lists(st.one_of(_turn, _turn, _event, st.tuples(st.just("roll"), st.integers(1, 50))), max_size=25)


class World:
    """Facts written as the collector writes them: with the marks of their days taken away."""

    def __init__(self) -> None:
        self.desk = factories.desk()
        self.agents = [self.desk.alice, self.desk.bob, self.desk.erin]
        self.teams = [self.desk.help_desk, self.desk.billing, None]
        self.conversations = iter(factories.many(30))

    def step(self, step: tuple[Any, ...]) -> None:
        if step[0] == "roll":
            rollups.roll_due(limit=step[1])
            return
        _, at, who, *rest = step
        conversation = factories.Conversation.objects.get(pk=factories.arrives(self.desk, next(self.conversations))[0])
        facts = {"conversation": conversation, "network": who["network"], "team": self.teams[who["team"]]}
        agent = self.agents[who["agent"]]
        if step[0] == "turn":
            visibility, first, seconds = rest
            arrived = at - timedelta(seconds=seconds)
            Interaction.objects.create(
                **facts, turn=conversation.turn_first, agent=agent, visibility=visibility, first=first, position=1,
                ended_by="reply" if visibility else "resolution", ended_at=at, arrived_at=arrived,
                published_at=arrived,
            )  # fmt: skip
        else:
            Occurrence.objects.create(
                **facts, position=conversation.pk, kind=rest[0], at=at, agent=None if rest[0] == "arrival" else agent
            )
        rollups.spoil([at])

    def filters(self) -> list[Filter]:
        whole = Filter(day_from=BEGIN, day_to=BEGIN + timedelta(days=40))
        help_desk = self.desk.help_desk.pk
        return [
            whole,
            replace(whole, day_from=date(2026, 2, 3), day_to=date(2026, 2, 3)),
            replace(whole, team_ids=(0, help_desk)),
            replace(whole, agent_id=self.desk.alice.pk, network="x"),
            replace(whole, until=datetime(2026, 3, 8, 12, tzinfo=UTC), day_to=date(2026, 3, 8)),
        ]


def _raw(asked: Filter) -> dict[str, int]:
    """Counted by a statement of its own, which shares nothing with the product's."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), sum((visibility = 'public' AND ended_by = 'reply')::int),
                sum((visibility = 'direct' AND ended_by = 'reply')::int), sum((ended_by = 'resolution')::int),
                sum((first AND ended_by = 'reply')::int), sum((NOT first AND ended_by = 'reply')::int)
            FROM metrics_interaction WHERE ended_at >= %(begin)s AND ended_at < %(end)s
                AND (%(teams)s::bigint[] IS NULL OR coalesce(team_id, 0) = ANY(%(teams)s))
                AND (%(agent)s::bigint IS NULL OR agent_id = %(agent)s) AND %(network)s IN ('', network)
            """,
            {
                "begin": asked.begin,
                "end": asked.end,
                "agent": asked.agent_id,
                "network": asked.network,
                "teams": None if asked.team_ids is None else list(asked.team_ids),
            },
        )
        return dict(zip(PARTS, (number or 0 for number in cursor.fetchone()), strict=True))


def _compare(asked: Filter) -> None:
    board = selectors.board(asked)
    raw = _raw(asked)
    for part in PARTS:
        shown = getattr(board.total, part)
        assert shown == raw[part] == len(rows.interaction_rows(replace(asked, part=part), limit=100))
        assert shown == sum(getattr(line, part) for line in board.teams.values())
        assert shown == sum(getattr(line, part) for line in board.agents.values())
        assert shown == sum(getattr(line, part) for line in board.networks.values())
        assert shown == sum(getattr(line, part) for line in board.periods.values())
    for kind, name in KINDS.items():
        assert getattr(board.total, name) == len(rows.occurrence_rows(asked, kind, limit=100))
    assert selectors.totals(asked) == board.total


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_steps)
def test_figures_rows_and_facts_agree_after_anything(steps: list[tuple[Any, ...]]) -> None:
    with transaction.atomic():
        world = World()
        for number, step in enumerate(steps):
            world.step(step)
            if number % 6 == 5:
                _compare(world.filters()[number % 5])
        for asked in world.filters():
            _compare(asked)
        before = [selectors.totals(asked) for asked in world.filters()]
        rollups.rebuild()
        assert [selectors.totals(asked) for asked in world.filters()] == before
        assert checking.run(checking.RollupCheck(day=days.today())).different == []
        transaction.set_rollback(True)
