"""What checks the figures shares nothing with what makes them."""

from __future__ import annotations

import ast
from pathlib import Path

HERE = Path(__file__).parent
ALLOWED = {"__future__", "dataclasses", "datetime", "typing", "psycopg2"}
# Its own second count may read what people and networks did, never what was made of it.
MADE = ("metrics_interaction", "metrics_occurrence", "metrics_rollup", "metrics_rolledperiod", "inbox_count",
        "routing_queueentry")  # fmt: skip


def test_the_second_count_imports_nothing_of_the_product() -> None:
    found = set()
    for node in ast.walk(ast.parse((HERE / "figures.py").read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Name):
            assert node.id not in ("__import__", "exec", "eval")
    assert found <= ALLOWED


def test_the_second_count_reads_no_table_of_figures() -> None:
    text = (HERE / "figures.py").read_text()
    assert [name for name in MADE if name in text] == []
