"""Tags, fields and lists of people who matter: in searches, in rules and in what is exported."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox import asks
from inbox.models import Conversation, CustomField, FieldOption
from inbox.services import contacts, fields, tags, vips
from routing import exporting, selectors
from routing.models import Rule
from routing.services.assignment import route_due
from tests import factories
from tests.factories import Desk, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return factories.desk(capacity=500)


def _field(kind: str, name: str, *options: str) -> CustomField:
    made = fields.create(name=name, kind=kind)
    if options:
        fields.add_options(field_id=made.pk, lines="\n".join(options))
    return made


def _says(desk: Desk, talk: Conversation, field: CustomField, said: Any) -> None:
    fields.write(conversation_id=talk.pk, field_id=field.pk, said=said, actor=desk.alice)


# Searching --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "there", "finds", "misses"),
    [
        ("text", "Acme GmbH", ("acme", "ACME G", "Acme GmbH"), ("gmbh", "acme%", "acm_ ", "x")),
        ("number", "12.5", ("12.5", "12.50", "10..20", "..12.5", "12.5..", "12,5"), ("12", "13..", "..12", "10..12.4")),
        ("date", "2026-03-31", ("2026-03-31", "2026-01-01..", "..2026-03-31"), ("2026-03-30", "2026-04-01..")),
    ],
)
def test_what_fields_say_is_found(
    desk: Desk, kind: str, there: str, finds: tuple[str, ...], misses: tuple[str, ...]
) -> None:
    carol = factories.routed(desk, by="carol")
    factories.routed(desk, by="dora")
    field = _field(kind, "Asked")
    _says(desk, carol, field, there)
    alice = signed_in(desk.alice)
    for said in finds:
        hits = alice.get("/search/", {"fields": f"{field.pk}:{said}"}).context["hits"]
        assert [hit.id for hit in hits] == [carol.pk], said
    for said in misses:
        assert alice.get("/search/", {"fields": f"{field.pk}:{said}"}).context["hits"] == [], said
    _says(desk, carol, field, "")
    assert alice.get("/search/", {"fields": f"{field.pk}:{finds[0]}"}).context["hits"] == []


def test_the_form_s_controls_say_the_same_as_the_address(desk: Desk) -> None:
    carol = factories.routed(desk)
    reason, amount = _field("choice", "Reason", "Refund", "Delay"), _field("number", "Amount")
    refund = FieldOption.objects.get(name="Refund")
    _says(desk, carol, reason, refund.pk)
    _says(desk, carol, amount, "12")
    alice = signed_in(desk.alice)
    controls = {f"field-{reason.pk}": refund.pk, f"field-{amount.pk}": "10", f"field-{amount.pk}-until": ""}
    page = alice.get("/search/", controls)
    assert page.context["said"] == {"fields": f"{reason.pk}:{refund.pk};{amount.pk}:10.."}
    assert [hit.id for hit in page.context["hits"]] == [carol.pk]
    again = alice.get(f"/search/?{page.context['state']}")
    shown = {row["name"]: (row["said"], row["until"]) for row in again.context["fields"]}
    assert shown == {"Reason": (str(refund.pk), ""), "Amount": ("10", "")}


@pytest.mark.parametrize(
    "said",
    ["x", "12", ":", "999999:1", "{number}:", "{number}:ten", "{number}:..", "{number}:20..10", "{choice}:Refund",
     "{choice}:" + "9" * 40, "{number}:1;2", "{day}:2026-02-30", "{day}:1", "{text}:" + "x" * 101, "a" * 700,
     ";".join(f"{n}:1" for n in range(1, 8))],
)  # fmt: skip
def test_what_cannot_be_asked_of_a_field_is_one_sentence(desk: Desk, said: str) -> None:
    made = {kind: _field(kind if kind != "day" else "date", kind) for kind in ("number", "choice", "day", "text")}
    said = said.format(**{kind: field.pk for kind, field in made.items()})
    page = signed_in(desk.alice).get("/search/", {"fields": said, "status": "open"})
    assert page.status_code == 200
    assert "The filter “fields” says something that is no choice." in page.content.decode()


def test_people_on_a_list_are_found_by_every_contact_of_theirs(desk: Desk) -> None:
    carol, twin = factories.routed(desk, by="carol"), factories.routed(desk, by="twin")
    factories.routed(desk, by="dora")
    press = vips.create(name="Press")
    entry = vips.put(list_id=press.pk, contact_id=twin.identity.contact_id, why="A reporter", actor=desk.alice)
    alice = signed_in(desk.alice)

    def found(which: object) -> set[int]:
        return {hit.id for hit in alice.get(f"/search/?vip={which}").context["hits"]}

    assert found(press.pk) == found("any") == {twin.pk}
    done = contacts.merge(contact_id=carol.identity.contact_id, other_id=twin.identity.contact_id, actor=desk.alice)
    assert found(press.pk) == found("any") == {carol.pk, twin.pk}
    contacts.undo(merge_id=done.pk, actor=desk.alice)
    assert found(press.pk) == {twin.pk}
    vips.take_off(entry_id=entry.pk, actor=desk.alice)
    assert found("any") == set()
    assert "says something that is no choice" in alice.get("/search/?vip=all").content.decode()


# Rules ------------------------------------------------------------------------------------------


def _reasons(talk: Conversation) -> list[str]:
    current = selectors.assignment_of(talk.pk)
    assert current is not None
    return list(current.reasons)


def test_a_rule_sends_who_is_on_a_list_also_by_a_merged_contact(desk: Desk) -> None:
    old, twin = factories.routed(desk, by="carol"), factories.routed(desk, by="twin")
    press = vips.create(name="Press")
    vips.put(list_id=press.pk, contact_id=old.identity.contact_id, why="A reporter", actor=desk.alice)
    contacts.merge(contact_id=old.identity.contact_id, other_id=twin.identity.contact_id, actor=desk.alice)
    factories.rule("Press office", desk.billing, vips=[press.pk])
    assert _reasons(factories.routed(desk, by="twin"))[0] == "Matches the rule “Press office”: on the list Press"
    assert _reasons(factories.routed(desk, by="dora"))[0] == "No rule matched; the help desk takes it"
    vips.archive(list_id=press.pk, on=True)
    assert _reasons(factories.routed(desk, by="twin"))[0] == "No rule matched; the help desk takes it"


def test_a_rule_looks_at_tags_and_fields_that_are_there_before_it_decides(desk: Desk) -> None:
    tag, amount = tags.create(name="Refund", colour="red"), _field("number", "Amount")
    factories.rule("Large", desk.billing, tags=[tag.pk, 10**9], fields=[[amount.pk, "number", "100.."]])
    talks = [factories.conversation(desk, by=name) for name in ("carol", "dora", "finn", "gina")]
    for talk in talks[:3]:
        tags.put(conversation_id=talk.pk, tag_id=tag.pk, actor=desk.bob)
    _says(desk, talks[0], amount, "120")
    _says(desk, talks[1], amount, "99")
    _says(desk, talks[3], amount, "120")
    route_due()
    assert _reasons(talks[0])[0] == "Matches the rule “Large”: tagged Refund, Amount: 120"
    assert {_reasons(talk)[0] for talk in talks[1:]} == {"No rule matched; the help desk takes it"}


def test_a_preview_looks_at_what_was_there_when_it_was_decided(desk: Desk) -> None:
    tag = tags.create(name="Refund", colour="red")
    before, after = factories.conversation(desk, by="carol"), factories.conversation(desk, by="dora")
    tags.put(conversation_id=before.pk, tag_id=tag.pk, actor=desk.bob)
    route_due()
    tags.put(conversation_id=after.pk, tag_id=tag.pk, actor=desk.bob)
    page = signed_in(desk.bob).get(f"/settings/rules/preview/?tags={tag.pk}")
    assert [hit.conversation.pk for hit in page.context["preview"].hits] == [before.pk]
    assert page.context["preview"].hits[0].found == "tagged Refund"


def test_a_rule_is_written_with_them_shown_with_their_names_and_keeps_what_is_archived(desk: Desk) -> None:
    tag, press = tags.create(name="Refund", colour="red"), vips.create(name="Press")
    reason, amount, order = _field("choice", "Reason", "Refund"), _field("number", "Amount"), _field("text", "Order")
    option = FieldOption.objects.get()
    bob = signed_in(desk.bob)
    form = {
        "name": "Important", "team": desk.billing.pk, "tags": tag.pk, "vips": press.pk,
        f"field-{reason.pk}": option.pk, f"field-{amount.pk}": "10", f"field-{amount.pk}-until": "20",
        f"field-{order.pk}": "AB",
    }  # fmt: skip
    bob.post("/settings/rules/new/", form)
    rule = Rule.objects.get()
    kept = [[reason.pk, "choice", str(option.pk)], [amount.pk, "number", "10..20"], [order.pk, "text", "AB"]]
    assert (rule.tags, rule.vips, rule.fields) == ([tag.pk], [press.pk], kept)
    said = bob.get("/settings/rules/").context["rules"][0]["conditions"]
    assert said == [
        "tagged Refund", "from somebody on “Press”", "Reason is Refund", "Amount is 10 to 20", "Order begins with “AB”"
    ]  # fmt: skip
    for archive in (
        lambda: tags.archive(tag_id=tag.pk, on=True),
        lambda: vips.archive(list_id=press.pk, on=True),
        lambda: fields.archive(field_id=order.pk, on=True),
    ):
        archive()
    page = bob.get(f"/settings/rules/{rule.pk}/")
    for words in ("Refund", "Press", "AB"):
        assert words in page.content.decode()
    bob.post(f"/settings/rules/{rule.pk}/", form)
    rule.refresh_from_db()
    assert (rule.tags, rule.vips, rule.fields) == ([tag.pk], [press.pk], kept)


@pytest.mark.parametrize("said", [{"vips": "999999"}, {"tags": "x"}, {"field": "ten"}])
def test_a_rule_that_asks_for_what_is_not_there_is_not_saved(desk: Desk, said: dict[str, str]) -> None:
    amount = _field("number", "Amount")
    named = {name if name != "field" else f"field-{amount.pk}": value for name, value in said.items()}
    form = {"name": "Odd", "team": desk.billing.pk, **named}
    assert signed_in(desk.bob).post("/settings/rules/new/", form).status_code == 400
    assert not Rule.objects.exists()


def test_statements_of_routing_are_the_same_whatever_is_described(desk: Desk) -> None:
    tag, amount, press = tags.create(name="Refund", colour="red"), _field("number", "Amount"), vips.create(name="Press")
    factories.rule("All", desk.billing, tags=[tag.pk], vips=[press.pk], fields=[[amount.pk, "number", "1.."]])
    costs = []
    for number in (2, 30):
        ids = factories.arrives(desk, *[factories.post("?", by=f"{number}-{n}") for n in range(number)])
        for talk in Conversation.objects.filter(pk__in=ids).select_related("identity"):
            tags.put(conversation_id=talk.pk, tag_id=tag.pk, actor=desk.bob)
            _says(desk, talk, amount, "7")
            vips.put(list_id=press.pk, contact_id=talk.identity.contact_id, why="x", actor=desk.bob)
        with CaptureQueriesContext(connection) as asked:
            route_due()
        costs.append(len(asked))
        assert {row.team_id for row in selectors.assignments_of(ids).values()} == {desk.billing.pk}
    assert costs[0] == costs[1]


# Export -----------------------------------------------------------------------------------------


def _exported(client: Any, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer["Content-Type"].startswith("text/csv")
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_a_search_is_exported_with_all_that_describes_it_and_without_formulas(desk: Desk) -> None:
    carol = factories.routed(desk, "=HYPERLINK(1)", by="carol")
    factories.routed(desk, "Another", by="dora")
    tag, order, press = tags.create(name="+Refund", colour="red"), _field("text", "-Order"), vips.create(name="@Press")
    tags.put(conversation_id=carol.pk, tag_id=tag.pk, actor=desk.alice)
    _says(desk, carol, order, "=1+1")
    vips.put(list_id=press.pk, contact_id=carol.identity.contact_id, why="A reporter", actor=desk.alice)
    bob = signed_in(desk.bob)
    assert "Export as CSV" in bob.get("/search/?status=open").content.decode()
    assert "Export as CSV" not in signed_in(desk.alice).get("/search/?status=open").content.decode()
    rows = _exported(bob, f"/search/export/?status=open&tag={tag.pk}")
    assert len(rows) == 1
    row = rows[0]
    assert (row["conversation"], row["customer"], row["team"], row["agent"]) == (
        str(carol.pk), "Carol", "Help desk", "Alice"
    )  # fmt: skip
    assert (row["tags"], row["vip_lists"], row["'-Order"]) == ("'+Refund", "'@Press", "'=1+1")
    assert row["text"] == "'=HYPERLINK(1)"


def test_an_export_holds_what_its_reader_may_see_and_nothing_else(desk: Desk) -> None:
    other = factories.team("Legal")
    lena = factories.person("lena", other, role="lead")
    factories.routed(desk, "Hemmelig", by="carol")
    assert len(_exported(signed_in(desk.bob), "/search/export/?status=open")) == 1
    assert _exported(signed_in(lena), "/search/export/?status=open") == []


def test_an_export_reads_in_pages_and_each_takes_as_many_statements(desk: Desk) -> None:
    bob, costs = signed_in(desk.bob), []
    for number in (20, exporting.CHUNK):
        factories.arrives(desk, *factories.many(number))
        with CaptureQueriesContext(connection) as asked:
            rows = _exported(bob, "/search/export/?status=open")
        found = [int(row["conversation"]) for row in rows]
        assert found == sorted(set(found), reverse=True)
        assert not [one["sql"] for one in asked if " OFFSET " in one["sql"]]
        costs.append((len(found), len(asked)))
    assert [found for found, _ in costs] == [20, exporting.CHUNK + 20]
    assert costs[1][1] - costs[0][1] <= 9  # a second page


def test_the_language_is_what_it_says() -> None:
    assert asks.split("12:7;9:a;b;4:10..20") == {12: "7", 9: "a;b", 4: "10..20"}
    assert asks.joined({12: "7", 9: "a;b"}) == "12:7;9:a;b"
