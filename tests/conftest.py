"""What every test stands on: a real PostgreSQL, a real Valkey, and no way out to the network."""

from __future__ import annotations

import atexit
import base64
import ipaddress
import os
import secrets
import socket
from pathlib import Path
from typing import Any

import django
import pytest
from xdist.scheduler import LoadScopeScheduling

from scripts import chromium
from socialdesk.embedded.testing import make_services


def _provide_services() -> None:
    """A pair of servers for each process of the run, or the ones that whoever runs the tests has set."""
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ and "TEST_SERVICES" not in os.environ:
        return
    os.environ["TEST_SERVICES"] = "own"  # workers of pytest-xdist inherit the addresses of the process that starts them
    services = make_services()
    atexit.register(services.stop)
    services.start()
    os.environ["DATABASE_URL"] = services.postgres.url
    os.environ["REDIS_URL"] = services.valkey.url


_provide_services()
os.environ["SOCIALDESK_MODE"] = "test"
os.environ.setdefault("SECRET_KEY", "test-" + secrets.token_urlsafe(48))
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", base64.b64encode(secrets.token_bytes(32)).decode())
os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
# Playwright's synchronous API runs an event loop in the thread of the test.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
os.environ["DJANGO_SETTINGS_MODULE"] = "socialdesk.settings"
# pytest-django looks for settings before this file has made them.
django.setup()


class OutsideWorld(AssertionError):
    """A test tried to leave this machine."""


def _is_local(family: int, address: Any) -> bool:
    if family == socket.AF_UNIX:
        return True
    host = str(address[0]).split("%")[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "")


@pytest.fixture(autouse=True, scope="session")
def _no_outside_world() -> Any:
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(original: Any) -> Any:
        def method(self: socket.socket, address: Any) -> Any:
            if not _is_local(self.family, address):
                raise OutsideWorld(f"a test tried to reach {address!r}")
            return original(self, address)

        return method

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded(connect))
    patch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def _nothing_private_was_published(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The ledgers of all sandboxes of the run: no planted secret may stand in a line that everybody reads."""
    yield
    from tests.planted import published

    assert published(tmp_path_factory.getbasetemp()) == [], "a planted secret left in public"


@pytest.fixture
def desk(db: None) -> Any:
    """The small company of tests/factories.py. What needs more than the database has one of its own."""
    from tests import factories

    return factories.desk()


# --- Chromium -------------------------------------------------------------------------------------------------------
CHROMIUM = chromium.find()
NO_CHROMIUM = "no Chromium was found: set CHROMIUM, or install one (apt-get install chromium)"


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """For pytest-playwright."""
    return {"executable_path": CHROMIUM, "args": [*chromium.ARGS]}


# These run whole desks: one of them at a time, while another worker does what needs only a database.
WHOLE_DESKS = (
    "browser/", "chaos/", "production/", "flows/test_fairness", "flows/test_tokens", "test_runtime_desk",
    "test_runtime_services",
)  # fmt: skip


class OneDeskAtATime(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0].removeprefix("tests/")
        return "whole desks" if path.startswith(WHOLE_DESKS) else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """A worker starts servers of its own: pytest-django must not read the settings, which name them, before that."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneDeskAtATime:
    return OneDeskAtATime(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))


# --- skips are said aloud, and in CI only the listed ones pass ------------------------------------------------------
ALLOWED_SKIPS = Path(__file__).with_name("allowed_skips.txt")


def unlisted_skips(skipped: list[str]) -> list[str]:
    lines = (line.split("#")[0].strip() for line in ALLOWED_SKIPS.read_text().splitlines())
    allowed = {line for line in lines if line}
    return sorted(name for name in skipped if name not in allowed)


def _skipped(config: pytest.Config) -> list[str]:
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    return [report.nodeid for report in reporter.stats.get("skipped", [])] if reporter else []


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if os.environ.get("SOCIALDESK_NO_SKIPS") and unlisted_skips(_skipped(session.config)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    skipped = _skipped(config)
    if any("no Chromium" in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])):
        terminalreporter.section("BROWSER TESTS WERE SKIPPED", sep="!", red=True, bold=True)
        terminalreporter.line(NO_CHROMIUM)
    if os.environ.get("SOCIALDESK_NO_SKIPS") and (unlisted := unlisted_skips(skipped)):
        terminalreporter.section(f"skips that {ALLOWED_SKIPS.name} does not name", sep="!", red=True, bold=True)
        terminalreporter.line("\n".join(unlisted))
