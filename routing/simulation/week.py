"""One simulated week: people on shift work off what a policy gives them, and hand on what is not theirs."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from routing.simulation.company import Company, Worker
from routing.simulation.stream import Post

LOOK = 75.0  # seconds until somebody knows that a post is not theirs
KNOWS_WHO = 0.8  # how often who hands it on picks the group that knows
_KEEPS_RUNNING = 1.5  # the last posts of a week are worked off in the half week after it


@dataclass(slots=True)
class Case:
    """A conversation with what became of it. ``group``: whose it is by now, None while anybody may have it."""

    post: Post
    group: int | None = None
    sure: bool = False  # somebody handed it on, or has begun: the group is not the policy's to change
    holder: Worker | None = None
    turn: int = 0
    touched_at: float | None = None
    answered_at: float | None = None
    first_worker: int | None = None
    hops: int = 0


@dataclass(slots=True)
class Hands:
    """What somebody has in hand, and how long they worked."""

    worker: Worker
    there: bool = False
    working: bool = False
    todo: list[Case] = field(default_factory=list)
    held: int = 0
    busy: float = 0.0

    @property
    def has_room(self) -> bool:
        return self.there and self.held < self.worker.capacity


class Policy(Protocol):
    """Who gets what. ``see`` comes once for each new post; ``learn`` when somebody who knows has answered it.

    What waits goes out by ``rank``, the lowest first.
    """

    name: str

    def see(self, case: Case, week: Week) -> None: ...

    def pick(self, case: Case, free: Sequence[Hands]) -> Hands: ...

    def rank(self, case: Case) -> float: ...

    def learn(self, case: Case, group: int) -> None: ...


class Week:
    def __init__(self, company: Company, posts: Sequence[Post], policy: Policy, *, seed: int) -> None:
        self.company, self.policy = company, policy
        self.now = 0.0
        self.cases = [Case(post) for post in posts]
        self.hands = [Hands(worker) for worker in company.workers]
        self.waiting: dict[int | None, list[tuple[float, int]]] = {}  # heaps of rank and case, by group
        self._rng = Random(f"hand-offs {seed}")
        self._events: list[tuple[float, int, int, int]] = []  # at, order, what, of whom or of which case
        self._order = 0

    def run(self) -> None:
        for nth, case in enumerate(self.cases):
            self._at(case.post.at, _ARRIVES, nth)
        for nth, hands in enumerate(self.hands):
            for start, end in hands.worker.shifts:
                for week in range(2):  # the second week works off what the first one left
                    self._at(start + week * _WEEK, _COMES, nth)
                    self._at(end + week * _WEEK, _GOES, nth)
        while self._events and self._events[0][0] <= _KEEPS_RUNNING * _WEEK:
            self.now, _, what, nth = heapq.heappop(self._events)
            _HANDLERS[what](self, nth)

    def _at(self, at: float, what: int, nth: int) -> None:
        self._order += 1
        heapq.heappush(self._events, (at, self._order, what, nth))

    # What happens

    def _arrives(self, nth: int) -> None:
        case = self.cases[nth]
        self.policy.see(case, self)
        self._give_or_wait(case)

    def _writes_again(self, nth: int) -> None:
        """Back to who had it, if they have room; else to whoever of their group has."""
        case = self.cases[nth]
        holder = self.hands[case.holder.key] if case.holder else None
        if holder is not None and holder.has_room:
            self._give(case, holder)
        else:
            self._give_or_wait(case)

    def _comes(self, nth: int) -> None:
        self.hands[nth].there = True
        self._fill(self.hands[nth])

    def _goes(self, nth: int) -> None:
        """What they have not begun goes back to their group."""
        hands = self.hands[nth]
        hands.there = False
        back = hands.todo[1:] if hands.working else hands.todo
        hands.todo = hands.todo[: len(hands.todo) - len(back)]
        hands.held -= len(back)
        for case in back:
            self._give_or_wait(case)

    def _is_done(self, nth: int) -> None:
        """Whoever ``nth`` is has done what they had before them: a turn answered, or seen that it is not theirs."""
        hands = self.hands[nth]
        case = hands.todo.pop(0)
        hands.working = False
        hands.held -= 1
        home = self._home(case)
        if home is not None and home != hands.worker.group:
            self._hand_on(case, home, hands.worker.group)
        else:
            self._answered(case, hands.worker)
        if hands.there:
            self._fill(hands)

    def _answered(self, case: Case, worker: Worker) -> None:
        case.answered_at = case.answered_at if case.answered_at is not None else self.now
        case.holder, case.group, case.sure = worker, worker.group, True
        if case.turn == 0 and case.post.topic is not None:
            self.policy.learn(case, worker.group)
        if case.turn < len(case.post.gaps):
            self._at(self.now + case.post.gaps[case.turn], _WRITES, case.post.key)
        case.turn += 1

    def _hand_on(self, case: Case, home: int, mine: int) -> None:
        groups = sorted({worker.group for worker in self.company.workers} - {mine})
        case.group = home if self._rng.random() < KNOWS_WHO else self._rng.choice(groups)
        case.sure = True
        case.hops += 1
        self._give_or_wait(case)

    # Giving out

    def _give_or_wait(self, case: Case) -> None:
        free = [hands for hands in self.hands if hands.has_room and case.group in (None, hands.worker.group)]
        if free:
            self._give(case, self.policy.pick(case, free))
        else:
            heapq.heappush(self.waiting.setdefault(case.group, []), (self.policy.rank(case), case.post.key))

    def _fill(self, hands: Hands) -> None:
        """What ranks first of what this person may have, until their hands are full."""
        while hands.has_room:
            heaps = [heap for key in (hands.worker.group, None) if (heap := self.waiting.get(key))]
            if not heaps:
                break
            _, nth = heapq.heappop(min(heaps, key=lambda heap: heap[0]))
            self._give(self.cases[nth], hands)
        self._work(hands)

    def _give(self, case: Case, hands: Hands) -> None:
        hands.held += 1
        hands.todo.append(case)
        self._work(hands)

    def _work(self, hands: Hands) -> None:
        """Take up the next one. One at a time: what else is in hand waits before them."""
        if hands.working or not hands.there or not hands.todo:
            return
        case = hands.todo[0]
        case.touched_at = self.now if case.touched_at is None else case.touched_at
        case.first_worker = hands.worker.key if case.first_worker is None else case.first_worker
        home = self._home(case)
        theirs = home is None or home == hands.worker.group
        seconds = case.post.work[case.turn] * hands.worker.pace if theirs else LOOK
        hands.working = True
        hands.busy += seconds
        self._at(self.now + seconds, _DONE, hands.worker.key)

    def _home(self, case: Case) -> int | None:
        return None if case.post.topic is None else self.company.homes[case.post.topic]


_WEEK = 7 * 24 * 3600.0
_ARRIVES, _WRITES, _COMES, _GOES, _DONE = range(5)
_HANDLERS = {
    _ARRIVES: Week._arrives, _WRITES: Week._writes_again, _COMES: Week._comes, _GOES: Week._goes, _DONE: Week._is_done,
}  # fmt: skip
