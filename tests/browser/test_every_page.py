"""Every page that the permission table knows: axe finds nothing on it, light and dark, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext

from tests import factories
from tests.browser import axe
from tests.permission_table import TABLE, Row
from tests.test_permission_map import everybody, named

pytestmark = pytest.mark.browser

# A page is looked at by the first of these who may see it; what is set up, by an admin too.
WHO = ("lead", "agent", "admin", "anonymous")
SET_UP = ("/settings/", "/connections/")
FEWEST = 40  # pages; fewer would mean that they were not found


def _seen_by(row: Row) -> Iterator[str]:
    may = [role for role in WHO if row.expected[role] == 200]
    yield from may[:1]
    if "admin" in may[1:] and row.path.startswith(SET_UP):
        yield "admin"


def _is_page(answer: Any) -> bool:
    """And neither a picture nor a part of a page."""
    whole = answer.status_code == 200 and not answer.streaming
    return whole and b"<!doctype html>" in answer.content[:200].lower()


def _pages(clients: dict[str, Client], names: dict[str, Any]) -> dict[str, list[str]]:
    """The addresses of all pages by who looks at them."""
    found: dict[str, list[str]] = {role: [] for role in clients}
    for row in TABLE:
        if row.method != "GET" or row.api or row.route == "events":  # which is a stream
            continue
        for role in _seen_by(row):
            address = row.path.format(**names)
            if address not in found[role] and _is_page(clients[role].get(address)):
                found[role].append(address)
    return found


def _entered(browser: Browser, address: str, client: Client) -> BrowserContext:
    """A browser with the client's session."""
    context = browser.new_context(bypass_csp=True)
    if "sessionid" in client.cookies:
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])
    return context


def test_axe_finds_nothing_on_any_page(address: str, browser: Browser, transactional_db: Any) -> None:
    desk = factories.desk()
    people = everybody(desk)
    names = named(desk, people)
    clients = {role: Client() if role == "anonymous" else factories.signed_in(people[role]) for role in WHO}
    pages = _pages(clients, names)
    assert len({page for of_role in pages.values() for page in of_role}) > FEWEST
    found: dict[tuple[str, str, str], list[str]] = {}
    for role, addresses in pages.items():
        context = _entered(browser, address, clients[role])
        tab = context.new_page()
        for path in addresses:
            tab.goto(address + path)
            found |= {(role, path, look): wrong for look, wrong in axe.in_every_look(tab) if wrong}
        tab.goto("about:blank")
        context.close()
    assert found == {}, "\n".join(f"{role} {path} {look}: {wrong}" for (role, path, look), wrong in found.items())
