"""Settings by keyboard, and a hand-off from one person to the next."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from routing.models import AgentProfile, QueueEntry, Rule, Topic
from routing.services import answering
from tests import factories
from tests.browser.conftest import Desk, Person

pytestmark = pytest.mark.browser


def test_a_rule_is_written_previewed_and_moved_by_keyboard(desk: Desk, sign_in: Callable[..., Person]) -> None:
    desk.writes("carol", "I want a refund")
    factories.rule("First", desk.people.help_desk, "refund")
    bob = sign_in("bob")
    page = bob.page
    bob.open("/settings/rules/new/")
    page.get_by_label("Name").focus()
    page.keyboard.type("Refunds")
    page.keyboard.press("Tab")
    page.keyboard.type("refund, money back")
    page.get_by_label("Team").select_option("Billing")
    page.get_by_role("button", name="Preview").focus()
    page.keyboard.press("Enter")
    preview = page.get_by_role("region", name="Preview")
    preview.get_by_role("link", name="Carol").wait_for()
    assert "First taken by “First”" in preview.inner_text()
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/rules/#rule-*")
    page.get_by_role("button", name="Move Refunds up").focus()
    page.keyboard.press("Enter")
    page.get_by_text("“Refunds” is asked as number 1 now.").wait_for()
    assert list(Rule.objects.order_by("position").values_list("name", flat=True)) == ["Refunds", "First"]
    page.get_by_role("button", name="Delete Refunds").click()
    page.get_by_role("button", name="Undo the deletion of Refunds").click()
    page.get_by_role("switch", name="Refunds decides").click()
    page.get_by_text("“Refunds” is passed over from now on.").wait_for()
    assert bob.complaints == []


def test_a_conversation_is_handed_on_accepted_and_given_back(desk: Desk, sign_in: Callable[..., Person]) -> None:
    experts = factories.team("Experts", kind="experts")
    experts.topics.add(Topic.objects.create(name="Invoices"))
    factories.person("nora", experts, role="expert", password=factories.PASSWORD)
    answering.set_answers(
        connection_id=desk.connection.pk,
        levels={desk.people.help_desk.pk: "both", experts.pk: "private"},
        actor=desk.people.dana,
    )
    carol = desk.writes("carol", "My invoice is wrong")
    alice, nora = sign_in("alice"), sign_in("nora", bypass_csp=True)
    alice.opens(carol)
    alice.page.get_by_label("Hand to somebody else").click()
    alice.page.get_by_label("Why").fill("the invoice of March")
    alice.page.get_by_role("button", name="Nora").click()
    alice.page.wait_for_url("**/inbox/**")
    assert QueueEntry.objects.get().assignee.username == "nora"  # type: ignore[union-attr]
    nora.opens(carol)
    page = nora.page
    assert "the invoice of March" in page.locator("#handed").inner_text()
    assert page.locator("#composer [value=public]").count() == 0
    assert "Your teams may not reply publicly on" in page.locator("#composer").inner_text()
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found] == []
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("Nora accepted it.").wait_for()
    nora.open(f"/conversations/{carol.pk}/assign/?next=/inbox/")
    page.get_by_label("Why").fill("no invoice in March")
    page.get_by_role("button", name="Where it came from").click()
    page.get_by_text("You gave it back to Alice, who handed it on.").wait_for()
    assert QueueEntry.objects.get().assignee == desk.people.alice


def test_the_switch_asks_what_becomes_of_the_work(desk: Desk, sign_in: Callable[..., Person]) -> None:
    desk.writes("carol", "Hello?")
    alice = sign_in("alice", viewport={"width": 390, "height": 844})
    alice.open("/me/away/")
    alice.page.get_by_role("button", name="Give back to the team").click()
    alice.page.wait_for_url("**/inbox/**")
    profile = AgentProfile.objects.get(user=desk.people.alice)
    assert (profile.availability, profile.in_hand) == ("away", 0)
    assert alice.complaints == []
