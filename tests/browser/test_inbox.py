"""An agent's work, clicked through."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from inbox.models import Conversation, Note, OutboxItem
from inbox.services import conversations
from routing.models import QueueEntry
from routing.services import handing
from tests.browser.conftest import Desk, Person

pytestmark = pytest.mark.browser
SignIn = Callable[..., Person]


def test_an_agent_reads_the_queue_and_opens_a_conversation(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead since Monday")
    desk.writes("dora", "And mine since Tuesday")
    alice = sign_in("alice")
    expect(alice.page.get_by_role("heading", level=1, name="My work 2")).to_be_visible()
    alice.page.locator(f"#q-{carol.pk}").click()
    expect(alice.page).to_have_url(f"{alice.address}/inbox/mine/{carol.pk}/")
    expect(alice.page.locator("#timeline")).to_contain_text("The line is dead since Monday")
    expect(alice.page.locator("#context")).to_contain_text("the help desk takes it")
    assert alice.complaints == []


def test_a_public_reply_can_be_undone_until_it_leaves(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.writes("Publicly", "We look at it now.")
    expect(alice.page.locator("#len")).to_contain_text("/ 280")
    alice.page.get_by_role("button", name="Reply publicly").click()
    expect(alice.page.locator("#undo")).to_contain_text("public reply to Carol")
    alice.page.locator("#undo").get_by_role("button", name="Undo").click()
    expect(alice.page.locator("#timeline")).to_contain_text("Cancelled")
    desk.send()
    assert OutboxItem.objects.get().state == "cancelled"
    assert alice.complaints == []


def test_a_public_reply_leaves_once_and_says_so(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.writes("Publicly", "It works again.")
    alice.page.get_by_role("button", name="Reply publicly").dblclick()
    alice.page.locator("#timeline").get_by_role("button", name="Send now").click()
    expect(alice.page.locator("#timeline")).to_contain_text("Waiting to be sent")
    desk.send()
    expect(alice.page.locator("#timeline .us")).to_contain_text("Sent")
    expect(alice.page.get_by_label("Your text")).to_have_value("")
    assert OutboxItem.objects.get().state == "sent"
    assert [entry["text"] for entry in desk.network.ledger() if "It works again." in str(entry.get("text"))]
    assert alice.complaints == []


def test_a_private_reply_stands_in_the_box(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "My number ends in 605", privately=True)
    alice = sign_in("alice")
    alice.opens(carol)
    expect(alice.page.get_by_label("Publicly")).to_have_count(0)
    alice.writes("Privately", "Thank you, that is enough.")
    alice.page.get_by_label("Your text").press("Control+Enter")
    expect(alice.page.locator(".seg-dir .us")).to_contain_text("Thank you, that is enough.")
    assert OutboxItem.objects.get().kind == "direct"
    assert alice.complaints == []


def test_a_note_is_for_staff_only(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.writes("Note", "She phoned twice about this.")
    alice.page.get_by_role("button", name="Add note").click()
    expect(alice.page.locator(".aside.note")).to_contain_text("She phoned twice about this.")
    assert Note.objects.get().author == desk.people.alice
    assert not OutboxItem.objects.exists()


def test_assign_to_me_and_resolve(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    bob = sign_in("bob")
    bob.opens(carol, queue=f"team-{desk.people.help_desk.pk}")
    bob.page.get_by_role("button", name="Assign to me").click()
    expect(bob.page.locator("#context")).to_contain_text("Yours")
    assert QueueEntry.objects.get().assignee == desk.people.bob
    bob.page.locator("#resolve").get_by_role("button", name="Resolve").click()
    expect(bob.page.locator("#head")).to_contain_text("Resolved")
    expect(bob.page.locator("#head").get_by_role("button", name="Reopen")).to_be_visible()
    assert Conversation.objects.get().status == "resolved"
    assert bob.complaints == []


def test_what_another_transaction_does_arrives_by_itself(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.page.get_by_label("Your text").fill("A reply that I am still writing")
    conversations.add_note(conversation_id=carol.pk, author=desk.people.bob, text="I know her.")
    expect(alice.page.locator("#timeline")).to_contain_text("I know her.")
    desk.writes("dora", "Mine too")
    expect(alice.page.locator("#queues [aria-current] .n")).to_have_text("2")
    expect(alice.page.get_by_label("Your text")).to_have_value("A reply that I am still writing")
    assert alice.complaints == []


def test_the_list_does_not_move_under_the_pointer(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.page.locator(f"#q-{carol.pk}").hover()
    desk.writes("dora", "Mine too")
    expect(alice.page.locator("#fresh")).to_contain_text("1 new")
    expect(alice.page.locator("#rows .q")).to_have_count(1)
    alice.page.locator("#fresh button").click()
    expect(alice.page.locator("#rows .q")).to_have_count(2)


def test_a_new_message_meanwhile_is_shown_before_anything_is_sent(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.writes("Publicly", "Please restart the box.")
    root = carol.messages.get().external_id
    desk.network.post("carol", "@norrline it works again, thanks", in_reply_to=root)
    desk.read()
    alice.page.get_by_role("button", name="Reply publicly").click()
    expect(alice.page.get_by_text("The customer wrote again while you were writing.")).to_be_visible()
    expect(alice.page.get_by_label("Your text")).to_have_value("Please restart the box.")
    assert not OutboxItem.objects.exists()
    alice.page.get_by_role("button", name="Send anyway").click()
    expect(alice.page.locator("#undo")).to_contain_text("public reply")
    assert OutboxItem.objects.count() == 1


def test_a_refused_reply_keeps_its_text_and_says_why(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.writes("Publicly", "long " * 100)
    expect(alice.page.locator("#len")).to_have_class("len over")
    alice.page.get_by_label("Your text").press("Control+Enter")
    expect(alice.page.get_by_role("dialog")).to_contain_text("280")
    alice.page.keyboard.press("Escape")
    expect(alice.page.get_by_label("Your text")).to_be_focused()
    expect(alice.page.locator("#guard")).to_contain_text("280")
    expect(alice.page.get_by_label("Your text")).to_have_value("long " * 100)
    assert not OutboxItem.objects.exists()


def test_a_draft_survives_leaving_the_conversation(desk: Desk, sign_in: SignIn) -> None:
    carol, dora = desk.writes("carol", "The line is dead"), desk.writes("dora", "Mine too")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.page.get_by_label("Your text").fill("Half a sen")
    alice.page.locator(f"#q-{dora.pk}").click()
    expect(alice.page.get_by_role("heading", level=1, name="Dora")).to_be_visible()
    expect(alice.page.get_by_label("Your text")).to_have_value("")
    alice.page.locator(f"#q-{carol.pk}").click()
    expect(alice.page.get_by_label("Your text")).to_have_value("Half a sen")


def test_the_keyboard_does_the_work(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    dora = desk.writes("dora", "Mine too")
    alice = sign_in("alice")
    alice.page.wait_for_selector("#live span:text-is('Live')")
    alice.page.keyboard.press("j")
    expect(alice.page).to_have_url(f"{alice.address}/inbox/mine/{carol.pk}/")
    alice.page.keyboard.press("j")
    expect(alice.page).to_have_url(f"{alice.address}/inbox/mine/{dora.pk}/")
    expect(alice.page.get_by_role("heading", level=1, name="Dora")).to_be_visible()
    alice.page.keyboard.press("n")
    expect(alice.page.get_by_label("Your text")).to_be_focused()
    alice.page.keyboard.type("jk")
    expect(alice.page).to_have_url(f"{alice.address}/inbox/mine/{dora.pk}/")
    alice.page.keyboard.press("Control+Enter")
    expect(alice.page.locator(".aside.note")).to_contain_text("jk")
    alice.page.keyboard.press("Escape")
    alice.page.keyboard.press("e")
    expect(alice.page.locator("#head")).to_contain_text("Resolved")
    alice.page.keyboard.press("?")
    expect(alice.page.locator("#all-keys")).to_be_visible()


def test_without_scripts_an_agent_reads_and_replies(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice", java_script_enabled=False)
    alice.open("/inbox/mine/")
    alice.page.locator(f"#q-{carol.pk}").click()
    alice.page.locator("#text").fill("We look at it now.")
    alice.page.get_by_role("button", name="Reply publicly").click()
    assert "We look at it now." in alice.page.locator("#timeline").inner_text()
    assert OutboxItem.objects.get().state == "held"


def test_a_colleague_who_took_it_first_is_named(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    handing.assign(conversation_id=carol.pk, actor=desk.people.bob, team_id=desk.people.help_desk.pk)
    alice = sign_in("alice")
    alice.open(f"/inbox/team-{desk.people.help_desk.pk}/{carol.pk}/")
    alice.page.route("**/events*", lambda route: route.abort())  # she has not heard of it yet
    alice.page.reload()
    handing.assign(conversation_id=carol.pk, actor=desk.people.bob, agent_id=desk.people.bob.pk)
    alice.page.get_by_role("button", name="Assign to me").click()
    expect(alice.page.locator("#told")).to_contain_text("took it first")
    alice.complaints.clear()  # the stream that was cut


def test_a_conversation_that_went_elsewhere_says_that_it_grows_old(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "I was charged twice")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.writes("Publicly", "One moment")
    handing.assign(conversation_id=carol.pk, actor=desk.people.bob, team_id=desk.people.billing.pk)
    expect(alice.page.locator("#news")).to_contain_text("no longer yours to see")
    expect(alice.page.locator("#live")).to_contain_text("no longer yours")
    assert alice.page.get_by_role("textbox").first.input_value() == "One moment"
    alice.complaints = [said for said in alice.complaints if "404" not in said]  # the refusal that it tells of
