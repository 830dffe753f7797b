"""What the embedded desk tells a person when it cannot go on: one sentence, never a traceback."""

from __future__ import annotations


class DeskError(Exception):
    """`str(error)` is the whole message that the person at the terminal reads."""
