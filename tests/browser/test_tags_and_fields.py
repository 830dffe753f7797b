"""Tags, fields and lists of people who matter, as people meet them; on every screen, in both themes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inbox.models import CustomField, FieldValue, Tag, VipEntry
from inbox.services import fields, tags
from tests import factories
from tests.browser.conftest import Desk, Person
from tests.browser.test_looks import _axe as axe

pytestmark = pytest.mark.browser
SCREENS = {"light": (1440, 900), "dark": (1440, 900), "phone": (390, 844)}
LONG = "Zuständigkeitsverschiebungsvermerk-n-r"


@pytest.mark.parametrize("screen", SCREENS)
def test_a_lead_sets_them_up_an_agent_uses_them_and_both_find_what_they_said(
    screen: str, desk: Desk, sign_in: Callable[..., Person], tmp_path: Path
) -> None:
    carol = factories.routed(desk.people, "My order has not arrived")
    for colour in Tag.Colour.values:
        tags.create(name=f"{colour.title()} tag", colour=colour)
    fields.create(name=LONG, kind="text")
    fields.create(name="Bought on", kind="date")
    width, height = SCREENS[screen]
    look = {"color_scheme": "dark" if screen == "dark" else "light", "viewport": {"width": width, "height": height}}
    bob, alice = (sign_in(name, bypass_csp=True, patience=20000, **look) for name in ("bob", "alice"))

    def seen(who: Person, name: str) -> None:
        who.page.screenshot(path=tmp_path / f"{screen}-{name}.png", full_page=True)
        assert axe(who) == []
        assert who.page.evaluate("document.documentElement.scrollWidth") <= width, name

    # Bob makes a product field with two products, and a list.
    bob.open("/settings/fields/")
    bob.page.get_by_label("Name", exact=True).fill("Product")
    bob.page.get_by_label("Kind").select_option("Product")
    bob.page.get_by_role("button", name="Add", exact=True).click()
    bob.page.get_by_text("Say now what may be chosen").wait_for()
    seen(bob, "fields")
    bob.page.locator("#main").get_by_role("link", name="Product", exact=True).click()
    bob.page.get_by_label("Add options").fill("Router Mini; RM-200\nCable")
    bob.page.get_by_role("button", name="Add", exact=True).click()
    bob.page.get_by_text("Added 2 options.").wait_for()
    seen(bob, "field")
    bob.open("/settings/vips/")
    bob.page.get_by_label("Name", exact=True).fill("Press")
    bob.page.get_by_role("button", name="Add", exact=True).click()
    bob.page.get_by_text("“Press” is made.").wait_for()
    seen(bob, "vips")

    # Alice puts Carol on it, says what it is about, and the mark is in the row.
    alice.open(f"/contacts/{carol.identity.contact_id}/")
    alice.page.get_by_label("Why").fill("Writes for the evening news")
    alice.page.get_by_role("button", name="Put on the list").click()
    alice.page.get_by_text("On “Press” from now on").wait_for()
    seen(alice, "contact")
    alice.open(f"/inbox/mine/{carol.pk}/")
    if width < 1240:
        alice.page.get_by_label("Context, key ]", exact=True).click()
    context = alice.page.locator("#context")
    context.get_by_text("Writes for the evening news").wait_for()
    context.get_by_label("Product", exact=True).select_option("Router Mini (RM-200)")
    context.get_by_label("Bought on", exact=True).fill("2026-03-31")
    context.get_by_role("button", name="Save the fields").click()
    alice.page.get_by_text("Saved.").first.wait_for()
    context.get_by_text("Who wrote Product").click()
    context.get_by_label("Add a tag").fill("Blue tag")
    context.get_by_role("button", name="Add", exact=True).click()
    context.get_by_label("Remove the tag Blue tag").wait_for()
    if width < 1240:
        alice.page.get_by_label("Hide context, key ]").click()
    seen(alice, "inbox")
    if width < 1240:
        alice.page.get_by_label("Context, key ]", exact=True).click()
        seen(alice, "context")
    assert {fields.shown(value) for value in FieldValue.objects.all()} == {"Router Mini (RM-200)", "2026-03-31"}
    assert VipEntry.objects.get().by == desk.people.alice

    # Bob finds it by all three, and takes it with him.
    bob.open("/search/?status=open")
    bob.page.get_by_text("By fields").click()
    bob.page.get_by_label("Product", exact=True).select_option("Router Mini (RM-200)")
    bob.page.wait_for_url("**fields=*")
    bob.page.get_by_label("Customer on").select_option("Press")
    bob.page.wait_for_url("**vip=*")
    bob.page.locator("#found").get_by_text("Press").wait_for()
    seen(bob, "search")
    with bob.page.expect_download() as download:
        bob.page.get_by_role("link", name="Export as CSV").click()
    assert "Router Mini (RM-200)" in download.value.path().read_text()
    assert bob.complaints == []
    assert alice.complaints == []


@pytest.mark.parametrize("screen", SCREENS)
def test_a_tag_is_merged_after_a_look_at_what_changes_and_the_merge_is_undone(
    screen: str, desk: Desk, sign_in: Callable[..., Person], tmp_path: Path
) -> None:
    carol = factories.routed(desk.people, "My order has not arrived")
    late, delay = tags.create(name="Late", colour="red"), tags.create(name="Delay", colour="teal")
    tags.put(conversation_id=carol.pk, tag_id=delay.pk, actor=desk.people.alice)
    factories.rule("Delays", desk.people.billing, tags=[delay.pk])
    product = fields.create(name="Product", kind="product")
    fields.add_options(field_id=product.pk, lines="Router; RM-1")
    width, height = SCREENS[screen]
    look = {"color_scheme": "dark" if screen == "dark" else "light", "viewport": {"width": width, "height": height}}
    bob = sign_in("bob", bypass_csp=True, patience=20000, **look)

    def seen(name: str) -> None:
        bob.page.screenshot(path=tmp_path / f"{screen}-{name}.png", full_page=True)
        assert axe(bob) == []
        assert bob.page.evaluate("document.documentElement.scrollWidth") <= width, name

    bob.open("/settings/tags/")
    card = bob.page.locator(f"#tag-{delay.pk}")
    card.locator("summary").click()
    seen("tags")
    card.get_by_role("button", name="See what it would change").click()
    bob.page.get_by_role("heading", name="Delay becomes Late").wait_for()
    seen("merge")
    bob.page.get_by_role("button", name="Merge").click()
    bob.page.get_by_role("button", name="Undo the merge of Delay").wait_for()
    assert not Tag.objects.filter(pk=delay.pk).exists()
    seen("merged")
    bob.page.get_by_role("button", name="Undo the merge of Delay").click()
    bob.page.get_by_text("“Delay” is a tag of its own again.").wait_for()
    assert [use.tag_id for use in carol.tags.all()] == [delay.pk]
    assert late.uses.count() == 0
    rule = bob.page.get_by_role("link", name="Rules")
    rule.click()
    bob.page.get_by_text("tagged Delay").wait_for()
    bob.page.locator("#rules").get_by_role("link", name="Delays").click()
    bob.page.get_by_label("Team").wait_for()
    seen("rule")
    assert CustomField.objects.count() == 1
    assert bob.complaints == []
