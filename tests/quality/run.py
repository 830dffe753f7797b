"""`make quality`: how well the desk judges, figures beside their targets. ARGS="--misses" says what was missed."""

from __future__ import annotations

import argparse
import secrets
import sys

from tests.quality.guard import report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="the same values again")
    parser.add_argument("--times", type=int, default=12, help="how often each template is filled")
    parser.add_argument("--misses", action="store_true", help="what was missed, by group")
    chosen = parser.parse_args()
    good = report.show(seed=chosen.seed, times=chosen.times, misses=chosen.misses)
    print(f"\nmake quality: {'every target is met' if good else 'a target is missed'}")
    return not good


if __name__ == "__main__":
    sys.exit(main())
