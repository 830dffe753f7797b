"""What a player of a story needs of the sandbox: keys, the company's answers by handle, and the page's two buttons."""

from __future__ import annotations

import requests

from connectors.sandbox.harness import Sandbox
from tests.connectors.graph_client import Graph
from tests.connectors.sandbox_client import Caller

pytest_plugins = ["tests.connectors.sandbox_fixtures"]


def write_everything(sandbox: Sandbox) -> list[str]:
    [post] = sandbox.page_posts([{"page": "norrline", "text": "News", "key": "a:page"}])
    return [
        post,
        sandbox.post("carol", "@norrline hello", key="a:post"),
        sandbox.dm("carol", "hello", key="a:dm"),
        *sandbox.comments([{"post": post, "handle": "carol", "text": "hello", "key": "a:comment"}]),
        *sandbox.visitor_posts([{"page": "norrline", "handle": "carol", "text": "hello", "key": "a:visitor"}]),
        *sandbox.page_messages([{"page": "norrline", "handle": "carol", "text": "hello", "key": "a:message"}]),
    ]


def test_what_is_asked_for_again_under_its_key_is_what_is_there_also_after_a_kill(api: Caller, graph: Graph) -> None:
    sandbox = api.sandbox
    first = write_everything(sandbox)
    assert write_everything(sandbox) == first
    sandbox.restart()
    assert write_everything(sandbox) == first
    state = sandbox.state()
    assert (state["posts"], state["dms"]) == (1, 1)
    assert {name: state["facebook"][name] for name in ("posts", "comments", "messages")} == {
        "posts": 2,
        "comments": 1,
        "messages": 1,
    }


def test_keys_are_told_by_their_beginning_and_forgotten_with_the_rest(api: Caller, graph: Graph) -> None:
    written = write_everything(api.sandbox)
    api.sandbox.post("carol", "@norrline no key")
    api.sandbox.post("carol", "@norrline another", key="b%")
    keys = api.sandbox.keys("a:")
    assert [entry["id"] for entry in keys.values()] == written
    assert list(api.sandbox.keys("b%")) == ["b%"]
    assert api.sandbox.keys("%") == {}
    api.sandbox.reset()
    assert api.sandbox.keys("a:") == {}


def test_two_items_of_one_call_under_one_key_are_one(api: Caller) -> None:
    item = {"handle": "carol", "text": "@norrline hello", "key": "same"}
    one, other = api.sandbox.posts([item, item])
    assert one == other
    assert api.sandbox.state()["posts"] == 1


def test_the_companys_answers_are_told_with_the_handle_they_reached(api: Caller, graph: Graph) -> None:
    post = api.sandbox.post("Tove", "@norrline hello")
    api.reply("In public on X", post)
    api.message("Malik", "In private on X")
    page_post = graph.post()
    comment = graph.comment(page_post, handle="ines")
    graph("POST", f"/{comment}/comments", message="In public on Facebook")
    graph.send("In private on Facebook", comment_id=comment)
    graph("POST", f"/{page_post}/comments", message="To nobody")
    graph("POST", f"/{comment}/likes")
    told = [(row["network"], row["handle"], row["below"], row["text"]) for row in api.sandbox.answers()]
    assert told == [
        ("x", "Tove", post, "In public on X"),
        ("x", "Malik", "", "In private on X"),
        ("facebook", "ines", comment, "In public on Facebook"),
        ("facebook", "ines", "", "In private on Facebook"),
    ]


def act(sandbox: Sandbox, what: str) -> str:
    answer = requests.post(f"{sandbox.url}/_page/story", data={"as": "Tove", "do": what}, timeout=5)
    assert answer.status_code == 200
    return answer.text


def test_the_page_pauses_a_story_goes_on_and_asks_for_the_next_beat(api: Caller) -> None:
    sandbox = api.sandbox
    sandbox.restart()  # nobody has told anything yet
    assert "Pause the story" not in requests.get(sandbox.url, timeout=5).text
    assert "Nobody is telling a story." in act(sandbox, "pause")
    assert sandbox.story(told=3, of=9) == {"paused": False, "until": 0}
    page = act(sandbox, "pause")
    assert "Story 3 of 9" in page
    assert "Go on" in page
    assert sandbox.story(told=3, of=9) == {"paused": True, "until": 0}
    act(sandbox, "next")
    act(sandbox, "next")
    assert sandbox.story(told=3, of=9) == {"paused": True, "until": 5}
    assert "Pause the story" in act(sandbox, "go-on")
    assert sandbox.story(told=5, of=9)["paused"] is False
    sandbox.story(told=9, of=9)
    assert 'value="next" disabled' in requests.get(sandbox.url, timeout=5).text
