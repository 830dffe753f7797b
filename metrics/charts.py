"""The geometry of charts: percentages across, pixels down, so that a chart fits a phone and its words stay readable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext

from inbox.dates import many

HEIGHT = 168  # of the drawing, without the words under it
TOP = 8
_STEPS = (1, 2, 2.5, 5, 10)
_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 7200, 14400)


@dataclass(frozen=True, slots=True)
class Column:
    """One stretch of time: what came in, what was handled, and what came in then."""

    label: str
    name: str  # for who cannot see it
    arrivals: int
    handled: int
    before: int | None = None  # arrivals of the range it is compared with
    running: bool = False
    arrivals_link: str = ""
    handled_link: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    width: str
    y: float
    height: float
    value: int
    link: str
    words: str
    fill: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Pairs of bars with a dashed line of the range before."""

    grid: Sequence[tuple[float, str]]
    bars: Sequence[Bar]
    labels: Sequence[tuple[str, str, bool]]  # x, words, also on a phone
    line: Sequence[tuple[str, float, str, float]]  # x1, y1, x2, y2
    sentence: str


def columns(found: Sequence[Column]) -> Columns:
    highest = max((max(one.arrivals, one.handled, one.before or 0) for one in found), default=0)
    step, top = _scale(highest)
    wide = 100 / max(len(found), 1)

    def height(value: float) -> float:
        return round((HEIGHT - TOP) * value / top, 1)

    bars, labels, points = [], [], []
    for place, one in enumerate(found):
        middle = wide * (place + 0.5)
        for value, link, words, fill, left in (
            (
                one.arrivals,
                one.arrivals_link,
                _said(gettext("%(name)s, %(number)s arrivals"), one.name, one.arrivals),
                "3",
                -0.36,
            ),
            (
                one.handled,
                one.handled_link,
                _said(gettext("%(name)s, %(number)s handled"), one.name, one.handled),
                "1",
                0.02,
            ),
        ):
            if value:
                bars.append(
                    Bar(_share(middle + left * wide), _share(0.34 * wide), HEIGHT - height(value), height(value),
                        value, link, words, f"hatch-{fill}" if one.running else f"f{fill}")
                )  # fmt: skip
        if place % math.ceil(len(found) / 12) == 0:
            labels.append((_share(middle), one.label, place % math.ceil(len(found) / 4) == 0))
        if one.before is not None:
            points.append((_share(middle), HEIGHT - height(one.before)))
    lines = [(*left, *right) for left, right in pairwise(points)]
    total, handled = sum(one.arrivals for one in found), sum(one.handled for one in found)
    return Columns(
        grid=[(HEIGHT - height(step * number), _number(step * number)) for number in range(round(top / step) + 1)],
        bars=bars,
        labels=labels,
        line=lines,
        sentence=gettext(
            "%(arrivals)s arrivals and %(handled)s handled interactions in %(steps)s steps; the table has each."
        )
        % {"arrivals": many(total), "handled": many(handled), "steps": len(found)},
    )


@dataclass(frozen=True, slots=True)
class Across:
    """A bar from left to right, in a share of the room beside its words."""

    label: str
    value: int
    link: str
    y: int
    width: str
    after: str  # where its number stands
    fill: str


def across(found: Sequence[tuple[str, int, str, str]], *, begin: float = 26, room: float = 58) -> list[Across]:
    """Bars for (words, number, link, fill)."""
    highest = max((value for _, value, _, _ in found), default=0) or 1
    return [
        Across(label, value, link, 30 * place, _share(room * value / highest),
               _share(begin + room * value / highest + 2), fill)
        for place, (label, value, link, fill) in enumerate(found)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clocks:
    """A network's median on two clocks."""

    label: str
    y: int
    arrived: str
    published: str
    link: str
    words: str


@dataclass(frozen=True, slots=True)
class Dumbbell:
    grid: Sequence[tuple[str, str]]
    rows: Sequence[Clocks]
    height: int
    sentence: str


def dumbbell(found: Sequence[tuple[str, float, float, str, str]], *, begin: float = 24, room: float = 70) -> Dumbbell:
    """From (network, seconds from arrival, seconds from publishing, link, words)."""
    longest = max((max(arrived, published) for _, arrived, published, _, _ in found), default=0) / 60
    step = next((minutes for minutes in _MINUTES if minutes * 4 >= longest), _MINUTES[-1])
    top = max(step * max(math.ceil(longest / step), 1), 1)

    def place(seconds: float) -> str:
        return _share(begin + room * min(seconds / 60 / top, 1))

    rows = [
        Clocks(label, 18 + 30 * number, place(arrived), place(published), link, words)
        for number, (label, arrived, published, link, words) in enumerate(found)
    ]
    ticks = [(place(60 * step * number), _minutes(step * number)) for number in range(round(top / step) + 1)]
    return Dumbbell(ticks, rows, 30 * len(rows), "; ".join(f"{one.label}: {one.words}" for one in rows))


def _said(words: str, name: str, number: int) -> str:
    return words % {"name": name, "number": many(number)}


def _scale(highest: int) -> tuple[float, float]:
    """A step that people count in, and the top that holds ``highest`` in at most five of them."""
    if highest < 4:
        return 1, max(highest, 2)
    size = 10 ** math.floor(math.log10(highest / 4))
    step = next(size * factor for factor in _STEPS if size * factor * 5 >= highest and size * factor >= 1)
    step = math.ceil(step)
    return step, step * math.ceil(highest / step)


def _share(percent: float) -> str:
    return f"{percent:.2f}%"


def _number(value: float) -> str:
    return many(round(value))


def _minutes(minutes: int) -> str:
    if minutes < 120:
        return gettext("%(m)s min") % {"m": minutes}
    if minutes < 2880:
        return gettext("%(h)s h") % {"h": minutes // 60}
    return gettext("%(d)s d") % {"d": minutes // 1440}
