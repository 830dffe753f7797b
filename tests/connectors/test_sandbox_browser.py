"""The page in Chromium: a customer writes, the answer shows by itself, and no stranger's text runs."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.connectors.graph_client import Graph
from tests.connectors.sandbox_client import Caller

pytest_plugins = ["tests.connectors.sandbox_fixtures"]
pytestmark = pytest.mark.browser


@pytest.fixture
def said(page: Page) -> list[str]:
    """What the browser complained of, and every dialog."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def test_a_customer_writes_and_the_answers_show_by_themselves(api: Caller, page: Page, said: list[str]) -> None:
    page.goto(f"{api.sandbox.url}/?as=Tove")
    page.get_by_text("Question", exact=True).click()
    expect(page.locator("#count")).to_have_text("80 / 280")
    page.get_by_role("button", name="Post as Tove").click()
    expect(page.locator(".pb .m.in")).to_contain_text("Is 5G home broadband available")
    api.reply("It depends on the street.", api.mentions()["data"][0]["id"])
    api.message("Tove", "Which street is it?")
    expect(page.locator(".pb .m.us")).to_contain_text("It depends on the street.")
    expect(page.locator(".pd .m.us")).to_contain_text("Came back once")
    page.get_by_label("Expire the token").check()
    expect(page.get_by_label("Expire the token")).to_be_checked()
    page.reload()
    expect(page.get_by_label("Expire the token")).to_be_checked()
    assert said == []


def test_no_strangers_text_runs_and_the_page_fits_every_width(api: Caller, page: Page, said: list[str]) -> None:
    evil = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"
    api.sandbox.post("evil", f"@norrline {evil} \u202e {'long' * 400}", name=evil)
    api.sandbox.dm("evil", evil)
    page.goto(f"{api.sandbox.url}/?as=evil")
    expect(page.locator(".pb .m.in")).to_contain_text("<script>")
    page.wait_for_timeout(2000)  # one refresh by script
    assert page.title() == "Sandbox · Write as a customer"
    for width in (320, 390, 720, 1024, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_has_no_finding_of_axe(api: Caller, page: Page, scheme: Any) -> None:
    post = api.sandbox.post("Tove", "@norrline hello")
    api.reply("Hi", post)
    api.message("Tove", "Hi")
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{api.sandbox.url}/?as=Tove")
    found = Axe().run(page).response["violations"]
    assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found] == []


def test_a_customer_changes_the_network_and_writes_on_facebook(graph: Graph, page: Page, said: list[str]) -> None:
    post = graph.post("Works on the mast")
    page.goto(f"{graph.sandbox.url}/?as=Tove&network=x")
    page.get_by_text("Facebook", exact=True).click()
    expect(page.get_by_label("Facebook")).to_be_checked()
    page.get_by_text("Question", exact=True).click()
    expect(page.locator("#count")).to_have_text("70 / 8000")
    page.get_by_text("In private", exact=True).click()
    expect(page.locator("#count")).to_have_text("70 / 2000")
    page.get_by_text("In public", exact=True).click()
    page.get_by_role("button", name="Post as Tove").click()
    expect(page.locator(".pb .m.in")).to_contain_text("Is 5G home broadband available")
    comment = graph.get(f"/{post}/comments")["data"][0]["id"]
    graph("POST", f"/{comment}/comments", message="It depends on the street.")
    graph.send("Which street is it?", comment_id=comment)
    expect(page.locator(".pb .m.us").last).to_contain_text("It depends on the street.")
    expect(page.locator(".pd .m.us")).to_contain_text("Came back once")
    assert said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_facebooks_page_has_no_finding_of_axe_and_fits_a_phone(graph: Graph, page: Page, scheme: Any) -> None:
    comment = graph.comment(graph.post(), f"hello {'long' * 400}", "Tove")
    graph("POST", f"/{comment}/comments", message="Hi")
    graph.send("Hi", comment_id=comment)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for path in ("/?as=Tove&network=facebook", "/?network=x"):
        page.goto(graph.sandbox.url + path)
        found = Axe().run(page).response["violations"]
        assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found] == []
        for width in (320, 390, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
