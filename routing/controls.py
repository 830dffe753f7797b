"""The form controls that ask of the desk's own fields: one shape for the search and for a rule."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from inbox.describing import Described
from inbox.models import CustomField
from inbox.services.storable import storable

_NAME = re.compile(r"field-(\d{1,18})(-until)?")


def read(given: Mapping[str, Any]) -> dict[int, str]:
    """What the controls ``field-ID`` and ``field-ID-until`` ask, as inbox/asks.py reads it."""
    ends: dict[int, list[str]] = {}
    for name in given:
        if match := _NAME.fullmatch(name):
            said = storable(str(given[name])).strip()
            ends.setdefault(int(match[1]), ["", ""])[bool(match[2])] = said
    found = {}
    for field, (first, last) in ends.items():
        if first or last:
            found[field] = f"{first}..{last}" if f"field-{field}-until" in given and first != last else first
    return found


def shown(fields: Sequence[Described], asked: Mapping[int, str]) -> list[dict[str, Any]]:
    """Each field with what is asked of it: ``said``, of a range ``until``. Of archived ones those that are asked."""
    found = []
    for row in (row for row in fields if not row["archived"] or row["id"] in asked):
        said, until = asked.get(row["id"], ""), ""
        if row["kind"] in (CustomField.Kind.NUMBER, CustomField.Kind.DATE):
            said, dots, until = said.partition("..")
            until = until if dots else said
        chosen = [(str(option["id"]), option["name"]) for option in row["options"]]
        found.append({**row, "said": said, "until": until, "chosen": chosen})
    return found
