"""Writing on Facebook: comments, and Messenger's windows, each refusal with Graph's own code."""

from __future__ import annotations

import json
import time

import pytest

from tests.connectors.graph_client import Graph

pytest_plugins = ["tests.connectors.sandbox_fixtures"]
HOUR = 3600
DAY = 24 * HOUR


def test_a_comment_is_in_the_ledger_and_in_the_stream(graph: Graph) -> None:
    post = graph.post()
    comment = graph.comment(post)
    answered = graph("POST", f"/{comment}/comments", message="Hello 😀 \n & <b>").json()["id"]
    own = graph("POST", f"/{post}/comments", message="Below the post").json()["id"]
    assert graph.get(f"/{answered}", fields="message,parent")["parent"]["id"] == comment
    assert [one["id"] for one in graph.get(f"/{post}/comments", filter="stream")["data"]] == [comment, answered, own]
    ledger = graph.sandbox.ledger()
    assert ledger == graph.sandbox.ledger_file()
    assert [(line["network"], line["kind"], line["id"], line["object_id"]) for line in ledger] == [
        ("facebook", "comment", answered, comment),
        ("facebook", "comment", own, post),
    ]
    assert ledger[0]["text"] == "Hello 😀 \n & <b>"


def test_an_answer_to_an_answer_stands_below_the_first_comment(graph: Graph) -> None:
    post = graph.post()
    comment = graph.comment(post)
    answer = graph.comment(post, "me too", "dan", parent=comment)
    own = graph("POST", f"/{answer}/comments", message="Both of you: tonight").json()["id"]
    assert graph.get(f"/{own}", fields="parent")["parent"]["id"] == comment


def test_the_same_comment_twice_is_two(graph: Graph) -> None:
    comment = graph.comment(graph.post())
    two = {graph("POST", f"/{comment}/comments", message="Thanks!").json()["id"] for _ in range(2)}
    assert len(two) == 2


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "message is required"),
        ({"message": " "}, "message is required"),
        ({"message": "x" * 8001}, "at most 8000"),
        ({"message": "x", "attachment_url": "https://example.com/a.png"}, "does not play 'attachment_url'"),
        ({"message": "x", "colour": "red"}, "Unexpected parameter 'colour'"),
    ],
)
def test_a_wrong_comment_is_refused(graph: Graph, params: dict[str, str], said: str) -> None:
    comment = graph.comment(graph.post())
    error = graph.error("POST", f"/{comment}/comments", **params)
    assert (error["code"], said in error["message"]) == (100, True), error
    assert graph.sandbox.ledger() == []


def test_what_is_gone_cannot_be_answered(graph: Graph) -> None:
    post = graph.post()
    comment = graph.comment(post)
    answer = graph.comment(post, "me too", "dan", parent=comment)
    graph.sandbox.remove_item(comment)
    for gone in (comment, answer):
        error = graph.error("POST", f"/{gone}/comments", message="Hello")
        assert (error["code"], error["error_subcode"]) == (100, 33)
    assert graph.get(f"/{post}/comments", filter="stream")["data"] == []


def test_a_hidden_comment_stays_for_the_page(graph: Graph) -> None:
    post = graph.post()
    comment = graph.comment(post)
    own = graph("POST", f"/{comment}/comments", message="Hi").json()["id"]
    assert graph("POST", f"/{comment}", is_hidden="true").json() == {"success": True}
    assert graph.get(f"/{post}/comments", fields="is_hidden")["data"][0]["is_hidden"] is True
    assert graph("POST", f"/{comment}", is_hidden="false").json() == {"success": True}
    assert graph.get(f"/{comment}", fields="is_hidden")["is_hidden"] is False
    assert graph.error("POST", f"/{own}", is_hidden="true")["code"] == 100
    assert graph.error("POST", f"/{comment}", is_hidden="perhaps")["code"] == 100
    assert graph.get(f"/{own}", fields="can_hide")["can_hide"] is False


def test_twenty_four_hours_and_seven_days(graph: Graph) -> None:
    graph.message("in time", "carol", created_at=time.time() - DAY + HOUR)
    graph.message("late", "dan", created_at=time.time() - DAY - HOUR)
    graph.message("too late", "eve", created_at=time.time() - 7 * DAY - HOUR)
    carol, dan, eve = (graph.psid(name) for name in ("carol", "dan", "eve"))
    sent = graph.send("Hello", id=carol).json()
    assert sent["recipient_id"] == carol
    assert graph.get(f"/{sent['message_id']}", fields="message,from")["from"]["id"] == graph.id
    assert graph.code(graph.send("Hello", id=dan)) == (10, 2018278)
    assert graph.send("Hello", tag="HUMAN_AGENT", id=dan).status_code == 200
    assert graph.code(graph.send("Hello", tag="HUMAN_AGENT", id=eve)) == (10, 2018278)
    assert [line["recipient_id"] for line in graph.sandbox.ledger()] == [carol, dan]


def test_our_own_message_does_not_keep_the_window_open(graph: Graph) -> None:
    graph.message(created_at=time.time() - DAY - HOUR)
    assert graph.send("Hello", tag="HUMAN_AGENT", id=graph.psid()).status_code == 200
    assert graph.code(graph.send("And more", id=graph.psid())) == (10, 2018278)


def test_the_human_agent_tag_needs_metas_approval(graph: Graph) -> None:
    graph.page = graph.sandbox.create_page("norrline", "Norrline", human_agent=False)
    graph.message(created_at=time.time() - DAY - HOUR)
    assert graph.code(graph.send("Hello", tag="HUMAN_AGENT", id=graph.psid())) == (10, None)
    assert graph.sandbox.ledger() == []


def test_one_private_reply_which_opens_no_window_until_the_person_answers(graph: Graph) -> None:
    comment = graph.comment(graph.post())
    fields = "can_reply_privately,private_reply_conversation"
    assert graph.get(f"/{comment}", fields=fields) == {"can_reply_privately": True, "id": comment}
    sent = graph.send("In private", comment_id=comment).json()
    shown = graph.get(f"/{comment}", fields=fields)
    assert shown["can_reply_privately"] is False
    thread = shown["private_reply_conversation"]["id"]
    assert [one["id"] for one in graph.get(f"/{thread}/messages")["data"]] == [sent["message_id"]]
    assert graph.get(f"/{thread}", fields="can_reply")["can_reply"] is False
    assert graph.code(graph.send("Again", comment_id=comment)) == (10900, None)
    assert graph.code(graph.send("Hello?", id=sent["recipient_id"])) == (10, 2018278)
    graph.message("I am here")
    assert graph.send("Good", id=sent["recipient_id"]).status_code == 200
    assert graph.code(graph.send("Again", comment_id=comment)) == (10900, None), "still only once"
    assert [line["kind"] for line in graph.sandbox.ledger()] == ["private_reply", "message"]


def test_a_private_reply_within_seven_days_to_a_person_who_takes_messages(graph: Graph) -> None:
    post = graph.post()
    old = graph.comment(post, created_at=time.time() - 7 * DAY - HOUR)
    closed = graph.comment(post, "no", "dan")
    graph.sandbox.facebook_user("dan", accepts_dm=False)
    own = graph("POST", f"/{post}/comments", message="Own").json()["id"]
    for comment in (old, closed, own):
        assert graph.get(f"/{comment}", fields="can_reply_privately")["can_reply_privately"] is False
    assert graph.code(graph.send("Hello", comment_id=old)) == (10901, None)
    assert graph.code(graph.send("Hello", comment_id=closed)) == (10903, None)
    assert graph.code(graph.send("Hello", comment_id=own)) == (10902, None)
    assert graph.code(graph.send("Hello", comment_id="1_2")) == (100, 33)
    visitor = graph.visitor("help", "eve")
    assert graph.send("Hello", post_id=visitor).status_code == 200
    assert graph.code(graph.send("Hello", post_id=visitor)) == (10900, None)


def test_a_person_who_does_not_take_messages(graph: Graph) -> None:
    graph.message()
    graph.sandbox.facebook_user("carol", accepts_dm=False)
    assert graph.code(graph.send("Hello", id=graph.psid())) == (551, 1545041)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"recipient": '{"id":"7"}', "message": '{"text":"x"}'}, (100, 2018001)),
        ({"recipient": "7", "message": '{"text":"x"}'}, (100, None)),
        ({"recipient": "{", "message": '{"text":"x"}'}, (100, None)),
        ({"recipient": '{"id":"PSID"}', "message": "x"}, (100, None)),
        ({"recipient": '{"id":"PSID"}', "message": '{"text":""}'}, (100, None)),
        ({"recipient": '{"id":"PSID"}', "message": '{"attachment":{}}'}, (100, None)),
        ({"recipient": '{"id":"PSID"}', "message": json.dumps({"text": "x" * 2001})}, (100, None)),
        ({"recipient": '{"id":"PSID"}', "message": '{"text":"x"}', "messaging_type": "SHOUT"}, (100, None)),
        ({"recipient": '{"id":"PSID"}', "message": '{"text":"x"}', "messaging_type": "MESSAGE_TAG"}, (100, None)),
        ({"recipient": '{"id":"PSID"}', "message": '{"text":"x"}', "tag": "ACCOUNT_UPDATE"}, (100, None)),
        ({"message": '{"text":"x"}'}, (100, None)),
    ],
)
def test_a_wrong_message_is_refused(graph: Graph, params: dict[str, str], code: tuple[int, int | None]) -> None:
    graph.message()
    given = {name: value.replace("PSID", graph.psid()) for name, value in params.items()}
    assert graph.code(graph("POST", "/me/messages", **given)) == code
    assert graph.sandbox.ledger() == []


def test_typing_is_not_a_message(graph: Graph) -> None:
    graph.message()
    recipient = json.dumps({"id": graph.psid()})
    answer = graph("POST", f"/{graph.id}/messages", recipient=recipient, sender_action="typing_on").json()
    assert answer == {"recipient_id": graph.psid()}
    assert graph.sandbox.ledger() == []


def test_a_customer_may_be_on_both_networks(graph: Graph) -> None:
    graph.sandbox.create_account("norrline", "Norrline")
    graph.sandbox.post("carol", "@norrline on X")
    graph.comment(graph.post(), "on Facebook", "carol", name="Carol")
    state = graph.sandbox.state()
    assert (state["posts"], state["facebook"]["comments"], state["facebook"]["people"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("permission", "method", "path", "code"),
    [
        ("pages_read_engagement", "GET", "/me/feed", 10),
        ("pages_read_user_content", "GET", "/me/visitor_posts", 10),
        ("pages_read_user_content", "GET", "/COMMENT", 10),
        ("pages_manage_engagement", "DELETE", "/COMMENT", 200),
        ("pages_messaging", "GET", "/me/conversations", 230),
    ],
)
def test_what_the_app_was_not_given_it_cannot_do(
    graph: Graph, permission: str, method: str, path: str, code: int
) -> None:
    where = path.replace("COMMENT", graph.comment(graph.post()))
    graph.sandbox.revoke_permission(graph.id, permission)
    assert graph.error(method, where)["code"] == code
    known = graph.get("/debug_token", input_token=graph.token)["data"]
    assert permission not in known["scopes"]
    graph.sandbox.grant_permission(graph.id, permission)
    assert graph(method, where).status_code == 200
