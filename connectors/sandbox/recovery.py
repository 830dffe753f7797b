"""Puts back what a power cut took from the database but not from the ledger file."""

from __future__ import annotations

import json

from connectors.sandbox.graph.ledger import REDO as GRAPH
from connectors.sandbox.snowflake import Snowflakes
from connectors.sandbox.store import Store
from connectors.sandbox.x.redo import REDO as X

_REDO = {"x": X, "facebook": GRAPH}


def recover(store: Store) -> int:
    """Redoes every accepted write whose line is in the file alone; how many there were."""
    lines = store.unknown_lines()
    with store.writing() as db:
        for line in lines:
            entry = json.loads(line)
            _REDO[entry.get("network", "x")][entry["kind"]](store, entry)
            db.execute("INSERT INTO ledger (id, line) VALUES (?, ?)", (entry["id"], line))
    store.settle_file()
    store.ids = Snowflakes(store.newest())
    return len(lines)
