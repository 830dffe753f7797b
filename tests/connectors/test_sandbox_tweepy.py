"""The real tweepy makes its real calls against the sandbox, with both kinds of credentials."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import tweepy

from tests.connectors.sandbox_client import Caller

pytest_plugins = ["tests.connectors.sandbox_fixtures"]


class Rebased(requests.Session):
    """tweepy's host is a constant; a session of its own sends its calls elsewhere."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    def request(self, method: Any, url: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        return super().request(method, str(url).replace("https://api.twitter.com", self.base), timeout=10, **options)


@pytest.fixture(params=["bearer", "oauth1"])
def client(request: pytest.FixtureRequest, api: Caller) -> tuple[tweepy.Client, dict[str, Any]]:
    account = api.account
    if request.param == "bearer":
        made = tweepy.Client(account["access_token"], return_type=dict)
    else:
        made = tweepy.Client(
            consumer_key=account["consumer_key"],
            consumer_secret=account["consumer_secret"],
            access_token=account["oauth_token"],
            access_token_secret=account["oauth_token_secret"],
            return_type=dict,
        )
    made.session = Rebased(api.sandbox.x_url)
    return made, {"user_auth": request.param == "oauth1"}


def test_a_mention_a_reply_and_a_message(api: Caller, client: tuple[tweepy.Client, dict[str, Any]]) -> None:
    tweepy_client, how = client
    post = api.sandbox.post("carol", "@norrline is it + & %20 down? ñ")
    assert tweepy_client.get_me(**how)["data"]["username"] == "norrline"
    page = tweepy_client.get_users_mentions(
        api.account["id"],
        max_results=5,
        tweet_fields=["author_id", "created_at"],
        expansions=["author_id", "referenced_tweets.id"],
        user_fields=["receives_your_dm"],
        start_time="2026-01-01T00:00:00Z",
        **how,
    )
    assert page["data"][0]["id"] == post
    reply = tweepy_client.create_tweet(text="It is up again & well", in_reply_to_tweet_id=post, **how)
    carol = page["includes"]["users"][0]["id"]
    sent = tweepy_client.create_direct_message(participant_id=carol, text="And here in private", **how)
    events = tweepy_client.get_direct_message_events(dm_event_fields=["sender_id"], **how)
    assert events["data"][0]["id"] == sent["data"]["dm_event_id"]
    found = tweepy_client.search_recent_tweets(f"conversation_id:{post}", **how)
    assert {item["id"] for item in found["data"]} == {post, reply["data"]["id"]}
    assert [line["text"] for line in api.sandbox.ledger()] == ["It is up again & well", "And here in private"]


def test_a_wrong_signature_is_refused(api: Caller) -> None:
    account = {**api.account, "oauth_token_secret": "wrong"}
    made = tweepy.Client(
        consumer_key=account["consumer_key"],
        consumer_secret=account["consumer_secret"],
        access_token=account["oauth_token"],
        access_token_secret=account["oauth_token_secret"],
        return_type=dict,
    )
    made.session = Rebased(api.sandbox.x_url)
    with pytest.raises(tweepy.Unauthorized):
        made.get_me()


def test_tweepy_reads_the_reset_time_of_a_429(api: Caller) -> None:
    api.sandbox.fault("status", status=429, reset=30)
    made = tweepy.Client(api.account["access_token"], return_type=dict)
    made.session = Rebased(api.sandbox.x_url)
    with pytest.raises(tweepy.TooManyRequests) as caught:
        made.get_me(user_auth=False)
    assert caught.value.reset_time
