"""Every request that the connector can make, held against Meta's own descriptions of the Graph API.

Paths, parameters and their values against Meta's business SDK for the same version (its ``param_types``, enums and
``Field`` classes), and against the node descriptions that Meta publishes. Neither knows the Message node, and only
the SDK knows Profile.
"""

from __future__ import annotations

import contextlib
import email
import hashlib
import hmac
import importlib
import inspect
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from facebook_business.adobjects.abstractobject import AbstractObject
from facebook_business.apiconfig import ads_api_config

from connectors import registry
from connectors.errors import ConnectorError
from connectors.http import Http
from connectors.networks.facebook import fields
from connectors.types import Act, Action, Author, Draft, MediaRef, Post, Upload, Visibility
from tests.connectors.servers import Script, answer, serving
from tests.shared import shared

TOKEN, SECRET, PAGE = "EAAG-canary", "s3cret", "100"
PROOF = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
# Node and edge of each path, and what comes back from it: (pattern, node, edge, the nodes in its answer).
PATHS = (
    (r"GET /v[\d.]+/me", "Page", "", "Page"),
    (r"GET /v[\d.]+/100/feed", "Page", "feed", "PagePost"),
    (r"GET /v[\d.]+/100_\d+/comments", "PagePost", "comments", "Comment"),
    (r"GET /v[\d.]+/\d+_\d+/comments", "Comment", "comments", "Comment"),
    (r"GET /v[\d.]+/100_\d+", "PagePost", "", "PagePost"),
    (r"GET /v[\d.]+/\d+_\d+", "Comment", "", "Comment"),
    (r"GET /v[\d.]+/100/conversations", "Page", "conversations", "UnifiedThread"),
    (r"GET /v[\d.]+/t_\d+/messages", "UnifiedThread", "messages", "Message"),
    (r"POST /v[\d.]+/100_\d+/comments", "PagePost", "comments", "Comment"),
    (r"POST /v[\d.]+/\d+_\d+/comments", "Comment", "comments", "Comment"),
    (r"POST /v[\d.]+/100/messages", "Page", "messages", ""),
    (r"POST /v[\d.]+/100/photos", "Page", "photos", ""),
    (r"GET /v[\d.]+/100/blocked", "Page", "blocked", "Profile"),
    (r"POST /v[\d.]+/100/blocked", "Page", "blocked", ""),
    (r"DELETE /v[\d.]+/100/blocked", "Page", "blocked", ""),
    (r"GET /v[\d.]+/100_\d+/likes", "PagePost", "likes", "Profile"),
    (r"POST /v[\d.]+/100_\d+/likes", "PagePost", "likes", ""),
    (r"DELETE /v[\d.]+/100_\d+/likes", "PagePost", "likes", ""),
    (r"POST /v[\d.]+/\d+_\d+/likes", "Comment", "likes", ""),
    (r"DELETE /v[\d.]+/\d+_\d+/likes", "Comment", "likes", ""),
    (r"POST /v[\d.]+/100_\d+", "PagePost", "", ""),
    (r"DELETE /v[\d.]+/100_\d+", "PagePost", "", ""),
    (r"POST /v[\d.]+/\d+_\d+", "Comment", "", ""),
    (r"DELETE /v[\d.]+/\d+_\d+", "Comment", "", ""),
)
EDGES = {
    ("PagePost", "comments"): "Comment",
    ("UnifiedThread", "messages"): "Message",
    ("Comment", "parent"): "Comment",
}
# Every read of Graph takes these, and every request the proof; no description repeats them.
COMMON = {"fields", "limit", "after", "appsecret_proof"}
# The reference of the Message node: developers.facebook.com/docs/graph-api/reference/message
MESSAGE = {"id", "created_time", "from", "to", "message", "attachments", "shares", "sticker", "tags"}


def node(name: str) -> type[AbstractObject]:
    found: type[AbstractObject] = getattr(importlib.import_module(f"facebook_business.adobjects.{name.lower()}"), name)
    return found


def known_fields(name: str) -> set[str]:
    if name == "Message":
        return MESSAGE
    listed = node(name).Field
    return {value for key, value in vars(listed).items() if not key.startswith("_")}


def known_parameters(method: str, name: str, edge: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Parameters and enums that the SDK declares for an edge; its methods hold them as literals."""
    verb = {"GET": "get", "POST": "create", "DELETE": "delete"}[method]
    if not edge and method == "POST":
        verb = "update"
    names = [f"{verb}_{edge}", f"{verb}_{edge.removesuffix('s')}"] if edge else [f"api_{verb}"]
    method_of = next(found for each in names if (found := getattr(node(name), each, None)))
    source = inspect.getsource(method_of)
    types = dict(re.findall(r"'(\w+)': '([^']+)'", source.split("param_types", 1)[1].split("enums", 1)[0]))
    given = re.findall(r"'(\w+)_enum': (\w+)\.(\w+)\.__dict__", source)
    enums = {key: [v for k, v in vars(getattr(node(cls), enum)).items() if k[0] != "_"] for key, cls, enum in given}
    return types, enums


def expanded(text: str) -> dict[str, tuple[dict[str, str], str]]:
    """``a,b.limit(2){c}`` as {a: ({}, ""), b: ({limit: 2}, "c")}."""
    found: dict[str, tuple[dict[str, str], str]] = {}
    while text:
        head = re.match(r"(\w+)((?:\.\w+\([^)]*\))*)", text)
        assert head, text
        text, inner = text[head.end() :], ""
        if text.startswith("{"):
            depth, end = 0, 0
            for end, sign in enumerate(text):  # noqa: B007 - used after the loop
                depth += {"{": 1, "}": -1}.get(sign, 0)
                if not depth:
                    break
            inner, text = text[1:end], text[end + 1 :]
        found[head[1]] = (dict(re.findall(r"\.(\w+)\(([^)]*)\)", head[2])), inner)
        text = text.removeprefix(",")
    return found


def form(headers: dict[str, str], body: bytes) -> dict[str, str]:
    """The values of a form; of one with files all but the files."""
    kind = headers.get("content-type", "")
    if not kind.startswith("multipart"):
        return dict(parse_qsl(body.decode()))
    parts = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body).get_payload()
    assert isinstance(parts, list)
    named = {str(part.get_param("name", header="content-disposition")): part for part in parts}
    assert {name for name, part in named.items() if part.get_filename()} <= {"source"}
    return {name: str(part.get_payload()).strip() for name, part in named.items() if not part.get_filename()}


class Described:
    """One recorded request against what Meta says of its edge."""

    def __init__(self, raw: bytes) -> None:
        head, _, body = raw.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        method, target, _ = lines[0].split(" ")
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        self.target, self.parts = target, urlsplit(target)
        self.method, self.given = method, form(self.headers, body) or dict(parse_qsl(self.parts.query))
        path = f"{method} {self.parts.path}"
        self.name, self.edge, self.answers = next(entry[1:] for entry in PATHS if re.fullmatch(entry[0], path))

    def check(self, spec: Callable[[str], Any] | None = None) -> str:
        types, enums = known_parameters(self.method, self.name, self.edge)
        self._parameters(self.given, types, enums)
        if "fields" in self.given:
            self._fields(self.answers, self.given["fields"], spec)
        if spec is not None:
            self._published(spec)
        return f"{self.method} {self.name}/{self.edge}"

    def _parameters(self, given: dict[str, str], types: dict[str, str], enums: dict[str, list[str]]) -> None:
        assert set(given) <= set(types) | COMMON, f"{self.name}/{self.edge}: {set(given) - set(types) - COMMON}"
        for key, value in given.items():
            kind = types.get(key, "")
            if key + "_enum" in "".join(f"{k}_enum " for k in enums) and kind.endswith("_enum"):
                assert value in enums[key], f"{key}: {value} is none of {enums[key]}"
            if kind == "datetime":
                assert value.isdigit(), f"{key}: {value}"
            if kind in ("map", "Object") and key in ("recipient", "message") and value.startswith("{"):
                assert isinstance(json.loads(value), dict)

    def _fields(self, name: str, text: str, spec: Callable[[str], Any] | None) -> None:
        known = known_fields(name)
        for field, (modifiers, inner) in expanded(text).items():
            below = EDGES.get((name, field))
            assert field in known or below, f"{name} has no field {field}"
            if modifiers:
                types, enums = known_parameters("GET", name, field)
                self._parameters(modifiers, types, enums)
            if below and inner:
                self._fields(below, inner, spec)
            if spec is not None and name not in ("Message", "Profile"):
                document = spec(name)
                published = {entry["name"] for entry in document["fields"]} | {
                    api.get("endpoint") for api in document["apis"]
                }
                assert field in published, f"{name}.json has no field {field}"

    def _published(self, spec: Callable[[str], Any]) -> None:
        apis = spec(self.name)["apis"]
        found = next(api for api in apis if api["method"] == self.method and (api.get("endpoint") or "") == self.edge)
        assert set(self.given) <= {p["name"] for p in found["params"]} | COMMON


def script() -> Script:
    """A Facebook with one post, one comment and one dialogue, all of them with a further page."""
    paging = {"cursors": {"after": "QVFI"}, "next": "https://graph.facebook.com/…"}
    comment = {"id": "5_6", "message": "x", "created_time": "2026-01-01T00:00:00+0000", "from": {"id": "7"}}
    post = {**comment, "id": "100_5", "comments": {"data": [comment], "paging": paging}}
    message = {**comment, "id": "m_1", "to": {"data": [{"id": "100"}]}}
    talk = {"id": "t_9", "messages": {"data": [message], "paging": paging}}
    found: list[tuple[bytes, Any]] = [
        (b"/feed", {"data": [post]}),
        (b"/conversations", {"data": [talk]}),
        (b"POST", {"id": "5_7", "message_id": "m_2"}),
        (b"/comments", {"data": [comment]}),
        (b"/messages", {"data": [message]}),
        (b"/me?", {"id": PAGE, "name": "Norrline"}),
    ]
    node = {**comment, "parent": {"id": "5_1"}, "private_reply_conversation": {"id": "t_9"}}

    def serve(conn: Any, request: bytes) -> None:
        line = request.split(b"\r\n")[0]
        body = next((body for sign, body in found if sign in line), node)
        answer(json.dumps(body).encode())(conn, request)

    return serve


def everything(base: str) -> Iterator[Callable[[], Any]]:
    """Every call of the connector, at both ends of what it asks for."""
    now = datetime.now(UTC)
    config = {"account_id": PAGE, "handle": "norrline", "base_url": base, "human_agent": True}
    facebook = registry.build("facebook", config, {"access_token": TOKEN, "app_secret": SECRET}, Http(deadline=30))
    yield facebook.check
    for stream in ("comments", "messages"):
        for cursor in ({}, {"high_water": "1700000000", "walk": None}):
            yield lambda s=stream, c=cursor: list(facebook.fetch(s, c))
    for above in ("5_1", "100_5"):
        yield lambda a=above: facebook.context(Post("5_6", Author("7"), "", now, "100_5", in_reply_to=a))
    direct = Draft("k", Visibility.DIRECT, "Hello", recipient_id="7", started_at=now)
    late = now - timedelta(days=2)
    for draft in (
        Draft("k", Visibility.PUBLIC, "Hello", in_reply_to="5_6", started_at=now),
        Draft("k", Visibility.PUBLIC, "Hello", in_reply_to="100_5", started_at=now),
        Draft("k", Visibility.DIRECT, "Hello", recipient_id="7", started_at=now, last_direct_at=now),
        Draft("k", Visibility.DIRECT, "Hello", recipient_id="7", started_at=now, last_direct_at=late),
        Draft("k", Visibility.DIRECT, "Hello", recipient_id="7", started_at=now, public_id="5_6", public_at=now),
        Draft("k", Visibility.DIRECT, "Hello", recipient_id="7", started_at=now, public_id="100_5", public_at=now),
    ):
        yield lambda d=draft: facebook.send(d, facebook.prepare(d))
        yield lambda d=draft: facebook.find_sent(d, facebook.prepare(d), ())
    assert direct.public_id == ""
    for target, own in (("5_6", False), ("100_5", True)):
        for kind in Act:
            done = Action("k", kind, target_id=target, author_id="7", own=own)
            yield lambda a=done: facebook.act(a)
            yield lambda a=done: facebook.find_acted(a)
    for mime in ("image/jpeg", "image/png"):
        yield lambda m=mime: facebook.upload(Upload("k", m, b"\x89bytes", Visibility.PUBLIC, alt="A router"))
    pictured = Draft("k", Visibility.PUBLIC, "Hello", in_reply_to="5_6", started_at=now, media=[MediaRef("31")])
    yield lambda: facebook.send(pictured, facebook.prepare(pictured))


@pytest.fixture(scope="module")
def recorded() -> list[bytes]:
    with serving(script()) as line:
        for act in everything(line.url):
            with contextlib.suppress(ConnectorError):  # what the scripted Facebook says need not make sense
                act()
    return line.requests


def test_the_version_is_the_one_that_is_checked_against() -> None:
    assert ads_api_config["API_VERSION"] == fields.VERSION


def test_every_request_is_one_that_meta_s_sdk_knows(recorded: list[bytes]) -> None:
    assert {Described(raw).check() for raw in recorded} == {
        f"{pattern.split(' ')[0]} {name}/{edge}" for pattern, name, edge, _ in PATHS
    }


def test_every_request_is_one_that_meta_s_descriptions_know(recorded: list[bytes]) -> None:
    def spec(name: str) -> Any:
        return json.loads(shared(f"specs/facebook/{name}.json").read_text())

    for raw in recorded:
        Described(raw).check(spec)


def test_no_token_is_in_any_address_and_every_request_is_proven(recorded: list[bytes]) -> None:
    for raw in recorded:
        request = Described(raw)
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in request.target
        assert SECRET.encode() not in raw
        assert request.given["appsecret_proof"] == PROOF
        assert request.parts.path.startswith(f"/{fields.VERSION}/")
        assert request.method != "POST" or not request.parts.query


def test_what_is_nested_in_a_message_is_json(recorded: list[bytes]) -> None:
    sent = [
        request.given for raw in recorded if (request := Described(raw)).edge == "messages" if request.method == "POST"
    ]
    assert [json.loads(given["recipient"]) for given in sent] == [
        {"id": "7"},
        {"id": "7"},
        {"comment_id": "5_6"},
        {"post_id": "100_5"},
    ]
    assert [(given["messaging_type"], given.get("tag")) for given in sent] == [
        ("RESPONSE", None),
        ("MESSAGE_TAG", "HUMAN_AGENT"),
        ("RESPONSE", None),
        ("RESPONSE", None),
    ]
    assert {given["message"] for given in sent} == {'{"text": "Hello"}'}


def test_a_field_that_meta_does_not_know_is_found(recorded: list[bytes]) -> None:
    raw = next(raw for raw in recorded if b"/feed" in raw)
    with pytest.raises(AssertionError, match="no field"):
        Described(raw.replace(b"permalink_url", b"permalink_urn")).check()
    with pytest.raises(AssertionError, match="colour"):
        Described(raw.replace(b"limit=", b"colour=")).check()
