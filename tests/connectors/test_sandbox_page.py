"""The page "Write as a customer": its forms, its words, and what strangers' texts may not do to it."""

from __future__ import annotations

import re

import pytest
import requests

from connectors.sandbox.page_data import SWITCHES
from tests.connectors.graph_client import Graph
from tests.connectors.sandbox_client import Caller

pytest_plugins = ["tests.connectors.sandbox_fixtures"]


def show(api: Caller | Graph, **query: str) -> str:
    answer = requests.get(f"{api.sandbox.url}/", params=query, timeout=5)
    assert answer.status_code == 200
    return answer.text


def send(api: Caller | Graph, form: str, **fields: str | list[str]) -> str:
    answer = requests.post(f"{api.sandbox.url}/_page/{form}", data=fields, timeout=5)
    assert answer.status_code == 200
    return answer.text


def test_a_post_typed_in_goes_through_xs_rewriting(api: Caller) -> None:
    page = send(
        api, "write", **{"as": "Tove", "audience": "public", "followers": "240"}, text="@norrline a < b example.com"
    )
    shown = api.mentions(expansions="author_id", user__fields="public_metrics")
    assert re.match(r"^@norrline a &lt; b https://t\.co/\w{10}$", shown["data"][0]["text"])
    assert shown["includes"]["users"][0]["public_metrics"]["followers_count"] == 240
    assert "@norrline a &lt; b example.com" in page


def test_a_post_may_bring_a_picture(api: Caller) -> None:
    page = send(api, "write", **{"as": "Tove", "audience": "public", "picture": "parcel"}, text="@norrline torn")
    shown = api.mentions(expansions="attachments.media_keys", media__fields="url,alt_text")
    [picture] = shown["includes"]["media"]
    assert picture["alt_text"] == "A parcel with a torn corner"
    answer = requests.get(picture["url"], timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert answer.content.startswith(b"\xff\xd8\xff")
    assert 'alt="A parcel with a torn corner"' in page


def test_facebook_takes_a_picture_with_a_comment_only(graph: Graph) -> None:
    fields = {"as": "Tove", "network": "facebook", "picture": "parcel", "text": "torn"}
    for audience in ("public", "direct"):
        page = send(graph, "write", **{**fields, "audience": audience, "below": ""})
        assert "takes a picture with a comment only" in page


def test_public_and_private_answers_stand_in_their_own_columns(api: Caller) -> None:
    send(api, "write", **{"as": "Tove", "audience": "public"}, text="@norrline hello")
    post = api.mentions()["data"][0]["id"]
    api.reply("In public", post)
    api.message("Tove", "In private")
    public, private = show(api, **{"as": "Tove"}).split('<section aria-label="What came back privately">')
    assert "@Tove In public" in public
    assert "In private" in private
    assert "In private" not in public.split('<section aria-label="What came back publicly">')[1]
    assert public.count("Came back once") == private.count("Came back once") == 1
    assert "Fetched by the desk after" in public


def test_an_answer_to_the_company_joins_its_thread(api: Caller) -> None:
    post = api.sandbox.post("Tove", "@norrline hello")
    own = api.reply("Hi", post).json()["data"]["id"]
    assert f'name="below" value="{own}" checked' in show(api, **{"as": "Tove"})
    send(api, "write", **{"as": "Tove", "audience": "public", "below": own}, text="Thank you")
    newest = api.mentions(tweet__fields="conversation_id")["data"][0]
    assert (newest["text"], newest["conversation_id"]) == ("Thank you", post)


def test_a_message_is_private(api: Caller) -> None:
    send(api, "write", **{"as": "Tove", "audience": "direct"}, text="my street is secret")
    assert "data" not in api.mentions()
    assert api("GET", "/2/dm_events").json()["data"][0]["text"] == "my street is secret"


def test_what_came_back_twice_says_so(api: Caller) -> None:
    person = api.message("carol", "Twice")
    assert person.status_code == api.message("carol", "Twice").status_code == 201
    assert show(api, **{"as": "carol"}).count("Came back 2 times") == 2


def test_an_answer_withheld_is_told(api: Caller) -> None:
    api.sandbox.fault("timeout_after_write", times=1, seconds=0)
    with pytest.raises(requests.ConnectionError):
        api.message("carol", "Hello")
    page = show(api, **{"as": "carol"})
    assert "Came back once" in page
    assert "after a time-out" in page


def test_the_switches_switch(api: Caller) -> None:
    page = send(api, "misbehave", **{"as": "Tove", "on": list(SWITCHES)})
    boxes = re.findall(r'<input type="checkbox" name="on" value="\w+"( checked)?>', page)
    assert boxes == [" checked"] * len(SWITCHES)
    names = {fault["name"] for fault in api.sandbox.faults()}
    assert names == {
        "timeout_after_write",
        "status",
        "duplicate_items",
        "reorder",
        "expire_token",
        "own_posts_echo",
    }
    api.sandbox.fault("slow", seconds=0)
    send(api, "misbehave", **{"as": "Tove"})
    assert [fault["name"] for fault in api.sandbox.faults()] == ["slow"], "a test's own fault is left alone"


def test_a_pile_on_and_a_fresh_start(api: Caller) -> None:
    assert "40 customers" in send(api, "pile-on", **{"as": "Tove"})
    assert api.sandbox.state()["mentions"] == 40
    send(api, "afresh", **{"as": "Tove"})
    assert api.sandbox.state()["posts"] == 0
    assert api("GET", "/2/users/me").status_code == 200, "the account stays connected"


def test_without_an_account_the_page_offers_one(api: Caller) -> None:
    api.sandbox.reset(keep_accounts=False)
    assert "no account here yet" in show(api)
    send(api, "account", handle="norrline")
    assert "Post as Carol" in show(api)


def test_strangers_texts_stay_texts(api: Caller) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    api.sandbox.post("evil", f"@norrline {evil} \ud800 \0", name=evil)
    api.message("evil", evil)
    page = show(api, **{"as": "evil", "said": evil, "text": evil})
    assert "<script>alert" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 4


def test_nothing_foreign_runs_on_the_page(api: Caller) -> None:
    answer = requests.get(f"{api.sandbox.url}/", timeout=5)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in answer.text
    assert not re.search(r"<script(?! src=\"/_page/static/)|\son[a-z]+=", answer.text)
    for name in re.findall(r'(?:href|src)="(/_page/[^"]+)"', answer.text):
        assert requests.get(api.sandbox.url + name, timeout=5).status_code == 200


def test_facebook_has_its_own_tile_and_its_own_columns(graph: Graph) -> None:
    on = {"as": "Tove", "network": "facebook"}
    post = graph.post("Works on the mast")
    page = send(graph, "write", **on, audience="public", followers="240", below=post, text="When is it done?")
    assert 'value="facebook" checked' in page
    comment = graph.get(f"/{post}/comments", fields="message,from{name}")["data"][0]
    assert (comment["message"], comment["from"]["name"]) == ("When is it done?", "Tove")
    graph("POST", f"/{comment['id']}/comments", message="On Tuesday")
    graph.send("More in private", comment_id=comment["id"])
    public, private = show(graph, **on).split('<section aria-label="What came back privately">')
    public = public.split('<section aria-label="What came back publicly">')[1]
    assert ("Works on the mast" in public, "Written on the network itself" in public) == (True, True)
    assert ("On Tuesday" in public, "More in private" in public) == (True, False)
    assert ("More in private" in private, "answers what you wrote in public" in private) == (True, True)
    assert public.count("Came back once") == private.count("Came back once") == 1
    assert "Fetched by the desk after" in public


def test_on_facebook_a_post_answers_the_page_or_stands_on_it(graph: Graph) -> None:
    on = {"as": "Tove", "network": "facebook"}
    assert "Writes on the Page itself" in show(graph, **on)
    send(graph, "write", **on, audience="public", text="Hello")
    visitor = graph.get("/me/visitor_posts")["data"][0]["id"]
    own = graph("POST", f"/{visitor}/comments", message="Hi").json()["id"]
    assert f'name="below" value="{own}" checked' in show(graph, **on)
    assert "Answers Norrline’s comment" in show(graph, **on)
    send(graph, "write", **on, audience="public", below=own, text="Thank you")
    assert graph.get(f"/{own}/comments")["data"][0]["message"] == "Thank you"
    send(graph, "write", **on, audience="direct", text="my street is secret")
    shown = graph.get("/me/conversations", fields="messages{message}")["data"]
    assert shown[0]["messages"]["data"][0]["message"] == "my street is secret"


def test_on_facebook_what_came_back_twice_says_so(graph: Graph) -> None:
    comment = graph.comment(graph.post(), handle="carol")
    for _ in range(2):
        graph("POST", f"/{comment}/comments", message="Thanks!")
    graph("POST", f"/{comment}", is_hidden="true")
    page = show(graph, **{"as": "carol", "network": "facebook"})
    assert page.count("Came back 2 times") == 2
    assert "hidden by the company" in page


def test_one_customer_writes_on_both_networks(api: Caller, graph: Graph) -> None:
    send(api, "write", **{"as": "Tove", "network": "x", "audience": "public"}, text="@norrline on X")
    send(api, "write", **{"as": "Tove", "network": "facebook", "audience": "direct"}, text="on Facebook")
    assert api.mentions()["data"][0]["text"] == "@norrline on X"
    assert graph.get("/me/conversations", fields="snippet")["data"][0]["snippet"] == "on Facebook"
    assert "on Facebook" not in show(api, **{"as": "Tove", "network": "x"})


def test_facebook_without_a_page_offers_one_and_a_pile_on_finds_its_post(graph: Graph) -> None:
    graph.sandbox.reset(keep_accounts=False)
    assert "no Page here yet" in show(graph, network="facebook")
    assert "no company Page yet" in send(graph, "pile-on", network="facebook")
    assert "Post as Carol" in send(graph, "account", network="facebook", handle="norrline")
    assert "40 customers" in send(graph, "pile-on", network="facebook")
    fresh = Graph(graph.sandbox, graph.sandbox.pages()[0])
    assert len(fresh.get("/me/feed", fields="comments.limit(100){id}")["data"][0]["comments"]["data"]) == 40


def test_strangers_texts_stay_texts_on_facebook_too(graph: Graph) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    graph.comment(graph.post(evil), f"{evil} \ud800 \0", "evil", name=evil)
    graph.message(evil, "evil")
    page = show(graph, **{"as": "evil", "network": "facebook", "said": evil, "text": evil})
    assert "<script>alert" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 5
