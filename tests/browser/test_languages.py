"""The desk in Arabic, from right to left, and in German: signed in, answered, and nothing that axe finds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from inbox.models import OutboxItem
from tests import factories
from tests.browser.conftest import Desk, Person
from tests.browser.test_looks import _axe as axe

pytestmark = pytest.mark.browser
PAGES = ("/inbox/mine/", "/metrics/me/", "/me/", "/me/notifications/", "/notifications/", "/search/?q=line")


@pytest.mark.parametrize("width", [1440, 390])
def test_an_agent_answers_publicly_in_arabic(width: int, desk: Desk, address: str, browser: Browser) -> None:
    carol = desk.writes("carol", "The line is dead since Monday")
    page = browser.new_context(locale="ar", viewport={"width": width, "height": 900}, bypass_csp=True).new_page()
    amina = Person(page, address)
    page.on("pageerror", lambda error: amina.complaints.append(str(error)))
    page.on("console", lambda one: amina.complaints.append(one.text) if one.type in ("error", "warning") else None)
    amina.open("/accounts/login/")
    page.get_by_label("الاسم").fill("alice")
    page.get_by_label("كلمة المرور").fill(factories.PASSWORD)
    page.get_by_role("button", name="تسجيل الدخول").click()
    page.wait_for_selector("#side", state="attached")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    amina.open(f"/inbox/mine/{carol.pk}/")
    page.wait_for_selector("#live span:text-is('مباشر')", state="attached")
    # The customer's words keep their own direction, the desk's run from the right.
    assert page.locator("#timeline .m.in p.b").first.evaluate("one => getComputedStyle(one).direction") == "ltr"
    assert page.locator("#timeline").evaluate("one => getComputedStyle(one).direction") == "rtl"
    page.get_by_role("group", name="من سيقرأ هذا").get_by_text("علنًا", exact=True).click()
    page.get_by_label("نصك").fill("تعمل الخدمة الآن. شكرًا لصبرك.")
    assert page.get_by_label("نصك").evaluate("one => getComputedStyle(one).direction") == "rtl"
    page.get_by_role("button", name="رد علني").click()
    page.locator("#timeline").get_by_role("button", name="إرسال الآن").click()
    expect(page.locator("#timeline")).to_contain_text("بانتظار الإرسال")
    desk.send()
    expect(page.locator("#timeline .us")).to_contain_text("أُرسل")
    assert OutboxItem.objects.get().state == "sent"
    assert [entry for entry in desk.network.ledger() if "تعمل الخدمة الآن" in str(entry.get("text"))]
    found = {"conversation": axe(amina)}
    for path in PAGES:
        amina.open(path)
        found[path] = axe(amina)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert {path: said for path, said in found.items() if said} == {}
    assert amina.complaints == []
    amina.open("/accounts/login/")
    page.context.close()


def test_a_lead_reads_the_desk_in_german(desk: Desk, sign_in: Callable[..., Person]) -> None:
    carol = desk.writes("carol", "The line is dead since Monday")
    bob = sign_in("bob", viewport={"width": 1440, "height": 900}, bypass_csp=True)
    bob.open("/me/")
    bob.page.get_by_label("Language").select_option("Deutsch")
    bob.page.get_by_role("button", name="Save", exact=True).first.click()
    expect(bob.page.locator("html")).to_have_attribute("lang", "de")
    expect(bob.page.locator("html")).to_have_attribute("dir", "ltr")
    bob.open(f"/inbox/team-{desk.people.help_desk.pk}/{carol.pk}/")
    expect(bob.page.get_by_role("button", name="Abschließen").first).to_be_visible()
    expect(bob.page.locator("#context")).to_contain_text("Keine Regel passte; der Helpdesk nimmt es")
    bob.page.keyboard.press("?")
    expect(bob.page.get_by_role("dialog", name="Tastatur")).to_be_visible()
    bob.page.keyboard.press("Escape")
    bob.page.keyboard.press("Control+k")
    expect(bob.page.get_by_role("dialog").get_by_text("Warteschlange").first).to_be_visible()
    for path in ("/metrics/", "/settings/rules/new/", f"/inbox/team-{desk.people.help_desk.pk}/{carol.pk}/"):
        bob.open(path)
        assert axe(bob) == [], path
    assert bob.complaints == []
