"""An admin's whole way with an account: add it, see it fail, authorise again, pause, remove."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from connectors.models import Connection
from tests.browser.conftest import Desk, Person
from tests.browser.test_looks import _axe
from tests.networks import oauth1_secrets

pytestmark = pytest.mark.browser
LABELS = {
    "API key": "consumer_key",
    "API key secret": "consumer_secret",
    "Access token": "access_token",
    "Access token secret": "access_token_secret",
}


def fill(person: Person, secrets: dict[str, str]) -> None:
    for label, name in LABELS.items():
        person.page.get_by_label(label, exact=True).fill(secrets[name])


def settled(person: Person) -> None:
    assert _axe(person) == []
    assert person.complaints == []


def test_an_account_from_beginning_to_end(desk: Desk, sign_in: Callable[..., Person], tmp_path: Path) -> None:
    secrets = oauth1_secrets(desk.network.create_account("harbour", "Harbour"))
    dana = sign_in("dana")
    page = dana.page
    dana.open("/connections/")
    page.get_by_role("link", name="Add an account").click()
    page.get_by_role("link", name="X", exact=True).click()
    settled(dana)
    page.get_by_text("More settings").click()
    page.get_by_label("Address of X's API").fill(desk.network.x_url)
    fill(dana, {**secrets, "access_token": "wrong"})
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was stored. X no longer accepts")
    expect(page.get_by_label("API key", exact=True)).to_have_value("")
    settled(dana)
    fill(dana, secrets)
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_role("heading", name="@harbour")).to_be_visible()
    expect(page.locator("#told")).to_contain_text("Connected as @harbour.")
    made = Connection.objects.get(handle="harbour")

    desk.network.fault("expire_token", account="harbour")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("heading", name="Needs a new authorisation")).to_be_visible()
    expect(page.get_by_role("navigation", name="Main")).to_contain_text("1 needs you")
    settled(dana)
    desk.network.clear_faults()
    theirs = oauth1_secrets(desk.network.accounts()[0])
    fill(dana, theirs)
    page.get_by_role("button", name="Try and store").click()
    expect(page.get_by_role("alert")).to_contain_text("the secrets of another account (@norrline)")
    fill(dana, secrets)
    page.get_by_role("button", name="Try and store").click()
    expect(page.locator("#told")).to_contain_text("The new secrets work")
    expect(page.get_by_role("navigation", name="Main")).not_to_contain_text("needs you")

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    page.get_by_text("What happens, and how").click()
    page.get_by_label("Type @harbour to confirm").fill("@harbour")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#told")).to_contain_text("its secrets are deleted")
    made.refresh_from_db()
    assert (made.state, made.secrets()) == ("removed", {})
    settled(dana)


@pytest.mark.parametrize("width", [320, 390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_connections_keeps_its_shape(
    desk: Desk, sign_in: Callable[..., Person], width: int, scheme: str
) -> None:
    state = {"failures": 4, "last_error": "X is having trouble answering; it will be asked again.", "invalid_items": 2}
    desk.connection.streams.filter(stream="messages").update(**state)
    Connection.objects.filter(pk=desk.connection.pk).update(
        missing=[{"name": "direct messages", "without": "Private messages are not read.", "remedy": "Make new tokens."}]
    )
    dana = sign_in("dana", viewport={"width": width, "height": 900}, color_scheme=scheme)
    here = f"/connections/{desk.connection.pk}/"
    for path in ("/connections/", here, f"{here}?show=sent", "/connections/add/", "/connections/add/facebook/"):
        dana.open(path)
        sideways = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not dana.page.evaluate(sideways), path
        settled(dana)
