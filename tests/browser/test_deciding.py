"""What a person decides before or after something leaves: approval, correction, moderation, pause, trouble."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from connectors.sandbox.harness import Sandbox
from inbox.models import Conversation, OutboxHold, OutboxItem
from inbox.services import locks, outbox, pauses, replies
from routing.models import AgentProfile
from tests import factories
from tests.browser.conftest import Desk, Person, signed_in
from tests.networks import connect_page

pytestmark = pytest.mark.browser
SignIn = Callable[..., Person]
EMAIL = "carol.lind@example.org"


def said(desk: Desk) -> list[str]:
    return [line["text"] for line in desk.network.ledger() if line["kind"] in ("tweet", "comment") and line["text"]]


def compose(desk: Desk, talk: Conversation, text: str, **options: Any) -> OutboxItem:
    options = {"visibility": "public", "author": desk.people.alice, "client_key": text[:64], **options}
    return replies.compose(
        conversation_id=talk.pk, text=text, seen_message_id=talk.last_incoming_id, undo_seconds=0, **options
    )


def leaves(desk: Desk, times: int = 2) -> None:
    """The undo time is over, and what is due goes."""
    OutboxHold.objects.filter(kind="undo", released_at=None).update(release_at=timezone.now())
    for _ in range(times):
        desk.send()


def clean(person: Person) -> None:
    found = Axe().run(person.page).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found] == []
    assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def picture(person: Person, name: str) -> None:
    """For people who want to look: LOOK_AT=folder."""
    if folder := os.environ.get("LOOK_AT"):
        person.page.screenshot(path=Path(folder) / f"{name}.png")


def test_a_lead_edits_and_sends_returns_and_lets_pass(desk: Desk, sign_in: SignIn) -> None:
    AgentProfile.objects.filter(user=desk.people.alice).update(needs_approval=True)
    carol, dora, emma = (desk.writes(name, f"{name}'s line is dead") for name in ("carol", "dora", "emma"))
    alice, bob = sign_in("alice"), sign_in("bob", bypass_csp=True)
    bob.open("/held/")
    expect(bob.page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    alice.opens(carol)
    alice.writes("Publicly", "We loook at it now.")
    alice.page.get_by_role("button", name="Reply publicly").click()
    expect(alice.page.locator("#timeline")).to_contain_text("waits for approval")
    compose(desk, dora, "You should have read the letter.")
    compose(desk, emma, f"We write to {EMAIL}", ask=True)
    expect(bob.page.locator("#held-count")).to_contain_text("3")
    expect(bob.page.locator(".case")).to_have_count(3)
    clean(bob)
    picture(bob, "held")
    first = bob.page.locator(".case").filter(has=bob.page.get_by_role("heading", name="To Carol"))
    first.get_by_text("Edit and send").click()
    first.get_by_label("What everyone reads").fill("We look at it now.")
    first.get_by_role("button", name="Save and send").click()
    expect(bob.page.locator("#told")).to_contain_text("Changed and approved")
    second = bob.page.locator(".case").filter(has=bob.page.get_by_role("heading", name="To Dora"))
    second.get_by_text("Return with a comment").click()
    second.get_by_label("What should be different").fill("Kinder, please")
    second.get_by_role("button", name="Return it").click()
    third = bob.page.locator(".case").filter(has=bob.page.get_by_role("heading", name="To Emma"))
    expect(third.locator("mark")).to_have_text(EMAIL)
    third.get_by_text("Let it pass", exact=True).click()
    third.get_by_label("Why everybody may read this").fill("Her shop's own address")
    third.get_by_role("button", name="Let it pass and send").click()
    expect(bob.page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    leaves(desk)
    assert sorted(said(desk)[-2:]) == ["We look at it now.", f"We write to {EMAIL}"]
    alice.opens(dora)
    expect(alice.page.locator("#timeline")).to_contain_text("Returned by Bob: Kinder, please")
    assert alice.complaints == bob.complaints == []


def test_nobody_finds_a_way_to_approve_their_own(desk: Desk, sign_in: SignIn) -> None:
    AgentProfile.objects.filter(user=desk.people.bob).update(needs_approval=True)
    factories.person("mia", desk.people.help_desk, role="lead")
    compose(desk, desk.writes("carol", "The line is dead"), "We look at it.", author=desk.people.bob)
    bob = sign_in("bob", viewport={"width": 390, "height": 844}, color_scheme="dark", bypass_csp=True)
    bob.open("/held/")
    expect(bob.page.get_by_role("button", name="Approve and send")).to_have_attribute("aria-disabled", "true")
    expect(bob.page.get_by_text("You wrote this: Mia may approve it.")).to_be_visible()
    clean(bob)
    picture(bob, "held-own-390-dark")


def test_the_keyboard_walks_through_what_waits(desk: Desk, sign_in: SignIn) -> None:
    AgentProfile.objects.filter(user=desk.people.alice).update(needs_approval=True)
    compose(desk, desk.writes("carol", "The line is dead"), "We look at it.")
    bob = sign_in("bob")
    bob.page.wait_for_selector("#live span:text-is('Live')")
    bob.page.keyboard.press("g")
    bob.page.keyboard.press("h")
    bob.page.wait_for_url("**/held/")
    bob.page.keyboard.press("j")
    expect(bob.page.locator(".case")).to_be_focused()
    bob.page.keyboard.press("Tab")
    bob.page.keyboard.press("Tab")
    expect(bob.page.get_by_role("button", name="Approve and send")).to_be_focused()
    bob.page.keyboard.press("Enter")
    expect(bob.page.locator("#told")).to_contain_text("Approved")
    leaves(desk)
    assert said(desk)[-1] == "We look at it."


def test_a_reply_is_corrected_in_its_place(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "Where is my parcel?")
    item = compose(desk, carol, "It leaves on Monday.")
    leaves(desk)
    item.refresh_from_db()
    alice = sign_in("alice", bypass_csp=True)
    alice.opens(carol)
    ours = alice.page.locator(".m.us", has_text="It leaves on Monday.")
    ours.get_by_text("Correct", exact=True).click()
    ours.get_by_label("What everyone should read instead").fill("It leaves on Tuesday.")
    picture(alice, "correct")
    clean(alice)
    ours.get_by_role("button", name="Delete and say this instead").click()
    expect(alice.page.locator("#timeline")).to_contain_text("Deleting…")
    leaves(desk, 3)
    expect(alice.page.locator("#timeline")).to_contain_text("Deleted by Alice")
    expect(alice.page.locator(".m.us.sent:not(.gone)")).to_contain_text("It leaves on Tuesday.")
    assert desk.network.done_to("x", item.external_id)["deleted"]
    assert said(desk)[-1] == "It leaves on Tuesday."
    picture(alice, "corrected")
    assert alice.complaints == []


@pytest.fixture
def page_desk(network: Sandbox, transactional_db: Any) -> Iterator[Desk]:
    connection = connect_page(network)
    yield Desk(network, connection, factories.desk(password=factories.PASSWORD))
    locks.forget()


def test_a_comment_is_hidden_on_facebook_and_shown_again(page_desk: Desk, address: str, browser: Any) -> None:
    post = page_desk.network.page_posts([{"page": "norrline", "text": "Our new router is here."}])[0]
    comment = page_desk.network.comments([{"post": post, "handle": "carol", "text": "You are all thieves"}])[0]
    for _ in range(2):
        page_desk.read()
    carol = Conversation.objects.get(identity__name="carol")
    alice = signed_in(browser, address, "alice", bypass_csp=True)
    alice.opens(carol)
    theirs = alice.page.locator(".m.in")
    theirs.get_by_label("What can be done with this post").click()
    picture(alice, "menu")
    clean(alice)
    theirs.get_by_role("button", name="Hide").click()
    expect(theirs).to_contain_text("Hiding…")
    leaves(page_desk)
    expect(theirs).to_contain_text("Hidden by Alice")
    assert page_desk.network.done_to("facebook", comment)["hidden"]
    theirs.get_by_label("What can be done with this post").click()
    theirs.get_by_role("button", name="Show again").click()
    expect(theirs).to_contain_text("Showing it again…")
    leaves(page_desk)
    expect(theirs).to_contain_text("Shown again by Alice")
    assert not page_desk.network.done_to("facebook", comment)["hidden"]
    assert alice.complaints == []
    alice.page.context.close()


def test_a_pause_is_told_to_everybody_and_what_waits_leaves_afterwards(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice, bob = sign_in("alice", bypass_csp=True), sign_in("bob", bypass_csp=True)
    alice.opens(carol)
    bob.open("/connections/")
    bob.page.get_by_text("Pause sending").click()
    bob.page.get_by_label("Why").fill("An outage at X")
    bob.page.get_by_role("button", name="Pause all sending").click()
    expect(bob.page.locator("#band")).to_contain_text("Sending is paused, by Bob since")
    expect(alice.page.locator("#band")).to_contain_text("An outage at X")
    expect(alice.page.locator("#account-state")).to_contain_text("Replies are taken as ever")
    expect(alice.page.locator("#band").get_by_role("button")).to_have_count(0)
    alice.writes("Publicly", "We look at it now.")
    alice.page.get_by_role("button", name="Reply publicly").click()
    expect(alice.page.locator("#timeline")).to_contain_text("We look at it now.")
    leaves(desk)
    assert OutboxItem.objects.get().state == "queued"
    clean(alice)
    picture(alice, "paused")
    clean(bob)
    bob.page.set_viewport_size({"width": 390, "height": 844})
    clean(bob)
    picture(bob, "paused-390")
    bob.page.get_by_role("button", name="Resume").click()
    expect(alice.page.locator("#band")).not_to_contain_text("paused")
    leaves(desk)
    assert said(desk)[-1] == "We look at it now."
    assert pauses.running() == []
    assert alice.complaints == bob.complaints == []


def test_trouble_reaches_its_author_and_a_lead_who_takes_care(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    item = compose(desk, carol, "We look at it now.")
    outbox.release_due()
    alice, bob = sign_in("alice", bypass_csp=True), sign_in("bob", bypass_csp=True)
    alice.open("/inbox/mine/")
    bob.open("/trouble/")
    desk.network.delete(carol.messages.get().external_id)
    desk.send()
    item.refresh_from_db()
    assert item.state == "rejected"
    expect(alice.page.locator("#band")).to_contain_text("Your reply to Carol was not sent")
    expect(alice.page.locator("#unsent")).to_contain_text("Not sent")
    expect(bob.page.locator("#trouble-count")).to_contain_text("1")
    clean(alice)
    picture(alice, "unsent")
    bob.page.get_by_role("button", name="Take care of it").click()
    expect(bob.page.locator("#troubles")).to_contain_text("Bob takes care")
    clean(bob)
    picture(bob, "trouble")
    expect(alice.page.locator("#band")).not_to_contain_text("was not sent")
    bob.page.get_by_role("button", name="Leave it").click()
    expect(bob.page.locator("#troubles")).to_contain_text("Nothing is in doubt")
    assert alice.complaints == bob.complaints == []
