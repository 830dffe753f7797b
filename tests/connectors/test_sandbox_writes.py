"""What the sandbox accepts and refuses, as X does, and how it rewrites and records what it accepted."""

from __future__ import annotations

import time
import unicodedata
from base64 import b64encode
from typing import Any

import pytest
import requests

from tests.connectors.sandbox_client import Caller, errors_of

pytest_plugins = ["tests.connectors.sandbox_fixtures"]


def detail(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("detail", "")


def own_posts(api: Caller, **query: Any) -> list[dict[str, Any]]:
    return list(api("GET", f"/2/users/{api.account['id']}/tweets", **query).json().get("data", []))


def test_a_reply_comes_back_with_the_people_of_the_thread_in_front(api: Caller) -> None:
    api.sandbox.user("dave")
    post = api.sandbox.post("carol", "@norrline @dave is it me or you?")
    answer = api.reply("It is us", post)
    assert answer.status_code == 201
    assert answer.json()["data"]["text"] == "@carol @dave It is us"
    assert own_posts(api)[0]["text"] == "@carol @dave It is us"
    left_out = api.reply("Only you", post, exclude_reply_user_ids=[api.sandbox.user("dave")])
    assert left_out.json()["data"]["text"] == "@carol Only you"


def test_a_text_comes_back_in_nfc_with_short_addresses_and_escaped(api: Caller) -> None:
    text = "Cafe\u0301 < tea & https://example.com/a?b=1&c=2 end"
    answer = api("POST", "/2/tweets", {"text": text})
    shown = own_posts(api, **{"tweet.fields": "entities"})[0]
    url = shown["entities"]["urls"][0]
    assert answer.json()["data"]["text"] == shown["text"]
    assert shown["text"] == f"Caf\u00e9 &lt; tea &amp; {url['url']} end"
    assert unicodedata.is_normalized("NFC", shown["text"])
    assert url["expanded_url"] == "https://example.com/a?b=1&c=2"
    assert (len(url["url"]), url["url"][:13]) == (23, "https://t.co/")
    assert shown["text"][url["start"] : url["end"]] == url["url"]
    assert api.sandbox.ledger()[-1]["text"] == text


def test_length_is_weighted_as_twitter_text_counts(api: Caller) -> None:
    assert api("POST", "/2/tweets", {"text": "a" * 280}).status_code == 201
    assert api("POST", "/2/tweets", {"text": "中" * 140}).status_code == 201
    assert api("POST", "/2/tweets", {"text": "b" * 256 + " https://example.com/" + "c" * 300}).status_code == 201
    for text in ("a" * 281, "中" * 141):
        status, said = detail(api("POST", "/2/tweets", {"text": text}))
        assert (status, said[:27]) == (400, "Your Tweet text is too long")


def test_the_same_text_is_a_duplicate_only_in_the_same_place(api: Caller) -> None:
    carol, dave = api.sandbox.post("carol", "@norrline a"), api.sandbox.post("dave", "@norrline b")
    assert api.reply("Thanks!", carol).status_code == 201
    assert api.reply("Thanks!", dave).status_code == 201
    said = (403, "You are not allowed to create a Tweet with duplicate content.")
    assert detail(api.reply("Thanks!", carol)) == said
    assert len(api.sandbox.ledger()) == 2


def test_a_deleted_post_cannot_be_answered(api: Caller) -> None:
    post = api.sandbox.post("carol", "@norrline a")
    api.sandbox.delete(post)
    said = (403, "You attempted to reply to a Tweet that is deleted or not visible to you.")
    assert detail(api.reply("Hello", post)) == said
    assert detail(api.reply("Hello", "1")) == said


def test_only_those_who_mentioned_or_quoted_the_account_can_be_answered(api: Caller) -> None:
    stranger = api.sandbox.post("carol", "my provider is slow", mention=False)
    status, said = detail(api.reply("Hello", stranger))
    assert status == 403
    assert "you have not been mentioned" in said
    own = api("POST", "/2/tweets", {"text": "We are here"}).json()["data"]["id"]
    quote = api.sandbox.post("carol", "really?", quotes=own, mention=False)
    assert api.reply("Yes", quote).status_code == 201
    assert api.reply("And more", own).status_code == 201
    follow_up = api.sandbox.call("POST", "/follow-ups", {"handle": "erin", "text": "and me?", "in_reply_to": own})
    assert api.reply("You too", follow_up["ids"][0]).status_code == 201


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"text": "a", "mood": "good"}, "$.mood: is not defined in the schema"),
        ({"text": 7}, "$.text: integer found, string expected"),
        ({"text": "a", "reply": {}}, "$.reply.in_reply_to_tweet_id: is missing but it is required"),
        ({"text": "a", "reply": {"in_reply_to_tweet_id": 7}}, "integer found, string expected"),
        ({"text": "a", "reply": {"in_reply_to_tweet_id": "7", "to": "x"}}, "$.reply.to: is not defined"),
        ({"text": "a", "reply_settings": "nobody"}, "does not have a value in the enumeration"),
        ({"text": "a", "nullcast": "yes"}, "string found, boolean expected"),
        ({"text": " "}, "must not be empty"),
        ({"text": "lone \ud800"}, "not allowed"),
        (["text"], "array found, object expected"),
    ],
)
def test_a_body_that_x_does_not_know_is_refused_and_nothing_is_written(api: Caller, body: Any, said: str) -> None:
    answer = api("POST", "/2/tweets", body)
    assert answer.status_code == 400
    assert said in errors_of(answer)[0]
    assert api.sandbox.ledger() == []


def test_a_body_that_is_no_json_is_refused(api: Caller) -> None:
    headers = {"Authorization": f"Bearer {api.account['access_token']}", "Content-Type": "application/json"}
    address = f"{api.sandbox.x_url}/2/tweets"
    assert requests.post(address, data=b'{"text": "cut', headers=headers, timeout=5).status_code == 400
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    assert requests.post(address, data={"text": "a"}, headers=headers, timeout=5).status_code == 400


def test_a_message_reaches_only_those_who_take_messages(api: Caller) -> None:
    sent = api.message("carol", "Hello Carol")
    assert sent.status_code == 201
    dialogue = sent.json()["data"]["dm_conversation_id"]
    again = api("POST", f"/2/dm_conversations/{dialogue}/messages", {"text": "Hello Carol"})
    assert again.status_code == 201, "X has no check for duplicates of messages"
    api.sandbox.user("dave", accepts_dm=False)
    assert detail(api.message("dave", "Hello"))[0] == 403
    dave = api("GET", "/2/users/by/username/dave", **{"user.fields": "receives_your_dm"}).json()
    assert dave["data"]["receives_your_dm"] is False
    assert api("POST", "/2/dm_conversations/1-2/messages", {"text": "not mine"}).status_code == 403
    assert [line["kind"] for line in api.sandbox.ledger()] == ["dm", "dm"]


def test_a_message_may_hold_ten_thousand_characters(api: Caller) -> None:
    assert api.message("carol", "a" * 10_000).status_code == 201
    assert api.message("carol", "a" * 10_001).status_code == 400
    assert api.message("carol", "").status_code == 400


def test_deleting_is_for_ones_own_posts_and_is_in_the_ledger(api: Caller) -> None:
    post = api.sandbox.post("carol", "@norrline a")
    own = api.reply("b", post).json()["data"]["id"]
    assert api("DELETE", f"/2/tweets/{post}").status_code == 403
    assert api("DELETE", f"/2/tweets/{own}").json() == {"data": {"deleted": True}}
    assert own_posts(api) == []
    assert [line["kind"] for line in api.sandbox.ledger()] == ["tweet", "delete"]


def test_the_ledger_tells_who_wrote_what_to_whom(api: Caller) -> None:
    post = api.sandbox.post("carol", "@norrline a")
    answer = api.reply("b", post)
    api.message("carol", "c")
    tweet, message = api.sandbox.ledger()
    assert tweet["id"] == answer.json()["data"]["id"]
    assert (tweet["kind"], tweet["text"], tweet["in_reply_to"]) == ("tweet", "b", post)
    assert tweet["request_id"] == answer.headers["x-transaction-id"]
    assert (message["kind"], message["text"]) == ("dm", "c")
    assert message["participant_id"] == api.sandbox.user("carol")
    assert tweet["account_id"] == message["account_id"] == api.account["id"]
    assert api.sandbox.ledger_file() == [tweet, message]


def test_tokens_expire_and_the_refresh_token_rotates(api: Caller) -> None:
    short = api.sandbox.create_account("shortlived", token_seconds=0.2)
    caller = Caller(api.sandbox, short)
    assert caller("GET", "/2/users/me").status_code == 200
    time.sleep(0.3)
    assert caller("GET", "/2/users/me").status_code == 401
    old = api.account["refresh_token"]
    fresh = api.refresh(old).json()
    assert fresh["token_type"] == "bearer"
    assert fresh["expires_in"] == 7200
    assert api("GET", "/2/users/me").status_code == 401, "the old access token died with the rotation"
    api.account["access_token"] = fresh["access_token"]
    assert api("GET", "/2/users/me").status_code == 200
    used = api.refresh(old)
    assert (used.status_code, used.json()["error"]) == (400, "invalid_request")
    assert used.json()["error_description"] == "Value passed for the token was invalid."
    assert api.refresh(fresh["refresh_token"]).status_code == 200


def test_only_the_client_itself_gets_new_tokens(api: Caller) -> None:
    token = api.account["refresh_token"]
    stranger = Caller(api.sandbox, api.sandbox.create_account("stranger"))
    assert stranger.refresh(token).status_code == 400
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": api.account["client_id"]}
    address = f"{api.sandbox.x_url}/2/oauth2/token"
    for headers in ({}, {"Authorization": "Basic x"}, {"Authorization": "Basic " + b64encode(b"a:b").decode()}):
        refused = requests.post(address, data=form, headers=headers, timeout=5)
        assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized_client")
    assert api.refresh(token, grant_type="password").json()["error"] == "unsupported_grant_type"
    assert api.refresh(token).status_code == 200


def test_what_the_owner_took_away_is_not_renewed(api: Caller) -> None:
    api.sandbox.fault("revoke_token")
    assert api("GET", "/2/users/me").status_code == 401
    assert api.refresh(api.account["refresh_token"]).status_code == 400
