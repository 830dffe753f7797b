"""The page about the kinds speaks of each kind that there is, and of no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inbox.guard import Kind

DOCS = Path(__file__).resolve().parents[2] / "docs"
ROW = re.compile(r"^\| (`.+?) \|", re.MULTILINE)


@pytest.mark.parametrize("document", ["guard.md", "guard-kinds.md"])
def test_the_table_of_kinds_is_the_guards(document: str) -> None:
    named = [kind for cell in ROW.findall((DOCS / document).read_text()) for kind in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted(kind.value for kind in Kind)
