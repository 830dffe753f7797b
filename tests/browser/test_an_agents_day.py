"""A day of one agent on the running desk: she triages by keyboard, collides, sorts, finds, and loses the connection."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Request, expect

from connectors.sandbox.harness import Sandbox
from routing.models import AgentProfile
from tests.browser.day.desk import Desk, connected, running_desk, staffed
from tests.browser.day.people import PATIENCE, Customers, at_work, pictures

pytestmark = pytest.mark.browser
ROOM = 40  # all work goes to alice
MORNING = ("Carol", "Dora", "Ben", "Frida", "Gus", "Hugo", "Ida", "Jon", "Nils")
# What a browser says of everything that it asks for while it has no connection.
CUT = "net::ERR_INTERNET_DISCONNECTED"
OPEN = """
SELECT c.id FROM inbox_conversation c JOIN routing_assignment a ON a.conversation_id = c.id AND a.ended_at IS NULL
JOIN auth_user u ON u.id = a.agent_id WHERE u.username = 'alice' AND c.status = 'open' ORDER BY c.id
"""


@pytest.fixture
def desk(network: Sandbox, transactional_db: Any, tmp_path: Path) -> Iterator[Desk]:
    staffed()
    AgentProfile.objects.filter(user__username="alice").update(capacity=ROOM)
    AgentProfile.objects.filter(user__username="mei").update(availability="busy")
    connected(network)
    with running_desk(network, tmp_path) as desk:
        yield desk


class Day:
    """What happens, in the order in which it happens."""

    def __init__(self, desk: Desk, browser: Browser) -> None:
        self.desk = desk
        self.customers = Customers(desk.network, browser.new_page())
        self.alice, self.mei = (at_work(browser, desk.address, name) for name in ("alice", "mei"))
        self.page = self.alice.page
        self.hosts: set[str] = set()
        for who in (self.alice, self.mei):
            who.page.context.on("request", self.asked)

    def asked(self, request: Request) -> None:
        if not request.url.startswith("data:"):
            self.hosts.add(urlsplit(request.url).netloc)

    # By keyboard ---------------------------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def is_open(self, customer: str) -> None:
        expect(self.page.get_by_role("heading", level=1, name=customer, exact=True)).to_be_visible()

    def walks_to(self, customer: str, queue: str = "") -> None:
        """J from the top of the queue until it is open."""
        if queue:
            self.alice.goes_to(queue)
        else:
            with self.page.expect_navigation(wait_until="domcontentloaded"):
                self.press("g", "i")
        expect(self.alice.row(customer)).to_be_visible()
        for _ in range(self.page.locator("#rows .q").count()):
            self.press("j")
            row = self.page.locator("#rows .q:focus")
            name = row.locator(".who").inner_text()
            self.is_open(name)
            if name == customer:
                return
        raise AssertionError(f"J never came to {customer}")

    def posts_arrive_live(self) -> None:
        """Nobody reloads anything."""
        self.alice.goes_to("Inbox")
        self.is_live()
        self.page.evaluate("window.here = true")
        for name in MORNING:
            self.customers.posts(name, f"@norrline the line is dead at {name}'s")
        self.customers.message("Kim", "my number ends in 605, please look", on="x")
        self.post = self.desk.network.page_posts([{"page": "norrline", "text": "Our new router is here."}])[0]
        self.customers.comments(self.post, "Lars", "where can I buy it?")
        for name in (*MORNING, "Kim", "Lars"):
            expect(self.alice.row(name)).to_be_visible()
        assert self.page.evaluate("window.here") is True

    def is_live(self) -> None:
        expect(self.page.locator("#live span")).to_have_text("Live")

    def work_is_triaged_by_keyboard(self) -> None:
        self.walks_to("Jon")
        self.press("k")
        expect(self.page.locator("#rows .q:focus .who")).not_to_have_text("Jon")
        self.press("j", "e")
        expect(self.page.locator("#head")).to_contain_text("Resolved: no action needed")
        self.walks_to("Nils")
        self.press("s")
        expect(self.page.get_by_role("button", name="In 1 hour", exact=True)).to_be_focused()
        self.press("Enter")
        expect(self.page.locator("#head")).to_contain_text("Snoozed")
        self.walks_to("Ida")
        self.press("h")
        expect(self.page.locator("#m-assign").get_by_label("Why")).to_be_focused()
        self.page.keyboard.type("she asks for the terms of a firm")
        self.tabs_to(self.page.locator("#m-assign").get_by_role("button", name="Billing experts"))
        self.press("Enter")
        self.desk.until(lambda: self.desk.holder("Ida") == "erin", "the expert to be given it")

    def tabs_to(self, target: Locator) -> None:
        for _ in range(15):
            self.press("Tab")
            if target.evaluate("one => one === document.activeElement"):
                return
        raise AssertionError("Tab never came there")

    def a_colleagues_is_taken_by_keyboard(self) -> None:
        self.mei.takes("Hugo")
        self.desk.until(lambda: self.desk.holder("Hugo") == "mei", "Mei to have it")
        self.walks_to("Hugo", "Help desk")
        self.press("a")
        expect(self.page.locator("#context")).to_contain_text("Yours")
        assert self.desk.holder("Hugo") == "alice"

    def one_is_answered_by_keyboard(self) -> None:
        self.walks_to("Carol")
        self.press("r")
        self.page.keyboard.type("We mend the mast, it is done by noon.")
        self.press("Control+Enter")
        self.alice.sees_sent("We mend the mast")
        self.press("Escape", "e")
        expect(self.page.locator("#head")).to_contain_text("Resolved: answered")

    # With others ---------------------------------------------------------------------------------------------------

    def a_colleague_is_faster(self) -> None:
        self.alice.takes_up("Dora")
        self.alice.writes("Publicly", "Somebody comes today, Dora.")
        self.mei.takes_up("Dora", "Help desk")
        expect(self.mei.page.locator("#viewers")).to_contain_text("Alice is")
        self.mei.says("Publicly", "It works again, Dora.")
        expect(self.page.locator("#news")).to_contain_text("Mei replied publicly")
        self.mei.sees_sent("It works again, Dora.")
        self.alice.presses("Publicly")
        dialog = self.page.get_by_role("dialog", name="Not sent yet")
        expect(dialog).to_contain_text("It works again, Dora.")
        dialog.get_by_role("button", name="Send anyway").click()
        self.alice.sees_sent("Somebody comes today, Dora.")

    def two_identities_are_merged_and_separated(self) -> None:
        self.customers.comments(self.post, "Carol", "and the router, is it white?")
        self.desk.until(lambda: self.desk.number(PEOPLE, "Carol") == 2, "Carol on the other network")
        self.alice.goes_to("Inbox")
        self.alice.row("Carol").click()
        self.is_open("Carol")
        self.page.get_by_role("link", name="Who is this?").click()
        self.page.get_by_label("Find somebody by how their handle or name begins").fill("Carol")
        self.page.get_by_role("button", name="Find").click()
        self.page.get_by_role("link", name=re.compile("^Compare")).first.click()
        self.page.get_by_role("button", name="Merge them").click()
        expect(self.page.get_by_text("Every conversation is still answered where it is")).to_be_visible()
        assert self.desk.number(PERSONS, "Carol") == 1
        self.page.get_by_role("button", name="Undo").click()
        expect(self.page.get_by_text("they are two people again")).to_be_visible()
        assert self.desk.number(PERSONS, "Carol") == 2

    def a_case_is_split(self) -> None:
        self.customers.message("Kim", "something else: can I have the small tariff?", on="x")
        self.alice.takes_up("Kim")
        wrong = self.alice.timeline.locator(".m.in").filter(has_text="the small tariff")
        expect(wrong).to_be_visible()
        wrong.locator("details.acts > summary").click()
        self.page.get_by_role("link", name="Split off from here").click()
        self.page.get_by_role("button", name="Split it off").click()
        expect(self.alice.timeline).to_contain_text("split 1 message off into a conversation of their own")
        expect(wrong).to_have_count(0)
        self.page.get_by_role("link", name="Show it").click()
        expect(self.alice.timeline).to_contain_text("the small tariff")
        expect(self.alice.timeline).not_to_contain_text("my number ends in 605")
        self.desk.until(lambda: self.desk.number(CASES, "Kim") == 2, "both to be somebody's")

    def something_is_found_by_keyboard(self) -> None:
        def found() -> bool:
            self.page.goto(f"{self.desk.address}/search/?q=small+tariff")
            return self.page.locator("#rows .hit").count() > 0

        self.desk.until(found, "the words to be findable")
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            self.press("g", "i")
        self.press("/")
        expect(self.page.get_by_role("combobox", name="Search or jump")).to_be_focused()
        self.page.keyboard.type("small tariff")
        search = self.page.get_by_role("option", name="Search for “small tariff”")
        expect(search).to_have_attribute("aria-selected", "true")
        self.press("Enter")
        expect(self.page.locator("#found mark").first).to_be_visible()
        self.press("j", "Enter")
        expect(self.alice.timeline).to_contain_text("the small tariff")

    def many_are_resolved_at_once(self) -> None:
        self.alice.goes_to("Inbox")
        chosen = ("Ben", "Frida", "Gus")
        for name in chosen:
            self.alice.row(name).hover()
            self.page.get_by_label(f"Choose {name}").click()
        expect(self.page.locator("#picked")).to_have_text("3 chosen")
        self.page.mouse.move(720, 450)
        self.press("e")
        strip = self.page.locator("#bulk-strip")
        expect(strip).to_contain_text(re.compile("Resolving [0-3] of 3|3 resolved"))
        expect(strip).to_contain_text("3 resolved")
        for name in chosen:
            expect(self.alice.row(name)).to_have_count(0)

    # Without a connection ------------------------------------------------------------------------------------------

    def the_connection_is_lost_and_nothing_is_missed(self) -> None:
        self.alice.takes_up("Lars")
        self.is_live()
        self.alice.writes("Publicly", "In our shop in Kall")
        self.page.evaluate("window.here = true")
        self.page.context.set_offline(True)
        expect(self.page.locator("#keys.lost #live")).to_contain_text("Not live since")
        self.customers.comments(self.post, "Lars", "and is it there in white?")
        for name in ("Rosa", "Sven", "Tora"):
            self.customers.posts(name, f"@norrline nothing works at {name}'s")
        self.desk.until(lambda: self.desk.holder("Tora") == "alice", "work to arrive meanwhile")
        self.page.keyboard.type("vik, Lars.")
        self.page.context.set_offline(False)
        self.is_live()
        expect(self.alice.timeline).to_contain_text("and is it there in white?")
        for name in ("Rosa", "Sven", "Tora"):
            expect(self.alice.row(name)).to_be_visible()
        hers = [str(row[0]) for row in self.desk.rows(OPEN)]
        shown = self.page.locator("#rows .q").evaluate_all("rows => rows.map(row => row.dataset.id)")
        assert sorted(shown, key=int) == hers
        assert self.page.evaluate("window.here") is True
        expect(self.page.get_by_label("Your text")).to_have_value("In our shop in Kallvik, Lars.")
        self.alice.presses("Publicly")
        dialog = self.page.get_by_role("dialog", name="Not sent yet")
        expect(dialog).to_contain_text("and is it there in white?")
        dialog.get_by_role("button", name="Send anyway").click()
        self.alice.sees_sent("In our shop in Kallvik, Lars.")

    def everything_left_once_and_nobody_else_was_asked(self) -> None:
        desk = self.desk
        desk.until(lambda: desk.number(UNSETTLED) == 0, "every reply to be settled")
        texts = [re.sub(r"^(@\w+ )+", "", entry["text"]) for entry in desk.network.ledger()]
        assert sorted(texts) == sorted(row[0] for row in desk.rows("SELECT payload->>'text' FROM inbox_outboxitem"))
        assert len(texts) == len(set(texts)) == 4
        came = desk.rows("SELECT text FROM inbox_message WHERE direction = 'in'")
        assert sorted(text for (text,) in came) == sorted(self.customers.wrote)
        assert self.hosts == {urlsplit(desk.address).netloc}
        for who in (self.alice, self.mei):
            assert [said for said in who.complaints if CUT not in said] == []
            assert who.refused == []


PEOPLE = "SELECT count(*) FROM inbox_identity WHERE name = %s"
PERSONS = """
SELECT count(DISTINCT coalesce(c.person_id, c.id)) FROM inbox_identity i JOIN inbox_contact c ON c.id = i.contact_id
WHERE i.name = %s
"""
CASES = """
SELECT count(*) FROM inbox_conversation c JOIN inbox_identity i ON i.id = c.identity_id
JOIN routing_assignment a ON a.conversation_id = c.id AND a.ended_at IS NULL WHERE i.name = %s
"""
UNSETTLED = "SELECT count(*) FROM inbox_outboxitem WHERE state IN ('held', 'queued', 'sending', 'unknown')"


@pytest.fixture
def day(desk: Desk, browser: Browser) -> Iterator[Day]:
    expect.set_options(timeout=PATIENCE)
    yield Day(desk, browser)
    expect.set_options(timeout=None)
    for context in browser.contexts:
        context.close()


def test_an_agents_day(day: Day, tmp_path: Path) -> None:
    with pictures({"alice": day.page, "mei": day.mei.page}, tmp_path):
        for phase in (
            day.posts_arrive_live,
            day.work_is_triaged_by_keyboard,
            day.a_colleagues_is_taken_by_keyboard,
            day.one_is_answered_by_keyboard,
            day.a_colleague_is_faster,
            day.two_identities_are_merged_and_separated,
            day.a_case_is_split,
            day.something_is_found_by_keyboard,
            day.many_are_resolved_at_once,
            day.the_connection_is_lost_and_nothing_is_missed,
            day.everything_left_once_and_nobody_else_was_asked,
        ):
            began = time.monotonic()
            phase()
            print(f"{phase.__name__}: {time.monotonic() - began:.1f} s", flush=True)
