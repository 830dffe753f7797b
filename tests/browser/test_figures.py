"""The lead's page of figures: each opens to its rows, and a turn that ends is on it by itself."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from inbox.models import OutboxItem
from inbox.services import replies
from metrics import days
from metrics.services import collecting
from metrics.services.touches import beat
from tests import factories
from tests.browser.conftest import Desk, Person
from tests.browser.test_looks import _axe
from tests.metrics.test_figures import ended, happened

pytestmark = pytest.mark.browser
SignIn = Callable[..., Person]
FIGURES = ".ledger a, .tb a[href^='/metrics/'], svg.chart a"


@pytest.fixture
def busy(desk: Desk) -> str:
    """Turns, arrivals and touches of yesterday and today. Returns the page's address."""
    people, now = desk.people, timezone.now()
    for number in range(8):
        at = now - timedelta(days=number % 2, seconds=number)
        agent, team = (people.alice, people.help_desk) if number % 3 else (people.erin, people.billing)
        visibility = "direct" if number % 2 else "public"
        turn = ended(people, agent, at=at, team=team, visibility=visibility, first=number < 5, seconds=60 * number).turn
        happened(people, "arrival", at=at, team=team, message=turn)
    ended(people, people.alice, at=now, ended_by="resolution", visibility="")
    happened(people, "resolution", at=now, agent=people.alice)
    happened(people, "reopening", at=now)
    conversation = factories.routed(people)
    beat(agent=people.alice, conversation_id=conversation.pk, now=now)
    return f"/metrics/?from={days.day_of(now) - days.A_DAY}&to={days.day_of(now)}"


def _open_tables(page: Page) -> None:
    closed = page.locator("details.behind:not([open]) > summary")
    while closed.count():
        closed.first.click()


def _shown(page: Page) -> list[tuple[str, int | None]]:
    """Where each figure opens to, and how many rows that is; None for a duration."""
    _open_tables(page)
    found = []
    for figure in page.locator(FIGURES).all():
        words = figure.get_attribute("aria-label") or figure.inner_text()
        link = figure.get_attribute("href") or ""
        numbers = re.findall(r"(?:^|, |: )([\d,]+)(?: arrivals| handled| open|$)", words)
        found.append((link, int(numbers[0].replace(",", "")) if numbers else None))
    return found


def test_every_figure_opens_to_as_many_rows(busy: str, sign_in: SignIn) -> None:
    bob = sign_in("bob", viewport={"width": 1440, "height": 900})
    bob.open(busy)
    found = _shown(bob.page)
    assert len(found) > 60
    assert sum(number is not None for _, number in found) > 40
    seen: dict[str, int] = {}
    for place, (link, number) in enumerate(found):
        if link in seen:
            assert number in (None, seen[link]), link
            continue
        figure = bob.page.locator(FIGURES).nth(place)
        figure.scroll_into_view_if_needed()
        figure.click(force=True)  # a bar may be a pixel wide
        bob.page.wait_for_url(lambda url, link=link: url.endswith(link))
        seen[link] = bob.page.locator(".pg tbody tr:has(td:nth-child(2))").count()
        assert number in (None, seen[link]), link
        assert seen[link] > 0, "a figure that is there has rows"
        if number is not None:
            assert re.match(rf"{number} ", bob.page.locator("h1").inner_text()), link
        bob.page.go_back()
        _open_tables(bob.page)
    assert bob.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_the_figures_are_many_and_the_tables_open(
    scheme: str, busy: str, sign_in: SignIn
) -> None:
    bob = sign_in("bob", color_scheme=scheme, viewport={"width": 1440, "height": 900}, bypass_csp=True)
    bob.open(busy)
    _shown(bob.page)
    assert _axe(bob) == []


def test_the_tables_behind_scroll_by_themselves_at_320(busy: str, sign_in: SignIn) -> None:
    bob = sign_in("bob", viewport={"width": 320, "height": 640})
    bob.open(busy)
    _shown(bob.page)
    assert bob.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_every_chart_has_its_numbers_in_a_table(busy: str, sign_in: SignIn) -> None:
    bob = sign_in("bob")
    bob.open(busy)
    for chart in ("#time", "#ages", "#clocks"):
        table = bob.page.locator(f"{chart}-table table")
        expect(table).to_be_hidden()
        bob.page.locator(f".blk:has({chart}) > details.behind > summary").click()
        expect(table).to_be_visible()
    assert "Published" in bob.page.locator("#clocks-table").inner_text()


def test_an_answered_turn_is_on_the_open_page_within_two_seconds(desk: Desk, sign_in: SignIn) -> None:
    carol = desk.writes("carol", "The line is dead")
    bob = sign_in("bob")
    with bob.page.expect_response(lambda answer: "/events" in answer.url):
        bob.open("/metrics/")
    begin = time.monotonic()
    bob.page.request.get(f"{bob.address}/metrics/")
    busy = time.monotonic() - begin  # what the machine, shared with other work, takes for a page right now
    handled = bob.page.locator("#figures .fig", has_text="Handled interactions").locator(".v")
    expect(handled).to_have_text("0")
    replies.compose(
        author=desk.people.alice, conversation_id=carol.pk, visibility="public", text="It works again.",
        client_key="answer", seen_message_id=carol.messages.latest("pk").pk, undo_seconds=0,
    )  # fmt: skip
    desk.send()
    assert OutboxItem.objects.get().state == "sent"
    sent = time.monotonic()
    time.sleep(0.9)  # the sweep comes every second
    assert collecting.collect()
    expect(handled).to_have_text("1", timeout=1000 * (2 + 3 * busy - (time.monotonic() - sent)))
    print(f"on the page after {time.monotonic() - sent:.2f} s; a page takes {busy:.2f} s")
    assert bob.complaints == []
