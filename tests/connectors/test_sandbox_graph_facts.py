"""The sandbox's table of Graph's facts says what Meta's node descriptions and facebook-business say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from facebook_business.adobjects.comment import Comment
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.adobjects.unifiedthread import UnifiedThread

from connectors.sandbox.graph import facts
from connectors.sandbox.graph.facts import NODES, Edge, Node
from tests.shared import shared

LIBRARY: dict[str, Any] = {"Page": Page, "PagePost": PagePost, "Comment": Comment, "UnifiedThread": UnifiedThread}
DESCRIBED = [NODES[name] for name in LIBRARY]
# What the descriptions call a datetime or say elsewhere ("limit" is general to Graph) needs no list of values.
ENUMS = {
    "filter": Comment.Filter,
    "live_filter": Comment.LiveFilter,
    "order": Comment.Order,
    "platform": UnifiedThread.Platform,
    "with": PagePost.With,
}


def values_of(holder: Any) -> set[str]:
    return {value for name, value in vars(holder).items() if not name.startswith("_")}


@pytest.fixture(scope="module")
def meta() -> dict[str, dict[str, Any]]:
    return {name: json.loads(shared(f"specs/facebook/{name}.json").read_text()) for name in LIBRARY}


def api(meta: dict[str, Any], node: Node, method: str, edge: str) -> dict[str, Any]:
    found = [one for one in meta[node.name]["apis"] if one["method"] == method and (one.get("endpoint") or "") == edge]
    assert found, f"{method} {node.name}/{edge}"
    return dict(found[0])


@pytest.mark.parametrize("node", DESCRIBED, ids=lambda node: node.name)
def test_every_field_is_metas_in_both_sources(meta: dict[str, Any], node: Node) -> None:
    theirs = {one["name"] for one in meta[node.name]["fields"]}
    assert node.fields | node.silent <= theirs
    assert node.fields | node.silent <= values_of(LIBRARY[node.name].Field)
    assert set(node.default) <= node.fields
    assert not node.fields & node.silent


@pytest.mark.parametrize("node", DESCRIBED, ids=lambda node: node.name)
def test_every_list_has_exactly_metas_parameters_and_holds_what_meta_says(meta: dict[str, Any], node: Node) -> None:
    for name, edge in node.edges.items():
        theirs = api(meta, node, "GET", name)
        assert edge.node == theirs["return"], name
        assert edge.node in NODES, name
        given = {one["name"] for one in theirs["params"]}
        if edge.node == "Profile":  # /likes has none, /reactions has a type that is not played
            assert set(edge.params) <= given, name
        else:
            assert set(edge.params) == given, name


@pytest.mark.parametrize("node", DESCRIBED, ids=lambda node: node.name)
def test_every_write_is_metas_with_its_parameters(meta: dict[str, Any], node: Node) -> None:
    for (method, name), rule in node.writes.items():
        theirs = {one["name"]: one for one in api(meta, node, method, name)["params"]}
        assert rule.params | rule.unplayed <= theirs.keys(), (method, name)
        assert rule.required == {key for key, one in theirs.items() if one["required"]}, (method, name)
        assert not rule.params & rule.unplayed


def test_a_parameters_values_are_those_of_the_library() -> None:
    edges: list[tuple[str, Edge]] = [(name, edge) for node in DESCRIBED for name, edge in node.edges.items()]
    checked = set()
    for _, edge in edges:
        for name, allowed in edge.params.items():
            if allowed:
                assert allowed == values_of(ENUMS[name]), name
                checked.add(name)
    assert checked == ENUMS.keys()
    assert values_of(Page.MessagingType) == facts.MESSAGING_TYPES
    assert values_of(Page.SenderAction) == facts.SENDER_ACTIONS


def test_the_wire_refuses_what_the_table_does_not_hold(meta: dict[str, Any]) -> None:
    """Guards the two sources: a field that Meta has and we do not play is refused, not invented."""
    assert "instagram_eligibility" in {one["name"] for one in meta["PagePost"]["fields"]}
    assert "instagram_eligibility" not in facts.POST.fields | facts.POST.silent
