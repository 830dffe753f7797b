"""What the people of the day do, each by clicks: customers on the sandbox's page, agents in their inbox."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser, Locator, Page, Response, expect

from connectors.sandbox.harness import Sandbox
from tests.browser.conftest import Person, signed_in

PATIENCE = 30_000  # milliseconds, on a machine that does much else


@dataclass
class Customers:
    """Everybody who writes to us, and every text of theirs: some type it in, the others use the control API."""

    network: Sandbox
    page: Page
    wrote: list[str] = field(default_factory=list)

    def type(self, name: str, text: str, *, on: str, audience: str = "In public", below: bool = True) -> None:
        """Without ``below`` they write on the Page itself."""
        self.page.goto(f"{self.network.url}/?{urlencode({'as': name, 'network': on})}")
        self.page.get_by_text(audience, exact=True).click()
        box = self.page.locator("#write [name=below]")
        if box.count():
            box.set_checked(below)
        self.page.get_by_label("Post", exact=True).fill(text)
        self.page.get_by_role("button", name=f"Post as {name}").click()
        expect(self.page.locator("#returns")).to_contain_text(text)
        self.wrote.append(text)

    def posts(self, name: str, text: str, *, below: str = "") -> str:
        """On X."""
        self.network.user(name.lower(), name=name)
        self.wrote.append(text)
        return self.network.post(name.lower(), text, **({"in_reply_to": below} if below else {}))

    def comments(self, post: str, name: str, text: str, **options: Any) -> str:
        """On Facebook."""
        self.wrote.append(text)
        return self.network.comments([{"post": post, "handle": name.lower(), "name": name, "text": text, **options}])[0]

    def visits(self, name: str, text: str) -> str:
        self.wrote.append(text)
        return self.network.visitor_posts([{"page": "norrline", "handle": name.lower(), "name": name, "text": text}])[0]

    def message(self, name: str, text: str, *, on: str) -> None:
        self.wrote.append(text)
        if on == "x":
            self.network.user(name.lower(), name=name)
            self.network.dm(name.lower(), text, to="norrline")
        else:
            self.network.page_messages([{"page": "norrline", "handle": name.lower(), "name": name, "text": text}])


@dataclass
class Colleague(Person):
    """Somebody of ours at work."""

    refused: list[tuple[int, str]] = field(default_factory=list)  # status and path of every answer that is an error

    @property
    def timeline(self) -> Locator:
        return self.page.locator("#timeline")

    def goes_to(self, place: str) -> None:
        # Until the page is there the old one's rows stand, and could be clicked in vain.
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            self.page.locator("#side").get_by_role("link", name=re.compile(f"^{place}")).first.click()

    def row(self, customer: str) -> Locator:
        return self.page.locator("#rows .q").filter(has=self.page.locator(".who").get_by_text(customer, exact=True))

    def takes_up(self, customer: str, queue: str = "My work") -> None:
        """Opens it from the queue. What has just come is there once the page has heard of it."""
        self.goes_to(queue)
        self.row(customer).click()
        expect(self.page.get_by_role("heading", level=1, name=customer, exact=True)).to_be_visible()

    def says(self, audience: str, text: str, *, limit: str = "") -> None:
        self.writes(audience, text)
        if limit:
            expect(self.page.locator("#len")).to_contain_text(f"/ {limit}")
        self.presses(audience)

    def presses(self, audience: str) -> None:
        self.page.get_by_role("button", name=f"Reply {audience.lower()}").click()

    def sees_sent(self, text: str) -> None:
        ours = self.timeline.locator(".m.us").filter(has_text=text)
        expect(ours).to_contain_text("Sent")

    def answers(self, customer: str, audience: str, text: str, *, limit: str = "") -> None:
        self.takes_up(customer)
        self.says(audience, text, limit=limit)
        self.sees_sent(text)

    def notes(self, text: str) -> None:
        self.writes("Note", text)
        self.page.get_by_role("button", name="Add note").click()
        expect(self.page.locator(".aside.note")).to_contain_text(text)

    def resolves(self, how: str = "") -> None:
        """As what the button proposes, or as ``how`` from the menu beside it."""
        if how:
            self.page.get_by_label("Resolve as").click()
            self.page.locator("#m-resolve").get_by_role("button", name=how).click()
        else:
            self.page.get_by_role("button", name="Resolve E").click()
        expect(self.page.locator("#head")).to_contain_text(f"Resolved: {how.lower()}")

    def hands_to(self, name: str, why: str) -> None:
        self.page.get_by_label("Hand to somebody else").click()
        self.page.get_by_label("Why").fill(why)
        self.page.locator("#m-assign").get_by_role("button", name=name).click()
        expect(self.page.locator("#told")).to_contain_text(f"gave it to {name}")

    def takes(self, customer: str) -> None:
        """Opens it in the team's queue and makes it theirs."""
        self.takes_up(customer, "Help desk")
        self.page.get_by_role("button", name="Assign to me").click()
        expect(self.page.locator("#context")).to_contain_text("Yours")


def at_work(browser: Browser, address: str, name: str) -> Colleague:
    who = signed_in(browser, address, name, patience=PATIENCE)
    colleague = Colleague(who.page, who.address, who.complaints)

    def heard(answer: Response) -> None:
        if answer.status >= 400:
            colleague.refused.append((answer.status, urlsplit(answer.url).path))

    who.page.on("response", heard)
    return colleague


@contextmanager
def pictures(pages: Mapping[str, Page], folder: Path) -> Iterator[None]:
    """What everybody saw when something went wrong."""
    try:
        yield
    except BaseException:
        for name, page in pages.items():
            page.screenshot(path=folder / f"{name}.png")
        raise
