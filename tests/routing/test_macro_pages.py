"""The settings page of macros, and those that the demo company brings."""

from __future__ import annotations

import pytest
from django.utils.html import strip_tags

from inbox.models import Event, Macro
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


def test_every_version_is_kept_and_brought_back_by_anybody_who_keeps_macros() -> None:
    desk = factories.desk()
    bob, dana = factories.signed_in(desk.bob), factories.signed_in(desk.dana)
    bob.post(PATH, {"name": "Restart", "text": "Restart the box."})
    pk = Macro.objects.get().pk
    dana.post(PATH, {"macro": pk, "name": "Restart", "text": "Hold <b>the button</b>."})
    dana.post(PATH, {"macro": pk, "name": " Restart ", "text": "Hold <b>the button</b>."})  # changes nothing
    bob.post(PATH, {"delete": pk})
    page = bob.get(f"{PATH}{pk}/").content.decode()
    assert "This macro is deleted." in page
    assert "Hold &lt;b&gt;the button&lt;/b&gt;." in page
    assert page.count('name="version"') == 3
    oldest = macros.versions(pk)[-1]
    assert bob.post(f"{PATH}{pk}/", {"version": oldest.pk}).status_code == 303
    assert Macro.objects.get(pk=pk).text == "Restart the box."
    assert [(row.did, row.by) for row in macros.versions(pk)] == [
        ("restored", desk.bob), ("deleted", desk.bob), ("changed", desk.dana), ("added", desk.bob),
    ]  # fmt: skip
    told = Event.objects.filter(kind="settings.changed", subject="macro", subject_id=pk).order_by("pk")
    assert [row.data["did"] for row in told] == [
        "added it", "changed it", "deleted it", "brought an earlier version back",
    ]  # fmt: skip
    assert "Dana changed it" in " ".join(strip_tags(bob.get(PATH).content.decode()).split())


def test_a_version_is_refused_where_it_cannot_be_brought_back() -> None:
    desk = factories.desk()
    bob = factories.signed_in(desk.bob)
    old = macros.save(name="Restart", text="Restart the box.")
    other = macros.save(name="Bye", text="Goodbye.")
    macros.save(macro_id=old.pk, name="Again", text="Once more.")
    macros.save(name="Restart", text="A new one of that name.")
    first = macros.versions(old.pk)[-1]
    for macro, version, said in ((old, first.pk, "There is a macro “Restart” already."), (other, first.pk, "no such"),
                                 (old, "x", "no such")):  # fmt: skip
        answer = bob.post(f"{PATH}{macro.pk}/", {"version": version}, follow=True)
        assert said in answer.content.decode()
    assert [row.name for row in Macro.objects.all()] == ["Again", "Bye", "Restart"]


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
