"""The page "Write as a customer": its forms, its words, and what strangers' texts may not do to it."""

from __future__ import annotations

import re

import pytest
import requests

from connectors.sandbox.page_data import SWITCHES
from tests.connectors.sandbox_client import Caller

pytest_plugins = ["tests.connectors.sandbox_fixtures"]


def show(api: Caller, **query: str) -> str:
    answer = requests.get(f"{api.sandbox.url}/", params=query, timeout=5)
    assert answer.status_code == 200
    return answer.text


def send(api: Caller, form: str, **fields: str | list[str]) -> str:
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
    assert f'name="in_reply_to" value="{own}" checked' in show(api, **{"as": "Tove"})
    send(api, "write", **{"as": "Tove", "audience": "public", "in_reply_to": own}, text="Thank you")
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
