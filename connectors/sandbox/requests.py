"""What every call of the control API has in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from connectors.sandbox.network import Network

LATE_SECONDS = 2.0  # how much older than its arrival a late item is
Handler = Callable[[Network, Request, Any], Any]


def read_items(document: Any) -> list[dict[str, Any]]:
    """A JSON object, or a list of them, as a list."""
    items = document if isinstance(document, list) else [document]
    if not all(isinstance(item, dict) for item in items):
        raise ValueError("a JSON object, or a list of objects, is expected")
    return items
