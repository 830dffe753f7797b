"""A case that was joined by a wrong guess, in the browser: split off, joined again by hand, and both taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from inbox.models import CaseMove, Conversation, Message
from routing.services.assignment import route_due
from tests import factories
from tests.browser.conftest import Desk, Person
from tests.browser.test_looks import _axe as axe

pytestmark = pytest.mark.browser
SCREENS = {"light": (1440, 900), "dark": (1440, 900), "phone": (390, 844)}


@pytest.mark.parametrize("screen", SCREENS)
def test_a_case_is_split_and_joined_and_both_are_taken_back(
    screen: str, desk: Desk, sign_in: Callable[..., Person], tmp_path: Path
) -> None:
    carol = factories.routed(desk.people, "My order has not arrived")
    factories.arrives(desk.people, factories.post("Can I change my tariff?", direct=True))
    factories.arrives(desk.people, factories.post("To the small one, please", direct=True))
    width, height = SCREENS[screen]
    look = {"color_scheme": "dark" if screen == "dark" else "light", "viewport": {"width": width, "height": height}}
    alice = sign_in("alice", bypass_csp=True, patience=20000, **look)
    page = alice.page

    def seen(name: str) -> None:
        page.screenshot(path=tmp_path / f"{screen}-{name}.png", full_page=True)
        assert axe(alice) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name

    def timeline() -> str:
        return page.locator("#timeline").inner_text()

    alice.open(f"/inbox/mine/{carol.pk}/")
    message = Message.objects.get(text="Can I change my tariff?")
    page.locator(f"#acts-{message.pk} > summary").click()
    seen("menu")
    page.get_by_role("link", name="Split off from here").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A conversation of its own?")
    expect(page.get_by_text("To the small one, please")).to_be_visible()
    seen("preview")
    page.get_by_role("button", name="Split it off").click()
    page.get_by_text("split 2 messages off into a conversation of their own").wait_for()
    assert "Can I change my tariff?" not in timeline()
    route_due()
    done = CaseMove.objects.get()
    page.reload()
    seen("split")
    page.get_by_role("link", name="Show it").click()
    page.get_by_text("split this off from another conversation").wait_for()
    assert page.url.endswith(f"/{done.target_id}/")
    assert "My order has not arrived" not in timeline()
    # By hand the same two are joined from the history, the other way round.
    alice.open(f"/conversations/{done.target_id}/join/{carol.pk}/")
    seen("join")
    page.get_by_role("button", name="Join them").click()
    page.get_by_text("joined another conversation to this one: 2 messages").wait_for()
    assert "Can I change my tariff?" in timeline()
    line = page.locator("li.ev").filter(has_text="joined another conversation")
    line.get_by_role("button", name="Undo").click()
    page.get_by_text("took the join back").wait_for()
    assert "To the small one, please" in timeline()
    alice.open(f"/inbox/mine/{carol.pk}/")
    line = page.locator("li.ev").filter(has_text="split 2 messages off")
    line.get_by_role("button", name="Undo").click()
    page.get_by_text("took the split back").wait_for()
    seen("as before")
    assert "To the small one, please" in timeline()
    assert Conversation.objects.get(pk=done.target_id).joined_to_id == carol.pk
    assert page.get_by_role("button", name="Undo").count() == 0
    assert alice.complaints == []
