"""A new colleague: added by an admin, in by their link."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

from routing.models import WelcomeLink
from tests import factories
from tests.browser.conftest import Desk, Person

pytestmark = pytest.mark.browser
NEW = "seven green bicycles"


def _accessible(page: Page) -> None:
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []


def test_an_admin_adds_a_person_who_chooses_a_password_and_is_in(
    desk: Desk, sign_in: Callable[..., Person], browser: Browser, address: str
) -> None:
    dana = sign_in("dana", bypass_csp=True)
    page = dana.page
    dana.open("/settings/people/")
    page.get_by_role("link", name="Add a person").click()
    _accessible(page)
    page.get_by_label("Name to sign in with").fill("nora")
    page.get_by_label("First name").fill("Nora")
    page.get_by_label("Last name").fill("Lind")
    page.get_by_label("Help desk").check()
    page.get_by_role("button", name="Add and show the link").click()
    link = page.get_by_label("Link").input_value()
    assert link.startswith(f"{address}/accounts/welcome/")
    _accessible(page)
    page.get_by_role("button", name="Copy link").click()
    assert page.evaluate("getSelection().toString()") == link
    assert dana.complaints == []

    fresh = browser.new_context(viewport={"width": 390, "height": 844}, bypass_csp=True)
    try:
        nora = fresh.new_page()
        nora.set_default_timeout(8000)
        asked: list[str] = []
        nora.on("request", lambda request: asked.append(request.headers.get("referer", "")))
        nora.goto(link)
        assert nora.url == f"{address}/accounts/welcome/"
        _accessible(nora)
        nora.get_by_label("New password", exact=True).fill("short")
        nora.get_by_label("New password confirmation").fill("short")
        nora.get_by_role("button", name="Choose it and sign in").click()
        nora.get_by_text("This password is too short").wait_for()
        _accessible(nora)
        nora.get_by_label("New password", exact=True).fill(NEW)
        nora.get_by_label("New password confirmation").fill(NEW)
        nora.get_by_role("button", name="Choose it and sign in").click()
        nora.wait_for_url("**/inbox/**")
        nora.wait_for_selector("#side", state="attached")
        assert any(asked)
        assert not any(link.split("/")[-2] in referer for referer in asked)
        assert not WelcomeLink.objects.exists()
        nora.goto(link)
        nora.get_by_text("This link does not work any more").wait_for()
        _accessible(nora)
    finally:
        fresh.close()


def test_a_new_password_signs_out_elsewhere(desk: Desk, sign_in: Callable[..., Person]) -> None:
    alice, elsewhere = sign_in("alice", bypass_csp=True), sign_in("alice")
    page = alice.page
    alice.open("/me/")
    _accessible(page)
    page.get_by_label("Old password").fill("no idea")
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password confirmation").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    page.get_by_text("That is not your current password.").wait_for()
    _accessible(page)
    page.get_by_label("Old password").fill(factories.PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password confirmation").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    page.get_by_text("Your password is changed.").wait_for()
    with contextlib.suppress(PlaywrightError):  # its live page may be on the way there by itself
        elsewhere.open("/inbox/")
    elsewhere.page.wait_for_url("**/accounts/login/**")
