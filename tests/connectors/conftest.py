"""One sandbox for the folder; every test gets an account of its own on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.sandbox.harness import Sandbox, running_sandbox
from tests.connectors.facebook_world import FacebookWorld, facebook_world
from tests.connectors.x_world import XWorld


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path_factory.mktemp("x")) as sandbox:
        yield sandbox


@pytest.fixture
def x(network: Sandbox) -> XWorld:
    return XWorld(network)


@pytest.fixture
def facebook(network: Sandbox) -> Iterator[FacebookWorld]:
    with facebook_world(network) as world:
        yield world
