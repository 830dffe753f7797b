"""Every request that the connector can make, held against X's own OpenAPI document (2.166)."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors import registry
from connectors.errors import ConnectorError
from connectors.http import Http
from connectors.networks.x.renew import TOKEN_URL
from connectors.types import Act, Action, Author, Draft, MediaRef, Post, Upload, Visibility
from tests.connectors.servers import answer, serving
from tests.connectors.x_world import TOKENS
from tests.shared import shared

SPEC = "specs/x-api-v2-2.166.json"
EMPTY = b'{"data":[],"meta":{"result_count":0}}'
SEEN = (
    "GET /2/users/me",
    "GET /2/users/{id}/mentions",
    "GET /2/users/{id}/tweets",
    "GET /2/dm_events",
    "GET /2/dm_conversations/with/{participant_id}/dm_events",
    "GET /2/dm_conversations/{id}/dm_events",
    "GET /2/tweets/{id}",
    "POST /2/tweets",
    "POST /2/dm_conversations/with/{participant_id}/messages",
    "POST /2/dm_conversations/{dm_conversation_id}/messages",
    "PUT /2/tweets/{tweet_id}/hidden",
    "POST /2/users/{id}/likes",
    "DELETE /2/users/{id}/likes/{tweet_id}",
    "GET /2/users/{id}/liked_tweets",
    "DELETE /2/tweets/{id}",
    "POST /2/media/upload",
    "POST /2/media/metadata",
)


class Document:
    """X's OpenAPI document, as far as a request goes."""

    def __init__(self, path: Path) -> None:
        self.root = json.loads(path.read_text())

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            found: Any = self.root
            for key in node["$ref"].removeprefix("#/").split("/"):
                found = found[key]
            node = found
        return node

    def operation(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        """The operation of a path; one without a variable part goes before one with."""
        for template in sorted(self.root["paths"], key=lambda name: name.count("{")):
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                found = self.root["paths"][template].get(method.lower())
                if found:
                    return f"{method} {template}", found
        raise AssertionError(f"X's document knows no {method} {path}")

    def check_value(self, name: str, schema: dict[str, Any], value: str) -> None:
        schema = self.resolve(schema)
        if schema.get("type") == "array":
            for one in value.split(","):
                self.check_value(name, schema["items"], one)
            return
        if "enum" in schema:
            assert value in schema["enum"], f"{name}: X knows no {value}"
        if "pattern" in schema:
            assert re.search(schema["pattern"], value), f"{name}: {value}"
        if schema.get("type") == "integer":
            assert schema.get("minimum", 0) <= int(value) <= schema.get("maximum", int(value)), f"{name}: {value}"

    def check_body(self, schema: dict[str, Any], value: Any) -> None:
        schema = self.resolve(schema)
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            self.check_body(next(o for o in options if set(self.resolve(o).get("required", ())) <= set(value)), value)
            return
        if schema.get("type") == "object":
            assert set(schema.get("required", ())) <= set(value)
            assert set(value) <= set(schema["properties"]), value
            for key, inner in value.items():
                self.check_body(schema["properties"][key], inner)
        elif schema.get("type") == "array":
            for one in value:
                self.check_body(schema["items"], one)
        elif schema.get("type") == "boolean":
            assert isinstance(value, bool)
        else:
            assert schema.get("type") == "string"
            assert isinstance(value, str)
            assert re.search(schema.get("pattern", ""), value)
            assert value in schema.get("enum", [value])
            assert len(value) <= schema.get("maxLength", len(value))

    def check(self, raw: bytes) -> str:
        """One recorded request; the operation that it is."""
        head, _, body = raw.partition(b"\r\n\r\n")
        method, target, _ = head.decode().split("\r\n")[0].split(" ")
        parts = urlsplit(target)
        name, operation = self.operation(method, parts.path)
        known = {p["name"]: p for p in map(self.resolve, operation.get("parameters", ())) if p["in"] == "query"}
        given = dict(parse_qsl(parts.query))
        assert set(given) <= set(known), f"{name}: {set(given) - set(known)}"
        for key, value in given.items():
            self.check_value(key, known[key]["schema"], value)
        if body:
            self.check_body(operation["requestBody"]["content"]["application/json"]["schema"], json.loads(body))
        return name


@pytest.fixture(scope="module")
def document() -> Document:
    return Document(shared(SPEC))


def everything(base: str) -> Iterator[Any]:
    """Every call of the connector, at both ends of what it asks for."""
    now = datetime.now(UTC)
    config = {"account_id": "1", "handle": "norrline", "base_url": base}
    x = registry.build("x", config, TOKENS, Http(deadline=2))
    few = registry.build("x", {**config, "history": 1}, TOKENS, Http(deadline=2))
    known = {"high_water": "2124407496222208001", "at": 1.0, "walk": None}
    walk = {"top": "9", "lowest": "8", "seen": 1, "began": 1.0, "token": "", "fell": "0", "grounded": False}
    full = {**walk, "seen": 800, "token": "0123456789abcdef"}
    yield x.check
    for stream in ("mentions", "messages"):
        for reader in (x, few):
            for cursor in ({}, known, {**known, "walk": walk}, {**known, "walk": full}):
                yield lambda r=reader, s=stream, c=cursor: list(r.fetch(s, c))
    yield lambda: x.context(Post("9", Author("2"), "", now, "9", in_reply_to="8"))
    for draft in (
        Draft("k", Visibility.PUBLIC, "Hello", in_reply_to="20", started_at=now),
        Draft("k", Visibility.DIRECT, "Hello", recipient_id="7", started_at=now),
        Draft("k", Visibility.DIRECT, "Hello", dialogue_id="dm:1582103724607971332", started_at=now),
    ):
        yield lambda d=draft: x.send(d, x.prepare(d))
        yield lambda d=draft: x.find_sent(d, x.prepare(d), ())
        pictured = replace(draft, media=[MediaRef("31"), MediaRef("32")])
        yield lambda d=pictured: x.send(d, x.prepare(d))
    for kind in (Act.HIDE, Act.UNHIDE, Act.LIKE, Act.UNLIKE, Act.DELETE):
        yield lambda k=kind: x.act(Action("k", k, target_id="20", author_id="7"))
        yield lambda k=kind: x.find_acted(Action("k", k, target_id="20", author_id="7"))
    for visibility in Visibility:
        for mime in sorted(x.capabilities.media[visibility].mimes):
            yield lambda v=visibility, m=mime: x.upload(Upload("k", m, b"bytes", v, alt="A router."))


def test_every_request_is_one_that_x_s_document_knows(document: Document) -> None:
    def serve(conn: Any, request: bytes) -> None:
        body = b'{"data":{"id":"31"}}' if b"/media/upload" in request.split(b"\r\n")[0] else EMPTY
        answer(body)(conn, request)

    with serving(serve) as line:
        for act in everything(line.url):
            with contextlib.suppress(ConnectorError):  # an empty page is no account and no receipt
                act()
    assert {document.check(raw) for raw in line.requests} == set(SEEN)
    scheme = document.root["components"]["securitySchemes"]["OAuth2UserToken"]["flows"]["authorizationCode"]
    assert scheme["tokenUrl"] == TOKEN_URL
