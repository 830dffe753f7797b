"""Records and public numbers in the browser: uploaded, looked at, saved, on every screen and in both themes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inbox.guard import Protection
from inbox.models import Identity
from inbox.services import publicfacts, records
from tests import factories
from tests.browser.conftest import Desk, Person
from tests.browser.test_looks import _axe as axe

pytestmark = pytest.mark.browser
SCREENS = {"light": (1440, 900), "dark": (1440, 900), "phone": (390, 844)}


@pytest.mark.parametrize("screen", SCREENS)
def test_an_admin_uploads_a_file_and_names_a_public_number(
    screen: str, desk: Desk, sign_in: Callable[..., Person], tmp_path: Path
) -> None:
    factories.arrives(desk.people, factories.post("My order has not arrived", by="carol"))
    contact = Identity.objects.get(handle="carol").contact_id
    rows = ["network,handle,customer number,e-mail,city,shop", "x,@carol,KD-48213,carol@mail.example,Lyon,Nice",
            "x,nobody,KD-1,a@b.example,Ulm,Ulm", "x,carol"]  # fmt: skip
    file = tmp_path / "customers.csv"
    file.write_text("\n".join(rows))
    width, height = SCREENS[screen]
    scheme = "dark" if screen == "dark" else "light"
    dana = sign_in("dana", color_scheme=scheme, viewport={"width": width, "height": height}, bypass_csp=True)

    def seen(name: str) -> None:
        assert axe(dana) == []
        assert dana.page.evaluate("document.documentElement.scrollWidth") <= width, name
        dana.page.screenshot(path=tmp_path / f"{screen}-{name}.png", full_page=True)

    dana.open("/settings/records/")
    seen("records")
    dana.page.get_by_label("CSV file").set_input_files(file)
    dana.page.get_by_role("button", name="Look at the file").click()
    dana.page.get_by_label("What shop is").select_option("ignored")
    seen("columns")
    dana.page.get_by_role("button", name="Save the records").click()
    dana.page.get_by_text("1 record saved").wait_for()
    seen("saved")
    assert {field.name: field.protection for field in records.fields_of(contact)} == {
        "customer number": Protection.SECRET, "e-mail": Protection.SECRET, "city": Protection.SOFT,
    }  # fmt: skip
    dana.page.get_by_role("link", name="Our public numbers").click()
    dana.page.get_by_label("Number, address, mailbox or domain").fill("+49 30 901820")
    dana.page.get_by_label("Note").fill("Hotline")
    dana.page.get_by_role("button", name="Add", exact=True).click()
    dana.page.get_by_text("passes from now on").wait_for()
    seen("public")
    dana.page.get_by_role("button", name="Remove +49 30 901820").click()
    dana.page.get_by_text("is held again").wait_for()
    assert publicfacts.values() == []
    assert dana.complaints == []
