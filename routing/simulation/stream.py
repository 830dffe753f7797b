"""The posts of a simulated week: when they come, what they are about, and how much work they are.

Made before any router was tuned on it; a change here makes every figure of docs/simulation.md void.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from routing.simulation.company import DAY, HOUR
from routing.simulation.texts import CROWD, KUDOS, NOISE, Texts, Voice

POSTS = 40_000
_CROWD_SHARE = 0.075  # of all posts, in the three hours of the pile-on
_CROWD_HOURS = 3.0
_NOISE, _KUDOS = 0.15, 0.10  # of what is not the pile-on
_DAYS = (1.15, 1.05, 1.0, 1.0, 1.05, 0.45, 0.4)
_HOURS = (
    0.15, 0.1, 0.1, 0.1, 0.15, 0.3, 0.7, 1.2, 1.8, 2.2, 2.3, 2.1, 1.9, 1.7, 1.6, 1.6, 1.8, 2.1, 2.4, 2.4, 2.0, 1.4,
    0.8, 0.4,
)  # fmt: skip
_WORK, _LITTLE = 120.0, 15.0  # seconds, the median of a turn; of what only needs a look
_MORE = 0.3  # of the answered, those who write once more


@dataclass(frozen=True, slots=True)
class Post:
    """``at`` in seconds of the week; ``topic`` None where nobody has to know anything.

    ``work``: seconds of a worker of ordinary pace, a turn each; ``gaps``: how long the customer is silent between them.
    """

    key: int
    at: float
    text: str
    topic: str | None
    kind: str  # request, kudos, noise
    reach: int
    work: tuple[float, ...]
    gaps: tuple[float, ...]
    new_words: bool
    crowd: bool = False


def week(texts: Texts, *, seed: int, posts: int = POSTS) -> list[Post]:
    """All posts, oldest first. The same seed and texts give the same week."""
    rng, voice = Random(f"week {seed}"), Voice(texts, seed=seed)
    topics = list(texts)
    rng.shuffle(topics)
    popular = list(accumulate(1 / (nth + 8) for nth in range(len(topics))))
    crowd = round(posts * _CROWD_SHARE)
    moments = sorted([(at, False) for at in _moments(posts - crowd, rng)] + [(at, True) for at in _pile_on(crowd, rng)])
    blamed = rng.choice(topics)
    return [
        _of_crowd(key, at, blamed, voice, rng) if piled else _post(key, at, _one(topics, popular, rng), voice, rng)
        for key, (at, piled) in enumerate(moments)
    ]


def _moments(number: int, rng: Random) -> list[float]:
    """Two peaks a day, quiet nights, half as much at the weekend."""
    sums = list(accumulate(day * hour for day in _DAYS for hour in _HOURS))
    return [(bisect(sums, rng.random() * sums[-1]) + rng.random()) * HOUR for _ in range(number)]


def _pile_on(number: int, rng: Random) -> list[float]:
    """A burst that begins steeply on some working day and fades."""
    start = rng.randrange(5) * DAY + rng.uniform(9, 16) * HOUR
    return [start + rng.betavariate(1.3, 3.0) * _CROWD_HOURS * HOUR for _ in range(number)]


def _one(topics: Sequence[str], sums: Sequence[float], rng: Random) -> str:
    return topics[min(bisect(sums, rng.random() * sums[-1]), len(topics) - 1)]


def _post(key: int, at: float, topic: str, voice: Voice, rng: Random) -> Post:
    drawn = rng.random()
    if drawn < _NOISE + _KUDOS:
        noise = drawn < _NOISE
        text = voice.one_of(NOISE if noise else KUDOS)
        kind = "noise" if noise else "kudos"
        return Post(key, at, text, None, kind, _reach(rng), (_seconds(_LITTLE, rng),), (), False)
    text, new = voice.about(topic)
    turns = 1
    while turns < 4 and rng.random() < _MORE:
        turns += 1
    work = tuple(_seconds(_WORK, rng) for _ in range(turns))
    gaps = tuple(rng.expovariate(1 / (25 * 60)) for _ in range(turns - 1))
    return Post(key, at, text, topic, "request", _reach(rng), work, gaps, new)


def _of_crowd(key: int, at: float, topic: str, voice: Voice, rng: Random) -> Post:
    """Bystanders say little. Every sixth says what it is about, the others only that they are there."""
    if rng.random() < 1 / 6:
        text, new = voice.about(topic)
        return Post(key, at, text, topic, "request", _reach(rng), (_seconds(_WORK, rng),), (), new, crowd=True)
    work = (_seconds(_LITTLE, rng),)
    return Post(key, at, voice.one_of(CROWD), None, "noise", _reach(rng), work, (), False, crowd=True)


def _seconds(median: float, rng: Random) -> float:
    return median * rng.lognormvariate(0, 0.6)


def _reach(rng: Random) -> int:
    """Followers: most people have a few hundred, a few have a crowd."""
    return round(40 * rng.paretovariate(0.75))
