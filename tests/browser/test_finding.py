"""Finding by keyboard: the palette from everywhere, the page, and what is opened from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from inbox.services import findable
from tests.browser.conftest import Desk, Person
from tests.browser.test_looks import TAGS

pytestmark = pytest.mark.browser
SignIn = Callable[..., Person]


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.writes("carol", "The zither is broken since Monday")
    desk.writes("dora", "My zither stands in Elm Street 7", privately=True)
    while findable.collect():
        pass
    return desk


def test_words_are_found_and_opened_by_keyboard_alone(desk: Desk, sign_in: SignIn) -> None:
    alice = sign_in("alice")
    keyboard = alice.page.keyboard
    alice.open("/inbox/")
    alice.page.wait_for_selector("#live span:text-is('Live')")
    keyboard.press("/")
    expect(alice.page.get_by_role("combobox")).to_be_focused()
    keyboard.type("elm str")
    expect(alice.page.get_by_role("option", name="Search for “elm str”")).to_have_attribute("aria-selected", "true")
    keyboard.press("Enter")
    expect(alice.page).to_have_url(f"{alice.address}/search/?q=elm+str")
    expect(alice.page.locator("#found mark")).to_have_text(["Elm", "Street"])
    keyboard.press("j")
    expect(alice.page.locator("#rows .hit")).to_be_focused()
    keyboard.press("Enter")
    expect(alice.page.locator("#timeline")).to_contain_text("Elm Street 7")
    alice.page.go_back()
    expect(alice.page.locator("#found mark")).to_have_text(["Elm", "Street"])
    assert alice.complaints == []


def test_what_was_found_far_back_is_on_screen_and_back_leads_to_the_search(desk: Desk, sign_in: SignIn) -> None:
    desk.writes("gus", "The balalaika has no strings", privately=True)
    for number in range(80):
        desk.network.dm("gus", f"Is anybody there, number {number}", to="norrline")
    desk.read()
    while findable.collect():
        pass
    alice = sign_in("alice")
    alice.open("/search/?q=balalaika")
    alice.page.keyboard.press("j")
    alice.page.keyboard.press("Enter")
    sought = alice.page.locator("[data-sought]")
    expect(sought).to_contain_text("The balalaika has no strings")
    expect(sought).to_be_in_viewport()
    expect(sought).to_be_focused()
    alice.page.go_back()
    expect(alice.page.locator("#found mark")).to_have_text("balalaika")
    assert alice.complaints == []


def test_the_palette_jumps_to_people_queues_and_what_can_be_done(desk: Desk, sign_in: SignIn) -> None:
    alice = sign_in("alice")
    keyboard = alice.page.keyboard
    alice.open("/inbox/")
    keyboard.press("Control+k")
    keyboard.type("dor")
    expect(alice.page.get_by_role("option", name="Dora @dora")).to_contain_text("private")
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(alice.page.locator("#timeline")).to_contain_text("Elm Street 7")
    keyboard.press("Control+k")
    keyboard.type("resolv")
    keyboard.press("Enter")
    expect(alice.page.locator("#head")).to_contain_text("Resolved")
    keyboard.press("Control+k")
    keyboard.type("waiting")
    keyboard.press("Enter")
    expect(alice.page).to_have_url(f"{alice.address}/inbox/waiting/")
    keyboard.press("/")
    keyboard.press("Escape")
    expect(alice.page.locator("#palette")).to_be_hidden()
    assert alice.complaints == []


def test_filters_keep_the_address_and_a_search_is_kept(desk: Desk, sign_in: SignIn) -> None:
    alice = sign_in("alice")
    alice.open("/search/?q=zither")
    expect(alice.page.locator("#rows .hit")).to_have_count(2)
    alice.page.get_by_label("Audience").select_option("direct")
    expect(alice.page.locator("#rows .hit")).to_have_count(1)
    expect(alice.page).to_have_url(f"{alice.address}/search/?q=zither&visibility=direct")
    alice.page.get_by_text("Save this search").click()
    alice.page.get_by_label("Name, for your sidebar").fill("Private zithers")
    alice.page.get_by_role("button", name="Save").click()
    kept = alice.page.locator("#saved").get_by_role("link", name="Private zithers")
    expect(kept).to_have_attribute("aria-current", "true")
    alice.open("/search/?q=nothing")
    expect(alice.page.get_by_text("Nothing found that you may see")).to_be_visible()
    kept.click()
    expect(alice.page.locator("#rows .hit")).to_have_count(1)
    assert alice.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_overflows(desk: Desk, sign_in: SignIn, scheme: str) -> None:
    alice = sign_in("alice", color_scheme=scheme, viewport={"width": 1440, "height": 900}, bypass_csp=True)
    for path in ("/search/", "/search/?q=zither", "/search/?q=nothing", "/search/?q=%25"):
        alice.open(path)
        for width in (1440, 390, 320):
            alice.page.set_viewport_size({"width": width, "height": 900})
            assert _violations(alice) == [], (path, width)
            assert alice.page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
    alice.page.keyboard.press("/")
    expect(alice.page.locator("#palette-list [role=option]").first).to_be_visible()
    assert _violations(alice) == []


def _violations(person: Person) -> list[str]:
    found = Axe().run(person.page, options={"runOnly": {"type": "tag", "values": TAGS}})
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found.response["violations"]]
