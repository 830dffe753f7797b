"""Rules beside each other: one that never decides is said to, and one that may is not."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from routing.models import Rule, Team
from routing.services import overlaps
from routing.services.rules import Prepared, Turn, first_match
from tests import factories

WORDS = ["bill", "the bill", "billing", "refund", "東京", "京"]
LANGUAGES = ["fr", "fr-CA", "de", "und"]
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "networks": st.lists(st.sampled_from(["x", "facebook"]), max_size=2),
        "connections": st.lists(st.integers(1, 2), max_size=2),
        "words": st.lists(st.sampled_from(WORDS), max_size=3),
        "languages": st.lists(st.sampled_from(LANGUAGES), max_size=2),
        "authors": st.lists(st.sampled_from(["Ana", "@bo"]), max_size=2),
        "min_followers": st.none() | st.integers(0, 3),
        "max_followers": st.none() | st.integers(0, 3),
        "visibility": st.sampled_from(["", "public", "direct"]),
        "tags": st.lists(st.integers(1, 2), max_size=2),
        "vips": st.lists(st.integers(1, 2), max_size=2),
        "fields": st.lists(st.sampled_from([[1, "choice", "7"], [2, "number", "4..9"]]), max_size=2),
    },
)
VALUES = [
    {"id": 1, "name": "Plan", "kind": "choice", "option": 7, "shown": "Fibre"},
    {"id": 2, "name": "Years", "kind": "number", "number": "5", "shown": "5"},
]
TURNS = st.builds(
    Turn,
    text=st.lists(st.sampled_from([*WORDS, "hello", "s"]), max_size=4).map(" ".join),
    handle=st.sampled_from(["ana", "bo", "eve"]),
    network=st.sampled_from(["x", "facebook"]),
    connection_id=st.integers(1, 3),
    followers=st.none() | st.integers(0, 4),
    languages=st.frozensets(st.sampled_from(["fr", "de"])),
    visibilities=st.frozensets(st.sampled_from(["public", "direct"])),
    tags=st.dictionaries(st.integers(1, 3), st.just("t")),
    vips=st.dictionaries(st.integers(1, 3), st.just("v")),
)


def prepared(pk: int = 0, team: int = 1, **conditions: Any) -> Prepared:
    name = f"Rule {pk}"
    return Prepared(Rule(pk=pk, position=pk, name=name, team=Team(pk=team, name=f"Team {team}"), **conditions))


UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


@UNHURRIED
@given(CONDITIONS, CONDITIONS, TURNS)
@example({"words": ["bill"]}, {"words": ["the bill"]}, Turn("pay the bill", "ana"))
@example({"languages": ["und"]}, {}, Turn("", "ana"))
@example({"max_followers": 3}, {"words": ["bill"]}, Turn("bill", "ana"))
def test_what_takes_all_of_another_leaves_it_nothing(one: Any, other: Any, turn: Turn) -> None:
    earlier, later = prepared(1, **one), prepared(2, **other)
    if overlaps.takes_all_of(earlier, later) and first_match([later], turn):
        assert first_match([earlier], turn)


@UNHURRIED
@given(CONDITIONS, CONDITIONS, TURNS)
def test_what_pulls_at_nothing_takes_no_word_away(one: Any, other: Any, turn: Turn) -> None:
    """Where both match for the later one's words as the earlier asks for them, it is said."""
    earlier, later = prepared(1, team=1, **one), prepared(2, team=2, **other)
    assume({word for _, word in earlier.words} & {word for _, word in later.words})
    # What a customer wrote in two languages, or in public and in private, may match rules that have nothing in common.
    assume(len(turn.languages) < 2 and len(turn.visibilities) < 2)
    if first_match([earlier], turn) and first_match([later], turn):
        assert overlaps.takes_all_of(earlier, later) or overlaps.pulls([earlier, later])


@pytest.mark.parametrize(
    ("one", "other", "dead"),
    [
        ({}, {"words": ["bill"]}, True),
        ({"words": ["bill"]}, {}, False),
        ({"words": ["bill"]}, {"words": ["the bill", "bill shock"]}, True),
        ({"words": ["bill"]}, {"words": ["billing"]}, False),
        ({"words": ["bill"]}, {"words": ["bill", "refund"]}, False),
        ({"words": ["bill"], "networks": ["x"]}, {"words": ["bill"]}, False),
        ({"networks": ["x", "facebook"]}, {"words": ["bill"], "networks": ["x"]}, True),
        ({"min_followers": 100}, {"min_followers": 1000}, True),
        ({"min_followers": 1000}, {"min_followers": 100}, False),
        ({"languages": ["fr"]}, {"languages": ["fr-CA"]}, True),
        ({"authors": ["@Ana"]}, {"authors": ["ana"]}, True),
        ({"fields": [[1, "choice", "7"]]}, {"fields": [[1, "choice", "7"], [2, "number", "4..9"]]}, True),
        ({"visibility": "public"}, {}, False),
    ],
)
def test_a_rule_is_dead_below_one_that_takes_all_of_it(one: Any, other: Any, dead: bool) -> None:
    found = overlaps.dead([prepared(1, **one), prepared(2, **other)])
    assert ({2: "Rule 1"} if dead else {}) == {pk: rule.name for pk, rule in found.items()}


@pytest.mark.django_db
def test_the_list_of_rules_says_which_never_decides_and_which_shares_its_words() -> None:
    desk = factories.desk()
    factories.rule("Money", desk.billing, "refund")
    factories.rule("Large refunds", desk.help_desk, "refund", min_followers=1000)
    factories.rule("Off", desk.help_desk, "refund", enabled=False)
    factories.rule("French", desk.help_desk, "a refund", "rembourser")
    browser = Client()
    browser.force_login(desk.bob)
    rows = {one["rule"].name: one for one in browser.get("/settings/rules/").context["rules"]}
    assert rows["Large refunds"]["trouble"] == (
        "It never decides: “Money” is asked before it and takes all of this. Move it up."
    )
    assert {name for name, one in rows.items() if one["trouble"]} == {"Large refunds"}
    assert rows["French"]["pulls"] == "“a refund” is asked for by “Money” before, and then goes to Billing."
    assert not rows["Money"]["pulls"]
    assert not rows["Off"]["pulls"]
