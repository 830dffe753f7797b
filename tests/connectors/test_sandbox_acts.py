"""What X's part of the sandbox lets be done to posts and with pictures, and what it refuses as X does."""

from __future__ import annotations

import contextlib
import sqlite3
from base64 import b64encode
from typing import Any

import pytest
import requests

from connectors.sandbox.harness import ControlError
from connectors.testing.uploading import DOT
from tests.connectors.sandbox_client import Caller, errors_of

pytest_plugins = ["tests.connectors.sandbox_fixtures"]

PICTURE = b64encode(DOT).decode()
ALT = 'A lamp, <b>"red"</b>'


@pytest.fixture
def big(api: Caller) -> Caller:
    """An account whose app has an Enterprise agreement."""
    return Caller(api.sandbox, api.sandbox.create_account("norrline", "Norrline", enterprise=True))


def upload(api: Caller, **changes: Any) -> requests.Response:
    body = {"media": PICTURE, "media_category": "tweet_image", "media_type": "image/png", **changes}
    return api("POST", "/2/media/upload", {name: value for name, value in body.items() if value is not None})


def uploaded(api: Caller, category: str = "tweet_image", alt: str = ALT) -> str:
    media_id = str(upload(api, media_category=category).json()["data"]["id"])
    body = {"id": media_id, "metadata": {"alt_text": {"text": alt}}}
    assert api("POST", "/2/media/metadata", body).status_code == 200
    return media_id


def hide(api: Caller, post: str, *, hidden: bool = True) -> requests.Response:
    return api("PUT", f"/2/tweets/{post}/hidden", {"hidden": hidden})


def kinds(api: Caller) -> list[tuple[str, str]]:
    return [(line["kind"], line["id"]) for line in api.sandbox.ledger()]


def test_replies_are_hidden_in_threads_of_ones_own_and_again_without_harm(api: Caller) -> None:
    ours = api.sandbox.post("norrline", "A new tariff.", mention=False)
    reply = api.sandbox.post("carol", "rubbish", in_reply_to=ours)
    for hidden in (True, True, False, False):
        assert hide(api, reply, hidden=hidden).json() == {"data": {"hidden": hidden}}
        assert api.sandbox.done_to("x", reply)["hidden"] is hidden
    assert kinds(api) == [("hide", reply), ("hide", reply), ("unhide", reply), ("unhide", reply)]
    assert reply in [post["id"] for post in api.mentions()["data"]], "a hidden reply can still be opened"


def test_nothing_else_is_hidden(api: Caller) -> None:
    theirs = api.sandbox.post("carol", "@norrline hello")
    ours = api.sandbox.post("norrline", "A new tariff.", mention=False)
    for post, status in ((theirs, 403), (ours, 403), ("1", 404)):
        assert hide(api, post).status_code == status
    assert api("PUT", f"/2/tweets/{theirs}/hidden", {"hidden": "yes"}).status_code == 400
    assert api("PUT", f"/2/tweets/{theirs}/hidden", {}).status_code == 400
    assert api.sandbox.ledger() == []


def test_likes_are_for_enterprise_apps(api: Caller) -> None:
    post = api.sandbox.post("carol", "@norrline thank you")
    answer = api("POST", f"/2/users/{api.account['id']}/likes", {"tweet_id": post})
    assert (answer.status_code, answer.json()["reason"]) == (403, "client-not-enrolled")
    assert api.sandbox.ledger() == []


def test_a_like_is_there_once_and_is_listed_the_newest_first(big: Caller) -> None:
    likes, posts = (
        f"/2/users/{big.account['id']}/likes",
        [big.sandbox.post("carol", f"@norrline {n}") for n in range(7)],
    )
    for post in posts:
        assert big("POST", likes, {"tweet_id": post}).json() == {"data": {"liked": True}}
    assert big("DELETE", f"{likes}/{posts[0]}").json() == {"data": {"liked": False}}
    assert big("DELETE", f"{likes}/{posts[0]}").json() == {"data": {"liked": False}}, "unliking twice does no harm"
    listed = f"/2/users/{big.account['id']}/liked_tweets"
    first = big("GET", listed, max_results=5).json()
    rest = big("GET", listed, max_results=5, pagination_token=first["meta"]["next_token"]).json()
    assert [post["id"] for post in [*first["data"], *rest["data"]]] == posts[:0:-1]
    assert "next_token" not in rest["meta"]
    assert big.sandbox.done_to("x", posts[1])["liked"] is True
    assert big("POST", "/2/users/1/likes", {"tweet_id": posts[0]}).status_code == 400
    assert big("POST", likes, {"tweet_id": "1"}).status_code == 404


def test_a_deleted_own_post_is_in_no_list_and_on_the_page_as_deleted(api: Caller) -> None:
    post = api.sandbox.post("carol", "@norrline hello")
    own = api.reply("Wrong answer", post).json()["data"]["id"]
    assert api("DELETE", f"/2/tweets/{own}").json() == {"data": {"deleted": True}}
    again = api.reply("Wrong answer", post)
    assert again.status_code == 201, "what is deleted is no duplicate"
    shown = api("GET", f"/2/users/{api.account['id']}/tweets").json()["data"]
    assert [tweet["id"] for tweet in shown] == [again.json()["data"]["id"]]
    assert api.sandbox.done_to("x", own) == {"hidden": False, "liked": False, "deleted": True}
    page = requests.get(api.sandbox.url, params={"as": "carol"}, timeout=5).text
    assert "deleted by the company" in page
    assert page.count("Came back once") == 2, "the corrected answer has not come back twice"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"media": "no base64!"}, "is not base64"),
        ({"media": b64encode(b"<svg/>").decode()}, "media type unrecognized"),
        ({"media_type": "image/jpeg"}, "media type unrecognized"),
        ({"media_type": "image/svg+xml"}, "does not have a value in the enumeration"),
        ({"media_category": "tweet_video"}, "does not have a value in the enumeration"),
        ({"media_category": None}, "is missing but it is required"),
        ({"media": b64encode(DOT + b"0" * (5 * 1024 * 1024)).decode()}, "File size exceeds"),
        ({"name": "holiday.png"}, "is not defined in the schema"),
    ],
)
def test_what_is_no_picture_for_x_is_refused(api: Caller, changes: dict[str, Any], said: str) -> None:
    answer = upload(api, **changes)
    assert answer.status_code == 400
    assert said in errors_of(answer)[0]
    assert api.sandbox.ledger() == []


def test_a_picture_hangs_on_a_post_with_its_alternative_text(api: Caller) -> None:
    post, media_id = api.sandbox.post("carol", "@norrline which lamp?"), uploaded(api)
    body = {"text": "This one", "reply": {"in_reply_to_tweet_id": post}, "media": {"media_ids": [media_id]}}
    own = api("POST", "/2/tweets", body).json()["data"]["id"]
    asked = {"tweet.fields": "attachments,entities", "expansions": "attachments.media_keys"}
    asked["media.fields"] = "alt_text,url,type"
    shown = api("GET", f"/2/tweets/{own}", **asked).json()
    [entity] = shown["data"]["entities"]["urls"]
    assert shown["data"]["text"] == f"@carol This one {entity['url']}"
    assert shown["data"]["attachments"] == {"media_keys": [entity["media_key"]]}
    [photo] = shown["includes"]["media"]
    assert (photo["type"], photo["alt_text"], photo["media_key"]) == ("photo", ALT, entity["media_key"])
    picture = requests.get(photo["url"], timeout=5)
    assert (picture.content, picture.headers["content-type"]) == (DOT, "image/png")
    assert api.sandbox.picture("x", media_id) == ("image/png", DOT, ALT)
    [line] = [line for line in api.sandbox.ledger() if line["kind"] == "tweet"]
    assert line["media"] == [{"id": media_id, "alt": ALT}]


def test_pictures_are_shown_on_the_page_with_their_alternative_text(api: Caller) -> None:
    api.sandbox.post("carol", "@norrline my lamp", media=[{"data": PICTURE, "alt": "Mine"}])
    person, media_id = api.sandbox.user("carol"), uploaded(api, "dm_image")
    sent = {"attachments": [{"media_id": media_id}]}
    assert api("POST", f"/2/dm_conversations/with/{person}/messages", sent).status_code == 201
    page = requests.get(api.sandbox.url, params={"as": "carol"}, timeout=5).text
    assert f'src="/_page/picture/x/{media_id}" alt="A lamp, &lt;b&gt;&quot;red&quot;&lt;/b&gt;"' in page
    assert 'alt="Mine"' in page
    events = api("GET", "/2/dm_events", **{"expansions": "attachments.media_keys", "media.fields": "alt_text"}).json()
    assert [media["alt_text"] for media in events["includes"]["media"]] == [ALT]
    assert requests.get(f"{api.sandbox.url}/_page/picture/x/1", timeout=5).status_code == 404


def test_only_ones_own_fresh_uploads_for_this_use_are_attached(api: Caller) -> None:
    other = Caller(api.sandbox, api.sandbox.create_account("harbour", "Harbour"))
    post, dm = api.sandbox.post("carol", "@norrline hello"), uploaded(api, "dm_image")
    for ids in ([dm], [uploaded(other)], ["1"], ["x"], [uploaded(api) for _ in range(5)]):
        body = {"text": "Hi", "reply": {"in_reply_to_tweet_id": post}, "media": {"media_ids": ids}}
        answer = api("POST", "/2/tweets", body)
        assert (answer.status_code, answer.json()["detail"]) == (400, "Your media IDs are invalid.")
    assert [kind for kind, _ in kinds(api) if kind in ("tweet", "dm")] == []
    long = {"id": dm, "metadata": {"alt_text": {"text": "a" * 1001}}}
    assert api("POST", "/2/media/metadata", long).status_code == 400
    unplayed = api("POST", "/2/media/metadata", {"id": dm, "metadata": {"sticker_info": {"stickers": []}}})
    assert "does not play" in unplayed.json()["detail"]


def test_a_power_cut_is_made_good_for_acts_and_pictures_too(big: Caller) -> None:
    ours = big.sandbox.post("norrline", "A new tariff.", mention=False)
    reply, media_id = big.sandbox.post("carol", "rubbish", in_reply_to=ours), uploaded(big)
    hide(big, reply)
    big("POST", f"/2/users/{big.account['id']}/likes", {"tweet_id": reply})
    body = {"text": "See", "reply": {"in_reply_to_tweet_id": reply}, "media": {"media_ids": [media_id]}}
    own = big("POST", "/2/tweets", body).json()["data"]["id"]
    whole = big.sandbox.ledger_file()
    big.sandbox.kill()
    with contextlib.closing(sqlite3.connect(big.sandbox.data / "network" / "network.sqlite3")) as db, db:
        for table in ("ledger", "hidden", "likes", "media"):
            db.execute(f"DELETE FROM {table}")
        db.execute("DELETE FROM tweets WHERE id = ?", (own,))
    big.sandbox.start()
    assert big.sandbox.ledger() == big.sandbox.ledger_file() == whole
    assert big.sandbox.done_to("x", reply) == {"hidden": True, "liked": True, "deleted": False}
    asked = {"expansions": "attachments.media_keys", "media.fields": "alt_text"}
    assert big("GET", f"/2/tweets/{own}", **asked).json()["includes"]["media"][0]["alt_text"] == ALT


def test_wrong_control_calls_are_one_sentence(api: Caller) -> None:
    with pytest.raises(ControlError, match="no such post"):
        api.sandbox.done_to("x", "1")
    with pytest.raises(ControlError, match="no network 'mars'"):
        api.sandbox.done_to("mars", "1")
    with pytest.raises(ControlError, match="no such picture"):
        api.sandbox.picture("x", "1")
    with pytest.raises(ControlError, match="no picture"):
        api.sandbox.post("carol", "@norrline", media=[{"data": b64encode(b"<svg/>").decode()}])
    assert api.sandbox.state()["posts"] == 0
