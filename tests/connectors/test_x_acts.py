"""Acts and pictures on X: what is denied beforehand, and what an odd answer means."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import registry
from connectors.base import Connector
from connectors.errors import ConfigError, RejectedError, UnknownOutcome
from connectors.http import Http
from connectors.networks.x.connector import CLOSED
from connectors.sandbox.harness import Sandbox
from connectors.testing import Items
from connectors.testing.uploading import DOT
from connectors.types import Absent, Act, Action, Allowed, Denied, Draft, Receipt, Unknown, Upload, Visibility
from tests.connectors.servers import Line, Script, answer, serving
from tests.connectors.test_x_send import ENROLLED, detail
from tests.connectors.x_world import TOKENS, XWorld

NOW = datetime.now(UTC)
LIKE = Action("k", Act.LIKE, target_id="20", author_id="7", started_at=NOW)
HIDE = replace(LIKE, kind=Act.HIDE)
DELETE = replace(LIKE, kind=Act.DELETE, own=True)
PICTURE = Upload("k", "image/png", DOT, Visibility.PUBLIC, "A lamp")
GONE = {"errors": [{"title": "Not Found Error", "type": "https://api.twitter.com/2/problems/resource-not-found"}]}
KEPT = {"errors": [{"title": "Authorization Error", "type": "https://x/problems/not-authorized-for-resource"}]}


def connector(base: str, **config: Any) -> Connector[Any]:
    given = {"account_id": "1", "handle": "norrline", "base_url": base, "enterprise": True, **config}
    return registry.build("x", given, TOKENS, Http(deadline=2))


def against(document: Any, status: str = "200 OK") -> Script:
    return answer(json.dumps(document).encode(), status)


def sent(line: Line) -> list[tuple[str, dict[str, Any]]]:
    """Every request: its first line without the version, and its JSON."""
    found = []
    for raw in line.requests:
        head, _, body = raw.partition(b"\r\n\r\n")
        found.append((head.decode().split(" HTTP/")[0], json.loads(body or b"{}")))
    return found


def test_what_x_does_not_let_everybody_do_is_denied_with_a_reason() -> None:
    x = connector("http://127.0.0.1:1")
    few = connector("http://127.0.0.1:1", enterprise=False)
    assert isinstance(x.can_act(LIKE, NOW), Allowed)
    denied = few.can_act(LIKE, NOW)
    assert isinstance(denied, Denied)
    assert "Enterprise" in denied.reason
    assert isinstance(few.can_act(replace(LIKE, kind=Act.UNLIKE), NOW), Denied)
    for known, kind in ((True, Allowed), (None, Allowed), (False, Denied)):
        assert isinstance(x.can_act(replace(HIDE, root_own=known), NOW), kind)
    hidden = x.can_act(HIDE, NOW)
    assert isinstance(hidden, Allowed)
    assert hidden.warnings == ("X moves a hidden reply behind a click; everybody can still open it.",)
    assert isinstance(x.can_act(replace(LIKE, kind=Act.BLOCK), NOW), Denied), "API v2 blocks nobody"


@pytest.mark.parametrize(
    ("status", "document", "kind", "sentence"),
    [
        ("200 OK", {"data": {"liked": False}}, UnknownOutcome, "may have been done"),
        ("200 OK", {"data": {"liked": "true"}}, UnknownOutcome, "may have been done"),
        ("200 OK", {"data": []}, UnknownOutcome, "may have been done"),
        ("200 OK", {}, UnknownOutcome, "may have been done"),
        ("503 Busy", {}, UnknownOutcome, "may have been done"),
        ("403 Forbidden", detail("You are not permitted to do that."), RejectedError, "does not let this account"),
        ("403 Forbidden", ENROLLED, ConfigError, "check its access and permissions"),
    ],
)
def test_an_act_that_x_does_not_confirm_is_not_taken_for_done(
    status: str, document: Any, kind: type[Exception], sentence: str
) -> None:
    with serving(against(document, status)) as line, pytest.raises(kind, match=sentence) as caught:
        connector(line.url).act(LIKE)
    assert type(caught.value) is kind
    assert len(line.requests) == 1


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"data": {"id": "20", "text": "x"}}, Absent),
        (GONE, Receipt),
        (KEPT, Unknown),
        ({"meta": {}}, Unknown),
    ],
)
def test_only_what_x_no_longer_has_is_deleted(document: Any, expected: type) -> None:
    with serving(against(document)) as line:
        assert isinstance(connector(line.url).find_acted(DELETE), expected)


@pytest.mark.parametrize(
    ("ids", "more", "like", "unlike"),
    [
        (["20", "21"], True, Receipt, Absent),
        (["21"], False, Absent, Receipt),
        ([], False, Absent, Receipt),
        (["21"], True, Unknown, Unknown),
    ],
)
def test_a_like_is_told_by_the_list_as_far_as_it_goes(ids: list[str], more: bool, like: type, unlike: type) -> None:
    meta = {"result_count": len(ids), **({"next_token": "abc"} if more else {})}
    with serving(against({"data": [{"id": one, "text": ""} for one in ids], "meta": meta})) as line:
        x = connector(line.url)
        assert isinstance(x.find_acted(LIKE), like)
        assert isinstance(x.find_acted(replace(LIKE, kind=Act.UNLIKE)), unlike)


def test_x_does_not_tell_what_is_hidden_so_that_it_is_done_again() -> None:
    x = connector("http://127.0.0.1:1")
    found = x.find_acted(HIDE)
    assert isinstance(found, Unknown)
    assert "do it again" in found.reason
    specs = {spec.act: spec.repeatable for spec in x.capabilities.acts}
    assert specs == {Act.HIDE: True, Act.UNHIDE: True, Act.LIKE: False, Act.UNLIKE: True, Act.DELETE: False}


def test_a_picture_is_handed_over_as_bytes_alone_and_then_described() -> None:
    def serve(conn: Any, request: bytes) -> None:
        against({"data": {"id": "31", "media_key": "3_31", "expires_after_secs": 3600}})(conn, request)

    with serving(serve) as line:
        ref = connector(line.url).upload(PICTURE)
    [(first, upload), (second, described)] = sent(line)
    assert (first, second) == ("POST /2/media/upload", "POST /2/media/metadata")
    assert b64decode(upload.pop("media")) == DOT
    assert upload == {"media_type": "image/png", "media_category": "tweet_image"}
    assert described == {"id": "31", "metadata": {"alt_text": {"text": "A lamp"}}}
    assert ref.expires_at is not None
    assert abs(ref.expires_at - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=1)
    assert (ref.external_id, ref.alt) == ("31", "A lamp")


def test_without_an_alternative_text_there_is_one_request() -> None:
    with serving(against({"data": {"id": "31"}})) as line:
        ref = connector(line.url).upload(replace(PICTURE, alt=" ", visibility=Visibility.DIRECT))
    assert [first for first, _ in sent(line)] == ["POST /2/media/upload"]
    assert sent(line)[0][1]["media_category"] == "dm_image"
    assert (ref.alt, ref.expires_at) == ("", None)


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"data": {"id": "31", "processing_info": {"state": "failed"}}}, RejectedError),
        ({"data": {"id": "../31"}}, UnknownOutcome),
        ({"data": {}}, UnknownOutcome),
    ],
)
def test_a_picture_that_x_cannot_read_is_told_apart(document: Any, kind: type[Exception]) -> None:
    with serving(against(document)) as line, pytest.raises(kind):
        connector(line.url).upload(PICTURE)


def test_somebody_elses_reply_is_not_deleted_and_a_thread_not_begun_here_not_touched(x: XWorld) -> None:
    [theirs] = x.publish(["hello"])
    for action in (replace(DELETE, target_id=theirs), replace(HIDE, target_id=theirs)):
        with pytest.raises(RejectedError, match="does not let this account"):
            x.connector().act(action)
    assert x.acted() == []


def test_whoever_takes_no_messages_is_known_from_their_post_and_only_warned_of(x: XWorld) -> None:
    post = x.sandbox.post("carol", "@norrline where is my router?")
    x.close_messages()
    connected, items = x.connector(), Items()
    items.poll(connected, "mentions")
    assert items.posts[post].extra["can_reply_privately"] is False
    message = Draft("k", Visibility.DIRECT, "Hello", recipient_id=x.customer_id(), public_id=post, started_at=NOW)
    assert connected.can_send(message, NOW) == Allowed()
    known = replace(message, can_reply_privately=False)
    assert connected.can_send(known, NOW) == Allowed((CLOSED,))
    assert connected.can_send(replace(known, last_direct_at=NOW), NOW) == Allowed(), "they have written themselves"


def test_signed_requests_act_and_hand_over_pictures_too(network: Sandbox) -> None:
    world = XWorld(network, oauth1=True)
    connected, post = world.connector(), world.below_ours("rubbish")
    done = [replace(HIDE, kind=kind, target_id=post) for kind in (Act.HIDE, Act.LIKE, Act.UNLIKE)]
    for action in done:
        assert connected.act(action).external_id == post
    assert isinstance(connected.find_acted(done[-1]), Receipt)
    assert world.acted() == [("hide", post), ("like", post), ("unlike", post)]
    assert connected.upload(PICTURE).external_id == world.uploaded()[0].external_id
    assert world.uploaded()[0].alt == "A lamp"
