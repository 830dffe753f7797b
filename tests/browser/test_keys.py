"""The whole keyboard map, done without a pointer: each key, and what it did."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from inbox.models import Conversation, Note, OutboxItem
from inbox.services import macros
from routing.models import QueueEntry
from routing.services import handing
from tests.browser.conftest import Desk, Person

pytestmark = pytest.mark.browser
SignIn = Callable[..., Person]
FOCUSED = "document.activeElement?.id"


class Hands:
    """Somebody without a pointer: whatever they press is kept, to be compared with what the help lists."""

    def __init__(self, who: Person, desk: Desk) -> None:
        self.who, self.desk, self.page = who, desk, who.page
        self.pressed: set[str] = set()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.pressed |= {part.upper() if len(part) == 1 else part for part in key.split("+")}
            self.page.keyboard.press(key)

    def opened(self, conversation: Conversation) -> None:
        expect(self.page.locator(f"#conversation[data-conversation='{conversation.pk}']")).to_be_visible()

    @property
    def text(self) -> Locator:
        return self.page.get_by_label("Your text")

    def audience(self) -> str:
        return str(self.page.locator("#composer [name=audience]:checked").input_value())

    # ------------------------------------------------------------------------------------------------------------

    def the_list(self, first: Conversation, second: Conversation) -> None:
        """J, K, Enter, Esc."""
        self.press("j")
        self.opened(first)
        self.press("j")
        self.opened(second)
        self.press("k")
        self.opened(first)
        self.press("n")
        expect(self.text).to_be_focused()
        self.press("Escape")
        expect(self.page.locator(f"#q-{first.pk}")).to_be_focused()
        self.page.locator(f"#q-{second.pk}").focus()  # by Tab, however many links lie between
        self.press("Enter")
        self.opened(second)
        self.press("k")
        self.opened(first)

    def audiences(self) -> None:
        """R, P and N put the cursor into a composer that already has that audience."""
        for key, audience, button in (
            ("r", "public", "Reply publicly"), ("p", "direct", "Reply privately"), ("n", "note", "Add note"),
        ):  # fmt: skip
            self.press(key)
            expect(self.text).to_be_focused()
            assert self.audience() == audience
            expect(self.page.get_by_role("button", name=button)).to_be_visible()
            self.press("Escape")

    def a_note(self) -> None:
        self.press("n")
        self.page.keyboard.type("She phoned twice.")
        self.press("Control+Enter")
        expect(self.page.locator(".aside.note")).to_contain_text("She phoned twice.")
        assert Note.objects.get().text == "She phoned twice."
        self.press("Escape")

    def a_macro_and_a_public_reply_that_is_undone(self) -> None:
        self.press("r", "Escape", "m")
        expect(self.page.get_by_role("option", name="Restart")).to_be_visible()
        self.press("Enter")
        expect(self.text).to_have_value("Please restart the box.")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.press("Delete")
        self.press("/")  # in the editor
        expect(self.page.get_by_role("option", name="Restart")).to_be_visible()
        self.press("Enter")
        expect(self.text).to_have_value("Please restart the box.")
        self.press("Control+Enter")
        expect(self.page.locator("#undo")).to_contain_text("public reply to Carol")
        self.press("Escape", "z")
        expect(self.page.locator("#timeline")).to_contain_text("Cancelled")
        assert OutboxItem.objects.get().state == "cancelled"

    def privately_instead(self) -> None:
        self.press("r")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type("What is your number?")
        self.press("Alt+p")
        assert self.audience() == "direct"
        expect(self.text).to_have_value("What is your number?")
        expect(self.page.locator("#pair")).to_be_visible()
        for _ in range(2):
            self.page.keyboard.press("Control+a")
            self.page.keyboard.press("Delete")
            self.press("Escape", "p")
        self.press("Escape")

    def the_context(self) -> None:
        context = self.page.locator("#context")
        expect(context).to_be_visible()
        self.press("]")
        expect(context).to_be_hidden()
        self.press("]")
        expect(context).to_be_visible()

    def mine(self, team: str, theirs: Conversation) -> None:
        """A: from the team's queue to one's own."""
        self.who.open(f"/inbox/{team}/{theirs.pk}/")
        self.press("a")
        expect(self.page.locator("#context")).to_contain_text("Yours")
        assert QueueEntry.objects.get(conversation=theirs).assignee == self.desk.people.alice

    def handed_on(self, conversation: Conversation) -> None:
        """H: why, and to whom."""
        self.who.open(f"/inbox/mine/{conversation.pk}/")
        self.press("h")
        why = self.page.locator("#m-assign").get_by_label("Why")
        expect(why).to_be_focused()
        self.page.keyboard.type("an invoice")
        button = self.page.locator("#m-assign").get_by_role("button", name="Billing")
        for _ in range(12):
            self.page.keyboard.press("Tab")
            if button.evaluate("one => one === document.activeElement"):
                break
        expect(button).to_be_focused()
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#told")).to_contain_text("Billing")
        assert QueueEntry.objects.get(conversation=conversation).team == self.desk.people.billing

    def snoozed_and_resolved(self, one: Conversation, other: Conversation) -> None:
        self.who.open(f"/inbox/mine/{one.pk}/")
        self.press("s")
        expect(self.page.get_by_role("button", name="In 1 hour", exact=True)).to_be_focused()
        self.press("Enter")
        expect(self.page.locator("#head")).to_contain_text("Snoozed")
        one.refresh_from_db()
        assert one.snoozed_until is not None
        assert one.snoozed_until > timezone.now()
        self.who.open(f"/inbox/mine/{other.pk}/")
        self.press("e")
        expect(self.page.locator("#head")).to_contain_text("Resolved")
        other.refresh_from_db()
        assert other.status == "resolved"

    def many(self) -> None:
        """X chooses, E and A act on all that are chosen."""
        self.who.open("/inbox/mine/")
        self.page.locator("#rows .q").first.focus()
        self.press("x")
        expect(self.page.locator("#picked")).to_have_text("1 chosen")
        self.press("x")
        expect(self.page.locator("#bulk")).to_be_hidden()

    def places(self) -> None:
        """G and a letter. The search comes last: there the cursor stands in an editor."""
        places = (("i", "/inbox/"), ("d", "/metrics/"), ("c", "/connections/"), ("h", "/held/"),
                  ("n", "/notifications/"), ("s", "/search/"))  # fmt: skip
        for letter, path in places:
            with self.page.expect_navigation():
                self.press("g", letter)
            expect(self.page).to_have_url(f"{self.who.address}{path}")

    def search_and_help(self) -> None:
        palette = self.page.locator("#palette")
        for key in ("/", "Control+k"):
            self.press(key)
            expect(palette).to_be_visible()
            self.press("Escape")
            expect(palette).to_be_hidden()
        self.press("?")
        expect(self.page.locator("#all-keys")).to_be_visible()
        self.press("Escape")
        expect(self.page.locator("#all-keys")).to_be_hidden()


def _live(page: Page) -> None:
    page.wait_for_selector("#live span:text-is('Live')")


def test_every_key_does_what_the_help_says(desk: Desk, sign_in: SignIn) -> None:
    macros.save(name="Restart", text="Please restart the box.")
    carol, dora, emma, frida, hugo = (
        desk.writes(name, f"The line is dead, {name}") for name in ("carol", "dora", "emma", "frida", "hugo")
    )
    team = f"team-{desk.people.help_desk.pk}"
    handing.assign(conversation_id=hugo.pk, actor=desk.people.bob, team_id=desk.people.help_desk.pk, line="")
    alice = Hands(sign_in("alice"), desk)
    _live(alice.page)
    alice.the_list(carol, dora)
    alice.audiences()
    alice.a_note()
    alice.a_macro_and_a_public_reply_that_is_undone()
    alice.privately_instead()
    alice.the_context()
    alice.mine(team, hugo)
    alice.handed_on(emma)
    alice.snoozed_and_resolved(dora, frida)
    alice.many()
    alice.search_and_help()
    assert alice.who.complaints == []
    bob = Hands(sign_in("bob"), desk)
    _live(bob.page)
    bob.places()
    assert bob.who.complaints == []
    listed = set(alice.page.locator("#all-keys kbd").all_text_contents())
    names = {"Esc": "Escape", "Ctrl": "Control"}
    # Shift and a click is the pointer's.
    assert {names.get(key, key) for key in listed} - {"Shift"} == alice.pressed | bob.pressed


def far_away(person: Person, milliseconds: int = 1000) -> None:
    """Every request takes at least that long."""
    line = person.page.context.new_cdp_session(person.page)
    line.send("Network.enable")
    limits = {"offline": False, "latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1}
    line.send("Network.emulateNetworkConditions", limits)


def test_a_key_is_meant_for_the_row_that_was_chosen_however_slow_the_desk_is(desk: Desk, sign_in: SignIn) -> None:
    one, two, three = (desk.writes(name, f"It is broken, says {name}") for name in ("carol", "dora", "emma"))
    alice = sign_in("alice", patience=20_000)
    alice.opens(one)
    far_away(alice)
    alice.page.locator(f"#q-{one.pk}").focus()
    for key in "jr":
        alice.page.keyboard.press(key)
    alice.page.keyboard.type("Here we are, Dora!")
    expect(alice.page.get_by_label("Your text")).to_have_value("Here we are, Dora!")
    expect(alice.page.locator("#head h1")).to_have_text("Dora")
    alice.page.keyboard.press("Escape")
    expect(alice.page.locator(f"#q-{two.pk}")).to_be_focused()
    for key in "jee":  # Emma's is resolved; the second is one too many
        alice.page.keyboard.press(key)
    expect(alice.page.locator("#head")).to_contain_text("Resolved")
    expect(alice.page.locator("#head h1")).to_have_text("Emma")
    states = {pk: Conversation.objects.get(pk=pk).status for pk in (one.pk, two.pk, three.pk)}
    assert states == {one.pk: "open", two.pk: "open", three.pk: "resolved"}
    assert alice.complaints == []


def test_of_rows_that_are_chosen_quickly_the_last_is_opened(desk: Desk, sign_in: SignIn) -> None:
    one, two, three = (desk.writes(name, f"It is broken, says {name}") for name in ("carol", "dora", "emma"))
    alice = sign_in("alice", patience=20_000)
    alice.opens(one)
    far_away(alice)
    alice.page.locator(f"#q-{one.pk}").focus()
    for key in "jej":  # Dora's is resolved once it is there, and then Emma's is opened
        alice.page.keyboard.press(key)
    expect(alice.page.locator("#head h1")).to_have_text("Emma")
    expect(alice.page).to_have_url(f"{alice.address}/inbox/mine/{three.pk}/")
    desk_says = {pk: Conversation.objects.get(pk=pk).status for pk in (one.pk, two.pk, three.pk)}
    assert desk_says == {one.pk: "open", two.pk: "resolved", three.pk: "open"}
    for key in "kj":  # the first of them is on its way still when the second is asked for
        alice.page.keyboard.press(key)
    alice.page.wait_for_timeout(3000)
    expect(alice.page.locator("#head h1")).to_have_text("Emma")
    assert alice.complaints == []


def test_letters_in_an_editor_are_letters(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    desk.writes("dora", "Mine too")
    alice = sign_in("alice")
    alice.opens(carol)
    alice.page.keyboard.press("r")
    said = "jkrpnmxeszahgid]?JK"
    alice.page.keyboard.type(said)
    expect(alice.page.get_by_label("Your text")).to_have_value(said)
    expect(alice.page).to_have_url(f"{alice.address}/inbox/mine/{carol.pk}/")
    expect(alice.page.locator("dialog[open]")).to_have_count(0)
    alice.page.keyboard.press("Escape")
    alice.page.keyboard.press("/")
    alice.page.keyboard.type("je")
    expect(alice.page.get_by_role("combobox", name="Search or jump")).to_have_value("je")
    carol.refresh_from_db()
    assert carol.status == "open"
    assert alice.complaints == []


def test_single_letters_are_turned_off_by_keyboard_and_the_rest_still_works(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    alice = sign_in("alice")
    alice.open("/me/")
    box = alice.page.get_by_label("Single letters are keys")
    box.focus()
    alice.page.keyboard.press("Space")
    expect(box).not_to_be_checked()
    alice.page.get_by_role("button", name="Save").focus()
    alice.page.keyboard.press("Enter")
    expect(alice.page.locator("body[data-keys=off]")).to_be_attached()
    alice.opens(carol)
    for key in ("j", "k", "r", "p", "n", "m", "x", "e", "s", "a", "h", "z", "]", "?", "/", "g", "d"):
        alice.page.keyboard.press(key)
    expect(alice.page).to_have_url(f"{alice.address}/inbox/mine/{carol.pk}/")
    expect(alice.page.locator("#context")).to_be_visible()
    expect(alice.page.locator("dialog[open], details.menu[open]")).to_have_count(0)
    carol.refresh_from_db()
    assert carol.status == "open"
    alice.page.keyboard.press("Control+k")
    expect(alice.page.get_by_role("combobox", name="Search or jump")).to_be_focused()
    assert alice.complaints == []
