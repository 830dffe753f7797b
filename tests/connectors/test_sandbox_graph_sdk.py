"""The library facebook-sdk, as a connector uses it, works against the sandbox as against Facebook."""

from __future__ import annotations

import json

import facebook
import pytest

from tests.connectors.graph_client import Graph

pytest_plugins = ["tests.connectors.sandbox_fixtures"]
FEED = (
    "id,message,created_time,from,comments.limit(2).order(reverse_chronological).filter(stream)"
    "{id,message,from{id,name},parent{id},can_reply_privately}"
)


def test_a_comment_an_answer_and_a_private_reply(graph: Graph) -> None:
    sdk = graph.sdk()
    assert sdk.get_object("me", fields="id,name") == {"id": graph.id, "name": "Norrline"}
    post = graph.post("Outage in the north")
    graph.comment(post, "first", "dan")
    asked = graph.comment(post, "when does it end? ñ & +", name="Carol")
    answered = sdk.put_object(asked, "comments", message="Tonight & for good + ñ")
    feed = sdk.get_connections("me", "feed", fields=FEED)
    shown = feed["data"][0]["comments"]["data"]
    assert [one["id"] for one in shown] == [answered["id"], asked]
    assert shown[0]["from"] == {"id": graph.id, "name": "Norrline"}
    assert shown[0]["parent"]["id"] == asked
    assert shown[1]["from"]["name"] == "Carol"
    assert shown[1]["can_reply_privately"] is True
    sent = sdk.request(
        "v26.0/me/messages",
        post_args={
            "recipient": json.dumps({"comment_id": asked}),
            "message": json.dumps({"text": "And here in private"}),
            "messaging_type": "RESPONSE",
        },
    )
    assert sent["recipient_id"] == shown[1]["from"]["id"]
    threads = sdk.get_connections("me", "conversations", platform="messenger", fields="messages{id,message,from,to}")
    assert [one["id"] for one in threads["data"][0]["messages"]["data"]] == [sent["message_id"]]
    assert [line["text"] for line in graph.sandbox.ledger()] == ["Tonight & for good + ñ", "And here in private"]


def test_all_pages_of_a_list(graph: Graph) -> None:
    post = graph.post()
    posted = graph.sandbox.comments([{"post": post, "handle": f"c{n}", "text": str(n)} for n in range(120)])
    walked = graph.sdk().get_all_connections(post, "comments", filter="stream", limit=50, fields="id")
    assert [one["id"] for one in walked] == posted


def test_hiding_liking_and_deleting(graph: Graph) -> None:
    sdk = graph.sdk()
    comment = graph.comment(graph.post())
    assert sdk.put_like(comment) == {"success": True}
    assert sdk.request(f"v26.0/{comment}", post_args={"is_hidden": "true"}) == {"success": True}
    shown = sdk.get_object(comment, fields="is_hidden,user_likes,like_count,can_hide")
    assert shown == {"is_hidden": True, "user_likes": True, "like_count": 1, "can_hide": True, "id": comment}
    assert sdk.request(f"v26.0/{comment}/likes", method="DELETE") == {"success": True}
    assert sdk.delete_object(comment) == {"success": True}
    with pytest.raises(facebook.GraphAPIError) as caught:
        sdk.get_object(comment)
    assert caught.value.code == 100
    kinds = [line["kind"] for line in graph.sandbox.ledger_file()]
    assert kinds == ["like", "hide", "unlike", "delete"]


def test_several_objects_at_once_and_what_is_known_of_a_token(graph: Graph) -> None:
    sdk = graph.sdk()
    one, two = graph.post("one"), graph.post("two")
    assert {name: item["message"] for name, item in sdk.get_objects([one, two]).items()} == {one: "one", two: "two"}
    known = sdk.debug_access_token(graph.token, graph.page["app_id"], graph.page["app_secret"])["data"]
    assert known["is_valid"] is True
    assert known["scopes"] == graph.page["permissions"]
    assert sdk.get_version() == "26.0"


def test_the_library_reads_graphs_errors(graph: Graph) -> None:
    graph.sandbox.expire_page_token(graph.id)
    with pytest.raises(facebook.GraphAPIError) as caught:
        graph.sdk().get_object("me")
    assert (caught.value.code, caught.value.type) == (190, "OAuthException")
    assert caught.value.result["error"]["error_subcode"] == 463
    graph.token = graph.sandbox.renew_page_token(graph.id)
    assert graph.sdk().get_object("me")["id"] == graph.id


@pytest.mark.parametrize(
    ("fault", "error"), [("html", facebook.GraphAPIError), ("no_content_type", KeyError), ("cut_json", ValueError)]
)
def test_broken_answers_break_the_library_as_facebooks_do(graph: Graph, fault: str, error: type[Exception]) -> None:
    comment = graph.comment(graph.post())
    graph.sandbox.fault(fault, network="facebook", times=1, after=True)
    with pytest.raises(error):
        graph.sdk().put_object(comment, "comments", message="Once")
    assert [line["text"] for line in graph.sandbox.ledger()] == ["Once"]
