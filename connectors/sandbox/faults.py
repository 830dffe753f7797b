"""The ways in which the network can be told to misbehave.

A fault is matched by method and path and ends after ``times`` calls or ``lasts`` seconds. ``every: 2``
lets every second matching call through. Faults that lie about an answer are applied by the gate (gate.py);
those that bend what a page shows are read by the endpoints. A fault without a network is for every network,
and one without an account (id or handle) for everybody.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

NAMES = {
    "timeout_after_write": "performs the write, then gives no answer",
    "timeout_before_write": "neither writes nor answers",
    "status": "answers with `status`, or Graph's error `code` and `subcode`; `after: true` performs the call first",
    "html": "answers `status` (502) with an HTML page",
    "cut_json": "performs the call and cuts its answer in the middle",
    "cut_connection": "performs the call and drops the line in the middle of its answer",
    "empty_body": "performs the call and answers with nothing in the body",
    "close": "closes the line without an answer and without doing anything",
    "duplicate_items": "delivers every item five times (`count`)",
    "reorder": "delivers items out of order",
    "no_content_type": "performs the call and answers without a content type",
    "late_ids": "gives new posts of customers ids (Facebook: times) up to `seconds` (2) old",
    "drop_items": "does not show items yet (the newest `count`, or all)",
    "expire_token": "refuses access tokens handed out before this fault",
    "revoke_token": "the same, and their refresh tokens too",
    "own_posts_echo": "shows the account's own posts among its mentions (or its visitors' posts)",
    "no_milliseconds": "writes times without milliseconds",
    "future_timestamps": "writes times `seconds` (3600) ahead",
    "slow": "answers `seconds` (1) late",
}
PREFIXES = {"x": "/x", "facebook": "/graph"}
WRITES_ONLY = frozenset({"timeout_after_write", "timeout_before_write"})


@dataclass(slots=True)
class Fault:
    """One switch. Zero-valued fields mean the fault's own default."""

    name: str
    network: str = ""
    account: str = ""
    path: str = ""
    method: str = ""
    times: int | None = None
    seconds: float | None = None
    status: int | None = None
    code: int | None = None
    subcode: int | None = None
    reset: bool | float = True
    after: bool = False
    every: int = 1
    count: int | None = None
    lasts: float | None = None
    preset: str = ""
    since: float = 0.0
    seen: int = 0

    def over(self) -> bool:
        return self.lasts is not None and time.time() > self.since + self.lasts

    def concerns(self, network: str, who: Collection[str]) -> bool:
        """``who`` calls: the id and the handle of the account."""
        return self.network in ("", network) and self.account in ("", *who)

    def matches(self, method: str, path: str, template: str) -> bool:
        if self.name in WRITES_ONLY and method == "GET":
            return False
        if self.method and self.method.upper() != method:
            return False
        return not self.path or path.startswith(self.path) or template == self.path or fnmatchcase(path, self.path)


def read_fault(document: dict[str, Any]) -> Fault:
    """A fault from JSON; ValueError says in one sentence what is wrong with it."""
    unknown = document.keys() - (Fault.__dataclass_fields__.keys() - {"since", "seen"})
    if unknown:
        raise ValueError(f"a fault has no field '{sorted(unknown)[0]}'")
    if document.get("name") not in NAMES:
        raise ValueError(f"there is no fault '{document.get('name')}'; known: {', '.join(sorted(NAMES))}")
    fault = Fault(**document)
    for network, prefix in PREFIXES.items():
        if fault.path.startswith(f"{prefix}/"):
            fault.network, fault.path = network, fault.path.removeprefix(prefix)
    if fault.network == "facebook":
        fault.path = re.sub(r"^/v\d+\.\d+(?=/)", "", fault.path)
    if fault.network not in ("", *PREFIXES):
        raise ValueError(f"there is no network '{fault.network}'; known: {', '.join(sorted(PREFIXES))}")
    fault.since = time.time()
    return fault


class Faults:
    """The switches that are on now."""

    def __init__(self, saved: list[dict[str, Any]]) -> None:
        self.active = [Fault(**document) for document in saved]

    def documents(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self.active]

    def by_account(self) -> bool:
        """Whether it matters who calls."""
        return any(fault.account for fault in self.active)

    def take(self, network: str, who: Collection[str], method: str, path: str, template: str) -> dict[str, Fault]:
        """The faults of this call, by name; each is used up by one."""
        taken: dict[str, Fault] = {}
        self.active = [fault for fault in self.active if not fault.over()]
        for fault in list(self.active):
            if fault.name in taken or fault.name == "late_ids" or not fault.concerns(network, who):
                continue
            if not fault.matches(method, path, template):
                continue
            fault.seen += 1
            if fault.seen % max(1, fault.every):
                continue
            taken[fault.name] = fault
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.active.remove(fault)
        return taken

    def presets(self) -> set[str]:
        """The page's switches that are on."""
        self.active = [fault for fault in self.active if not fault.over()]
        return {fault.preset for fault in self.active if fault.preset}

    def named(self, name: str, network: str, who: Collection[str] = ()) -> Fault | None:
        found = (fault for fault in self.active if fault.name == name and fault.concerns(network, who))
        return next(found, None)
