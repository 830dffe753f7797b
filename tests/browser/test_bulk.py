"""Many at once, by mouse and by keyboard, and a post with all that is under it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from inbox.models import Conversation
from inbox.services import macros, tags
from routing.tasks import bulk_task
from tests import factories
from tests.browser.conftest import Desk, Person
from tests.browser.test_looks import _axe

pytestmark = pytest.mark.browser
SignIn = Callable[..., Person]


def _waiting(desk: Desk, number: int) -> list[Conversation]:
    return [desk.writes(f"guest{n}", f"The line is dead, {n}") for n in range(number)]


def test_rows_are_chosen_resolved_and_taken_back(desk: Desk, sign_in: SignIn) -> None:
    rows = _waiting(desk, 4)
    alice = sign_in("alice")
    page = alice.page
    alice.open("/inbox/")
    page.wait_for_selector("#live:has-text('Live')")
    page.locator(f"#q-{rows[0].pk}").hover()
    page.get_by_label("Choose Guest0").click()
    page.get_by_label("Choose Guest2").click(modifiers=["Shift"])
    expect(page.locator("#picked")).to_have_text("3 chosen")
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator("#bulk-strip")).to_contain_text("Resolving 0 of 3")
    desk.network.post("guest1", "@norrline and now?", in_reply_to=rows[1].root)
    desk.read()
    bulk_task()
    expect(page.locator("#bulk-strip")).to_contain_text("2 resolved, 1 changed meanwhile")
    page.get_by_role("link", name="Show", exact=True).click()
    expect(page.locator(".outcomes > li").first).to_contain_text("The customer wrote again meanwhile.")
    page.get_by_role("button", name="Take back").click()
    bulk_task()
    expect(page.locator("#bulk-job")).to_contain_text("1 changed meanwhile, 2 taken back")
    assert set(Conversation.objects.values_list("status", flat=True)) == {"open"}
    assert alice.complaints == []


def test_the_keyboard_chooses_and_resolves(desk: Desk, sign_in: SignIn) -> None:
    _waiting(desk, 3)
    alice = sign_in("alice")
    page = alice.page
    alice.open("/inbox/")
    page.wait_for_selector("#live:has-text('Live')")
    page.locator("#rows .q").first.focus()
    page.keyboard.press("x")
    expect(page.locator("#picked")).to_have_text("1 chosen")
    page.keyboard.press("Escape")
    expect(page.locator("#bulk")).to_be_hidden()
    page.keyboard.press("x")
    page.locator("#rows .q").nth(1).focus()
    page.keyboard.press("x")
    expect(page.locator("#picked")).to_have_text("2 chosen")
    page.keyboard.press("e")
    expect(page.locator("#bulk-strip")).to_contain_text("Resolving 0 of 2")
    bulk_task()
    expect(page.locator("#bulk-strip")).to_contain_text("2 resolved")
    expect(page.locator("#rows .q")).to_have_count(1)
    page.get_by_role("button", name="Put this away").click()
    expect(page.locator("#bulk-strip")).to_be_empty()
    assert alice.complaints == []


def test_what_is_chosen_stays_so_while_the_list_changes(desk: Desk, sign_in: SignIn) -> None:
    rows = _waiting(desk, 2)
    alice = sign_in("alice")
    page = alice.page
    alice.open("/inbox/")
    page.wait_for_selector("#live:has-text('Live')")
    page.locator(f"#q-{rows[1].pk}").hover()
    page.get_by_label("Choose Guest1").click()
    desk.writes("late", "Me too")
    page.locator("#fresh button").click()
    expect(page.locator("#rows .q")).to_have_count(3)
    expect(page.get_by_label("Choose Guest1")).to_be_checked()
    expect(page.locator("#picked")).to_have_text("1 chosen")


def test_the_menu_offers_tags_and_macros_and_enter_in_a_field_does_nothing(desk: Desk, sign_in: SignIn) -> None:
    rows = _waiting(desk, 2)
    tags.create(name="Outage", colour="red")
    macros.save(name="Restart", text="Please restart the box, {customer}.")
    alice = sign_in("alice")
    page = alice.page
    alice.open("/inbox/")
    page.locator(f"#q-{rows[0].pk}").hover()
    page.get_by_label("Choose Guest0").click()
    page.get_by_label("All 2 that match").check()
    page.locator("#m-bulk summary").click()
    page.get_by_label("Why").fill("Not ours")
    page.keyboard.press("Enter")
    expect(page.locator("#bulk")).to_be_visible()
    page.get_by_label("Tag", exact=True).select_option("Outage")
    page.get_by_role("button", name="Tag", exact=True).click()
    bulk_task()
    expect(page.locator("#bulk-strip")).to_contain_text("2 tagged")
    expect(page.locator("#rows .tag")).to_have_count(2)
    assert alice.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_new_pages_keep_what_every_page_keeps(desk: Desk, sign_in: SignIn, scheme: str) -> None:
    _waiting(desk, 1)
    people = desk.people
    for n in range(12):
        factories.arrives(people, factories.post(f"When? {n}", by=f"reader{n}", root="norrline-1"))
    desk.read()
    alice = sign_in("alice", color_scheme=scheme, viewport={"width": 1440, "height": 900}, bypass_csp=True)
    post = f"/posts/{people.connection.pk}/?post=norrline-1"
    found = {}
    for path, width in (
        ("/inbox/", 1440),
        (post, 1440),
        (post, 390),
        ("/bulk/choices/", 1440),
        ("/bulk/choices/", 390),
    ):
        alice.page.set_viewport_size({"width": width, "height": 900})
        alice.open(path)
        if path != "/bulk/choices/":
            alice.page.locator("#rows .pick").first.check(force=True)
        if wrong := _axe(alice):
            found[f"{path} {width}"] = wrong
        assert alice.page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert found == {}
    assert alice.complaints == []
