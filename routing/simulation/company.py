"""Who works in the simulated company, when, and what each of them knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

HOUR = 3600.0
DAY = 24 * HOUR
WEEK = 7 * DAY

AGENTS, EXPERTS = 60, 8
AGENT_GROUPS, EXPERT_GROUPS = 6, 4
AGENT_CAPACITY, EXPERT_CAPACITY = 6, 2
EXPERT_TOPICS = 0.08  # the share of the topics that only experts know
_EARLY, _LATE = (7 * HOUR, 15 * HOUR), (13 * HOUR, 21 * HOUR)
_OFFICE = (9 * HOUR, 17 * HOUR)


@dataclass(frozen=True, slots=True)
class Worker:
    """``pace`` is how long they take for what takes others a second; ``shifts`` are seconds of the week."""

    key: int
    group: int
    expert: bool
    capacity: int
    pace: float
    shifts: tuple[tuple[float, float], ...]

    @property
    def on_shift(self) -> float:
        """Seconds a week."""
        return sum(end - start for start, end in self.shifts)


@dataclass(frozen=True, slots=True)
class Company:
    workers: tuple[Worker, ...]
    homes: Mapping[str, int]  # the group that knows a topic

    @property
    def help_desk(self) -> int:
        """The group that takes what nobody could place."""
        return 0

    def of_group(self, group: int) -> tuple[Worker, ...]:
        return tuple(worker for worker in self.workers if worker.group == group)


def company(topics: Sequence[str], *, seed: int) -> Company:
    """Six groups of agents and four pairs of experts; every topic is known to exactly one group."""
    rng = Random(f"company {seed}")
    shuffled = sorted(set(topics))
    rng.shuffle(shuffled)
    rare = round(len(shuffled) * EXPERT_TOPICS)
    homes = {topic: AGENT_GROUPS + nth % EXPERT_GROUPS for nth, topic in enumerate(shuffled[:rare])}
    homes |= {topic: nth % AGENT_GROUPS for nth, topic in enumerate(shuffled[rare:])}
    agents = [_agent(key, rng) for key in range(AGENTS)]
    experts = [_expert(AGENTS + nth, rng) for nth in range(EXPERTS)]
    return Company((*agents, *experts), homes)


def _agent(key: int, rng: Random) -> Worker:
    """In every group as many work early as late, and each of them one weekend in five."""
    group, nth = key % AGENT_GROUPS, key // AGENT_GROUPS
    hours = _EARLY if nth % 2 == 0 else _LATE
    weekend = nth // 2 == group % 5
    days = (2, 3, 4, 5, 6) if weekend else (0, 1, 2, 3, 4)
    return Worker(key, group, False, AGENT_CAPACITY, rng.uniform(0.8, 1.25), _shifts(days, hours))


def _expert(key: int, rng: Random) -> Worker:
    """Experts have work of their own: their hours for this one are the office's, and they hold little of it."""
    group = AGENT_GROUPS + (key - AGENTS) % EXPERT_GROUPS
    return Worker(key, group, True, EXPERT_CAPACITY, rng.uniform(1.0, 1.5), _shifts(range(5), _OFFICE))


def _shifts(days: Sequence[int], hours: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    return tuple((day * DAY + hours[0], day * DAY + hours[1]) for day in days)
