"""What Graph's part of the sandbox lets be done to comments and people and with photos, and what it refuses."""

from __future__ import annotations

import contextlib
import sqlite3
from base64 import b64encode
from typing import Any

import facebook
import pytest
import requests

from connectors.sandbox.harness import ControlError
from connectors.testing.uploading import DOT
from tests.connectors.graph_client import Graph

pytest_plugins = ["tests.connectors.sandbox_fixtures"]

ALT = "A lamp, <b>red</b>"


def photo(graph: Graph, data: bytes = DOT, name: str = "picture.png", **changes: str) -> str:
    given = {"published": "false", "alt_text_custom": ALT, **changes}
    return str(graph.sdk().put_photo((name, data), f"{graph.id}/photos", **given)["id"])


def kinds(graph: Graph) -> list[tuple[str, str]]:
    return [(line["kind"], line["id"]) for line in graph.sandbox.ledger()]


def test_a_photo_hangs_on_a_comment_once(graph: Graph) -> None:
    comment, photo_id = graph.comment(graph.post()), photo(graph)
    own = graph("POST", f"/{comment}/comments", message="This one", attachment_id=photo_id).json()["id"]
    shown = graph.get(f"/{own}", fields="message,attachment")
    assert (shown["message"], shown["attachment"]["type"]) == ("This one", "photo")
    assert shown["attachment"]["target"]["id"] == photo_id
    picture = requests.get(shown["attachment"]["media"]["image"]["src"], timeout=5)
    assert (picture.content, picture.headers["content-type"]) == (DOT, "image/png")
    first, second = graph.sandbox.ledger()
    assert (first["kind"], first["alt"], first["file_name"]) == ("media", ALT, "picture.png")
    assert second["media"] == [{"id": photo_id, "alt": ALT}]
    assert graph.error("POST", f"/{comment}/comments", message="Again", attachment_id=photo_id)["code"] == 100
    without = graph("POST", f"/{comment}/comments", attachment_id=photo(graph))
    assert without.status_code == 200, "a photo needs no text"
    page = requests.get(graph.sandbox.url, params={"as": "carol", "network": "facebook"}, timeout=5).text
    assert f'src="/_page/picture/facebook/{photo_id}" alt="A lamp, &lt;b&gt;red&lt;/b&gt;"' in page


def test_what_is_no_photo_or_not_the_pages_own_is_refused(graph: Graph) -> None:
    comment = graph.comment(graph.post())
    other = Graph(graph.sandbox, graph.sandbox.create_page("harbour", "Harbour"))
    theirs = photo(other)
    for photo_id in (theirs, "1", "x", "9" * 19):
        assert graph.error("POST", f"/{comment}/comments", message="Hi", attachment_id=photo_id)["code"] == 100
    for data in (b"<svg/>", DOT + b"0" * 10_000_000):
        with pytest.raises(facebook.GraphAPIError) as refused:
            photo(graph, data)
        assert refused.value.code == 324
    for changes in ({"published": "true"}, {"temporary": "true"}, {"colour": "red"}):
        with pytest.raises(facebook.GraphAPIError) as refused:
            photo(graph, **changes)
        assert refused.value.code == 100
    assert graph.error("POST", f"/{graph.id}/photos", published="false")["code"] == 324
    graph.sandbox.revoke_permission(graph.id, "pages_manage_posts")
    with pytest.raises(facebook.GraphAPIError) as refused:
        photo(graph)
    assert refused.value.code == 10
    assert [kind for kind, _ in kinds(graph)] == ["media"], "only the other Page's"


def test_a_blocked_person_is_listed_and_cannot_write(graph: Graph) -> None:
    graph.message()
    post, carol = graph.post(), graph.psid()
    assert graph("POST", f"/{graph.id}/blocked", psid=f"[{carol}]").json() == {carol: True}
    assert graph("POST", f"/{graph.id}/blocked", psid=f"[{carol}]").json() == {carol: True}
    assert [one["id"] for one in graph.get(f"/{graph.id}/blocked", user=carol)["data"]] == [carol]
    assert graph.get(f"/{graph.id}/blocked", user="1")["data"] == []
    for write in (lambda: graph.comment(post), graph.visitor, graph.message):
        with pytest.raises(ControlError, match="has blocked this person"):
            write()
    assert graph("DELETE", f"/{graph.id}/blocked", psid=carol).json() == {"success": True}
    assert graph.get(f"/{graph.id}/blocked")["data"] == []
    assert graph.comment(post)
    assert kinds(graph) == [("block", carol), ("block", carol), ("unblock", carol)]


@pytest.mark.parametrize("given", [{"psid": "[1]"}, {"psid": "1"}, {"psid": "[]"}, {"psid": "{"}, {"user": "1"}, {}])
def test_nobody_is_blocked_by_a_wrong_number(graph: Graph, given: dict[str, str]) -> None:
    assert graph.error("POST", f"/{graph.id}/blocked", **given)["code"] == 100
    assert graph.sandbox.ledger() == []


def test_blocking_needs_its_permission(graph: Graph) -> None:
    graph.sandbox.revoke_permission(graph.id, "pages_manage_metadata")
    assert graph.error("POST", f"/{graph.id}/blocked", psid="[1]")["code"] == 10
    assert graph.error("GET", f"/{graph.id}/blocked")["code"] == 10


def test_what_the_page_did_to_a_comment_is_on_the_page(graph: Graph) -> None:
    comment = graph.comment(graph.post())
    own = graph("POST", f"/{comment}/comments", message="Wrong").json()["id"]
    graph("POST", f"/{comment}", is_hidden="true")
    graph("POST", f"/{comment}/likes")
    graph("DELETE", f"/{own}")
    graph("POST", f"/{comment}/comments", message="Wrong")
    assert graph.sandbox.done_to("facebook", comment) == {"hidden": True, "liked": True, "deleted": False}
    assert graph.sandbox.done_to("facebook", own) == {"hidden": False, "liked": False, "deleted": True}
    page = requests.get(graph.sandbox.url, params={"as": "carol", "network": "facebook"}, timeout=5).text
    assert "hidden by the company, liked by the company" in page
    assert "deleted by the company" in page
    assert page.count("Came back once") == 2, "the corrected answer has not come back twice"


def test_a_private_reply_that_was_given_elsewhere_is_used_up(graph: Graph) -> None:
    comment = graph.comment(graph.post())
    graph.sandbox.used_private_reply(comment)
    assert graph.get(f"/{comment}", fields="can_reply_privately")["can_reply_privately"] is False
    assert graph.code(graph.send("Hello", comment_id=comment)) == (10900, None)
    assert graph.sandbox.ledger() == []
    with pytest.raises(ControlError, match="no such comment"):
        graph.sandbox.used_private_reply("1_2")


def test_a_customers_comment_may_have_one_picture(graph: Graph) -> None:
    picture: dict[str, Any] = {"data": b64encode(DOT).decode(), "alt": "Mine"}
    comment = graph.comment(graph.post(), media=[picture])
    assert graph.get(f"/{comment}", fields="attachment")["attachment"]["type"] == "photo"
    with pytest.raises(ControlError, match="one picture at most"):
        graph.comment(graph.post(), media=[picture, picture])


def test_a_power_cut_is_made_good_for_photos_and_blocks_too(graph: Graph) -> None:
    graph.message()
    comment, photo_id = graph.comment(graph.post()), photo(graph)
    own = graph("POST", f"/{comment}/comments", message="See", attachment_id=photo_id).json()["id"]
    carol = graph.psid()
    graph("POST", f"/{graph.id}/blocked", psid=f"[{carol}]")
    whole = graph.sandbox.ledger_file()
    graph.sandbox.kill()
    with contextlib.closing(sqlite3.connect(graph.sandbox.data / "network" / "network.sqlite3")) as db, db:
        for table in ("ledger", "fb_blocked", "fb_photos"):
            db.execute(f"DELETE FROM {table}")
        db.execute("DELETE FROM fb_items WHERE author_id = 0 AND kind = 'comment'")
    graph.sandbox.start()
    assert graph.sandbox.ledger() == graph.sandbox.ledger_file() == whole
    assert graph.get(f"/{own}", fields="attachment")["attachment"]["target"]["id"] == photo_id
    assert [one["id"] for one in graph.get(f"/{graph.id}/blocked")["data"]] == [carol]
