"""Every switch that makes the network misbehave does what it says, and only for the calls it names."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from connectors.sandbox.harness import ControlError
from tests.connectors.sandbox_client import Caller

pytest_plugins = ["tests.connectors.sandbox_fixtures"]


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page.get("data", [])]


@pytest.fixture
def post(api: Caller) -> str:
    return api.sandbox.post("carol", "@norrline hello")


@pytest.mark.parametrize("fault", ["timeout_after_write", "cut_connection"])
def test_the_write_happens_and_the_answer_does_not_arrive(api: Caller, post: str, fault: str) -> None:
    api.sandbox.fault(fault, times=1, seconds=0.05)
    with pytest.raises(requests.RequestException):
        api.reply("Once", post)
    assert [line["text"] for line in api.sandbox.ledger_file()] == ["Once"]
    assert api.reply("Twice", post).status_code == 201
    assert "answer withheld" in api.sandbox.log()[-2]["note"]


def test_a_time_out_is_longer_than_the_callers_patience(api: Caller, post: str) -> None:
    api.sandbox.fault("timeout_after_write", times=1, method="POST", path="/2/tweets")
    api.timeout = 0.5
    with pytest.raises(requests.Timeout):
        api.reply("Once", post)
    assert len(api.sandbox.ledger()) == 1


@pytest.mark.parametrize("fault", ["timeout_before_write", "close"])
def test_neither_write_nor_answer(api: Caller, post: str, fault: str) -> None:
    api.sandbox.fault(fault, times=1, seconds=0.05)
    with pytest.raises(requests.ConnectionError):
        api.reply("Never", post)
    assert api.sandbox.ledger() == []


def test_time_outs_of_writes_leave_reads_alone(api: Caller) -> None:
    api.sandbox.fault("timeout_after_write")
    assert api("GET", "/2/users/me").status_code == 200


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503])
def test_any_status_for_the_calls_it_names(api: Caller, status: int) -> None:
    api.sandbox.fault("status", status=status, method="GET", path="/2/users/*/mentions", times=2)
    path = f"/2/users/{api.account['id']}/mentions"
    assert api("GET", "/2/users/me").status_code == 200
    assert [api("GET", path).status_code for _ in range(3)] == [status, status, 200]


def test_429_names_its_reset_time_or_not(api: Caller) -> None:
    api.sandbox.fault("status", status=429, reset=30, times=1)
    ahead = int(api("GET", "/2/users/me").headers["x-rate-limit-reset"]) - time.time()
    assert 25 < ahead <= 30
    api.sandbox.fault("status", status=429, reset=False, times=1)
    assert "x-rate-limit-reset" not in api("GET", "/2/users/me").headers


def test_an_error_answer_can_follow_a_write_that_happened(api: Caller, post: str) -> None:
    api.sandbox.fault("status", status=503, after=True, times=1)
    assert api.reply("Once", post).status_code == 503
    assert len(api.sandbox.ledger()) == 1


def test_broken_bodies(api: Caller, post: str) -> None:
    api.sandbox.fault("html", times=1)
    page = api("GET", "/2/users/me")
    assert (page.status_code, page.headers["content-type"][:9]) == (502, "text/html")
    api.sandbox.fault("cut_json", times=1)
    cut = api.reply("Once", post)
    assert cut.status_code == 201
    assert len(cut.content) == int(cut.headers["content-length"])
    with pytest.raises(requests.JSONDecodeError):
        cut.json()
    api.sandbox.fault("empty_body", times=1)
    assert api("GET", "/2/users/me").content == b""
    assert len(api.sandbox.ledger()) == 1


def test_items_repeated_shuffled_and_hidden(api: Caller) -> None:
    posted = api.sandbox.posts([{"handle": "carol", "text": f"@norrline {n}"} for n in range(6)])
    api.sandbox.fault("duplicate_items", times=1)
    assert ids(api.mentions()) == [post for post in reversed(posted) for _ in range(5)]
    api.sandbox.fault("reorder", times=1)
    shuffled = ids(api.mentions())
    assert sorted(shuffled) == posted
    assert shuffled != posted[::-1]
    api.sandbox.fault("drop_items", times=1, count=2)
    assert ids(api.mentions()) == posted[3::-1]
    api.sandbox.fault("drop_items", times=1)
    assert ids(api.mentions()) == []
    assert ids(api.mentions()) == posted[::-1]


def test_new_posts_can_sort_below_older_ones(api: Caller) -> None:
    first = api.sandbox.post("carol", "@norrline one")
    api.sandbox.fault("late_ids", seconds=3)
    late = api.sandbox.post("dave", "@norrline two")
    assert int(late) < int(first)
    assert ids(api.mentions()) == [first, late]


def test_an_expired_token_is_refused_until_it_is_refreshed(api: Caller) -> None:
    api.sandbox.fault("expire_token")
    assert api("GET", "/2/users/me").status_code == 401
    fresh = api.refresh(api.account["refresh_token"]).json()
    api.account["access_token"] = fresh["access_token"]
    assert api("GET", "/2/users/me").status_code == 200


def test_own_posts_come_back_among_the_mentions(api: Caller, post: str) -> None:
    own = api.reply("Hello", post).json()["data"]["id"]
    assert ids(api.mentions()) == [post]
    api.sandbox.fault("own_posts_echo")
    assert ids(api.mentions()) == [own, post]


def test_strange_times(api: Caller, post: str) -> None:
    api.sandbox.fault("no_milliseconds", times=1)
    assert "." not in api.mentions(tweet__fields="created_at")["data"][0]["created_at"]
    api.sandbox.fault("future_timestamps", seconds=86_400, times=1)
    ahead = api.mentions(tweet__fields="created_at")["data"][0]["created_at"]
    assert ahead > time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 86_000))


def test_slow_and_every_second_call(api: Caller) -> None:
    api.sandbox.fault("slow", seconds=0.3, times=1)
    started = time.monotonic()
    api("GET", "/2/users/me")
    assert time.monotonic() - started >= 0.3
    api.sandbox.fault("status", status=502, every=2)
    assert [api("GET", "/2/users/me").status_code for _ in range(4)] == [200, 502, 200, 502]


def test_faults_survive_a_restart_and_can_be_taken_away(api: Caller) -> None:
    api.sandbox.fault("status", status=500)
    api.sandbox.restart()
    assert api("GET", "/2/users/me").status_code == 500
    api.sandbox.clear_faults("status")
    assert api("GET", "/2/users/me").status_code == 200


def test_a_fault_that_is_unknown_is_one_sentence(api: Caller) -> None:
    with pytest.raises(ControlError, match="there is no fault 'gremlins'"):
        api.sandbox.fault("gremlins")
    with pytest.raises(ControlError, match="has no field 'colour'"):
        api.sandbox.fault("slow", colour="red")


def test_a_fault_may_be_one_accounts_own(api: Caller) -> None:
    other = Caller(api.sandbox, api.sandbox.create_account("harbour", "Harbour"))
    api.sandbox.fault("status", status=503, account="norrline")
    api.sandbox.fault("expire_token", account=other.account["id"])
    assert api("GET", "/2/users/me").status_code == 503
    assert other("GET", "/2/users/me").status_code == 401
    api.sandbox.clear_faults("status")
    assert api("GET", "/2/users/me").status_code == 200
    assert requests.get(f"{api.sandbox.x_url}/2/users/me", timeout=5).status_code == 401, (
        "nobody's call is nobody's fault"
    )
