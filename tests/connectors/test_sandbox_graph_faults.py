"""Facebook misbehaving: tokens, proofs, quotas, faults of the line; and what survives a kill."""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import hmac
import json
import sqlite3
import time

import pytest
import requests

from connectors.sandbox.harness import ControlError
from tests.connectors.graph_client import Graph

pytest_plugins = ["tests.connectors.sandbox_fixtures"]


@pytest.mark.parametrize("subcode", [458, 460, 463, 467])
def test_a_dead_token_says_of_what_it_died(graph: Graph, subcode: int) -> None:
    graph.sandbox.expire_page_token(graph.id, subcode)
    error = graph.error("GET", "/me")
    assert (error["code"], error["error_subcode"], error["type"]) == (190, subcode, "OAuthException")
    fresh = Graph(graph.sandbox, graph.page, token=graph.sandbox.renew_page_token(graph.id))
    assert fresh.get("/me")["id"] == graph.id
    known = fresh.get("/debug_token", input_token=graph.token)["data"]
    assert (known["is_valid"], known["error"]["subcode"]) == (False, subcode)
    graph.sandbox.restart()
    assert fresh.get("/me")["id"] == graph.id
    assert graph.error("GET", "/me")["code"] == 190


def test_tokens_that_never_were(graph: Graph) -> None:
    stranger = Graph(graph.sandbox, graph.page, token="EAAnonsense")
    assert stranger.code(stranger("GET", "/me")) == (190, None)
    assert stranger.error("GET", "/debug_token", input_token=graph.token)["code"] == 190
    assert graph.get("/debug_token", input_token="EAAnonsense")["data"]["is_valid"] is False
    url = f"{graph.sandbox.facebook_url}/v26.0/me"
    assert requests.get(url, timeout=5).json()["error"]["code"] == 2500
    headers = {"Authorization": f"Bearer {graph.token}"}
    assert requests.get(url, headers=headers, timeout=5).json()["id"] == graph.id


def test_the_proof_is_checked_and_demanded_where_the_app_is_set_so(graph: Graph) -> None:
    assert graph.get("/me", appsecret_proof=graph.proof)["id"] == graph.id
    assert "Invalid appsecret_proof" in graph.error("GET", "/me", appsecret_proof="0" * 64)["message"]
    other = hmac.new(b"other", graph.token.encode(), hashlib.sha256).hexdigest()
    assert graph.error("GET", "/me", appsecret_proof=other)["code"] == 100
    graph.sandbox.create_page("norrline", "Norrline", require_proof=True)
    assert "require an appsecret_proof" in graph.error("GET", "/me")["message"]
    comment = graph.comment(graph.post())
    assert graph.error("POST", f"/{comment}/comments", message="Hello")["code"] == 100
    assert graph("POST", f"/{comment}/comments", message="Hello", appsecret_proof=graph.proof).status_code == 200


def test_the_quota_is_told_and_kept(graph: Graph) -> None:
    assert "x-business-use-case-usage" not in graph("GET", "/me").headers, "counting is off"
    graph.sandbox.rates_on(pages=4, messenger=2)
    answers = [graph("GET", "/me") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 400]
    assert graph.code(answers[-1]) == (80001, None)
    usage = [json.loads(answer.headers["x-business-use-case-usage"])[graph.id][0] for answer in answers]
    assert [one["call_count"] for one in usage] == [25, 50, 75, 100, 100]
    assert usage[0]["estimated_time_to_regain_access"] == 0
    assert 1400 < usage[-1]["estimated_time_to_regain_access"] <= 1440, "minutes"
    assert json.loads(answers[1].headers["x-app-usage"])["call_count"] == 50
    talks = [graph("GET", "/me/conversations") for _ in range(3)]
    assert graph.code(talks[-1]) == (80006, None)
    assert json.loads(talks[-1].headers["x-business-use-case-usage"])[graph.id][0]["type"] == "messenger"
    graph.sandbox.rates_off()
    assert graph("GET", "/me").status_code == 200


@pytest.mark.parametrize(
    ("code", "subcode", "header"),
    [
        (4, None, "x-app-usage"),
        (17, None, "x-app-usage"),
        (32, None, "x-page-usage"),
        (613, None, ""),
        (80001, None, "x-business-use-case-usage"),
        (80006, None, "x-business-use-case-usage"),
        (190, 460, ""),
        (368, None, ""),
        (506, None, ""),
        (2, None, ""),
    ],
)
def test_any_of_graphs_errors_for_the_calls_it_names(graph: Graph, code: int, subcode: int | None, header: str) -> None:
    comment = graph.comment(graph.post())
    graph.sandbox.fault(
        "status", path="/graph/v26.0/*/comments", method="POST", code=code, subcode=subcode, times=1, reset=90
    )
    assert graph.get("/me")["id"] == graph.id
    answer = graph("POST", f"/{comment}/comments", message="Hello")
    assert graph.code(answer) == (code, subcode)
    told = {name for name in answer.headers if name.endswith("-usage")}
    assert told == ({header} if header else set())
    if header == "x-business-use-case-usage":
        assert json.loads(answer.headers[header])[graph.id][0]["estimated_time_to_regain_access"] == 2
    assert graph("POST", f"/{comment}/comments", message="Hello").status_code == 200
    assert len(graph.sandbox.ledger()) == 1


@pytest.mark.parametrize(("status", "code"), [(401, 190), (403, 200), (404, 100), (429, 80001), (500, 2), (503, 2)])
def test_a_status_is_said_in_graphs_way(graph: Graph, status: int, code: int) -> None:
    graph.sandbox.fault("status", status=status, times=1, network="facebook")
    answer = graph("GET", "/me")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_fault_of_one_network_leaves_the_other_alone(graph: Graph) -> None:
    account = graph.sandbox.create_account("norrline")
    headers = {"Authorization": f"Bearer {account['access_token']}"}
    graph.sandbox.fault("status", status=500, network="facebook")
    assert requests.get(f"{graph.sandbox.x_url}/2/users/me", headers=headers, timeout=5).status_code == 200
    assert graph("GET", "/me").status_code == 500
    graph.sandbox.fault("status", status=500, path="/x/2/users/me")
    assert requests.get(f"{graph.sandbox.x_url}/2/users/me", headers=headers, timeout=5).status_code == 500
    with pytest.raises(ControlError, match="there is no network 'myspace'"):
        graph.sandbox.fault("slow", network="myspace")


@pytest.mark.parametrize("fault", ["timeout_after_write", "cut_connection"])
def test_the_message_leaves_and_the_answer_does_not_arrive(graph: Graph, fault: str) -> None:
    graph.message()
    person = graph.psid()
    graph.sandbox.fault(fault, path="/me/messages", times=1, seconds=0.05)
    with pytest.raises(requests.RequestException):
        graph.send("Once", id=person)
    assert [line["text"] for line in graph.sandbox.ledger_file()] == ["Once"]
    assert "answer withheld" in graph.sandbox.log()[-1]["note"]
    messages = graph.get("/me/conversations", fields="messages{message}")["data"][0]["messages"]["data"]
    assert messages[0]["message"] == "Once"


@pytest.mark.parametrize("fault", ["timeout_before_write", "close"])
def test_neither_write_nor_answer(graph: Graph, fault: str) -> None:
    comment = graph.comment(graph.post())
    graph.sandbox.fault(fault, path="/{id}/comments", method="POST", times=1, seconds=0.05)
    with pytest.raises(requests.ConnectionError):
        graph("POST", f"/{comment}/comments", message="Never")
    assert graph.sandbox.ledger() == []


def test_items_repeated_shuffled_and_hidden(graph: Graph) -> None:
    post = graph.post()
    posted = graph.sandbox.comments([{"post": post, "handle": "carol", "text": str(n)} for n in range(6)])

    def shown() -> list[str]:
        return [one["id"] for one in graph.get(f"/{post}/comments")["data"]]

    graph.sandbox.fault("duplicate_items", times=1, count=2)
    assert shown() == [one for one in posted for _ in range(2)]
    graph.sandbox.fault("reorder", times=1)
    shuffled = shown()
    assert (sorted(shuffled), shuffled != posted) == (sorted(posted), True)
    graph.sandbox.fault("drop_items", times=1, count=2)
    assert shown() == posted[:4]
    assert shown() == posted


def test_new_comments_can_sort_below_older_ones(graph: Graph) -> None:
    post = graph.post()
    first = graph.comment(post, created_at=time.time())
    graph.sandbox.fault("late_ids", seconds=3)
    late = graph.comment(post, "late", "dan")
    assert [one["id"] for one in graph.get(f"/{post}/comments")["data"]] == [late, first]


def test_own_posts_among_the_visitors(graph: Graph) -> None:
    own, visitor = graph.post(), graph.visitor()
    graph.sandbox.fault("own_posts_echo")
    assert {one["id"] for one in graph.get("/me/visitor_posts")["data"]} == {own, visitor}


def test_strange_times(graph: Graph) -> None:
    post = graph.post()
    graph.sandbox.fault("future_timestamps", seconds=86_400, times=1)
    ahead = graph.get(f"/{post}", fields="created_time")["created_time"]
    assert ahead > time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 86_000))


def test_the_switches_that_expire_tokens_spare_new_ones(graph: Graph) -> None:
    graph.sandbox.fault("expire_token")
    assert graph.code(graph("GET", "/me")) == (190, 463)
    graph.token = graph.sandbox.renew_page_token(graph.id)
    assert graph.get("/me")["id"] == graph.id
    graph.sandbox.clear_faults()
    graph.sandbox.fault("revoke_token", network="facebook")
    assert graph.code(graph("GET", "/me")) == (190, 458)


def test_a_kill_loses_nothing_that_was_answered(graph: Graph) -> None:
    post = graph.post()
    comments = graph.sandbox.comments([{"post": post, "handle": f"c{n}", "text": str(n)} for n in range(60)])

    def answer(name: str) -> str:
        return str(graph("POST", f"/{name}/comments", message=f"to {name}").json()["id"])

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        sending = [pool.submit(answer, name) for name in comments]
        while len(graph.sandbox.ledger_file()) < 20:
            time.sleep(0.005)
        graph.sandbox.kill()
    accepted = {future.result() for future in sending if future.exception() is None}
    before = {line["id"] for line in graph.sandbox.ledger_file()}
    assert accepted <= before
    graph.sandbox.start()
    assert graph.sandbox.ledger() == graph.sandbox.ledger_file()
    shown = graph.get(f"/{post}/comments", filter="stream", order="reverse_chronological", limit=100, fields="from")
    own = {one["id"] for one in shown["data"] if one["from"]["id"] == graph.id}
    assert own == {line["id"] for line in graph.sandbox.ledger()} >= accepted


def test_a_power_cut_that_took_the_database_is_made_good_from_the_ledger(graph: Graph) -> None:
    comment = graph.comment(graph.post())
    gone = graph.comment(graph.post(), "bad", "dan")
    graph.message()
    answered = graph("POST", f"/{comment}/comments", message="public").json()["id"]
    graph("POST", f"/{comment}", is_hidden="true")
    graph("POST", f"/{comment}/likes")
    sent = graph.send("private reply", comment_id=comment).json()["message_id"]
    graph.send("message", id=graph.psid())
    graph("DELETE", f"/{gone}")
    whole = graph.sandbox.ledger_file()
    graph.sandbox.kill()
    with contextlib.closing(sqlite3.connect(graph.sandbox.data / "network" / "network.sqlite3")) as db, db:
        db.execute("DELETE FROM ledger")
        db.execute("DELETE FROM fb_messages WHERE ours = 1")
        db.execute("DELETE FROM fb_items WHERE author_id = 0 AND kind = 'comment'")
        db.execute("DELETE FROM fb_likes")
        db.execute("UPDATE fb_items SET hidden = 0, gone = 0")
    graph.sandbox.start()
    assert graph.sandbox.ledger() == graph.sandbox.ledger_file() == whole
    assert graph.get(f"/{answered}", fields="message,parent{id}")["parent"]["id"] == comment
    shown = graph.get(f"/{comment}", fields="is_hidden,user_likes,can_reply_privately")
    assert shown == {"is_hidden": True, "user_likes": True, "can_reply_privately": False, "id": comment}
    assert graph.get(f"/{sent}", fields="message")["message"] == "private reply"
    assert graph.error("GET", f"/{gone}")["code"] == 100
    assert int(graph.post().split("_")[1]) > max(int(line["row"]) for line in whole)


def test_wrong_control_calls_are_one_sentence(graph: Graph) -> None:
    with pytest.raises(ControlError, match="there is no Page 'nobody'"):
        graph.sandbox.page_posts([{"page": "nobody", "text": "x"}])
    with pytest.raises(ControlError, match="'text' is missing"):
        graph.sandbox.page_posts([{"page": graph.id}])
    with pytest.raises(ControlError, match="there is no post or comment 1_2"):
        graph.comment("1_2")
    with pytest.raises(ControlError, match="there is no permission 'everything'"):
        graph.sandbox.revoke_permission(graph.id, "everything")
    graph.sandbox.reset(keep_accounts=False)
    with pytest.raises(ControlError, match="there is no Page yet"):
        graph.message()


def test_nothing_is_half_written_when_one_of_many_is_wrong(graph: Graph) -> None:
    post = graph.post()
    with pytest.raises(ControlError):
        graph.sandbox.comments([{"post": post, "handle": "carol", "text": "a"}, {"post": post, "handle": "carol"}])
    assert graph.sandbox.state()["facebook"]["comments"] == 0


def test_afresh_the_page_stays_connected(graph: Graph) -> None:
    graph.comment(graph.post())
    graph.message()
    graph.sandbox.reset()
    assert graph.get("/me/feed") == {"data": []}
    assert graph.get("/me/conversations") == {"data": []}
    assert graph.get("/me", appsecret_proof=graph.proof)["id"] == graph.id


def test_a_fault_may_be_one_pages_own(graph: Graph) -> None:
    other = Graph(graph.sandbox, graph.sandbox.create_page("harbour", "Harbour"))
    graph.sandbox.fault("status", network="facebook", status=503, account="norrline")
    graph.sandbox.fault("expire_token", network="facebook", account=other.id)
    assert graph("GET", "/me").status_code == 503
    assert other.error("GET", "/me")["error_subcode"] == 463
    graph.sandbox.clear_faults("status")
    assert graph("GET", "/me").status_code == 200
