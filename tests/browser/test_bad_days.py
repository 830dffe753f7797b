"""What goes wrong around an agent: a night's sleep of the laptop, two tabs at odds, a name made to break the page."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from inbox.models import Identity, OutboxItem
from inbox.services import conversations
from tests.browser.conftest import Desk, Person, signed_in

pytestmark = pytest.mark.browser
SignIn = Callable[..., Person]
LONG = ("\u202e\u200fAnna-Karolina " * 30)[:300]


class Link:
    """The way from the browser to the desk. Asleep, the streams that are open bring nothing more, and do not end."""

    def __init__(self, address: str) -> None:
        self.desk = (urlsplit(address).hostname or "", urlsplit(address).port or 0)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        self.streams: list[threading.Event] = []
        self.pairs: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def sleep(self) -> None:
        for awake in self.streams:
            awake.clear()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                browser, _ = self.listening.accept()
                desk = socket.create_connection(self.desk)
                self.pairs += [browser, desk]
                awake = threading.Event()
                awake.set()
                for work in ((browser, desk, awake, True), (desk, browser, awake, False)):
                    threading.Thread(target=self._pass, args=work, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, awake: threading.Event, asks: bool) -> None:
        with contextlib.suppress(OSError):  # either end was closed
            while data := source.recv(65536):
                if asks and data.startswith(b"GET /events"):
                    self.streams.append(awake)
                if not awake.is_set():
                    continue
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        for one in (self.listening, *self.pairs):
            one.close()


@pytest.fixture
def link(address: str) -> Iterator[Link]:
    link = Link(address)
    yield link
    link.close()


def test_a_laptop_that_slept_for_a_night_catches_up(desk: Desk, link: Link, browser: Browser) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = signed_in(browser, link.address, "alice", patience=20_000)
    alice.page.clock.install()
    alice.opens(carol)
    alice.writes("Publicly", "Before I slept")
    alice.page.evaluate("window.here = true")
    link.sleep()
    conversations.add_note(conversation_id=carol.pk, author=desk.people.bob, text="Called at night.")
    dora = desk.writes("dora", "Mine too")
    alice.page.wait_for_timeout(1500)
    expect(alice.page.locator("#timeline")).not_to_contain_text("Called at night.")
    expect(alice.page.locator("#live span")).to_have_text("Live")  # so says the browser, which heard of nothing
    alice.page.clock.fast_forward("08:00:00")
    expect(alice.page.locator("#timeline")).to_contain_text("Called at night.", timeout=20_000)
    expect(alice.page.locator(f"#q-{dora.pk}")).to_be_visible()
    expect(alice.page.locator("#live span")).to_have_text("Live")
    expect(alice.page.get_by_label("Your text")).to_have_value("Before I slept")
    assert alice.page.evaluate("window.here") is True
    assert alice.complaints == []
    alice.page.goto("about:blank")
    alice.page.context.close()


def test_two_tabs_that_do_different_things(desk: Desk, sign_in: SignIn) -> None:
    carol, dora = desk.writes("carol", "It is broken"), desk.writes("dora", "Mine too")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.writes("Publicly", "From the first tab")
    other = Person(alice.page.context.new_page(), alice.address)
    other.opens(dora)
    other.page.keyboard.press("e")
    expect(other.page.locator("#head")).to_contain_text("Resolved")
    expect(alice.page.locator(f"#q-{dora.pk}")).to_have_count(0)
    expect(alice.page.locator("#queues [aria-current] .n")).to_have_text("1")
    expect(alice.page).to_have_url(f"{alice.address}/inbox/mine/{carol.pk}/")
    expect(alice.page.get_by_label("Your text")).to_have_value("From the first tab")
    other.opens(carol)
    other.writes("Publicly", "From the second tab")
    other.page.get_by_role("button", name="Reply publicly").click()
    expect(other.page.locator("#timeline")).to_contain_text("From the second tab")
    # Her own answer stops nothing, as a colleague's would; but the first tab says so before she sends there too.
    expect(alice.page.locator("#news")).to_contain_text("From the second tab")
    alice.page.get_by_role("button", name="Reply publicly").click()
    expect(alice.page.locator("#timeline")).to_contain_text("From the first tab")
    assert sorted(item.text for item in OutboxItem.objects.all()) == ["From the first tab", "From the second tab"]
    assert alice.complaints == []


@pytest.mark.parametrize("width", [1440, 390])
def test_a_name_of_300_characters_that_turns_the_writing_round(width: int, desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    Identity.objects.filter(pk=carol.identity_id).update(name=LONG)
    alice = sign_in("alice", viewport={"width": width, "height": 900})
    for path in ("/inbox/mine/", f"/inbox/mine/{carol.pk}/"):
        alice.open(path)
        assert alice.page.evaluate("document.documentElement.scrollWidth") <= width, path
    expect(alice.page.locator("#resolve button")).to_be_in_viewport()
    alice.page.get_by_label("Your text").click()
    expect(alice.page.get_by_role("button", name="Reply publicly")).to_be_in_viewport()
    expect(alice.page.locator("#head h1 bdi")).to_have_text(LONG.strip())
    assert alice.complaints == []
