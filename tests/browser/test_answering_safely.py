"""One case after another through everything that keeps private things private: guard, override, pair, closed
messages, approval, correction and pause. In the end the network holds no planted secret in public."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from inbox.guard import Kind
from inbox.models import Conversation, Event, OutboxHold, OutboxItem
from routing.models import AgentProfile
from tests.browser.conftest import Desk, Person
from tests.planted import SECRETS

pytestmark = pytest.mark.browser
SignIn = Callable[..., Person]
HERS = "shop@carols-lamps.example"  # her own shop's address, which she has published


def leaves(desk: Desk) -> None:
    """The undo time is over, and what is due goes, one after the other."""
    OutboxHold.objects.filter(kind="undo", released_at=None).update(release_at=timezone.now())
    for _ in range(3):
        desk.send()


def said(desk: Desk, *kinds: str) -> list[str]:
    return [line["text"] for line in desk.network.ledger() if line["kind"] in kinds]


def test_a_day_of_dangerous_answers(desk: Desk, sign_in: SignIn) -> None:
    carol, dora = desk.writes("carol", "My bill is wrong"), desk.writes("dora", "So is mine")
    desk.network.user("dora", accepts_dm=False)
    alice, bob = sign_in("alice"), sign_in("bob")
    _guard_and_pair(desk, alice, carol)
    _closed_messages(desk, alice, dora)
    _override(desk, bob, carol)
    _approval(desk, alice, bob, carol)
    _correction(desk, alice, carol)
    _pause(desk, alice, bob, carol)
    public = said(desk, "tweet")
    assert not [core for _, core in SECRETS.values() if core in str(public)]
    assert alice.complaints == bob.complaints == []


def _guard_and_pair(desk: Desk, alice: Person, carol: Conversation) -> None:
    """A card number does not leave in public, however she insists; in one step it goes privately."""
    text, card = SECRETS[Kind.CARD]
    alice.opens(carol)
    alice.writes("Publicly", text)
    expect(alice.page.locator(".mirror mark.hold")).to_contain_text(card)
    alice.page.get_by_label("Your text").press("Control+Enter")
    dialog = alice.page.get_by_role("dialog", name="Not sent yet")
    expect(dialog.get_by_role("button", name="Let it pass")).to_have_count(0)
    dialog.get_by_role("button", name="Send privately instead").click()
    expect(alice.page.get_by_label("The public line")).to_have_value("We have sent you a private message, Carol.")
    alice.page.get_by_role("button", name="Reply privately").click()
    expect(alice.page.locator("#undo")).to_contain_text("private reply to Carol")
    leaves(desk)
    assert said(desk, "dm") == [text]
    assert said(desk, "tweet") == ["We have sent you a private message, Carol."]
    desk.network.dm("carol", "Thank you, I have it.")
    desk.read()
    expect(alice.page.locator("#timeline")).to_contain_text("Thank you, I have it.")


def _closed_messages(desk: Desk, alice: Person, dora: Conversation) -> None:
    """Dora takes no private messages: nothing is lost, and in public stands only the invitation."""
    text, _ = SECRETS[Kind.IBAN]
    alice.opens(dora)
    alice.writes("Publicly", text)
    alice.page.locator("#guard").get_by_role("button", name="Send privately instead").click()
    alice.page.get_by_role("button", name="Reply privately").click()
    expect(alice.page.locator("#undo")).to_contain_text("private reply to Dora")
    leaves(desk)
    assert said(desk, "dm") == [SECRETS[Kind.CARD][0]]
    assert said(desk, "tweet")[-1].startswith("Please write to us privately here: https://x.com/messages/")
    expect(alice.page.locator("#timeline")).to_contain_text("Please write to us privately here")


def _override(desk: Desk, bob: Person, carol: Conversation) -> None:
    bob.opens(carol, queue=f"team-{desk.people.help_desk.pk}")
    bob.writes("Publicly", f"You reach her lamps at {HERS}")
    bob.page.get_by_label("Your text").press("Control+Enter")
    dialog = bob.page.get_by_role("dialog", name="Not sent yet")
    dialog.get_by_label("Why everybody may read this").fill("Her own shop's address, from her profile")
    dialog.get_by_label("Why everybody may read this").press("Enter")
    expect(bob.page.locator("#undo")).to_contain_text("public reply")
    leaves(desk)
    assert said(desk, "tweet")[-1] == f"You reach her lamps at {HERS}"
    assert Event.objects.get(kind="guard.overridden").actor_id == desk.people.bob.pk


def _approval(desk: Desk, alice: Person, bob: Person, carol: Conversation) -> None:
    AgentProfile.objects.filter(user=desk.people.alice).update(needs_approval=True)
    alice.opens(carol)
    alice.writes("Publicly", "It was our mistake, Carol.")
    alice.page.get_by_role("button", name="Reply publicly").click()
    expect(alice.page.locator("#timeline")).to_contain_text("waits for approval")
    leaves(desk)
    assert "It was our mistake, Carol." not in said(desk, "tweet")
    bob.open("/held/")
    bob.page.get_by_role("button", name="Approve and send").click()
    expect(bob.page.locator("#told")).to_contain_text("Approved")
    leaves(desk)
    assert said(desk, "tweet")[-1] == "It was our mistake, Carol."
    AgentProfile.objects.filter(user=desk.people.alice).update(needs_approval=False)


def _correction(desk: Desk, alice: Person, carol: Conversation) -> None:
    """What it says instead is looked at as well: a leak deletes nothing."""
    alice.opens(carol)
    ours = alice.page.locator(".m.us", has_text="It was our mistake, Carol.")
    ours.get_by_text("Correct", exact=True).click()
    ours.get_by_label("What everyone should read instead").fill(SECRETS[Kind.PHONE][0])
    ours.get_by_role("button", name="Delete and say this instead").click()
    expect(ours).to_contain_text("phone number")
    assert not OutboxItem.objects.filter(kind="delete").exists()
    ours.get_by_label("What everyone should read instead").fill("The bank made a mistake, Carol.")
    ours.get_by_role("button", name="Delete and say this instead").click()
    expect(alice.page.locator("#timeline")).to_contain_text("Deleting…")
    leaves(desk)
    assert said(desk, "tweet")[-1] == "The bank made a mistake, Carol."


def _pause(desk: Desk, alice: Person, bob: Person, carol: Conversation) -> None:
    bob.open("/connections/")
    bob.page.get_by_text("Pause sending").click()
    bob.page.get_by_role("button", name="Pause all sending").click()
    expect(alice.page.locator("#band")).to_contain_text("Sending is paused")
    alice.opens(carol)
    alice.writes("Publicly", "You get your money back, Carol.")
    alice.page.get_by_role("button", name="Reply publicly").click()
    expect(alice.page.locator("#timeline")).to_contain_text("You get your money back, Carol.")
    leaves(desk)
    assert "You get your money back, Carol." not in said(desk, "tweet")
    bob.page.get_by_role("button", name="Resume").click()
    expect(alice.page.locator("#band")).not_to_contain_text("paused")
    leaves(desk)
    assert said(desk, "tweet")[-1] == "You get your money back, Carol."
