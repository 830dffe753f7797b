"""The settings page of macros, and those that the demo company brings."""

from __future__ import annotations

import pytest

from inbox.models import Macro
from inbox.services import macros
from routing.demo.company import MACROS
from tests import factories

pytestmark = pytest.mark.django_db
PATH = "/settings/macros/"


def test_a_lead_adds_changes_and_deletes_macros() -> None:
    bob = factories.signed_in(factories.desk().bob)
    assert bob.post(PATH, {"name": " Restart  it ", "text": " Hello {customer} "}).status_code == 302
    macro = Macro.objects.get()
    assert (macro.name, macro.text) == ("Restart it", "Hello {customer}")
    bob.post(PATH, {"macro": macro.pk, "name": "Restart", "text": "<b>Again</b>"})
    assert "&lt;b&gt;Again&lt;/b&gt;" in bob.get(PATH).content.decode()
    bob.post(PATH, {"delete": macro.pk})
    assert not Macro.objects.exists()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("", "Hello", "needs a name"), ("Name", "  ", "needs a name"), ("x" * 81, "Hello", "at most 80"),
        ("Name", "x" * 4001, "at most 80"), ("Known", "Hello", "already"), ("\0", "\0", "needs a name"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_stays_in_its_form(name: str, text: str, said: str) -> None:
    bob = factories.signed_in(factories.desk().bob)
    macros.save(name="Known", text="There before")
    answer = bob.post(PATH, {"name": name, "text": text})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert Macro.objects.count() == 1
    gone = bob.post(PATH, {"macro": "999999", "name": "Name", "text": "Hello"})
    assert "Somebody deleted it" in gone.content.decode()


def test_the_page_costs_the_same_for_many(django_assert_max_num_queries: object) -> None:
    bob = factories.signed_in(factories.desk().bob)
    Macro.objects.bulk_create(Macro(name=f"Macro {n}", text="Hello") for n in range(200))
    with django_assert_max_num_queries(13):  # type: ignore[operator]
        assert bob.get(PATH).status_code == 200


def test_every_placeholder_of_the_demo_company_is_known() -> None:
    assert len(MACROS) == 5
    for name, text in MACROS:
        for known in macros.PLACEHOLDERS:
            text = text.replace(known, "")
        assert len(name) <= 80
        assert macros.unfilled(text) == ""
