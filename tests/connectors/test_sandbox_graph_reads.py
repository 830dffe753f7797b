"""Reading on Facebook: fields and their expansion, lists, their order, their pages, and Graph's errors."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.connectors.graph_client import Graph

pytest_plugins = ["tests.connectors.sandbox_fixtures"]


def ids(document: dict[str, Any]) -> list[str]:
    return [one["id"] for one in document["data"]]


def test_fields_are_those_asked_for_and_the_id(graph: Graph) -> None:
    post = graph.post("News")
    assert graph.get("/me") == {"name": "Norrline", "id": graph.id}
    assert graph.get(f"/{graph.id}", fields="username,followers_count,phone").keys() == {
        "username",
        "followers_count",
        "id",
    }
    assert graph.get(f"/{post}").keys() == {"created_time", "message", "id"}
    shown = graph.get(f"/{post}", fields="from,permalink_url,story,updated_time")
    assert shown["from"] == {"name": "Norrline", "id": graph.id}
    assert shown.keys() == {"from", "permalink_url", "updated_time", "id"}, "what has no value is left out"


def test_a_comment_knows_its_place(graph: Graph) -> None:
    post = graph.post("News", created_at="2026-11-01T10:00:00Z")
    comment = graph.comment(post, "why?", name="Carol", created_at="2026-11-01T11:00:00.900Z")
    answer = graph.comment(post, "indeed", "dan", parent=comment)
    deeper = graph.comment(post, "yes", "eve", parent=answer)
    shown = graph.get(f"/{comment}", fields="created_time,parent,object,comment_count,can_comment,from,user_likes")
    assert shown["created_time"] == "2026-11-01T11:00:00+0000"
    assert shown["object"]["id"] == post
    assert shown["comment_count"] == 2
    assert "parent" not in shown
    assert graph.get(f"/{deeper}", fields="parent{id,message}")["parent"] == {"id": comment, "message": "why?"}
    assert ids(graph.get(f"/{comment}/comments")) == [answer, deeper], "two levels, as Facebook keeps them"
    assert ids(graph.get(f"/{answer}/comments")) == []


def test_toplevel_stream_and_order(graph: Graph) -> None:
    post = graph.post()
    one = graph.comment(post, "1", created_at="2026-11-01T10:00:00Z")
    two = graph.comment(post, "2", created_at="2026-11-02T10:00:00Z")
    inner = graph.comment(post, "1.1", parent=one, created_at="2026-11-03T10:00:00Z")
    path = f"/{post}/comments"
    assert ids(graph.get(path)) == [one, two]
    assert ids(graph.get(path, filter="stream")) == [one, two, inner]
    assert ids(graph.get(path, filter="stream", order="reverse_chronological")) == [inner, two, one]
    assert ids(graph.get(path, filter="stream", since="2026-11-02T10:00:00Z")) == [two, inner]
    assert ids(graph.get(path, filter="stream", since="1793613600")) == [two, inner]
    assert graph.get(path, summary="true", filter="stream")["summary"]["total_count"] == 3


def test_cursors_lead_forth_and_back(graph: Graph) -> None:
    post = graph.post()
    posted = graph.sandbox.comments([{"post": post, "handle": "carol", "text": str(n)} for n in range(7)])
    path = f"/{post}/comments"
    first = graph.get(path, limit=3, fields="id,message")
    second = graph.get(path, limit=3, after=first["paging"]["cursors"]["after"])
    assert "previous" not in first["paging"]
    link = urlsplit(first["paging"]["next"])
    assert parse_qs(link.query)["fields"] == ["id,message"]
    followed = requests.get(first["paging"]["next"], timeout=5).json()
    assert ids(followed) == ids(second) == posted[3:6]
    third = requests.get(followed["paging"]["next"], timeout=5).json()
    assert ids(third) == posted[6:]
    assert "next" not in third["paging"]
    assert ids(graph.get(path, limit=3, before=third["paging"]["cursors"]["before"])) == posted[3:6]
    assert ids(requests.get(third["paging"]["previous"], timeout=5).json()) == posted[3:6]
    assert graph.get(path, after=third["paging"]["cursors"]["after"]) == {"data": []}
    assert graph.error("GET", path, after="nonsense")["code"] == 100
    assert graph.error("GET", "/me/feed", after=first["paging"]["cursors"]["after"].swapcase())["code"] == 100


def test_a_cursor_stays_right_while_new_comments_arrive(graph: Graph) -> None:
    post = graph.post()
    old = [graph.comment(post, str(n)) for n in range(4)]
    newest = {"order": "reverse_chronological", "limit": "2"}
    first = graph.get(f"/{post}/comments", **newest)
    graph.comment(post, "new")
    second = graph.get(f"/{post}/comments", **newest, after=first["paging"]["cursors"]["after"])
    assert ids(first) + ids(second) == old[::-1]


def test_the_feed_holds_all_posts_and_the_other_lists_some(graph: Graph) -> None:
    own = graph.post("own", created_at="2026-11-01T10:00:00Z")
    visitor = graph.visitor("visitor", name="Carol", created_at="2026-11-02T10:00:00Z")
    tagged = graph.visitor("tagged", "dan", tagged=True, created_at="2026-11-03T10:00:00Z")
    assert ids(graph.get("/me/feed")) == [tagged, visitor, own]
    assert ids(graph.get(f"/{graph.id}/posts")) == ids(graph.get("/me/published_posts")) == [own]
    shown = graph.get("/me/visitor_posts", fields="from,message,can_reply_privately,status_type")["data"][0]
    assert (shown["id"], shown["from"]["name"]) == (visitor, "Carol")
    assert "from" not in graph.get("/me/tagged", fields="from,message")["data"][0], "Meta does not tell who tags"
    assert ids(graph.get("/me/feed", since="2026-11-02T00:00:00Z", until="2026-11-02T23:00:00Z")) == [visitor]


def test_a_new_comment_changes_its_posts_time(graph: Graph) -> None:
    post = graph.post(created_at="2026-11-01T10:00:00Z")
    graph.comment(post, created_at="2026-11-05T10:00:00Z")
    assert graph.get(f"/{post}", fields="updated_time")["updated_time"] == "2026-11-05T10:00:00+0000"


def test_expansion_goes_as_deep_as_asked_and_leaves_out_empty_lists(graph: Graph) -> None:
    busy, quiet = graph.post("busy"), graph.post("quiet")
    comment = graph.comment(busy)
    answers = [graph.comment(busy, str(n), f"c{n}", parent=comment) for n in range(3)]
    fields = "comments.limit(5){id,comments.limit(2).order(reverse_chronological){id,from{id}}}"
    shown = {one["id"]: one for one in graph.get("/me/feed", fields=fields)["data"]}
    inner = shown[busy]["comments"]["data"][0]["comments"]
    assert ids(inner) == answers[:0:-1]
    assert requests.get(inner["paging"]["next"], timeout=5).json()["data"][0]["from"].keys() == {"id"}
    assert shown[quiet].keys() == {"id"}
    fields = "comments.limit(0).summary(true)"
    assert graph.error("GET", "/me/feed", fields=fields)["code"] == 100
    fields = "comments.summary(true)"
    assert graph.get(f"/{quiet}", fields=fields)["comments"]["summary"]["total_count"] == 0


def test_conversations_by_their_last_message(graph: Graph) -> None:
    graph.message("first", "carol", created_at=time.time() - 100)
    graph.message("second", "dan", created_at=time.time() - 50)
    graph.message("third", "carol")
    fields = "updated_time,participants,message_count,unread_count,can_reply,snippet,messages{message,from,to}"
    shown = graph.get("/me/conversations", fields=fields, platform="messenger")["data"]
    assert [one["snippet"] for one in shown] == ["third", "second"]
    assert [one["message"] for one in shown[0]["messages"]["data"]] == ["third", "first"]
    assert (shown[0]["message_count"], shown[0]["unread_count"], shown[0]["can_reply"]) == (2, 2, True)
    person = shown[0]["participants"]["data"][0]
    assert shown[0]["messages"]["data"][0]["from"] == person
    assert shown[0]["messages"]["data"][0]["to"]["data"][0]["id"] == graph.id
    assert ids(graph.get("/me/conversations", user_id=person["id"])) == [shown[0]["id"]]
    assert graph.get("/me/conversations", platform="instagram") == {"data": []}
    assert ids(graph.get(f"/{shown[0]['id']}/messages", limit=1)) == [shown[0]["messages"]["data"][0]["id"]]


def test_only_the_newest_twenty_messages_show_their_details(graph: Graph) -> None:
    names = [graph.message(str(n)) for n in range(25)]
    thread = graph.get("/me/conversations")["data"][0]["id"]
    shown = graph.get(f"/{thread}/messages", fields="message", limit=100)["data"]
    assert [one["id"] for one in shown] == names[::-1]
    assert [one.get("message") for one in shown] == [str(n) for n in range(24, 4, -1)] + [None] * 5
    assert graph.get(f"/{names[-1]}", fields="message,from")["message"] == "24"
    assert graph.error("GET", f"/{names[0]}", fields="message")["code"] == 100


def test_a_person_has_another_id_for_every_page(graph: Graph) -> None:
    other = Graph(graph.sandbox, graph.sandbox.create_page("sydline", "Sydline"))
    graph.message()
    other.message()
    assert graph.psid() != other.psid()
    post = graph.post()
    assert other.error("GET", f"/{post}")["error_subcode"] == 33
    assert other.error("GET", f"/{graph.id}/feed")["error_subcode"] == 33


@pytest.mark.parametrize(
    ("path", "query", "code", "said"),
    [
        ("/me", {"fields": "nonsense"}, 100, "nonexisting field (nonsense) on node type (Page)"),
        ("/me/nonsense", {}, 100, "nonexisting field (nonsense) on node type (Page)"),
        ("/me/feed", {"fields": "comments{nonsense}"}, 100, "on node type (Comment)"),
        ("/me/feed", {"order": "chronological"}, 100, "Unexpected parameter 'order'"),
        ("/me/feed", {"fields": "comments.nonsense(1){id}"}, 100, "Unexpected parameter 'nonsense'"),
        ("/me/feed", {"limit": "101"}, 100, "at most 100"),
        ("/me/feed", {"since": "yesterday-ish"}, 100, "since must be a valid date/time"),
        ("/me/feed", {"fields": "id,{"}, 2500, 'Expected name instead of "{"'),
        ("/me/feed", {"fields": "comments{id"}, 2500, 'Expected "}" instead of end of string'),
        ("/me/conversations", {"platform": "pigeon"}, 100, "platform must be one of"),
        ("/1_2", {}, 100, "does not exist"),
        ("/t_7", {}, 100, "does not exist"),
        ("/nonsense", {}, 100, "does not exist"),
        (f"/{'9' * 19}_{'9' * 19}", {}, 100, "does not exist"),
        ("/me/feed/more", {}, 2500, "Unknown path components"),
    ],
)
def test_what_graph_does_not_know_is_its_own_error(
    graph: Graph, path: str, query: dict[str, str], code: int, said: str
) -> None:
    graph.comment(graph.post())
    error = graph.error("GET", path, **query)
    assert (error["code"], said in error["message"]) == (code, True), error
    assert error["type"] in ("OAuthException", "GraphMethodException")
    assert error["fbtrace_id"]


def test_versions(graph: Graph) -> None:
    def status(version: str) -> tuple[int, str]:
        url = f"{graph.sandbox.facebook_url}{version}/me"
        answer = requests.get(url, params={"access_token": graph.token}, timeout=5)
        return answer.status_code, answer.headers.get("facebook-api-version", "")

    assert status("/v26.0") == status("") == status("/v22.0") == (200, "v26.0")
    assert status("/v27.0")[0] == 400


def test_thousands_of_comments_take_seconds_and_pages_are_quick(graph: Graph) -> None:
    post = graph.post()
    started = time.monotonic()
    graph.sandbox.comments([{"post": post, "handle": f"c{n}", "text": str(n)} for n in range(10_000)])
    filled = time.monotonic() - started
    started = time.monotonic()
    for _ in range(10):
        fields = "id,message,from,created_time,can_reply_privately"
        page = graph.get(f"/{post}/comments", filter="stream", order="reverse_chronological", limit=100, fields=fields)
    each = (time.monotonic() - started) / 10
    assert len(page["data"]) == 100
    print(f"\n10,000 comments in {filled:.2f} s; a page of 100 in {each * 1000:.1f} ms")
    assert filled < 20
    assert each < 0.25
