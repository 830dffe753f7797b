"""What the calls answer, what they refuse, and what they cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Conversation, ConversationTag, Event, OutboxItem, Tag
from inbox.services import tags
from routing.models import Assignment
from routing.services import handing
from routing.services.assignment import route_due
from tests import factories
from tests.api.conftest import Api, problem, program
from tests.factories import Desk

pytestmark = pytest.mark.django_db


def _ids(rows: list[Any]) -> list[int]:
    return [row["id"] for row in rows]


# --- reading --------------------------------------------------------------------------------------------------------
def test_a_conversation_says_who_has_it_and_what_waits(desk: Desk, alice: Api) -> None:
    carol = factories.routed(desk)
    tag = tags.create(name="Delivery", colour="blue")
    tags.put(conversation_id=carol.pk, tag_id=tag.pk, actor=desk.alice)
    shown = alice.get(f"conversations/{carol.pk}/")
    assert shown["team"] == {"id": desk.help_desk.pk, "name": "Help desk"}
    assert shown["assignee"] == {"id": desk.alice.pk, "name": "Alice"}
    assert shown["tags"] == [{"id": tag.pk, "name": "Delivery", "colour": "blue", "archived": False}]
    assert (shown["network"], shown["handle"], shown["visibility"], shown["status"]) == ("x", "carol", "public", "open")
    assert shown["last_incoming"] == carol.last_incoming_id
    assert alice.get("conversations/")["results"] == [shown]


def test_pages_follow_one_another_without_a_gap_or_a_double(desk: Desk, alice: Api) -> None:
    factories.arrives(desk, *factories.many(23))
    route_due()
    expected = sorted(Conversation.objects.values_list("pk", flat=True), reverse=True)
    assert _ids(alice.all("conversations/", limit=5)) == expected
    assert _ids(alice.all("conversations/", limit=23)) == expected
    assert alice.get("conversations/", limit=23)["next"] is None


def test_messages_of_one_moment_are_paged_without_a_gap(desk: Desk, alice: Api) -> None:
    now = timezone.now()
    carol = factories.routed(desk, published_at=now)
    more = [factories.post(f"Again {n}", root=carol.root, published_at=now) for n in range(12)]
    factories.arrives(desk, *more)
    rows = alice.all(f"conversations/{carol.pk}/messages/", limit=4)
    assert len(rows) == len(set(_ids(rows))) == 13
    assert _ids(rows) == sorted(_ids(rows), reverse=True)
    assert {row["author"] for row in rows} == {"carol"}


def test_each_filter_narrows_to_what_it_says(desk: Desk, bob: Api) -> None:
    carol = factories.routed(desk, "Where is it?")
    dave = factories.routed(desk, "Privately", by="dave", direct=True)
    frank = factories.routed(desk, "For billing", by="frank")
    fresh = factories.conversation(desk, "Nobody has this", by="grace")
    handing.assign(conversation_id=frank.pk, actor=desk.bob, team_id=desk.billing.pk)
    tag = tags.create(name="Delivery", colour="blue")
    tags.put(conversation_id=carol.pk, tag_id=tag.pk, actor=desk.alice)
    bob("POST", f"conversations/{dave.pk}/resolve/", {"resolution": "answered"})
    Conversation.objects.filter(pk=carol.pk).update(last_incoming_at=timezone.now() - timedelta(days=3))
    asked: list[tuple[dict[str, Any], set[int]]] = [
        ({}, {carol.pk, dave.pk, frank.pk, fresh.pk}),
        ({"status": "resolved"}, {dave.pk}),
        ({"team": desk.billing.pk}, {frank.pk}),
        ({"assignee": desk.alice.pk, "status": "open"}, {carol.pk}),
        ({"assignee": "me"}, set()),
        ({"assignee": "none"}, {frank.pk, fresh.pk}),
        ({"visibility": "direct"}, {dave.pk}),
        ({"tag": tag.pk}, {carol.pk}),
        ({"network": "nowhere"}, set()),
        ({"connection": desk.connection.pk, "network": "x", "status": "open"}, {carol.pk, frank.pk, fresh.pk}),
        ({"contact": carol.identity.contact_id}, {carol.pk}),
        ({"since": (timezone.now() - timedelta(days=1)).isoformat()}, {dave.pk, frank.pk, fresh.pk}),
    ]
    for query, expected in asked:
        assert set(_ids(bob.all("conversations/", **query))) == expected, query


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"colour": "red"}, "There is no such parameter here. Known are: assignee, "),
        ({"ordering": "id"}, "There is no such parameter here"),
        ({"status": "lost"}, "not a valid choice"),
        ({"limit": 101}, "less than or equal to 100"),
        ({"limit": 0}, "greater than or equal to 1"),
        ({"team": 2**63}, "less than or equal to"),
        ({"team": "x"}, "valid integer"),
        ({"assignee": "alice"}, "Send a colleague's id"),
        ({"since": "yesterday"}, "wrong format"),
        ({"cursor": "x"}, "no cursor of this list"),
        ({"cursor": "WzEsMl0"}, "no cursor of this list"),
        ({"cursor": "W3RydWVd"}, "no cursor of this list"),
        ({"cursor": "W10"}, "no cursor of this list"),
        ({"network": "x\0"}, "Null characters"),
    ],
)
def test_a_filter_that_is_not_understood_is_refused_in_one_sentence(alice: Api, query: Any, word: str) -> None:
    answer = alice("GET", "conversations/", **query)
    assert problem(answer) == (400, "invalid")
    told = answer.json()["error"]
    assert word in told["detail"]
    assert list(told["fields"]) == list(query)


def test_a_write_takes_no_parameters(desk: Desk, alice: Api) -> None:
    carol = factories.routed(desk)
    assert problem(alice("POST", f"conversations/{carol.pk}/notes/?text=x", {"text": "x"})) == (400, "invalid")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"null", b"[" * 100_000, b"\xff", b'{"text": 1e999}', b'{"text": 1}', b"NaN"]
)
def test_a_body_that_is_no_object_is_refused(desk: Desk, alice: Api, body: bytes) -> None:
    carol = factories.routed(desk)
    assert problem(alice("POST", f"conversations/{carol.pk}/notes/", body))[0] == 400


# --- who may see ----------------------------------------------------------------------------------------------------
def test_what_another_team_has_is_not_there(desk: Desk, alice: Api, erin: Api) -> None:
    carol = factories.routed(desk)
    tag = tags.create(name="Delivery", colour="blue")
    assert erin.get("conversations/")["results"] == erin.get("contacts/")["results"] == []
    for method, path, body in (
        ("GET", "", None), ("GET", "messages/", None), ("GET", "notes/", None), ("GET", "assignments/", None),
        ("POST", "notes/", {"text": "x"}), ("POST", "replies/", {"visibility": "public", "text": "x"}),
        ("POST", "assignments/", {"me": True}), ("POST", "resolve/", {"resolution": "spam"}),
        ("POST", "reopen/", {}), ("POST", "snooze/", {"until": "2100-01-01T00:00:00Z"}),
        ("PUT", f"tags/{tag.pk}/", {}), ("DELETE", f"tags/{tag.pk}/", None),
    ):  # fmt: skip
        assert problem(erin(method, f"conversations/{carol.pk}/{path}", body)) == (404, "not_found"), path
    assert problem(erin("GET", f"contacts/{carol.identity.contact_id}/")) == (404, "not_found")
    query = {"team": desk.help_desk.pk, "assignee": desk.alice.pk}
    assert erin.get("conversations/", **query)["results"] == []


def test_a_contact_shows_only_the_handles_and_conversations_that_one_may_see(desk: Desk, alice: Api, erin: Api) -> None:
    carol = factories.routed(desk, "Where is it?")
    other = factories.routed(desk, "And my bill?")
    handing.assign(conversation_id=other.pk, actor=desk.bob, team_id=desk.billing.pk)
    contact = f"contacts/{carol.identity.contact_id}/"
    assert _ids(alice.get(contact)["conversations"]) == [carol.pk]
    assert _ids(erin.get(contact)["conversations"]) == [other.pk]
    assert [row["handle"] for row in alice.get(contact)["identities"]] == ["carol"]
    assert _ids(alice.get("contacts/")["results"]) == [carol.identity.contact_id]


def test_the_health_of_connections_is_for_leads_and_admins_and_holds_no_secret(
    desk: Desk, alice: Api, bob: Api
) -> None:
    assert problem(alice("GET", "connections/")) == (403, "permission_denied")
    (shown,) = bob.get("connections/")["results"]
    assert (shown["id"], shown["health"], shown["verdict"]) == (desk.connection.pk, "off", "Not read yet")
    assert not {"config", "credentials", "secrets", "account_id"} & set(shown)
    assert program(desk.dana)("GET", "connections/").status_code == 200


# --- writing --------------------------------------------------------------------------------------------------------
def test_resolving_reopening_and_snoozing_answer_with_the_conversation(desk: Desk, alice: Api) -> None:
    carol = factories.routed(desk)
    path = f"conversations/{carol.pk}"
    resolved = alice("POST", f"{path}/resolve/", {"resolution": "no_action"}).json()
    assert (resolved["status"], resolved["resolution"]) == ("resolved", "no_action")
    reopened = alice("POST", f"{path}/reopen/", {"reason": "It goes on."}).json()
    assert (reopened["status"], reopened["reopened"]) == ("open", 1)
    assert Event.objects.filter(kind="conversation.reopened").latest("id").data["reason"] == "It goes on."
    until = timezone.now() + timedelta(hours=1)
    assert alice("POST", f"{path}/snooze/", {"until": until.isoformat()}).json()["status"] == "snoozed"
    assert problem(alice("POST", f"{path}/resolve/", {"resolution": "forgotten"})) == (400, "invalid")


def test_assigning_is_the_pages_own_and_keeps_the_history(desk: Desk, alice: Api, bob: Api) -> None:
    carol = factories.routed(desk)
    path = f"conversations/{carol.pk}/assignments/"
    refused = alice("POST", path, {"agent": desk.erin.pk})
    assert problem(refused) == (409, "refused")
    assert "Say in a line why" in refused.json()["error"]["detail"]
    assert problem(alice("POST", path, {})) == (400, "invalid")
    assert problem(alice("POST", path, {"me": True, "agent": 1})) == (400, "invalid")
    given = bob("POST", path, {"agent": desk.erin.pk, "team": desk.billing.pk}).json()
    assert given["detail"] == "Bob gave it to Erin."
    assert given["assignment"]["team"] == {"id": desk.billing.pk, "name": "Billing"}
    assert problem(alice("GET", path)) == (404, "not_found")
    newest, first = bob.get(path)["results"]
    assert (newest["agent"]["name"], newest["by"]["name"], newest["ended_at"]) == ("Erin", "Bob", None)
    assert first["by"] is None
    assert first["reasons"]
    assert problem(bob("POST", path, {"team": 2**62}))[0] in (404, 409)
    assert Assignment.objects.get(conversation=carol, ended_at=None).agent == desk.erin


def test_a_reply_needs_an_audience_and_a_key_and_what_was_read(desk: Desk, alice: Api) -> None:
    carol = factories.routed(desk)
    path = f"conversations/{carol.pk}/replies/"
    assert problem(alice("POST", path, {"text": "Hello"})) == (400, "invalid")
    assert problem(alice("POST", path, {"text": "Hello", "visibility": "everyone"})) == (400, "invalid")
    assert problem(alice("POST", path, {"text": "Hello", "visibility": "public"}, key="")) == (400, "invalid")
    unread = alice("POST", path, {"text": "Hello", "visibility": "public"})
    assert problem(unread) == (409, "collision")
    assert unread.json()["error"]["fields"]["messages"] == [str(carol.last_incoming_id)]
    # The desk's account has no credentials here: the connection's own sentence, not a fault of ours.
    assert problem(alice("POST", path, {"text": "Hello", "visibility": "public", "confirmed": True})) == (
        409,
        "connection",
    )
    assert not OutboxItem.objects.exists()


def test_a_reply_is_followed_and_taken_back(desk: Desk, alice: Api, erin: Api) -> None:
    carol = factories.routed(desk)
    item = OutboxItem.objects.create(
        kind="reply", author=desk.alice, client_key="k", connection=desk.connection, conversation=carol,
        payload={"text": "Hello", "visibility": "public"}, run_at=timezone.now(),
    )  # fmt: skip
    shown = alice.get(f"outbox/{item.pk}/")
    assert (shown["state"], shown["visibility"], shown["text"]) == ("held", "public", "Hello")
    assert shown["measure"] is None  # no credentials, nobody to ask
    assert problem(erin("GET", f"outbox/{item.pk}/")) == (404, "not_found")
    assert problem(erin("POST", f"outbox/{item.pk}/cancel/")) == (404, "not_found")
    assert alice("POST", f"outbox/{item.pk}/cancel/").json()["state"] == "cancelled"
    assert problem(alice("POST", f"outbox/{item.pk}/cancel/")) == (409, "refused")


# --- tags -----------------------------------------------------------------------------------------------------------
def test_leads_make_tags_and_agents_use_them(desk: Desk, alice: Api, bob: Api) -> None:
    assert problem(alice("POST", "tags/", {"name": "Delivery"})) == (403, "permission_denied")
    tag = bob("POST", "tags/", {"name": "  Delivery   time ", "colour": "blue"}).json()
    assert (tag["name"], tag["colour"]) == ("Delivery time", "blue")
    assert problem(bob("POST", "tags/", {"name": "DELIVERY time"})) == (409, "refused")
    assert problem(bob("POST", "tags/", {"name": "x", "colour": "#fff"})) == (400, "invalid")
    assert alice.get("tags/")["results"] == [tag]
    carol = factories.routed(desk)
    path = f"conversations/{carol.pk}/tags/{tag['id']}/"
    for _ in range(2):
        assert alice("PUT", path).json() == tag
    assert ConversationTag.objects.get().by == desk.alice
    assert [event.kind for event in Event.objects.filter(subject="tag", conversation_id=carol.pk)] == [
        "conversation.tagged"
    ]
    for _ in range(2):
        assert alice("DELETE", path).status_code == 204
    assert not ConversationTag.objects.exists()
    assert Event.objects.filter(kind="conversation.untagged").count() == 1
    assert problem(alice("PUT", f"conversations/{carol.pk}/tags/999999/")) == (404, "not_found")


def test_a_tag_is_changed_and_removed_everywhere(desk: Desk, alice: Api, bob: Api) -> None:
    carol = factories.routed(desk)
    tag = tags.create(name="Delivery", colour="blue")
    tags.create(name="Billing", colour="grey")
    tags.put(conversation_id=carol.pk, tag_id=tag.pk, actor=desk.alice)
    assert bob("PUT", f"tags/{tag.pk}/", {"name": "delivery", "colour": "red"}).json()["name"] == "delivery"
    assert problem(bob("PUT", f"tags/{tag.pk}/", {"name": "BILLING"})) == (409, "refused")
    assert problem(alice("DELETE", f"tags/{tag.pk}/")) == (403, "permission_denied")
    assert bob("DELETE", f"tags/{tag.pk}/").status_code == 204
    assert alice.get(f"conversations/{carol.pk}/")["tags"] == []
    assert Tag.objects.count() == 1


# --- what it costs --------------------------------------------------------------------------------------------------
def _statements(api: Api, path: str, **query: Any) -> tuple[int, int]:
    with CaptureQueriesContext(connection) as captured:
        rows = api.get(path, **query)["results"]
    assert not [one["sql"] for one in captured if " OFFSET " in one["sql"] or "COUNT(" in one["sql"].upper()]
    return len(captured), len(rows)


def _busy(desk: Desk, number: int) -> Conversation:
    """``number`` conversations with two tags each, the last of them with as many messages, notes and decisions."""
    factories.arrives(desk, *factories.many(number))
    route_due()
    last = Conversation.objects.latest("pk")
    made = [Tag.objects.get_or_create(name=name)[0] for name in ("one", "two")]
    ids = Conversation.objects.values_list("pk", flat=True)
    ConversationTag.objects.bulk_create(
        [ConversationTag(conversation_id=pk, tag=tag) for pk in ids for tag in made], ignore_conflicts=True
    )
    factories.arrives(
        desk, *[factories.post(f"Again {n}", root=last.root, by=last.identity.handle) for n in range(number)]
    )
    last.notes.bulk_create([last.notes.model(conversation=last, author=desk.alice, text="x") for _ in range(number)])
    Tag.objects.bulk_create([Tag(name=f"tag {number} {n}") for n in range(number)])
    history = [
        Assignment(conversation=last, team=desk.billing, by=desk.bob, ended_at=timezone.now()) for _ in range(number)
    ]
    Assignment.objects.bulk_create(history)
    return last


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("conversations/", 4), ("contacts/", 4), ("tags/", 3), ("conversations/{pk}/messages/", 5),
        ("conversations/{pk}/notes/", 5), ("conversations/{pk}/assignments/", 5),
    ],
)  # fmt: skip
def test_a_list_costs_the_same_for_25_and_for_100_rows(desk: Desk, alice: Api, path: str, most: int) -> None:
    last = _busy(desk, 110)
    path = path.format(pk=last.pk)
    alice.get(path)
    few, many = _statements(alice, path, limit=25), _statements(alice, path, limit=100)
    assert (few[1], many[1]) == (25, 100)
    assert few[0] == many[0] <= most


# --- fields and lists of people who matter --------------------------------------------------------------------------
def test_a_program_makes_a_field_writes_it_down_and_reads_what_was(desk: Desk, alice: Api, bob: Api) -> None:
    carol, dora = factories.routed(desk, by="carol"), factories.routed(desk, by="dora")
    assert problem(alice("POST", "fields/", {"name": "Reason", "kind": "choice"})) == (403, "permission_denied")
    body = {"name": "Product", "kind": "product", "options": ["Router; RM-1", "Cable"]}
    field = bob("POST", "fields/", body).json()
    router, cable = field["options"]
    assert (router["name"], router["code"], cable["code"], field["archived"]) == ("Router", "RM-1", "", False)
    path = f"conversations/{carol.pk}/fields/{field['id']}/"
    assert problem(alice("PUT", path, {"value": "Router"})) == (409, "refused")
    for value in (str(router["id"]), str(cable["id"])):
        assert alice("PUT", path, {"value": value}).status_code == 204
    shown = {"field": field["id"], "name": "Product", "kind": "product", "shown": "Cable", "option": cable["id"]}
    assert alice.get(f"conversations/{carol.pk}/")["fields"] == [shown]
    assert alice.get(f"conversations/{dora.pk}/")["fields"] == []
    history = alice.get(f"conversations/{carol.pk}/fields/")["results"]
    assert [(one["shown"], one["ended_at"] is None) for one in history] == [("Cable", True), ("Router (RM-1)", False)]
    asked = {"fields": f"{field['id']}:{cable['id']}"}
    assert [one["id"] for one in alice.get("conversations/", **asked)["results"]] == [carol.pk]
    assert [one["conversation"] for one in alice.get("search/", **asked)["results"]] == [carol.pk]
    assert alice.get("conversations/", fields=f"{field['id']}:{router['id']}")["results"] == []
    assert problem(alice("GET", "conversations/?fields=1")) == (400, "invalid")
    changed = bob("PUT", f"fields/{field['id']}/", {"name": "Article", "archived": True, "add": ["Plug"]}).json()
    assert (changed["name"], changed["archived"], len(changed["options"])) == ("Article", True, 3)


def test_a_program_puts_people_on_lists_and_takes_them_off(desk: Desk, alice: Api, bob: Api, erin: Api) -> None:
    carol, dora = factories.routed(desk, by="carol"), factories.routed(desk, by="dora")
    contact = carol.identity.contact_id
    press = bob("POST", "vip-lists/", {"name": "Press"}).json()
    assert problem(alice("POST", "vip-lists/", {"name": "Mine"})) == (403, "permission_denied")
    made = alice("POST", f"contacts/{contact}/vips/", {"list": press["id"], "why": "A reporter"}).json()
    assert (made["name"], made["why"], made["by"]["name"]) == ("Press", "A reporter", "Alice")
    mark = [{"id": press["id"], "name": "Press"}]
    assert alice.get(f"contacts/{contact}/")["vips"] == mark
    assert {one["id"]: one["vips"] for one in alice.get("contacts/")["results"]} == {
        contact: mark, dora.identity.contact_id: [],
    }  # fmt: skip
    assert {one["id"]: one["vips"] for one in alice.get("conversations/")["results"]} == {carol.pk: mark, dora.pk: []}
    assert [one["conversation"] for one in alice.get("search/", vip="any")["results"]] == [carol.pk]
    assert problem(erin("DELETE", f"vips/{made['id']}/")) == (404, "not_found")
    assert alice("DELETE", f"vips/{made['id']}/").status_code == 204
    assert alice.get(f"contacts/{contact}/vips/")["results"] == []


def test_a_program_merges_tags_and_takes_it_back(desk: Desk, alice: Api, bob: Api) -> None:
    carol = factories.routed(desk)
    late, delay = tags.create(name="Late", colour="red"), tags.create(name="Delay", colour="grey")
    tags.put(conversation_id=carol.pk, tag_id=delay.pk, actor=desk.alice)
    path = f"tags/{delay.pk}/merges/"
    assert problem(alice("POST", path, {"into": late.pk})) == (403, "permission_denied")
    assert problem(bob("POST", path, {"into": delay.pk})) == (409, "refused")
    done = bob("POST", path, {"into": late.pk}).json()
    assert [one["name"] for one in alice.get(f"conversations/{carol.pk}/")["tags"]] == ["Late"]
    assert bob("POST", f"tags/merges/{done['id']}/undo/").json()["id"] == delay.pk
    assert [one["name"] for one in alice.get(f"conversations/{carol.pk}/")["tags"]] == ["Delay"]
    assert bob("PUT", f"tags/{delay.pk}/", {"name": "Delay", "archived": True}).json()["archived"] is True
