"""What every network's API hands back: an answer or a refusal, and what faults make of a page of items."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.sandbox.faults import Fault


@dataclass(slots=True)
class Answer:
    """What goes back: a status, a document, and the id of a write that happened."""

    status: int
    document: Any
    written: str = ""
    note: str = ""


class Refused(Exception):
    """The request ends here with this status and this document."""

    def __init__(self, status: int, document: Mapping[str, Any], said: str = "") -> None:
        super().__init__(said)
        self.status = status
        self.document = dict(document)


def bend(items: list[Any], faults: Mapping[str, Fault]) -> list[Any]:
    """A page's items after the faults that hide, repeat and shuffle them."""
    if drop := faults.get("drop_items"):
        items = items[drop.count :] if drop.count else []
    if double := faults.get("duplicate_items"):
        items = [item for item in items for _ in range(double.count or 5)]
    if "reorder" in faults:
        items = [*items[1::2], *items[0::2][::-1]]
    return items


def dump(document: Any) -> bytes:
    """JSON in ASCII, so that lone surrogates and NUL reach the client exactly as they were written."""
    return json.dumps(document, separators=(",", ":")).encode()
