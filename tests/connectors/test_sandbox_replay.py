"""``manage.py sandbox replay`` posts the lines of a file, each by a customer of its own."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.connectors.graph_client import Graph
from tests.connectors.sandbox_client import Caller
from tests.shared import shared

pytest_plugins = ["tests.connectors.sandbox_fixtures"]
TWEETS = "data/vader/tweets_GroundTruth.txt"
LINES = "1\t0.5\tGreat phone, thank you\n2\t-1\tIt does not work &amp; I am tired\n3\n4\t0\t \n5\t1\tHej på dig 😀\n"


def run(api: Caller, file: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("sandbox", "replay", str(file), "--url", api.sandbox.url, *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.txt"
    path.write_text(LINES, encoding="utf-8")
    return path


def test_each_line_is_a_mention_by_a_customer_of_its_own(api: Caller, lines: Path) -> None:
    said = run(api, lines, "--column", "3", "--rate", "100/s")
    page = api.mentions(tweet__fields="author_id")
    assert [item["text"] for item in reversed(page["data"])] == [
        "@norrline Great phone, thank you",
        "@norrline It does not work &amp; I am tired",
        "@norrline Hej på dig 😀",
    ]
    assert len({item["author_id"] for item in page["data"]}) == 3
    assert "3 posted" in said
    assert "1 without a column 3" in said
    assert "1 without text" in said


def test_whole_lines_a_limit_and_a_second_time(api: Caller, lines: Path) -> None:
    run(api, lines, "--limit", "2", "--rate", "100")
    run(api, lines, "--limit", "2", "--rate", "100")
    assert api.sandbox.state()["posts"] == 4
    assert api.sandbox.state()["users"] == 5


def test_a_sandbox_that_is_killed_on_the_way_gets_every_line_once(api: Caller, tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("".join(f"line {number}\n" for number in range(80)))
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(run(api, path, "--rate", "40/s")))
    thread.start()
    for enough in (10, 40):
        while api.sandbox.state()["posts"] < enough:
            time.sleep(0.02)
        api.sandbox.restart()
    thread.join(60)
    assert "80 posted" in said[0]
    assert api.sandbox.state()["posts"] == 80


def test_the_pace_is_kept(api: Caller, tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("line\n" * 30)
    started = time.monotonic()
    run(api, path, "--rate", "30/s")
    assert 0.8 < time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("file", "options", "said"),
    [
        ("absent.txt", [], "absent.txt cannot be read: No such file or directory."),
        ("lines.txt", ["--rate", "quick"], "'quick' is no rate: write it as 20/s or 90/min."),
        ("lines.txt", ["--column", "-1"], "Columns count from 1."),
        ("lines.txt", ["--url", "http://127.0.0.1:9"], "No sandbox answers at http://127.0.0.1:9"),
    ],
)
def test_wrong_input_is_one_sentence(api: Caller, lines: Path, file: str, options: list[str], said: str) -> None:
    with pytest.raises(CommandError) as caught:
        run(api, lines.parent / file, *options)
    assert said in str(caught.value)


def test_without_a_company_nobody_can_be_mentioned(api: Caller, lines: Path) -> None:
    api.sandbox.reset(keep_accounts=False)
    with pytest.raises(CommandError, match="no company account"):
        run(api, lines)


def test_seven_hundred_real_tweets(api: Caller) -> None:
    said = run(api, shared(TWEETS), "--column", "3", "--rate", "700/s", "--limit", "700")
    assert "700 posted" in said
    assert api.sandbox.state()["mentions"] == 700
    assert api.sandbox.state()["users"] == 701


@pytest.mark.parametrize(
    ("options", "where"), [([], "comments"), (["--as", "comments"], "comments"), (["--as", "visitor-posts"], "posts")]
)
def test_on_facebook_lines_are_comments_or_posts_of_visitors(
    graph: Graph, lines: Path, options: list[str], where: str
) -> None:
    out = io.StringIO()
    url = graph.sandbox.url
    call_command(
        "sandbox", "replay", str(lines), "--url", url, "--network", "facebook", "--column", "3", *options, stdout=out
    )
    assert "3 posted" in out.getvalue()
    if where == "posts":
        shown = graph.get("/me/visitor_posts", fields="message,from")["data"][::-1]
    else:
        shown = graph.get("/me/feed", fields="comments{message,from}")["data"][0]["comments"]["data"]
    assert [one["message"] for one in shown] == [
        "Great phone, thank you",
        "It does not work &amp; I am tired",
        "Hej på dig 😀",
    ]
    assert len({one["from"]["id"] for one in shown}) == 3


def test_what_a_network_does_not_have_is_one_sentence(api: Caller, lines: Path) -> None:
    with pytest.raises(CommandError, match="There are no comments on x; there are mentions"):
        run(api, lines, "--as", "comments")
    with pytest.raises(CommandError, match="no Facebook Page yet"):
        run(api, lines, "--network", "facebook")
