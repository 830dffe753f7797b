"""The product in Chromium: a real server process, the sandbox as the network, people who sign in and click."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection as database
from django.utils import timezone
from playwright.sync_api import Browser, Page

from connectors.models import StreamState
from connectors.sandbox.harness import Sandbox, free_port, running_sandbox
from inbox.models import Conversation
from inbox.services import locks, outbox, poll, sending
from routing.services.assignment import route_due
from tests import factories
from tests.networks import connect

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(Path(tmp_path_factory.mktemp("network"))) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def address(django_db_setup: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The product on a port of its own, on the tests' database. The event stream needs a real ASGI server."""
    port = free_port()
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path="/" + database.settings_dict["NAME"])
    environment = {**os.environ, "DATABASE_URL": url.geturl(), "UNDO_SECONDS": "30", "DEBUG": ""}
    log = (tmp_path_factory.mktemp("web") / "log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "socialdesk.asgi:application", "--port", str(port),
         "--log-level", "warning", "--timeout-graceful-shutdown", "1"],
        cwd=ROOT, env=environment, stdout=log, stderr=log,
    )  # fmt: skip
    where = f"http://127.0.0.1:{port}"
    _wait(lambda: _answers(f"{where}/accounts/login/"), 120)
    yield where
    server.terminate()
    server.wait(10)


def _answers(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(url, timeout=2).status == 200)
    except OSError:
        return False


def _wait(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "the server did not come up"
        time.sleep(0.1)


@dataclass
class Desk:
    """A connected desk, in the words of the people who use it."""

    network: Sandbox
    connection: Any
    people: factories.Desk

    def writes(self, handle: str, text: str, *, privately: bool = False, name: str = "") -> Conversation:
        """Somebody writes to us, it is read and routed."""
        self.network.user(handle, name=name or handle.title())
        if privately:
            self.network.dm(handle, text, to="norrline")
        else:
            self.network.post(handle, f"@norrline {text}")
        self.read()
        return Conversation.objects.get(identity__handle=handle)

    def read(self) -> None:
        rows = StreamState.objects.filter(connection=self.connection)
        rows.update(next_poll_at=timezone.now(), lease_until=None)
        poll.poll_due(limit=4)
        route_due()

    def send(self) -> None:
        outbox.release_due()
        sending.send_due()


@pytest.fixture
def desk(network: Sandbox, transactional_db: Any) -> Iterator[Desk]:
    connection = connect(network)
    people = factories.desk(password=factories.PASSWORD)
    yield Desk(network, connection, people)
    locks.forget()


@dataclass
class Person:
    """Somebody at a browser of their own. Everything the browser complains of is kept."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def opens(self, conversation: Conversation, queue: str = "mine") -> None:
        self.open(f"/inbox/{queue}/{conversation.pk}/")
        self.page.wait_for_selector("#live span:text-is('Live')")

    def writes(self, audience: str, text: str) -> None:
        self.page.get_by_role("group", name="Who will read this").get_by_text(audience, exact=True).click()
        self.page.get_by_label("Your text").fill(text)


def signed_in(browser: Browser, address: str, name: str, *, patience: float = 8000, **options: Any) -> Person:
    """A browser of one's own, signed in through the form. Whoever asks closes its context."""
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(patience)
    who = Person(page, address)
    page.on("console", lambda m: who.complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: who.complaints.append(str(error)))
    page.on("dialog", lambda dialog: (who.complaints.append("a dialog opened"), dialog.dismiss()))
    page.on("request", lambda r: re.match(r"data:|" + re.escape(address), r.url) or who.complaints.append(r.url))
    who.open("/accounts/login/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("#side", state="attached")
    return who


@pytest.fixture
def sign_in(desk: Desk, address: str, browser: Browser) -> Iterator[Callable[..., Person]]:
    """Sign somebody in through the form."""
    people: list[Person] = []

    def person(name: str, **options: Any) -> Person:
        people.append(signed_in(browser, address, name, **options))
        return people[-1]

    yield person
    for who in people:
        who.page.goto("about:blank")  # a page that is left saves its draft
        who.page.context.close()
    time.sleep(0.3)  # while the database is emptied, nobody writes to it
