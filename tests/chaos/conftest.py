"""What the runs under kills counted is said at the end, whatever pytest captures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

_said: list[str] = []


@pytest.fixture
def tell() -> Callable[[str], None]:
    """Say a line now (with -s) and in the summary."""

    def say(line: str) -> None:
        print(line, flush=True)
        _said.append(line)

    return say


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _said:
        terminalreporter.section("kills", sep="-")
        for line in _said:
            terminalreporter.line(line)
