"""Fixtures of the sandbox's own tests, as a plugin: one process for a module, no memory from test to test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.harness import Sandbox, running_sandbox
from tests.connectors.graph_client import Graph
from tests.connectors.sandbox_client import Caller


@pytest.fixture(scope="module")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(Path(tmp_path_factory.mktemp("sandbox"))) as sandbox:
        yield sandbox


@pytest.fixture
def fresh_sandbox(sandbox_process: Sandbox) -> Sandbox:
    """A running sandbox without memory and without pace limits."""
    sandbox_process.reset(keep_accounts=False)
    sandbox_process.rates_off()
    return sandbox_process


@pytest.fixture
def api(fresh_sandbox: Sandbox) -> Caller:
    return Caller(fresh_sandbox, fresh_sandbox.create_account("norrline", "Norrline"))


@pytest.fixture
def graph(fresh_sandbox: Sandbox) -> Graph:
    return Graph(fresh_sandbox, fresh_sandbox.create_page("norrline", "Norrline"))
