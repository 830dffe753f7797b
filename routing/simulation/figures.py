"""What a simulated week came to."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, pstdev

from routing.simulation.company import Worker
from routing.simulation.week import Case, Week


@dataclass(frozen=True, slots=True)
class Figures:
    """Minutes from a post to its first answer by somebody who knows; shares of 1; ``spread`` is the coefficient of
    variation of how busy the agents were on their shifts (0: all the same)."""

    policy: str
    seed: int
    posts: int
    unanswered: int
    median: float
    p90: float
    p99: float
    right_first: float
    right_first_new_words: float
    hand_offs: float
    busy: float
    spread: float


def figures(week: Week, *, seed: int) -> Figures:
    cases = week.cases
    asked = [case for case in cases if case.post.topic is not None]
    waits = sorted((case.answered_at - case.post.at) / 60 for case in asked if case.answered_at is not None)
    loads = [hands.busy / hands.worker.on_shift for hands in week.hands if not hands.worker.expert]
    return Figures(
        policy=week.policy.name,
        seed=seed,
        posts=len(cases),
        unanswered=sum(case.answered_at is None for case in cases),
        median=_at(waits, 0.5),
        p90=_at(waits, 0.9),
        p99=_at(waits, 0.99),
        right_first=_right(asked, week),
        right_first_new_words=_right([case for case in asked if case.post.new_words], week),
        hand_offs=fmean(case.hops for case in asked) if asked else 0.0,
        busy=fmean(loads),
        spread=pstdev(loads) / fmean(loads) if fmean(loads) else 0.0,
    )


def _right(asked: list[Case], week: Week) -> float:
    """The share that went first to somebody who knows the topic."""
    first = [(case, week.hands[case.first_worker].worker) for case in asked if case.first_worker is not None]
    return sum(_knows(worker, case, week) for case, worker in first) / len(asked) if asked else 0.0


def _knows(worker: Worker, case: Case, week: Week) -> bool:
    return case.post.topic is not None and week.company.homes[case.post.topic] == worker.group


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
