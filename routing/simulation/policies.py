"""Ways of giving posts out that know nothing of what they are about: what a router is compared with."""

from __future__ import annotations

from collections.abc import Sequence

from routing.simulation.week import Case, Hands, Week


class _OldestFirst:
    """Everybody gets everything, and what has waited longest goes first."""

    def see(self, case: Case, week: Week) -> None:
        """Nothing is known of it."""

    def rank(self, case: Case) -> float:
        return case.post.at

    def learn(self, case: Case, group: int) -> None:
        """Nothing is learnt."""


class RoundRobin(_OldestFirst):
    """Each in turn."""

    name = "round robin"

    def __init__(self) -> None:
        self._last = -1

    def pick(self, case: Case, free: Sequence[Hands]) -> Hands:
        chosen = min(free, key=lambda hands: (hands.worker.key <= self._last, hands.worker.key))
        self._last = chosen.worker.key
        return chosen


class LeastLoaded(_OldestFirst):
    """Whoever has the least in hand for what they can hold; of several, who worked least."""

    name = "least loaded"

    def pick(self, case: Case, free: Sequence[Hands]) -> Hands:
        return min(free, key=lambda hands: (hands.held / hands.worker.capacity, hands.busy, hands.worker.key))
