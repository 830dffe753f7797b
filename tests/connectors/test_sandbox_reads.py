"""What the sandbox shows, as X's API v2 shows it. Plain HTTP, no client library."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.connectors.sandbox_client import Caller, errors_of

pytest_plugins = ["tests.connectors.sandbox_fixtures"]


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page.get("data", [])]


def many(api: Caller, count: int) -> list[str]:
    return api.sandbox.posts([{"handle": f"c{n}", "text": f"@norrline {n}"} for n in range(count)])


def test_mentions_come_newest_first_in_pages_that_join_without_a_gap(api: Caller) -> None:
    posted = many(api, 12)
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = api.mentions(max_results=5, **token)
        assert page["meta"]["result_count"] == len(ids(page))
        assert (page["meta"]["newest_id"], page["meta"]["oldest_id"]) == (ids(page)[0], ids(page)[-1])
        seen += ids(page)
        many(api, 1)  # what arrives meanwhile does not shift the walk
        if "next_token" not in page["meta"]:
            break
        token = {"pagination_token": page["meta"]["next_token"]}
    assert seen == posted[::-1]


def test_since_and_until_exclude_their_own_id(api: Caller) -> None:
    posted = many(api, 6)
    assert ids(api.mentions(since_id=posted[3])) == [posted[5], posted[4]]
    assert ids(api.mentions(until_id=posted[2])) == [posted[1], posted[0]]


def test_start_and_end_time_bound_a_page(api: Caller) -> None:
    old = api.sandbox.post("carol", "@norrline old", created_at="2026-01-02T03:04:05Z")
    new = api.sandbox.post("carol", "@norrline new")
    assert ids(api.mentions(end_time="2026-02-01T00:00:00Z")) == [old]
    assert ids(api.mentions(start_time="2026-02-01T00:00:00Z")) == [new]


def test_nothing_to_show_has_no_data_key(api: Caller) -> None:
    assert api.mentions() == {"meta": {"result_count": 0}}


def test_only_the_last_800_mentions_are_reachable(api: Caller) -> None:
    posted = many(api, 850)
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = api.mentions(max_results=100, since_id=posted[0], **token)
        seen += ids(page)
        if "next_token" not in page["meta"]:
            break
        token = {"pagination_token": page["meta"]["next_token"]}
    assert seen == posted[-800:][::-1]


def test_a_post_shows_three_fields_until_more_are_asked_for(api: Caller) -> None:
    post_id = api.sandbox.post("carol", "@norrline hello", followers=4321, name="Carol")
    assert api.mentions()["data"] == [{"id": post_id, "text": "@norrline hello", "edit_history_tweet_ids": [post_id]}]
    page = api.mentions(
        tweet__fields="author_id,created_at,conversation_id",
        expansions="author_id",
        user__fields="public_metrics,receives_your_dm",
    )
    post, author = page["data"][0], page["includes"]["users"][0]
    assert post["conversation_id"] == post_id
    assert datetime.fromisoformat(post["created_at"].replace("Z", "+00:00")) > datetime.now(UTC) - timedelta(minutes=1)
    assert post["created_at"][-5] == "."
    assert (author["id"], author["name"], author["username"]) == (post["author_id"], "Carol", "carol")
    assert author["public_metrics"]["followers_count"] == 4321
    assert author["receives_your_dm"] is True


def test_ids_hold_the_time_and_increase(api: Caller) -> None:
    posted = [int(post_id) for post_id in many(api, 300)]
    assert posted == sorted(set(posted))
    assert abs((posted[-1] >> 22) + 1288834974657 - time.time() * 1000) < 5000


def test_an_answer_names_its_thread_and_the_person_it_answers(api: Caller) -> None:
    root = api.sandbox.post("carol", "@norrline root")
    api.reply("Here we are", root)
    page = api(
        "GET",
        f"/2/users/{api.account['id']}/tweets",
        **{
            "tweet.fields": "conversation_id,in_reply_to_user_id,referenced_tweets",
            "expansions": "referenced_tweets.id",
        },
    ).json()
    assert page["data"][0]["conversation_id"] == root
    assert page["data"][0]["referenced_tweets"] == [{"type": "replied_to", "id": root}]
    assert page["data"][0]["in_reply_to_user_id"] == api.sandbox.user("carol")
    assert page["includes"]["tweets"][0]["id"] == root


def test_search_finds_a_thread_and_refuses_operators_it_does_not_play(api: Caller) -> None:
    root = api.sandbox.post("carol", "@norrline root")
    side = api.sandbox.post("dave", "me too", in_reply_to=root, mention=False)
    found = api("GET", "/2/tweets/search/recent", query=f"conversation_id:{root}").json()
    assert ids(found) == [side, root]
    assert ids(api("GET", "/2/tweets/search/recent", query=f"conversation_id:{root} from:dave").json()) == [side]
    assert ids(api("GET", "/2/tweets/search/recent", query="to:carol").json()) == [side]
    assert api("GET", "/2/tweets/search/recent", query="cats has:links").status_code == 400


def test_lookups_say_what_is_not_there_with_status_200(api: Caller) -> None:
    there = api.sandbox.post("carol", "@norrline hello")
    gone = api.sandbox.post("carol", "@norrline oops")
    api.sandbox.delete(gone)
    page = api("GET", "/2/tweets", ids=f"{there},{gone}").json()
    assert ids(page) == [there]
    assert page["errors"][0]["resource_id"] == gone
    assert page["errors"][0]["type"] == "https://api.twitter.com/2/problems/resource-not-found"
    assert "data" not in api("GET", f"/2/tweets/{gone}").json()
    assert "data" not in api("GET", "/2/users/by/username/nobody").json()
    assert api("GET", "/2/users/by/username/CAROL").json()["data"]["username"] == "carol"


def test_direct_messages_come_newest_first_and_both_sides_show(api: Caller) -> None:
    first = api.sandbox.dm("carol", "are you there?")
    sent = api.message("carol", "Yes").json()["data"]
    fields = {"dm_event.fields": "sender_id,created_at,dm_conversation_id", "expansions": "sender_id"}
    page = api("GET", "/2/dm_events", **fields).json()
    assert ids(page) == [sent["dm_event_id"], first]
    assert {item["dm_conversation_id"] for item in page["data"]} == {sent["dm_conversation_id"]}
    assert page["data"][0]["sender_id"] == api.account["id"]
    assert {user["username"] for user in page["includes"]["users"]} == {"carol", "norrline"}
    carol = api.sandbox.user("carol")
    assert ids(api("GET", f"/2/dm_conversations/with/{carol}/dm_events").json()) == ids(page)
    assert ids(api("GET", f"/2/dm_conversations/{sent['dm_conversation_id']}/dm_events").json()) == ids(page)


def test_direct_messages_older_than_thirty_days_are_gone(api: Caller) -> None:
    api.sandbox.dm("carol", "long ago", created_at=time.time() - 31 * 86400)
    new = api.sandbox.dm("carol", "now")
    assert ids(api("GET", "/2/dm_events").json()) == [new]


@pytest.mark.parametrize(
    ("path", "query", "said"),
    [
        ("/2/users/1/mentions", {"count": "5"}, "[count] is not one of"),
        ("/2/users/1/mentions", {"max_results": "4"}, "is not between 5 and 100"),
        ("/2/users/1/mentions", {"max_results": "101"}, "is not between 5 and 100"),
        ("/2/users/1/mentions", {"tweet.fields": "id,karma"}, "is not one of"),
        ("/2/users/1/mentions", {"since_id": "abc"}, "is not a valid id"),
        ("/2/users/1/mentions", {"pagination_token": "nonsense"}, "is not valid"),
        ("/2/users/1/mentions", {"start_time": "yesterday"}, "is not a valid"),
        ("/2/users/nobody/mentions", {}, "does not match"),
        ("/2/dm_events", {"since_id": "1"}, "[since_id] is not one of"),
        ("/2/dm_events", {"pagination_token": "short"}, "is shorter than 16"),
        ("/2/dm_events", {"event_types": "MessageDelete"}, "is not one of"),
        ("/2/tweets", {}, "can not be empty"),
    ],
)
def test_what_x_does_not_know_is_refused_in_its_own_words(
    api: Caller, path: str, query: dict[str, str], said: str
) -> None:
    answer = api("GET", path, **query)
    assert answer.status_code == 400
    assert answer.json()["type"] == "https://api.twitter.com/2/problems/invalid-request"
    assert answer.json()["title"] == "Invalid Request"
    assert said in errors_of(answer)[0]
    assert answer.json()["errors"][0]["parameters"]


def test_unknown_paths_and_methods_are_refused(api: Caller) -> None:
    assert api("GET", "/1.1/statuses/home_timeline.json").status_code == 404
    assert api("GET", "/2/users/1/followers").status_code == 404
    assert api("PATCH", "/2/tweets").status_code == 405


def test_a_wrong_token_is_refused_with_xs_problem(api: Caller) -> None:
    answer = requests.get(f"{api.sandbox.x_url}/2/users/me", headers={"Authorization": "Bearer no"}, timeout=5)
    assert answer.status_code == 401
    assert answer.json() == {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_pace_is_told_and_ends_in_429_until_the_window_is_over(api: Caller) -> None:
    api.sandbox.rates_on()
    answers = [api("GET", "/2/dm_events") for _ in range(16)]
    assert [answer.status_code for answer in answers] == [200] * 15 + [429]
    assert answers[0].headers["x-rate-limit-limit"] == "15"
    assert answers[0].headers["x-rate-limit-remaining"] == "14"
    assert time.time() < int(answers[-1].headers["x-rate-limit-reset"]) < time.time() + 905
    assert answers[-1].json()["title"] == "Too Many Requests"
    assert "retry-after" not in answers[-1].headers
    api.sandbox.rates_on(mentions=1)
    api.mentions()
    assert api("GET", f"/2/users/{api.account['id']}/mentions").status_code == 429


def test_any_text_is_served_as_it_was_given(api: Caller) -> None:
    texts = ["NUL \0 in it", "\u202eright to left", "lone \ud83d surrogate", "ä" * 100_000, "e\u0301"]
    for text in texts:
        api.sandbox.post("carol", f"@norrline {text}")
    assert [item["text"] for item in api.mentions()["data"]] == [f"@norrline {text}" for text in reversed(texts)]
