"""The simulated week: what it is made of, and that its figures come from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from routing.simulation import stream, texts
from routing.simulation.company import DAY, HOUR, WEEK, company
from routing.simulation.figures import figures
from routing.simulation.policies import LeastLoaded, RoundRobin
from routing.simulation.stream import Post
from routing.simulation.week import Case, Hands, Week

TEXTS = texts.invented()


def lived(posts: Sequence[Post], policy: RoundRobin | LeastLoaded) -> Week:
    week = Week(company(list(TEXTS), seed=1), posts, policy, seed=1)
    week.run()
    return week


def test_the_same_seed_is_the_same_week_and_another_one_is_another() -> None:
    first = stream.week(TEXTS, seed=1, posts=500)

    assert stream.week(TEXTS, seed=1, posts=500) == first
    assert stream.week(TEXTS, seed=2, posts=500) != first


def test_a_week_has_peaks_a_weekend_noise_and_a_pile_on() -> None:
    posts = stream.week(TEXTS, seed=1, posts=8000)
    crowd = [post for post in posts if post.crowd]
    calm = [post for post in posts if not post.crowd]
    by_day = Counter(int(post.at // DAY) for post in calm)
    kinds = Counter(post.kind for post in calm)

    assert len(posts) == 8000
    assert [post.at for post in posts] == sorted(post.at for post in posts)
    assert posts[0].at >= 0
    assert posts[-1].at <= WEEK
    assert len(crowd) == 600
    assert crowd[-1].at - crowd[0].at <= 3 * 3600
    assert len({post.topic for post in crowd} - {None}) == 1
    assert by_day[6] < by_day[0] / 2
    assert 0.12 < kinds["noise"] / len(calm) < 0.18
    assert all(len(post.gaps) == len(post.work) - 1 for post in posts)


def test_a_text_comes_again_only_when_all_of_its_topic_were_used() -> None:
    few = {"a": ("one word here", "another word here"), "b": ("something else entirely",)}
    posts = [post for post in stream.week(few, seed=1, posts=100) if post.topic == "a"]

    assert [post.new_words for post in posts] == [True, True] + [False] * (len(posts) - 2)


def test_every_topic_has_one_home_and_every_group_people_on_every_working_day() -> None:
    who = company(list(TEXTS), seed=3)

    assert set(who.homes) == set(TEXTS)
    for group in {worker.group for worker in who.workers}:
        starts = {int(start // DAY) for worker in who.of_group(group) for start, _ in worker.shifts}
        assert starts >= {0, 1, 2, 3, 4}
    assert [len(who.of_group(group)) for group in range(10)] == [10] * 6 + [2] * 4


class Watching(RoundRobin):
    """Looks at what it is offered."""

    def pick(self, case: Case, free: Sequence[Hands]) -> Hands:
        assert all(hands.there and hands.held < hands.worker.capacity for hands in free)
        assert case.group is None or {hands.worker.group for hands in free} == {case.group}
        return super().pick(case, free)


@pytest.mark.parametrize("policy", [Watching, LeastLoaded])
def test_everybody_is_answered_once_by_somebody_who_knows_and_nobody_holds_too_much(
    policy: type[RoundRobin | LeastLoaded],
) -> None:
    week = lived(stream.week(TEXTS, seed=1, posts=2000), policy())

    for case in week.cases:
        assert case.answered_at is not None
        assert case.turn == len(case.post.work)
        assert case.post.topic is None or case.group == week.company.homes[case.post.topic]
    assert all(hands.held == 0 and not hands.todo for hands in week.hands)
    assert not any(week.waiting.values())


def test_work_is_never_less_than_what_the_posts_ask_for() -> None:
    posts = stream.week(TEXTS, seed=1, posts=1000)
    week = lived(posts, LeastLoaded())
    asked = sum(sum(post.work) for post in posts)

    assert sum(hands.busy for hands in week.hands) > asked * 0.8  # the quickest take eight tenths


def one_post(*, known: bool) -> Week:
    """A post on Monday at ten, for the first in turn, who knows its topic or does not."""
    who = company(list(TEXTS), seed=1)
    first = next(worker for worker in who.workers if worker.shifts[0][0] <= 10 * HOUR < worker.shifts[0][1])
    topic = next(topic for topic, home in who.homes.items() if home < 6 and (home == first.group) is known)
    return lived([Post(0, 10 * HOUR, "x", topic, "request", 1, (60.0,), (), new_words=True)], RoundRobin())


def test_a_post_with_who_knows_it_waits_for_their_work_alone() -> None:
    week = one_post(known=True)
    got = figures(week, seed=1)
    pace = week.hands[week.cases[0].first_worker or 0].worker.pace

    assert (got.right_first, got.hand_offs, got.unanswered) == (1.0, 0.0, 0)
    assert got.median == pytest.approx(pace)


def test_a_post_with_who_does_not_know_it_waits_for_their_look_too() -> None:
    week = one_post(known=False)
    got = figures(week, seed=1)

    assert got.right_first == 0.0
    assert got.hand_offs == week.cases[0].hops >= 1
    assert got.median * 60 == pytest.approx(sum(hands.busy for hands in week.hands))


def test_the_command_prints_a_row_for_each_policy_and_seed() -> None:
    out = StringIO()

    call_command("simulate", posts=200, seeds="1,2", stdout=out, stderr=StringIO())

    rows = [line for line in out.getvalue().splitlines() if line.startswith(("| round", "| least"))]
    assert len(rows) == 4
    assert all(row.count("|") == 12 for row in rows)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [("a,b\n1,2\n", "needs the columns text and label"), ("text,label\nhello,one\n", "at least two topics")],
)
def test_a_file_that_will_not_do_is_one_sentence(tmp_path: Path, rows: str, sentence: str) -> None:
    file = tmp_path / "texts.csv"
    file.write_text(rows)

    with pytest.raises(CommandError, match=sentence):
        call_command("simulate", texts=file, stdout=StringIO())


@pytest.mark.parametrize("bad", [{"posts": 3}, {"seeds": "one"}])
def test_a_number_that_will_not_do_is_one_sentence(bad: dict[str, object]) -> None:
    with pytest.raises(CommandError, match="number"):
        call_command("simulate", stdout=StringIO(), **bad)
