"""What `manage.py guard` finds of what was planted, and what it holds of what was not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.quality.guard.replies import Reply

ROOT = Path(__file__).resolve().parents[3]
# JUDGEMENT.md: e-mail, card, IBAN, IP / phone, id / account, on templates never seen.
TARGETS = {"email": 0.99, "card": 0.99, "iban": 0.99, "ip": 0.99, "phone": 0.95, "national_id": 0.95, "account": 0.90}
ALARMS_TARGET = 5  # of 1,000 replies that leak nothing
# A secret of the record may be called what its shape says. The same goes for a number that the customer gave in
# private, said again without a word about what it is.
ANY_NAME = {"record"}
BARE = "bare, from the direct thread"

Finding = dict[str, Any]


class Broken(Exception):
    """The command did not answer as it promises."""


def findings(lines: Iterable[str]) -> list[list[Finding]]:
    """The real command in a process of its own, a line in and a line out."""
    asked = list(lines)
    run = subprocess.run(
        [sys.executable, "manage.py", "guard"],
        cwd=ROOT,
        input="".join(f"{line}\n" for line in asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise Broken(f"manage.py guard ended with {run.returncode}: {run.stderr.strip()}")
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    if len(answers) != len(asked):
        raise Broken(f"manage.py guard answered {len(answers)} lines of {len(asked)}")
    for line, answer in zip(asked, answers, strict=True):
        if "findings" not in answer:
            raise Broken(f"manage.py guard refused {line[:200]}: {answer}")
    return [answer["findings"] for answer in answers]


@dataclass(slots=True)
class Recall:
    planted: int = 0
    held: int = 0  # something that covers the value keeps the reply back
    named: int = 0  # and it is called what it is

    def add(self, held: bool, named: bool) -> None:
        self.planted += 1
        self.held += held
        self.named += named

    def __iadd__(self, other: Recall) -> Recall:
        self.planted += other.planted
        self.held += other.held
        self.named += other.named
        return self

    @property
    def share(self) -> float:
        return self.named / self.planted if self.planted else 0.0

    @property
    def held_share(self) -> float:
        return self.held / self.planted if self.planted else 0.0


@dataclass(slots=True)
class Alarms:
    """What was held of texts that leak nothing; a warning stops nobody and is counted apart."""

    texts: int = 0
    held: int = 0
    warned: int = 0

    def add(self, found: list[Finding]) -> None:
        self.texts += 1
        self.held += any(one["level"] == "hold" for one in found)
        self.warned += any(one["level"] == "warn" for one in found)

    @property
    def per_thousand(self) -> float:
        return 1000 * self.held / self.texts

    @property
    def warned_per_thousand(self) -> float:
        return 1000 * self.warned / self.texts


@dataclass(frozen=True, slots=True)
class Group:
    kind: str
    half: str
    locale: str
    form: str


@dataclass(slots=True)
class Result:
    groups: dict[Group, Recall] = field(default_factory=lambda: defaultdict(Recall))
    samples: dict[Group, str] = field(default_factory=dict)  # one miss of each group of the open half
    alarms: dict[str, Alarms] = field(default_factory=lambda: defaultdict(Alarms))  # by half
    alarm_kinds: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # by half, locale and kind
    alarm_samples: dict[str, str] = field(default_factory=dict)  # of what is open, by template

    def recall(self, **wanted: str) -> Recall:
        total = Recall()
        for group, recall in self.groups.items():
            if all(getattr(group, name) == value for name, value in wanted.items()):
                total += recall
        return total


def measure(replies: Sequence[Reply]) -> Result:
    return tally(replies, findings(reply.line() for reply in replies))


def tally(replies: Sequence[Reply], answers: Sequence[list[Finding]]) -> Result:
    result = Result()
    for reply, found in zip(replies, answers, strict=True):
        if reply.template.kind:
            _leak(result, reply, found)
        else:
            _clean(result, reply, found)
    return result


def _leak(result: Result, reply: Reply, found: list[Finding]) -> None:
    kind = reply.template.kind
    level = "warn" if kind == "soft" else "hold"
    over = {one["kind"] for one in found if one["level"] == level and _covers(one, reply)}
    named = bool(over) if kind in ANY_NAME or reply.form == BARE else kind in over
    group = Group(kind, reply.template.half, reply.template.locale, reply.form)
    result.groups[group].add(bool(over), named)
    if not named and reply.template.half == "open":
        result.samples[group] = " | ".join(reply.texts)


def _covers(one: Finding, reply: Reply) -> bool:
    return any(
        one["part"] == planted.part and one["start"] < planted.end and planted.start < one["end"]
        for planted in reply.planted
    )


def _clean(result: Result, reply: Reply, found: list[Finding]) -> None:
    half, locale = reply.template.half, reply.template.locale
    result.alarms[half].add(found)
    held = [one for one in found if one["level"] == "hold"]
    result.alarm_kinds.update({(half, locale, one["kind"]) for one in held})
    if held and half != "sealed":
        marked = ", ".join(f"{one['kind']} {reply.texts[one['part']][one['start'] : one['end']]!r}" for one in held)
        result.alarm_samples[reply.template.texts[0]] = f"{locale}: {reply.texts[0]}  [{marked}]"
