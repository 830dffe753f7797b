"""The composer, clicked through: what it marks, what stops a sending, what goes private, and that no word is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, expect

from inbox.models import Conversation, OutboxHold, OutboxItem, SavedDraft
from inbox.services import knowledge, macros, outbox
from tests.browser.conftest import Desk, Person
from tests.browser.test_looks import _axe as axe

pytestmark = pytest.mark.browser
SignIn = Callable[..., Person]
EMAIL = "carol.lind@example.org"


def editor(who: Person) -> Locator:
    return who.page.get_by_label("Your text")


def said(desk: Desk, kind: str) -> list[str]:
    return [line["text"] for line in desk.network.ledger() if line["kind"] == kind]


def kept(text: str) -> bool:
    return SavedDraft.objects.filter(text=text).exists()


def until(who: Person, true: Callable[[], bool]) -> None:
    for _ in range(80):
        if true():
            return
        who.page.wait_for_timeout(100)
    raise AssertionError("it did not come true")


def test_the_guard_marks_while_one_types_and_the_text_goes_private_in_one_step(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.writes("Publicly", f"Is {EMAIL} still yours?")
    expect(alice.page.locator(".mirror mark.hold")).to_have_text(EMAIL)
    expect(alice.page.locator("#guard")).to_contain_text("e-mail address")
    expect(alice.page.locator("[data-send].only-pub")).to_have_attribute("aria-disabled", "true")
    alice.page.locator("#guard").get_by_role("button", name="Send privately instead").click()
    expect(alice.page.get_by_label("Privately")).to_be_checked()
    expect(editor(alice)).to_have_value(f"Is {EMAIL} still yours?")
    expect(editor(alice)).to_be_focused()
    expect(alice.page.get_by_label("The public line")).to_have_value("We have sent you a private message, Carol.")
    expect(alice.page.get_by_label("Said in public instead")).to_have_value(re.compile("https://x.com/messages/"))
    expect(alice.page.locator(".mirror mark")).to_have_count(0)
    alice.page.keyboard.press("Control+Enter")
    expect(alice.page.locator("#undo")).to_contain_text("private reply to Carol")
    alice.page.locator("#undo").get_by_role("button", name="Send now").click()
    expect(alice.page.locator("#undo .undo")).to_have_count(0)
    desk.send()
    desk.send()
    assert said(desk, "dm")[-1] == f"Is {EMAIL} still yours?"
    assert said(desk, "tweet")[-1] == "We have sent you a private message, Carol."
    until(alice, lambda: not SavedDraft.objects.exists())
    assert alice.complaints == []


def test_everything_that_stops_it_comes_in_one_dialog(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    text = f"{'long ' * 60}{EMAIL}"
    alice.writes("Publicly", text)
    desk.network.post("carol", "@norrline are you there?", in_reply_to=carol.messages.get().external_id)
    desk.read()
    editor(alice).press("Control+Enter")
    dialog = alice.page.get_by_role("dialog", name="Not sent yet")
    expect(dialog).to_contain_text("280")
    expect(dialog).to_contain_text("@norrline are you there?")
    expect(dialog.locator("mark")).to_have_text(EMAIL)
    expect(dialog.get_by_role("button", name="Send privately instead")).to_be_focused()
    expect(dialog.get_by_role("button", name="Ask a lead")).to_have_count(0)  # it is too long all the same
    dialog.get_by_role("button", name="Take it out").click()
    expect(dialog).to_be_hidden()
    picked = "one => one.value.slice(one.selectionStart, one.selectionEnd)"
    assert editor(alice).evaluate(picked) == EMAIL
    expect(editor(alice)).to_have_value(text)
    alice.page.keyboard.type("nothing")
    expect(editor(alice)).to_have_value(f"{'long ' * 60}nothing")
    editor(alice).press("Control+Enter")
    expect(dialog).to_be_visible()  # what it said before stands in it while it is hidden
    expect(dialog).to_contain_text("280")
    alice.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    alice.page.keyboard.type("!")
    expect(editor(alice)).to_have_value(f"{'long ' * 60}nothing!")
    editor(alice).fill("We look at it now.")
    editor(alice).press("Control+Enter")
    expect(alice.page.locator("#undo")).to_contain_text("public reply")
    assert alice.complaints == []


def test_an_agent_asks_a_lead_and_a_lead_lets_it_pass_with_a_reason(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.writes("Publicly", f"Write to {EMAIL}")
    editor(alice).press("Control+Enter")
    dialog = alice.page.get_by_role("dialog", name="Not sent yet")
    expect(dialog.get_by_role("button", name="Let it pass")).to_have_count(0)
    dialog.get_by_role("button", name="Ask a lead").click()
    expect(alice.page.locator("#timeline")).to_contain_text("waits for a lead")
    assert OutboxHold.objects.filter(kind="guard", released_at=None).exists()
    bob = sign_in("bob")
    bob.opens(carol, queue=f"team-{desk.people.help_desk.pk}")
    bob.writes("Publicly", f"Do write to {EMAIL}")
    editor(bob).press("Control+Enter")
    dialog = bob.page.get_by_role("dialog", name="Not sent yet")
    dialog.get_by_label("Why everybody may read this").fill("It is on her own page")
    dialog.get_by_label("Why everybody may read this").press("Enter")
    expect(bob.page.locator("#timeline")).to_contain_text(f"Do write to {EMAIL}")
    assert OutboxHold.objects.filter(reason="It is on her own page").count() == 1
    assert alice.complaints == bob.complaints == []


def test_a_draft_is_found_again_on_another_machine(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.writes("Publicly", "Half a sen")
    until(alice, lambda: kept("Half a sen"))
    other = sign_in("alice")
    other.opens(carol)
    expect(editor(other)).to_have_value("Half a sen")
    other.page.get_by_text("Note", exact=True).click()  # the text goes along, and is no public draft any more
    until(other, lambda: list(SavedDraft.objects.values_list("audience", "text")) == [("note", "Half a sen")])
    other.page.get_by_role("button", name="Add note").click()
    expect(other.page.locator(".aside.note")).to_contain_text("Half a sen")
    expect(editor(other)).to_have_value("")
    other.page.reload()
    expect(editor(other)).to_have_value("")
    assert not SavedDraft.objects.exists()


def test_what_was_typed_a_moment_ago_is_saved_when_the_page_is_left(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    editor(alice).fill("Just now")
    alice.open("/me/")
    until(alice, lambda: kept("Just now"))


def test_an_article_is_written_found_put_in_and_sent(desk: Desk, sign_in: SignIn) -> None:
    knowledge.save(title="Angry router customers", text="Give them three months for free.", audience="staff")
    carol = desk.writes("carol", "The line is dead")
    bob = sign_in("bob")
    bob.open("/settings/knowledge/")
    bob.page.get_by_label("Title").fill("Router restart")
    bob.page.get_by_label("Text").fill("Hold the button for ten seconds.")
    bob.page.get_by_label("Who may read it").select_option("public")
    bob.page.get_by_role("button", name="Save").click()
    expect(bob.page.locator("#preview")).to_contain_text("Hold the button")
    alice = sign_in("alice")
    alice.opens(carol)
    editor(alice).click()
    alice.page.keyboard.type("/router")
    options = alice.page.locator("#macro-list [role=option]")
    expect(options).to_have_count(2)
    expect(options.nth(0)).to_have_attribute("aria-disabled", "true")
    alice.page.keyboard.press("Enter")  # to read only
    expect(editor(alice)).to_have_value("/router")
    alice.page.keyboard.press("ArrowDown")
    alice.page.keyboard.press("Enter")
    expect(editor(alice)).to_have_value("Hold the button for ten seconds.")
    alice.page.keyboard.press("Control+Enter")
    until(alice, lambda: OutboxItem.objects.filter(payload__text="Hold the button for ten seconds.").exists())


def test_a_macro_comes_by_a_slash(desk: Desk, sign_in: SignIn) -> None:
    macros.save(name="Restart", text="Hello {customer}, please restart the box. {agent}")
    macros.save(name="Case", text="Your case is {case}.")
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    editor(alice).click()
    alice.page.keyboard.type("and/or 1/2 /")
    options = alice.page.get_by_role("listbox", name="Macros").get_by_role("option")
    expect(options).to_have_count(2)
    alice.page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    alice.page.keyboard.type("case")
    expect(options).to_have_count(1)
    alice.page.keyboard.press("Escape")
    expect(alice.page.locator("#macros")).to_be_hidden()
    editor(alice).fill("")
    alice.page.keyboard.press("Escape")
    alice.page.locator("#timeline").focus()
    alice.page.keyboard.press("m")
    expect(editor(alice)).to_have_value("/")
    alice.page.keyboard.type("rest")
    expect(options).to_have_count(1)
    alice.page.keyboard.press("Enter")
    expect(editor(alice)).to_have_value("Hello Carol, please restart the box. Alice")
    alice.page.keyboard.type(" /ca")
    expect(options).to_have_count(1)
    options.first.click()
    expect(editor(alice)).to_have_value(re.compile(r"Alice Your case is {case}\.$"))
    expect(alice.page.locator("#guard")).to_contain_text("{case}")
    editor(alice).press("Control+Enter")
    expect(alice.page.get_by_role("dialog")).to_contain_text("{case} stands for something")
    assert alice.complaints == []


def test_a_scheduled_reply_is_seen_changed_and_sent_now(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.writes("Publicly", "Good mornig.")
    alice.page.get_by_label("Other ways to send").click()
    alice.page.get_by_label("Send later, at").fill(f"{timezone.now() + timedelta(days=1):%Y-%m-%d}T09:00")
    alice.page.get_by_role("button", name="Schedule").click()
    expect(alice.page.locator("#timeline")).to_contain_text("Scheduled: leaves")
    later = timezone.now() + timedelta(days=2)
    alice.page.locator("#timeline").get_by_text("Change time").click()
    alice.page.get_by_label("Leaves at").fill(f"{later:%Y-%m-%d}T10:30")
    assert axe(alice) == []
    alice.page.get_by_role("button", name="Save time").click()
    expect(alice.page.locator("#timeline")).to_contain_text(f"Scheduled: leaves {later.day} {later:%b}, 10:30")
    alice.page.locator("#timeline").get_by_text("Edit", exact=True).click()
    alice.page.get_by_label("What it says").fill("Good morning.")
    alice.page.get_by_role("button", name="Save").click()
    expect(alice.page.locator("#timeline")).to_contain_text("Good morning.")
    alice.page.locator("#timeline").get_by_role("button", name="Send now").click()
    expect(alice.page.locator("#timeline")).to_contain_text("Waiting to be sent")
    desk.send()
    assert said(desk, "tweet")[-1] == "Good morning."
    assert alice.complaints == []


def test_send_and_resolve(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.writes("Publicly", "It works again.")
    alice.page.get_by_label("Other ways to send").click()
    alice.page.get_by_role("button", name="Send and resolve").click()
    expect(alice.page.locator("#undo")).to_contain_text("public reply")
    outbox.send_now(item_id=OutboxItem.objects.get().pk, actor=desk.people.alice)
    desk.send()
    assert Conversation.objects.get().status == "resolved"
    expect(alice.page.locator("#head")).to_contain_text("Resolved", timeout=15_000)
    assert alice.complaints == []


def test_a_thread_is_counted_post_by_post(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.writes("Publicly", "First post.")
    alice.page.get_by_role("button", name="Add another post").click()
    expect(alice.page.get_by_label("The next post")).to_be_focused()
    alice.page.keyboard.type("long " * 60)
    expect(alice.page.locator("#posts .len")).to_have_class("len over")
    expect(alice.page.locator("#len")).to_have_class("len")
    alice.page.get_by_label("The next post").fill("Second post.")
    expect(alice.page.locator("#posts .len")).to_have_class("len")
    editor(alice).press("Control+Enter")
    expect(alice.page.locator("#timeline")).to_contain_text("Second post.")
    assert [item.payload["text"] for item in OutboxItem.objects.order_by("pk")] == ["First post.", "Second post."]
    alice.page.locator("#timeline").focus()
    alice.page.keyboard.press("z")
    expect(alice.page.locator("#undo .undo")).to_have_count(0)
    assert set(OutboxItem.objects.values_list("state", flat=True)) == {"cancelled"}


def test_without_scripts_the_reasons_stand_above_the_composer(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice", java_script_enabled=False)
    alice.open(f"/inbox/mine/{carol.pk}/")
    alice.page.locator("#text").fill(f"Is {EMAIL} yours?")
    alice.page.get_by_role("button", name="Reply publicly").click()
    expect(alice.page.locator("#reasons mark")).to_have_text(EMAIL)
    alice.page.get_by_role("button", name="Send privately instead").click()
    expect(alice.page.get_by_label("Privately")).to_be_checked()
    expect(alice.page.locator("#text")).to_have_value(f"Is {EMAIL} yours?")
    alice.page.get_by_role("button", name="Reply privately").click()
    expect(alice.page.locator("#timeline")).to_contain_text("We have sent you a private message, Carol.")
    assert OutboxItem.objects.count() == 2


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 1440), ("light", 390), ("light", 320)])
def test_every_state_of_the_composer_is_clean_and_fits(scheme: str, width: int, desk: Desk, sign_in: SignIn) -> None:
    macros.save(name="Restart", text="Hello {customer}, please restart the box.")
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice", color_scheme=scheme, viewport={"width": width, "height": 844}, bypass_csp=True)
    alice.open(f"/inbox/mine/{carol.pk}/")
    found = {}

    def look(state: str) -> None:
        found[state] = axe(alice)
        assert alice.page.evaluate("document.documentElement.scrollWidth") <= width, state

    alice.writes("Publicly", f"Is {EMAIL} still yours?")
    expect(alice.page.locator(".mirror mark.hold")).to_have_count(1)
    look("marked")
    editor(alice).press("Control+Enter")
    alice.page.get_by_role("dialog").wait_for()
    look("dialog")
    alice.page.get_by_role("dialog").get_by_role("button", name="Send privately instead").click()
    look("pair")
    alice.page.keyboard.type(" /")
    alice.page.get_by_role("option").wait_for()
    look("macros")
    alice.page.keyboard.press("Escape")
    editor(alice).press("Control+Enter")
    alice.page.locator("#timeline").get_by_text("Edit", exact=True).click()
    look("edit")
    assert {state: said for state, said in found.items() if said} == {}
