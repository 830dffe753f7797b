"""The sandbox's table of facts says what X's own OpenAPI document says, name by name and bound by bound."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.sandbox.x.bodies import Body
from connectors.sandbox.x.facts import ENDPOINTS, TOKEN_PATH, Endpoint, Param
from tests.shared import shared

SPEC = "specs/x-api-v2-2.166.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return dict(json.loads(shared(SPEC).read_text()))


def resolve(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def operation(document: dict[str, Any], endpoint: Endpoint) -> dict[str, Any]:
    return dict(document["paths"][endpoint.path][endpoint.method.lower()])


def parameters(document: dict[str, Any], endpoint: Endpoint, place: str) -> dict[str, dict[str, Any]]:
    listed = [resolve(document, node) for node in operation(document, endpoint).get("parameters", [])]
    return {node["name"]: node for node in listed if node["in"] == place}


def test_x_knows_each_path_and_method_and_exactly_these_parameters(document: dict[str, Any]) -> None:
    for endpoint in ENDPOINTS:
        theirs = parameters(document, endpoint, "query")
        assert endpoint.query.keys() == theirs.keys(), endpoint.key
        for name, param in endpoint.query.items():
            where = f"{endpoint.key} {name}"
            assert param.required == bool(theirs[name].get("required")), where
            compare(param, resolve(document, theirs[name]["schema"]), document, where)


def compare(param: Param, schema: dict[str, Any], document: dict[str, Any], where: str) -> None:
    items = resolve(document, schema.get("items", {}))
    if param.kind == "list":
        assert param.allowed == set(items["enum"]), where
    elif param.kind == "ids":
        assert (param.low, param.high) == (schema["minItems"], schema["maxItems"]), where
        assert items["pattern"] == r"^[0-9]{1,19}$", where
    elif param.kind == "int":
        assert (param.low, param.high) == (schema["minimum"], schema["maximum"]), where
        assert param.default == schema.get("default"), where
    elif param.kind == "text":
        assert (param.low, param.high) == (schema.get("minLength"), schema.get("maxLength")), where
    elif param.kind == "time":
        assert schema["format"] == "date-time", where
    elif param.kind == "enum":
        assert param.allowed == set(schema["enum"]), where
    else:
        assert schema["pattern"] == r"^[0-9]{1,19}$", where


def test_ids_in_the_path_have_the_shape_that_x_names(document: dict[str, Any]) -> None:
    for endpoint in ENDPOINTS:
        theirs = parameters(document, endpoint, "path")
        patterns = {name: resolve(document, node["schema"]).get("pattern") for name, node in theirs.items()}
        known = {name: pattern for name, pattern in patterns.items() if pattern}
        assert known == endpoint.path_patterns, endpoint.key


def test_a_body_has_exactly_the_fields_that_x_names(document: dict[str, Any]) -> None:
    for endpoint in ENDPOINTS:
        body = operation(document, endpoint).get("requestBody")
        if body is None:
            assert endpoint.body is None, endpoint.key
            continue
        assert endpoint.body is not None, endpoint.key
        schema = resolve(document, body["content"]["application/json"]["schema"])
        for choice in schema.get("anyOf", [schema]):
            compare_body(endpoint.body, resolve(document, choice), document, endpoint.key, choice is schema)


def compare_body(body: Body, schema: dict[str, Any], document: dict[str, Any], where: str, whole: bool = True) -> None:
    if body.unplayed:  # refused, whatever is inside
        return
    schema = resolve(document, schema)
    for choice in schema.get("anyOf", [schema]):
        assert body.kind == resolve(document, choice).get("type"), where
    assert body.longest == schema.get("maxLength"), where
    if body.kind == "object":
        assert body.fields.keys() == schema["properties"].keys(), where
        if whole:
            assert body.required == set(schema.get("required", [])), where
        for name, inner in body.fields.items():
            compare_body(inner, schema["properties"][name], document, f"{where}.{name}")
    elif body.kind == "array":
        assert body.items is not None
        compare_body(body.items, schema["items"], document, f"{where}[]")
    elif body.kind == "string" and schema.get("enum"):
        assert body.allowed == set(schema["enum"]), where


def test_the_token_address_is_the_one_of_xs_oauth_scheme(document: dict[str, Any]) -> None:
    scheme = document["components"]["securitySchemes"]["OAuth2UserToken"]["flows"]["authorizationCode"]
    assert scheme["tokenUrl"].endswith(f".com{TOKEN_PATH}")
