"""How durations spread, in a form that adds up: one whole number, eight decimal digits to a bin.

Medians cannot be summed, counts of bins can. Eight bins to a doubling of (duration + 1 minute): a bin's middle is
within 4.5 % and 3 s of every duration in it. PostgreSQL's own sum() over ``numeric`` and Python's own + merge spreads,
element by element, as long as no bin holds 100 million.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from itertools import accumulate

DIGITS = 8
A_DOUBLING = 8
UNIT = 60.0  # seconds: finer below a minute would say more than anybody asks
LAST = 124  # holds everything longer than a month: 1,000 digits are what a column may declare
_BINS = re.compile(rf"\d{{{DIGITS}}}")
SHARE, SECONDS = 0.05, 3.0  # the bound that pages and docs/figures.md state


def sql(seconds: str) -> str:
    """The spread of one duration, given as an expression in seconds."""
    bin_ = f"least({LAST}, floor({A_DOUBLING} * ln(1 + greatest({seconds}, 0) / {UNIT}) / ln(2)))::int"
    return f"('1e' || {DIGITS} * {bin_})::numeric"


def counts(spread: str) -> tuple[int, ...]:
    """How many durations each bin holds, the shortest first, from the digits of a spread."""
    padded = spread.zfill(-(-len(spread) // DIGITS) * DIGITS)
    return tuple(map(int, reversed(_BINS.findall(padded))))


@lru_cache(maxsize=8)  # median and p90 are asked for one after the other
def _until(spread: str) -> tuple[int, ...]:
    """How many durations lie in each bin and the shorter ones."""
    return tuple(accumulate(counts(spread)))


def percentile(spread: str, share: float) -> float | None:
    """The middle of the bin that holds the row at ``share`` (0.5 is the median); None where there is no row."""
    until = _until(spread)
    if not until or not until[-1]:
        return None
    # From one row on: below that lie the empty bins before the first.
    bin_ = bisect_left(until, max(share * until[-1], 1))
    return float(UNIT * (2.0 ** ((bin_ + 0.5) / A_DOUBLING) - 1))
