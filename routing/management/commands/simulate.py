"""``manage.py simulate``: the same invented week for every way of giving posts out, side by side."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from routing.simulation import company, policies, stream, texts
from routing.simulation.figures import Figures, figures
from routing.simulation.week import Policy, Week

POLICIES: dict[str, type[Policy]] = {kind.name: kind for kind in (policies.RoundRobin, policies.LeastLoaded)}
_HEAD = "| Policy | Seed | Median | p90 | p99 | Right first | of new words | Hand-offs | Busy | Spread | Unanswered |"


class Command(BaseCommand):
    help = "Simulate a week of 60 agents and 8 experts, and print how each way of giving posts out did."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--texts", type=Path, metavar="FILE", help="CSV with the columns text and label")
        parser.add_argument("--posts", type=int, default=stream.POSTS)
        parser.add_argument("--seeds", default="1,2,3,4,5", help="numbers with commas between them")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 100 <= options["posts"] <= 1_000_000:
            raise CommandError("--posts is a number from 100 to 1,000,000.")
        seeds = _numbers(options["seeds"])
        source = _texts(options["texts"])
        self.stdout.write(_HEAD)
        self.stdout.write("|---|" + "---:|" * (_HEAD.count("|") - 2))
        for policy in POLICIES.values():
            for seed in seeds:
                self._one(policy, source, seed, options["posts"])
        self.stdout.write(
            "Minutes to the first answer by somebody who knows; busy: share of their shifts, agents only."
        )

    def _one(self, policy: type[Policy], source: texts.Texts, seed: int, posts: int) -> None:
        began = time.monotonic()
        who = company.company(list(source), seed=seed)
        week = Week(who, stream.week(source, seed=seed, posts=posts), policy(), seed=seed)
        week.run()
        self.stdout.write(_row(figures(week, seed=seed)))
        self.stderr.write(f"{policy.name}, seed {seed}: {time.monotonic() - began:.0f} s")


def _row(got: Figures) -> str:
    cells = (
        got.policy, got.seed, f"{got.median:.1f}", f"{got.p90:.1f}", f"{got.p99:.1f}", f"{got.right_first:.3f}",
        f"{got.right_first_new_words:.3f}", f"{got.hand_offs:.2f}", f"{got.busy:.2f}", f"{got.spread:.2f}",
        got.unanswered,
    )  # fmt: skip
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _texts(path: Path | None) -> texts.Texts:
    if path is None:
        return texts.invented()
    try:
        return texts.read(path)
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise CommandError(str(error)) from error


def _numbers(said: str) -> Sequence[int]:
    try:
        return [int(part) for part in said.split(",")]
    except ValueError as error:
        raise CommandError("--seeds are whole numbers with commas between them, such as 1,2,3.") from error
