"""Acts and pictures on Facebook: what is denied beforehand, what leaves, and what an odd answer means."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.errors import RejectedError, UnknownOutcome
from connectors.testing.uploading import DOT
from connectors.types import Absent, Act, Action, Denied, Draft, MediaLimits, Receipt, Unknown, Upload, Visibility
from tests.connectors.facebook_world import FacebookWorld
from tests.connectors.servers import Script, answer, serving
from tests.connectors.test_facebook_problems import SECRET, TOKEN, connector

NOW = datetime.now(UTC)
HIDE = Action("k", Act.HIDE, target_id="5_6", author_id="7", started_at=NOW)
LIKE, BLOCK = replace(HIDE, kind=Act.LIKE), replace(HIDE, kind=Act.BLOCK)
DELETE = replace(HIDE, kind=Act.DELETE, own=True)
PICTURE = Upload("k", "image/png", DOT, Visibility.PUBLIC, "A lamp")
MORE = {"next": "https://…", "cursors": {"after": "a"}}


def against(document: Any, status: str = "200 OK") -> Script:
    return answer(json.dumps(document).encode(), status)


def test_whom_facebook_does_not_name_is_not_blocked() -> None:
    facebook = connector("http://127.0.0.1:1")
    denied = facebook.can_act(replace(BLOCK, author_id="unnamed:5_6"), NOW)
    assert isinstance(denied, Denied)
    assert "does not say who wrote" in denied.reason
    assert isinstance(facebook.can_act(replace(HIDE, own=True), NOW), Denied), "nobody hides their own comment"
    assert isinstance(facebook.can_act(replace(DELETE, own=False), NOW), Denied)


@pytest.mark.parametrize(
    ("action", "document"),
    [
        (HIDE, {"success": False}),
        (HIDE, {"success": "true"}),
        (HIDE, {"id": "5_6"}),
        (BLOCK, {"7": False}),
        (BLOCK, {"8": True}),
    ],
)
def test_an_act_that_facebook_does_not_confirm_is_not_taken_for_done(action: Action, document: Any) -> None:
    with serving(against(document)) as line, pytest.raises(UnknownOutcome, match="may have been done"):
        connector(line.url).act(action)
    assert len(line.requests) == 1


def test_a_refused_act_speaks_of_no_text() -> None:
    refused = {"error": {"code": 100, "message": "no"}}
    with serving(against(refused, "400 Bad Request")) as line, pytest.raises(RejectedError, match="does not let the"):
        connector(line.url).act(HIDE)


@pytest.mark.parametrize(
    ("action", "document", "expected"),
    [
        (HIDE, {"id": "5_6", "is_hidden": True}, Receipt),
        (HIDE, {"id": "5_6", "is_hidden": False}, Absent),
        (HIDE, {"id": "5_6"}, Unknown),
        (replace(HIDE, kind=Act.UNHIDE), {"id": "5_6", "is_hidden": False}, Receipt),
        (LIKE, {"id": "5_6", "user_likes": True}, Receipt),
        (LIKE, {"id": "5_6", "user_likes": "yes"}, Unknown),
        (replace(LIKE, kind=Act.UNLIKE), {"id": "5_6", "user_likes": True}, Absent),
        (replace(LIKE, target_id="9_5"), {"data": [{"id": "9"}]}, Receipt),
        (replace(LIKE, target_id="9_5"), {"data": [{"id": "8"}]}, Absent),
        (replace(LIKE, target_id="9_5"), {"data": [{"id": "8"}], "paging": MORE}, Unknown),
        (BLOCK, {"data": [{"id": "7"}]}, Receipt),
        (BLOCK, {"data": []}, Absent),
        (BLOCK, {"id": "?"}, Unknown),
        (DELETE, {"id": "5_6"}, Absent),
    ],
)
def test_what_is_so_is_read_from_facebook(action: Action, document: Any, expected: type) -> None:
    with serving(against(document)) as line:
        assert isinstance(connector(line.url).find_acted(action), expected)


def test_what_is_gone_is_deleted_but_nobody_knows_whether_it_was_hidden() -> None:
    gone = {"error": {"code": 100, "error_subcode": 33, "message": "no"}}
    with serving(against(gone, "400 Bad Request")) as line:
        assert isinstance(connector(line.url).find_acted(DELETE), Receipt)
        assert isinstance(connector(line.url).find_acted(HIDE), Unknown)


def test_a_photo_leaves_unpublished_under_a_name_of_ours(facebook: FacebookWorld) -> None:
    with serving(against({"id": "31"})) as line:
        ref = connector(line.url).upload(PICTURE)
    [raw] = line.requests
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v26.0/9/photos HTTP/")
    assert b'name="source"; filename="picture.png"' in body
    assert DOT in body
    for secret in (TOKEN, SECRET):
        assert secret.encode() not in body
    assert ref.expires_at is not None
    assert abs(ref.expires_at - datetime.now(UTC) - timedelta(hours=24)) < timedelta(minutes=1)
    held = facebook.connector().upload(PICTURE)
    assert facebook.sandbox.picture("facebook", held.external_id) == ("image/png", DOT, "A lamp")


def test_messenger_takes_no_picture_beside_a_text() -> None:
    facebook = connector("http://127.0.0.1:1")
    assert Visibility.DIRECT not in facebook.capabilities.media
    with pytest.raises(RejectedError, match="in private"):
        facebook.upload(replace(PICTURE, visibility=Visibility.DIRECT))


def test_a_picture_that_was_used_is_refused(facebook: FacebookWorld) -> None:
    connected = facebook.connector()
    [comment] = facebook.publish(["which lamp?"])
    ref = connected.upload(PICTURE)
    prepared = {"kind": "comment", "text": "This one", "object_id": comment, "media": [ref.external_id]}
    draft = Draft("k", Visibility.PUBLIC, "This one", in_reply_to=comment, started_at=NOW)
    connected.send(draft, prepared)
    with pytest.raises(RejectedError):
        connected.send(draft, prepared)
    assert [sent.alts for sent in facebook.sent()] == [("A lamp",)]


@pytest.mark.parametrize(
    ("mime", "size", "alt", "sentence"),
    [
        ("image/png", 10, "a" * 5, ""),
        ("image/svg+xml", 10, "", "This kind of file cannot be sent here; use JPEG, PNG."),
        ("image/png", 2_500_001, "", "The picture may have at most 2.5 MB."),
        ("image/png", 0, "", "The picture may have at most 2.5 MB."),
        ("image/png", 10, "a" * 6, "The alternative text may have at most 5 characters."),
    ],
)
def test_limits_say_in_a_sentence_what_they_refuse(mime: str, size: int, alt: str, sentence: str) -> None:
    limits = MediaLimits(frozenset({"image/png", "image/jpeg"}), max_bytes=2_500_000, count=1, alt=5)
    assert limits.refusal(mime=mime, size=size, alt=alt) == sentence
