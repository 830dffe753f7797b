"""The desk's own fields: what may be written down of a conversation, by whom, and what was there before."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from inbox.models import CustomField, Event, FieldOption, FieldValue
from inbox.services import fields
from inbox.services.conversations import Refused
from tests import factories
from tests.factories import Desk, signed_in

pytestmark = pytest.mark.django_db


def _field(kind: str, name: str = "Asked", *lines: str) -> CustomField:
    made = fields.create(name=name, kind=kind)
    if lines:
        fields.add_options(field_id=made.pk, lines="\n".join(lines))
    return made


@pytest.mark.parametrize(
    ("kind", "said", "column", "kept", "shown"),
    [
        ("text", "  AB  12 ", "text", "AB 12", "AB 12"),
        ("text", "a\0b <b>", "text", "ab <b>", "ab <b>"),
        ("number", "1 200,50", "number", Decimal("1200.5"), "1200.5"),
        ("number", "-0.000001", "number", Decimal("-0.000001"), "-0.000001"),
        ("number", "100", "number", Decimal(100), "100"),
        ("date", "2026-03-31", "day", date(2026, 3, 31), "2026-03-31"),
    ],
)
def test_what_is_written_down_is_kept_as_what_it_is(
    desk: Desk, kind: str, said: str, column: str, kept: object, shown: str
) -> None:
    carol = factories.routed(desk)
    field = _field(kind)
    value = fields.write(conversation_id=carol.pk, field_id=field.pk, said=said, actor=desk.alice)
    assert value is not None
    value.refresh_from_db()
    assert (getattr(value, column), fields.shown(value)) == (kept, shown)
    page = signed_in(desk.alice).get(f"/inbox/mine/{carol.pk}/")
    assert [one["shown"] for one in page.context["beside"].fields] == [shown]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("text", "x" * 201),
        ("number", "twelve"), ("number", "1e9"), ("number", "NaN"), ("number", "٣"), ("number", "1" * 15),
        ("number", "0.0000001"), ("number", "1,2,3"),
        ("date", "31.3.2026"), ("date", "2026-02-30"), ("date", "0001-01-01"), ("date", "2026-03-31T00:00"),
        ("choice", "Router"), ("choice", "999999"), ("choice", "9" * 40), ("product", "-1"),
    ],
)  # fmt: skip
def test_what_is_none_of_its_kind_is_refused_in_one_sentence(desk: Desk, kind: str, said: str) -> None:
    carol = factories.routed(desk)
    field = _field(kind)
    with pytest.raises(Refused, match="“Asked”"):
        fields.write(conversation_id=carol.pk, field_id=field.pk, said=said, actor=desk.alice)
    assert not FieldValue.objects.exists()


def test_every_change_is_kept_with_who_made_it_and_told_without_words(desk: Desk) -> None:
    carol = factories.routed(desk)
    field = _field("text", "Order")
    here = {"conversation_id": carol.pk, "field_id": field.pk}
    first = fields.write(said="Hemmelig 7", actor=desk.alice, **here)
    assert fields.write(said="Hemmelig 7", actor=desk.bob, **here) == first  # the same again is no change
    fields.write(said="AB-2", actor=desk.bob, **here)
    assert fields.write(said="", actor=desk.alice, **here) is None
    rows = FieldValue.objects.order_by("pk").values_list("text", "by__username", "ended_by__username")
    assert list(rows) == [("Hemmelig 7", "alice", "bob"), ("AB-2", "bob", "alice")]
    told = Event.objects.filter(conversation_id=carol.pk, subject="field").order_by("pk")
    assert [row.kind for row in told] == ["conversation.field_written"] * 2 + ["conversation.field_cleared"]
    assert "Hemmelig" not in json.dumps([row.data for row in told])
    page = signed_in(desk.alice).get(f"/inbox/mine/{carol.pk}/")
    past = page.context["beside"].fields[0]["past"]
    assert [(one["shown"], one["by"], one["ended_by"]) for one in past] == [
        ("AB-2", "Bob", "Alice"),
        ("Hemmelig 7", "Alice", "Bob"),
    ]


def test_a_form_saves_what_was_touched_and_never_over_a_colleague(desk: Desk) -> None:
    carol = factories.routed(desk)
    order, amount = _field("text", "Order"), _field("number", "Amount")
    alice = signed_in(desk.alice)
    address = f"/conversations/{carol.pk}/fields/"
    names = (f"field-{order.pk}", f"field-{amount.pk}", f"seen-{order.pk}", f"seen-{amount.pk}")
    alice.post(address, dict(zip(names, ("AB-1", "", "", ""), strict=True)))
    seen = FieldValue.objects.get()
    # Bob changes the order; Alice's page still has the old one, and she touches the amount alone.
    fields.write(conversation_id=carol.pk, field_id=order.pk, said="AB-2", actor=desk.bob)
    alice.post(address, dict(zip(names, ("AB-1", "12", str(seen.pk), ""), strict=True)))
    now = FieldValue.objects.filter(ended_at=None).order_by("field")
    assert [fields.shown(value) for value in now] == ["AB-2", "12"]
    # She touches the order, too: hers does not go over his.
    answer = alice.post(address, dict(zip(names, ("AB-3", "13", str(seen.pk), ""), strict=True)), follow=True)
    assert "Bob wrote “AB-2” for “Order” meanwhile." in answer.content.decode()
    assert [fields.shown(value) for value in now.all()] == ["AB-2", "12"]


@pytest.mark.parametrize("seen", ["-1", "x", "9" * 30, "999999"])
def test_a_form_that_nobody_was_shown_changes_nothing(desk: Desk, seen: str) -> None:
    carol = factories.routed(desk)
    field = _field("text")
    fields.write(conversation_id=carol.pk, field_id=field.pk, said="Mine", actor=desk.bob)
    said = {f"field-{field.pk}": "Other", f"seen-{field.pk}": seen, "field-999999": "", "field-x": "1", "field-": "1"}
    assert signed_in(desk.alice).post(f"/conversations/{carol.pk}/fields/", said).status_code == 303
    assert FieldValue.objects.get().text == "Mine"


def test_an_option_is_renamed_where_it_was_chosen_and_archived_where_it_was_not(desk: Desk) -> None:
    carol, dora = factories.routed(desk, by="carol"), factories.routed(desk, by="dora")
    field = _field("product", "Product", "Router Mini; RM-200", "Cable")
    router, cable = FieldOption.objects.order_by("pk")
    assert (str(router), str(cable)) == ("Router Mini (RM-200)", "Cable")
    here = {"field_id": field.pk, "actor": desk.alice}
    fields.write(conversation_id=carol.pk, said=router.pk, **here)
    fields.change_option(option_id=router.pk, name="Router Maxi", code="RM-300")
    fields.archive_option(option_id=router.pk, on=True)
    fields.write(conversation_id=carol.pk, said=str(router.pk), **here)  # it stays where it is
    with pytest.raises(Refused, match="Choose one of the options"):
        fields.write(conversation_id=dora.pk, said=router.pk, **here)
    beside = signed_in(desk.alice).get(f"/inbox/mine/{dora.pk}/").context["beside"].fields[0]
    assert [option["name"] for option in beside["options"]] == ["Cable"]
    beside = signed_in(desk.alice).get(f"/inbox/mine/{carol.pk}/").context["beside"].fields[0]
    assert beside["shown"] == "Router Maxi (RM-300)"


def test_an_archived_field_shows_what_it_says_and_asks_no_more(desk: Desk) -> None:
    carol, dora = factories.routed(desk, by="carol"), factories.routed(desk, by="dora")
    field = _field("text", "Order")
    fields.write(conversation_id=carol.pk, field_id=field.pk, said="AB-1", actor=desk.alice)
    dana = signed_in(desk.dana)
    dana.post(f"/settings/fields/{field.pk}/archive/")
    with pytest.raises(Refused, match="no longer asked"):
        fields.write(conversation_id=dora.pk, field_id=field.pk, said="AB-2", actor=desk.alice)
    alice = signed_in(desk.alice)
    assert "AB-1" in alice.get(f"/inbox/mine/{carol.pk}/").content.decode()
    assert 'id="fields"' not in alice.get(f"/inbox/mine/{dora.pk}/").content.decode()
    dana.post(f"/settings/fields/{field.pk}/restore/")
    assert fields.write(conversation_id=dora.pk, field_id=field.pk, said="AB-2", actor=desk.alice)


def test_settings_make_change_and_list_fields_with_who_did_it(desk: Desk) -> None:
    bob = signed_in(desk.bob)
    bob.post("/settings/fields/", {"name": "  Reason <b> ", "kind": "choice"})
    field = CustomField.objects.get()
    page = bob.get("/settings/fields/").content.decode()
    assert "Reason &lt;b&gt;" in page
    assert "Nothing may be chosen yet" in page
    bob.post(f"/settings/fields/{field.pk}/add/", {"lines": "Refund\n\n  Late   delivery\n"})
    refund = FieldOption.objects.get(name="Refund")
    bob.post(f"/settings/fields/{field.pk}/option/", {"option": refund.pk, "name": "Money back"})
    bob.post(f"/settings/fields/{field.pk}/option-archive/", {"option": refund.pk})
    bob.post(f"/settings/fields/{field.pk}/rename/", {"name": "Why"})
    said = bob.get(f"/settings/fields/{field.pk}/").content.decode()
    for words in ("renamed from “Reason &lt;b&gt;”", "“Refund” → “Money back”", "archived “Money back”",
                  "added “Refund”, “Late delivery”"):  # fmt: skip
        assert words in said
    assert (
        bob.post("/settings/fields/", {"name": "WHY", "kind": "text"}, follow=True)
        .content.decode()
        .count("There is a field “WHY” already")
    )
    assert CustomField.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "kind"), [("", "text"), ("\0", "text"), ("x" * 41, "text"), ("Order", "colour"), ("Order", "")]
)
def test_a_field_that_is_none_is_refused(name: str, kind: str) -> None:
    with pytest.raises(Refused):
        fields.create(name=name, kind=kind)
    assert not CustomField.objects.exists()


@pytest.mark.parametrize("lines", ["", "   \n", "One\nONE", "x" * 81, "A; 1\nB; 1", "A;" + "1" * 41, "a\n" * 301])
def test_options_are_added_all_or_none(lines: str) -> None:
    field = _field("product")
    with pytest.raises(Refused):
        fields.add_options(field_id=field.pk, lines=lines)
    assert not FieldOption.objects.exists()


def test_a_field_that_is_not_chosen_takes_no_options() -> None:
    with pytest.raises(Refused, match="not chosen from a list"):
        _field("text", "Order", "One")


def test_the_database_holds_one_value_of_one_kind(desk: Desk) -> None:
    carol = factories.routed(desk)
    field = _field("text")
    fields.write(conversation_id=carol.pk, field_id=field.pk, said="A", actor=desk.alice)
    for wrong in ({"text": "B"}, {"text": "B", "number": 1}, {}):
        with pytest.raises(IntegrityError), transaction.atomic():
            FieldValue.objects.create(conversation=carol, field=field, by=desk.alice, **wrong)
