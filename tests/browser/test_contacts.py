"""A person's page in the browser: compared, merged, taken back; on every screen, in both themes, with hostile names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from inbox.guard import Field, Protection
from inbox.models import Contact, Identity, Message
from inbox.services import records
from tests import factories
from tests.browser.conftest import Desk, Person
from tests.browser.test_looks import _axe as axe

pytestmark = pytest.mark.browser
SCREENS = {"light": (1440, 900), "dark": (1440, 900), "phone": (390, 844)}
LONG = ("\u202e\u200fAnna-Karolina " * 30)[:300]


@pytest.mark.parametrize("screen", SCREENS)
def test_two_identities_are_merged_and_the_merge_is_taken_back(
    screen: str, desk: Desk, sign_in: Callable[..., Person], tmp_path: Path
) -> None:
    carol = factories.routed(desk.people, "My order has not arrived")
    there = replace(desk.people, connection=factories.connection("Norrline on Facebook", network="facebook"))
    twin = factories.routed(there, "It still has not", by="CAROL")
    Identity.objects.filter(pk=twin.identity_id).update(name=LONG)
    for row, number in ((carol, "KD-48213-11"), (twin, "KD-99213-22")):
        fields = [Field("contract", number, Protection.SECRET), Field("city", "Lyon", Protection.SOFT)]
        records.put(contact_id=row.identity.contact_id, fields=fields, actor=desk.people.dana)
    width, height = SCREENS[screen]
    scheme = "dark" if screen == "dark" else "light"
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": height}}
    alice = sign_in("alice", bypass_csp=True, patience=20000, **look)

    def seen(name: str) -> None:
        alice.page.screenshot(path=tmp_path / f"{screen}-{name}.png", full_page=True)
        assert axe(alice) == []
        assert alice.page.evaluate("document.documentElement.scrollWidth") <= width, name

    alice.open(f"/inbox/mine/{carol.pk}/")
    alice.open(alice.page.get_by_role("link", name="Who is this?", include_hidden=True).get_attribute("href") or "")
    alice.page.get_by_text("never in public").first.wait_for()
    alice.page.get_by_text("the same handle").wait_for()
    seen("contact")
    alice.page.get_by_role("link", name="Compare").click()
    alice.page.get_by_text("The records say different things").wait_for()
    seen("preview")
    alice.page.get_by_role("button", name="Merge them").click()
    alice.page.get_by_text("Every conversation is still answered where it is").wait_for()
    assert Contact.objects.get(pk=twin.identity.contact_id).person_id == carol.identity.contact_id
    seen("merged")
    alice.page.get_by_role("button", name="Undo").click()
    alice.page.get_by_text("they are two people again").wait_for()
    assert Contact.objects.get(pk=twin.identity.contact_id).person_id is None
    seen("separated")
    assert alice.complaints == []


@pytest.mark.parametrize("screen", SCREENS)
def test_somebody_is_muted_heard_again_and_a_post_becomes_a_case(
    screen: str, desk: Desk, sign_in: Callable[..., Person], tmp_path: Path
) -> None:
    carol = factories.routed(desk.people, "My order has not arrived")
    Identity.objects.filter(pk=carol.identity_id).update(name=LONG)
    width, height = SCREENS[screen]
    scheme = "dark" if screen == "dark" else "light"
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": height}}
    bob = sign_in("bob", bypass_csp=True, patience=20000, **look)
    bob.open(f"/contacts/{carol.identity.contact_id}/")
    bob.page.get_by_label("What they write makes no case").select_option("to any account")
    bob.page.get_by_role("button", name="Mute", exact=True).click()
    bob.page.get_by_text("is stored and makes no case").wait_for()
    assert factories.arrives(desk.people, factories.post("Buy my coins"), factories.post("And these")) == []
    bob.open("/muted/")
    bob.page.screenshot(path=tmp_path / f"{screen}-muted.png", full_page=True)
    assert axe(bob) == []
    assert bob.page.evaluate("document.documentElement.scrollWidth") <= width
    bob.page.get_by_role("button", name="Make it a case").first.click()
    bob.page.get_by_text("waits for an answer now").wait_for()
    assert Message.objects.get(text="And these").conversation is not None
    bob.open("/muted/")
    bob.page.get_by_role("button", name="Hear again").click()
    bob.page.get_by_text("Nobody is muted").wait_for()
    assert len(factories.arrives(desk.people, factories.post("Sorry, my order"))) == 1
    assert bob.complaints == []


@pytest.mark.parametrize("screen", SCREENS)
def test_words_are_kept_out_after_a_look_at_last_week(
    screen: str, desk: Desk, sign_in: Callable[..., Person], tmp_path: Path
) -> None:
    factories.routed(desk.people, "Huge GIVEAWAY, follow and share")
    width, height = SCREENS[screen]
    look = {"color_scheme": "dark" if screen == "dark" else "light", "viewport": {"width": width, "height": height}}
    bob = sign_in("bob", bypass_csp=True, patience=20000, **look)
    bob.open("/muted/")
    bob.page.get_by_role("link", name="Words that make no case").click()
    bob.page.get_by_label("Words and phrases").fill("giveaway")
    bob.page.get_by_role("button", name="What would it have kept out?").click()
    bob.page.get_by_text("1 post of the last 7 days has these words").wait_for()
    bob.page.screenshot(path=tmp_path / f"{screen}-noise-preview.png", full_page=True)
    assert axe(bob) == []
    bob.page.get_by_role("button", name="Keep such posts out").click()
    bob.page.get_by_text("0 posts kept out").wait_for()
    assert factories.arrives(desk.people, factories.post("another giveaway", by="spam")) == []
    bob.page.reload()
    bob.page.get_by_text("1 post kept out").wait_for()
    bob.page.screenshot(path=tmp_path / f"{screen}-noise.png", full_page=True)
    assert bob.page.evaluate("document.documentElement.scrollWidth") <= width
    bob.page.get_by_role("button", name="End giveaway").click()
    bob.page.get_by_role("button", name="Bring back giveaway").click()
    bob.page.get_by_text("The rule is back").wait_for()
    assert axe(bob) == []
    assert bob.complaints == []
