"""A day of a whole desk: customers write on two networks, five people work, and the figures are counted twice."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from connectors.sandbox.harness import Sandbox
from tests.browser.day import dashboard
from tests.browser.day.dashboard import Dashboard
from tests.browser.day.desk import Desk, connected, running_desk, staffed
from tests.browser.day.people import PATIENCE, Colleague, Customers, at_work, pictures
from tests.independent import figures

pytestmark = pytest.mark.browser
NAMES = ("alice", "mei", "erin", "bob", "dana")


@pytest.fixture
def desk(network: Sandbox, transactional_db: Any, tmp_path: Path) -> Iterator[Desk]:
    staffed()
    connected(network)
    with running_desk(network, tmp_path) as desk:
        yield desk


class Day:
    """What happens, in the order in which it happens."""

    def __init__(self, desk: Desk, browser: Browser) -> None:
        self.desk = desk
        self.customers = Customers(desk.network, browser.new_page())
        self.people = {name: at_work(browser, desk.address, name) for name in NAMES}
        self.alice, self.mei, self.erin, self.bob, self.dana = self.people.values()

    def holds(self, customer: str) -> Colleague:
        """Whom the router has given the customer's conversation to."""
        name = self.desk.until(lambda: self.desk.holder(customer), f"somebody to be given {customer}")
        return self.people[name]

    def opens(self, who: Colleague, customer: str) -> None:
        """From their own work, or from the team's where a colleague has it."""
        if self.holds(customer) is who:
            who.takes_up(customer)
        else:
            who.takes(customer)

    # The morning ---------------------------------------------------------------------------------------------------

    def the_first_customers_write(self) -> None:
        self.customers.type("Carol", "@norrline my invoice of March is wrong, again", on="x")
        self.root = self.customers.posts("Dora", "@norrline the line is dead since Monday")
        self.holds("Carol")
        self.holds("Dora")

    def the_lead_makes_a_rule(self) -> None:
        """Seen in the preview before it decides anything."""
        page = self.bob.page
        self.bob.goes_to("Settings")
        page.get_by_role("link", name="Rules", exact=True).click()
        page.get_by_role("link", name="Add a rule").first.click()
        page.get_by_label("Name", exact=True).fill("Invoices")
        page.get_by_label("Any of these words").fill("invoice, charged twice")
        page.get_by_label("Team", exact=True).select_option("Billing experts")
        page.get_by_role("button", name="Preview").click()
        preview = page.get_by_role("region", name="Preview")
        expect(preview.get_by_role("link", name="Carol")).to_be_visible()
        expect(preview.get_by_role("link", name="Dora")).to_have_count(0)
        page.get_by_role("button", name="Save").click()
        expect(page.locator("#rules")).to_contain_text("Invoices")

    def customers_write_on_both_networks(self) -> None:
        customers = self.customers
        customers.posts("Dora", "@norrline and the box blinks red", below=self.root)
        customers.posts("Ben", "@dora @norrline same here in the next street", below=self.root)
        customers.posts("Frida", "@norrline you charged twice for one router")
        customers.posts("Hugo", "@norrline what does the second line on my bill mean?")
        customers.posts("Ida", "@norrline can my firm pay by quarter?")
        customers.posts("Jon", "@norrline what a friendly shop you have in Kallvik")
        customers.message("Kim", "my number ends in 605, please look", on="x")
        self.post = self.desk.network.page_posts([{"page": "norrline", "text": "Our new router is here."}])[0]
        customers.comments(self.post, "Lars", "where can I buy it?")
        customers.type("Mona", "mine does not start, whom do I tell?", on="facebook")
        customers.type("Nils", "nobody opened the shop this morning", on="facebook", below=False)
        customers.type("Olga", "is my address with you still right?", on="facebook", audience="In private")
        customers.visits("Petra", "cheap watches, click my profile")

    def routing_gives_them_out(self) -> None:
        assert self.holds("Frida") is self.erin
        rest = ("Carol", "Dora", "Ben", "Hugo", "Ida", "Jon", "Kim", "Lars", "Mona", "Nils", "Olga", "Petra")
        given = [self.holds(name) for name in rest]
        assert all(who in given for who in (self.alice, self.mei))
        assert all(who in (self.alice, self.mei) for who in given)
        self.erin.takes_up("Frida")
        expect(self.erin.page.locator("#context")).to_contain_text("Invoices")

    # The work ------------------------------------------------------------------------------------------------------

    def agents_answer_in_public_and_in_private(self) -> None:
        self.opens(self.alice, "Dora")
        expect(self.alice.timeline).to_contain_text("and the box blinks red")
        self.alice.says("Publicly", "We mend the mast, it is done by noon.", limit="280")
        self.opens(self.mei, "Kim")
        self.mei.says("Privately", "Thank you, it is your number.", limit="10,000")
        self.erin.says("Publicly", "You get the second payment back today.", limit="280")
        self.alice.sees_sent("We mend the mast")
        self.mei.sees_sent("Thank you, it is your number.")
        self.erin.sees_sent("You get the second payment back")
        self.alice.resolves("Answered")
        self.mei.notes("She called in May about the same number.")

    def a_comment_is_answered_in_private(self) -> None:
        who = self.holds("Mona")
        who.takes_up("Mona")
        who.says("Publicly", "Let us look at it together.", limit="8,000")
        who.sees_sent("Let us look at it together.")
        self.customers.comments(self.post, "Mona", "it is the white one")
        expect(who.timeline).to_contain_text("it is the white one")
        who.says("Privately", "Which number stands on its back?", limit="2,000")
        who.sees_sent("Which number stands on its back?")
        self.customers.type("Mona", "it says NR 77", on="facebook", audience="In private")
        expect(who.timeline).to_contain_text("it says NR 77")
        who.says("Privately", "A new one is on its way.")
        who.sees_sent("A new one is on its way.")

    def two_are_handed_to_the_expert(self) -> None:
        for customer, why in (("Hugo", "the second line of the bill"), ("Ida", "a firm, quarterly")):
            giver = self.holds(customer)
            giver.takes_up(customer)
            giver.hands_to("Erin", why)
            if customer == "Hugo":
                self.handed_on = giver
        self.erin.takes_up("Hugo")
        expect(self.erin.page.locator("#handed")).to_contain_text("the second line of the bill")
        self.erin.page.locator("#m-back summary").click()
        self.erin.page.locator("#m-back").get_by_label("Why").fill("that is the rent of the box, see the price list")
        self.erin.page.locator("#m-back").get_by_role("button", name="Give back").click()
        expect(self.erin.page.locator("#told")).to_contain_text("You gave it back")
        self.erin.takes_up("Ida")
        self.erin.page.locator("#handed").get_by_role("button", name="Accept").click()
        expect(self.erin.timeline).to_contain_text("Erin accepted it.")
        self.erin.says("Publicly", "Yes, from the next quarter on.")
        self.erin.sees_sent("Yes, from the next quarter on.")
        self.erin.resolves("Answered")
        self.handed_on.takes_up("Hugo")
        expect(self.handed_on.timeline).to_contain_text("see the price list")
        self.handed_on.says("Publicly", "It is the rent of the box.")
        self.handed_on.sees_sent("It is the rent of the box.")

    def some_need_no_answer(self) -> None:
        for customer, how in (("Jon", "No action needed"), ("Nils", "No action needed"), ("Petra", "Spam")):
            who = self.holds(customer)
            who.takes_up(customer)
            who.resolves(how)

    def a_colleague_is_faster(self) -> None:
        who = self.holds("Lars")
        who.takes_up("Lars")
        who.writes("Publicly", "In our shop in Kallvik.")
        self.bob.goes_to("Inbox")
        self.bob.takes_up("Lars", "Help desk")
        expect(self.bob.page.locator("#viewers")).to_contain_text(re.compile("(Alice|Mei) is"))
        self.bob.says("Publicly", "In every shop of ours, Lars.")
        self.bob.sees_sent("In every shop of ours, Lars.")
        expect(who.timeline).to_contain_text("In every shop of ours, Lars.")
        who.presses("Publicly")
        dialog = who.page.get_by_role("dialog", name="Not sent yet")
        expect(dialog).to_contain_text("In every shop of ours, Lars.")
        dialog.get_by_role("button", name="Back to the text").click()
        expect(who.page.get_by_label("Your text")).to_have_value("In our shop in Kallvik.")

    def a_customer_writes_again(self) -> None:
        self.customers.posts("Dora", "@norrline it is dead again", below=self.root)
        who = self.holds("Dora")
        who.takes_up("Dora")
        expect(who.timeline).to_contain_text("Reopened.")
        who.says("Publicly", "We are sorry, we send somebody.")
        who.sees_sent("We are sorry, we send somebody.")

    def the_page_s_token_expires(self) -> None:
        """Nobody has to look for it, nothing is lost meanwhile, and a new token is enough."""
        who, dana = self.holds("Lars"), self.dana
        dana.goes_to("Connections")
        self.customers.comments(self.post, "Lars", "is it there in white, too?")
        who.takes_up("Lars")
        expect(who.timeline).to_contain_text("in white, too?")
        self.desk.network.expire_page_token("norrline")
        expect(dana.page.locator("#ill")).to_contain_text("1 needs you")
        card = dana.page.locator("#cards article").filter(has_text="Norrline on Facebook")
        expect(card).to_contain_text("Needs a new authorisation")
        expect(who.page.locator("#account-state")).to_contain_text("Replies wait")
        self.customers.comments(self.post, "Rosa", "will there be a smaller one?")
        who.writes("Publicly", "In white and in grey.")
        who.presses("Publicly")
        ours = who.timeline.locator(".m.us").filter(has_text="In white and in grey.")
        expect(ours).to_contain_text("Waiting to be sent")
        card.get_by_role("link", name="Authorise again").click()
        dana.page.get_by_label("Page access token").fill(self.desk.network.renew_page_token("norrline"))
        dana.page.get_by_role("button", name="Try and store").click()
        expect(dana.page.locator("#health")).to_contain_text("Healthy")
        who.sees_sent("In white and in grey.")
        expect(who.page.locator("#account-state")).to_be_empty()
        expect(dana.page.locator("#ill")).to_be_empty()
        assert self.holds("Rosa") in (self.alice, self.mei)

    def one_goes_away_and_gives_back(self) -> None:
        """What Mei has returns to the queue, and Alice is given it."""
        self.customers.message("Kim", "and is the street right?", on="x")
        self.mei.takes_up("Kim")
        expect(self.mei.timeline).to_contain_text("and is the street right?")
        self.mei.page.get_by_role("switch", name="Available for new work").click()
        self.mei.page.get_by_role("button", name="Give back to the team").click()
        expect(self.mei.page.get_by_role("switch", name="Available for new work")).not_to_be_checked()
        self.desk.until(lambda: self.desk.holder("Kim") == "alice", "Kim to be given to Alice")
        self.alice.takes_up("Kim")
        self.alice.says("Privately", "It is, I have looked.")
        self.alice.sees_sent("It is, I have looked.")

    # The evening ---------------------------------------------------------------------------------------------------

    def everybody_looks_up(self) -> None:
        """Nobody has a conversation open any more, so nothing of what is measured goes on."""
        for who in (self.alice, self.mei, self.erin):
            who.goes_to("My figures")
            expect(who.page.get_by_role("heading", level=1, name="My figures")).to_be_visible()
        self.bob.open("/held/")
        self.dana.open("/connections/")

    def nothing_was_lost_and_nothing_twice(self) -> None:
        desk = self.desk
        desk.until(lambda: desk.number(UNSETTLED) == 0, "every reply to be settled")
        came = desk.rows("SELECT text FROM inbox_message WHERE direction = 'in'")
        assert Counter(text for (text,) in came) == Counter(self.customers.wrote)
        left = Counter((entry["text"], entry["kind"] in ("tweet", "comment")) for entry in desk.network.ledger())
        rows = desk.rows("SELECT state, payload->>'text', kind = 'reply', external_id FROM inbox_outboxitem")
        assert {state for state, *_ in rows} == {"sent"}
        assert Counter(external for *_, external in rows) == Counter(str(one["id"]) for one in desk.network.ledger())
        assert {(re.sub(r"^(@\w+ )+", "", text), public) for text, public in left} == {row[1:3] for row in rows}
        assert sum(left.values()) == len(rows)

    def nobody_was_refused_but_what_is_no_longer_theirs(self) -> None:
        """A page that still shows what its reader handed on reads itself again, and is told so. Nothing else failed."""
        for name, who in self.people.items():
            handed_on = {row[0] for row in self.desk.rows(HANDED_ON, name)}
            for status, path in who.refused:
                page = re.fullmatch(r"/inbox/[\w-]+/(\d+)/", path)
                assert page is not None, (name, status, path)
                assert (status, int(page[1]) in handed_on) == (404, True), (name, status, path)
            assert who.complaints == [REFUSED] * len(who.refused), name

    def the_figures_are_right(self, folder: Path) -> int:
        self.bob.goes_to("Dashboard")
        board = Dashboard(self.bob.page)
        wanted = figures.count(self.desk.database, self.desk.zone)
        ledger = self.desk.network.ledger()
        public = sum(entry["kind"] in ("tweet", "comment") for entry in ledger)
        assert (wanted.total["publicly"], wanted.total["privately"]) == (public, len(ledger) - public)
        assert wanted.total["arrivals"] == len(self.customers.wrote)
        # The collector has read it all once the page, which keeps itself fresh, says so.
        said = [""]

        def equal() -> bool:
            said[:] = dashboard.differences(board, wanted)
            return not said

        self.desk.until(equal, "the page to say what was counted", told=said)
        assert dashboard.csv_differences(board, wanted, folder) == []
        return dashboard.opens_to_its_rows(board, wanted)

    def an_agent_sees_their_own(self) -> None:
        wanted = figures.count(self.desk.database, self.desk.zone).workers["Alice"]
        page = self.alice.page
        self.alice.goes_to("My figures")
        assert Dashboard(page).ledger() == dashboard.ledger(wanted, None)
        bob = self.desk.rows("SELECT id FROM auth_user WHERE username = 'bob'")[0][0]
        page.locator("#figures .fig").filter(has_text="Handled interactions").locator(".v a").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("interaction")
        own = page.locator("tbody tr").count()
        assert own == wanted["handled"]
        self.alice.open(f"/metrics/rows/?agent={bob}")
        assert page.locator("tbody tr").count() == own
        for who in (self.alice, self.erin):
            for path in ("/metrics/", "/metrics/arrivals/", "/metrics/waiting/", "/metrics/csv/agents/"):
                answer = who.page.goto(who.address + path)
                assert answer is not None
                assert answer.status in (403, 404), path


# What a browser says of a refused request, beside the address that its answer names.
REFUSED = "Failed to load resource: the server responded with a status of 404 (Not Found)"
HANDED_ON = """
SELECT a.conversation_id FROM routing_assignment a JOIN auth_user u ON u.id = a.agent_id
WHERE u.username = %s AND a.ended_at IS NOT NULL
"""
UNSETTLED = "SELECT count(*) FROM inbox_outboxitem WHERE state IN ('held', 'queued', 'sending', 'unknown')"


@pytest.fixture
def day(desk: Desk, browser: Browser) -> Iterator[Day]:
    expect.set_options(timeout=PATIENCE)
    yield Day(desk, browser)
    expect.set_options(timeout=None)
    for context in browser.contexts:
        context.close()


def test_a_day(day: Day, tmp_path: Path) -> None:
    pages = {name: who.page for name, who in day.people.items()}
    with pictures({**pages, "customers": day.customers.page}, tmp_path):
        for phase in (
            day.the_first_customers_write,
            day.the_lead_makes_a_rule,
            day.customers_write_on_both_networks,
            day.routing_gives_them_out,
            day.agents_answer_in_public_and_in_private,
            day.a_comment_is_answered_in_private,
            day.two_are_handed_to_the_expert,
            day.some_need_no_answer,
            day.a_colleague_is_faster,
            day.a_customer_writes_again,
            day.the_page_s_token_expires,
            day.one_goes_away_and_gives_back,
            day.everybody_looks_up,
            day.nothing_was_lost_and_nothing_twice,
        ):
            began = time.monotonic()
            phase()
            print(f"{phase.__name__}: {time.monotonic() - began:.1f} s", flush=True)
        print("figures clicked:", day.the_figures_are_right(tmp_path), flush=True)
        day.nobody_was_refused_but_what_is_no_longer_theirs()
        day.an_agent_sees_their_own()
