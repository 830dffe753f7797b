"""Several people at once: who looks, who writes, who answered first, who is mentioned, and what is told."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from inbox.models import Conversation, Mention
from inbox.services import conversations
from routing.models import AgentProfile, Notification
from routing.services import notices
from tests.browser.conftest import Desk, Person

pytestmark = pytest.mark.browser
SignIn = Callable[..., Person]
SOON = 2000  # milliseconds in which others must see that somebody looks or types
# Counts what the browser was asked to show, over all tabs. The page's own code stays as it is.
COUNTING = """
const real = window.Notification;
window.Notification = class extends real {
  constructor(title, options) {
    super(title, options);
    localStorage.setItem(`shown:${crypto.randomUUID()}`, JSON.stringify([title, options.body, options.tag]));
  }
};
"""
SHOWN = (
    "Object.keys(localStorage).filter((key) => key.startsWith('shown:')).map((key) => JSON.parse(localStorage[key]))"
)


def take_in() -> None:
    while notices.collect():
        continue


def queue(desk: Desk) -> str:
    return f"team-{desk.people.help_desk.pk}"


def eyes(who: Person, conversation: Conversation) -> Page:
    return who.page.locator(f"#q-{conversation.pk} [data-eyes]")


def test_who_looks_and_who_types_is_seen_at_once(desk: Desk, sign_in: SignIn) -> None:
    carol, dora = desk.writes("carol", "It is broken"), desk.writes("dora", "Mine too")
    alice, bob = sign_in("alice"), sign_in("bob")
    alice.opens(dora, queue(desk))
    expect(eyes(alice, carol)).to_be_hidden()
    bob.opens(carol, queue(desk))
    expect(eyes(alice, carol)).to_have_attribute("title", "Bob is looking", timeout=SOON)
    expect(eyes(bob, dora)).to_have_attribute("title", "Alice is looking")  # told as the page opened
    expect(eyes(bob, carol)).to_be_hidden()  # oneself is no news
    bob.page.get_by_label("Your text").press_sequentially("Hel")
    expect(eyes(alice, carol)).to_have_attribute("title", "Bob is writing", timeout=SOON)
    alice.page.locator(f"#q-{carol.pk}").click()
    expect(alice.page.locator("#viewers")).to_have_text("Bob is writing", timeout=SOON)
    expect(bob.page.locator("#viewers")).to_have_text("Alice is looking", timeout=SOON)
    expect(eyes(bob, dora)).to_be_hidden(timeout=SOON)
    bob.open("/me/")
    expect(alice.page.locator("#viewers")).to_be_hidden(timeout=SOON)
    expect(eyes(alice, carol)).to_be_hidden()
    assert alice.complaints == bob.complaints == []


def test_somebody_answered_first(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "It is broken")
    alice, bob = sign_in("alice"), sign_in("bob")
    alice.opens(carol, queue(desk))
    alice.writes("Publicly", "We are looking into it.")
    bob.opens(carol, queue(desk))
    bob.writes("Publicly", "It works again <b>now</b>.")
    bob.page.get_by_role("button", name="Reply publicly").click()
    news = alice.page.locator("#news")
    expect(news).to_contain_text(re.compile(r"Bob replied publicly \d+ s ago"), timeout=SOON)
    expect(news.locator("blockquote")).to_have_text("It works again <b>now</b>.")
    expect(alice.page.get_by_label("Your text")).to_have_value("We are looking into it.")
    alice.page.get_by_role("button", name="Reply publicly").click()
    dialog = alice.page.get_by_role("dialog")
    expect(dialog).to_contain_text("It works again <b>now</b>.")
    dialog.get_by_role("button", name="Send anyway").click()
    expect(alice.page.locator("#timeline")).to_contain_text("We are looking into it.")
    assert alice.complaints == bob.complaints == []


def test_a_colleague_is_mentioned_by_keyboard_and_told(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "It is broken")
    AgentProfile.objects.filter(user=desk.people.bob).update(desktop="plain")
    alice, bob = sign_in("alice"), sign_in("bob")
    bob.open("/notifications/")
    expect(bob.page.locator("#notices")).to_contain_text("Nothing yet")
    alice.opens(carol)
    alice.writes("Note", "")
    text = alice.page.get_by_label("Your text")
    text.press_sequentially("Ask @b")
    expect(alice.page.get_by_role("option", name="Bob @bob")).to_have_attribute("aria-selected", "true")
    text.press("Enter")
    expect(text).to_have_value("Ask @bob ")
    expect(alice.page.locator("#colleagues")).to_be_hidden()
    text.press_sequentially("please, not @er")
    expect(alice.page.locator("#colleagues [role=status]")).to_contain_text("Nobody who may see this")
    text.press("Escape")
    text.press_sequentially("in")
    text.press("Control+Enter")
    refused = alice.page.get_by_role("dialog")
    expect(refused).to_contain_text("cannot be mentioned: @erin")
    refused.get_by_role("button", name="Back to the text").click()
    text.fill("Ask @bob please")
    text.press("Control+Enter")
    expect(alice.page.locator(".note .at")).to_have_text("@bob")
    assert [row.user_id for row in Mention.objects.all()] == [desk.people.bob.pk]
    take_in()
    bell = bob.page.locator("#bell")
    expect(bell).to_have_text("1 unread")
    expect(bob.page.locator("#notices")).to_contain_text("Alice mentioned you in a note")
    bob.page.get_by_role("link", name="Alice mentioned you in a note").click()
    expect(bob.page.locator(".note .at")).to_have_text("@bob")
    expect(bell).to_be_empty()  # it is before them: read
    assert Notification.objects.get(user=desk.people.bob, kind="mention").read_at is not None
    assert alice.complaints == bob.complaints == []


@pytest.mark.parametrize(("wanted", "body"), [("plain", ""), ("words", "@alice her dog is Rex")])
def test_on_the_desktop_once_however_many_tabs(desk: Desk, sign_in: SignIn, wanted: str, body: str) -> None:
    carol = desk.writes("carol", "It is broken")
    take_in()  # from before: no news
    AgentProfile.objects.filter(user=desk.people.alice).update(desktop=wanted)
    alice = sign_in("alice")
    context: BrowserContext = alice.page.context
    context.grant_permissions(["notifications"])
    context.add_init_script(COUNTING)
    other = context.new_page()
    for tab in (alice.page, other):
        tab.goto(f"{alice.address}/inbox/")
        tab.wait_for_selector("#live span:text-is('Live')")
    conversations.add_note(conversation_id=carol.pk, author=desk.people.bob, text="@alice her dog is Rex")
    take_in()
    until = time.monotonic() + 10
    while not alice.page.evaluate(SHOWN) and time.monotonic() < until:
        alice.page.wait_for_timeout(100)
    expect(other.locator("#bell")).to_have_text("2 unread")
    time.sleep(1)  # a second one would come now
    (one,) = alice.page.evaluate(SHOWN)
    assert one[:2] == ["Bob mentioned you in a note", body]
    assert alice.complaints == []


def test_nothing_is_asked_of_the_browser_before_a_click(desk: Desk, sign_in: SignIn) -> None:
    alice = sign_in("alice")
    alice.page.add_init_script(
        "Notification.requestPermission = () => { window.asked = true; return Promise.resolve('denied'); }"
    )
    alice.open("/me/notifications/")
    allow = alice.page.get_by_role("button", name="Let this browser show them")
    status = alice.page.locator("#desktop-ask [role=status]")
    if alice.page.evaluate("Notification.permission") == "default":
        assert alice.page.evaluate("window.asked") is None
        allow.click()
        assert alice.page.evaluate("window.asked") is True
    else:
        expect(status).to_contain_text("This browser blocks them")
    assert alice.complaints == []


def test_many_are_folded_and_read_one_by_one(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "It is broken")
    for n in range(5):
        conversations.add_note(conversation_id=carol.pk, author=desk.people.bob, text=f"@alice note {n}")
    take_in()
    alice = sign_in("alice", viewport={"width": 390, "height": 844})
    alice.open("/notifications/")
    rows = alice.page.locator(".notice-l")
    expect(rows).to_have_count(6)
    alice.page.get_by_text("3 more").click()
    alice.page.get_by_role("button", name="Mark as read").first.click()
    expect(alice.page.locator(".notices")).to_contain_text("6, 5 unread")
    alice.page.get_by_role("button", name="Mark all on this page as read").click()
    expect(alice.page.get_by_role("button", name="Mark as read")).to_have_count(0)
    alice.page.get_by_role("link", name="Unread", exact=True).click()
    expect(alice.page.locator("#notices")).to_contain_text("You have read everything.")
    assert alice.complaints == []
