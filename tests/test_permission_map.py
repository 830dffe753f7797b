"""Every endpoint × method × id × role against the one table; an endpoint without a row fails."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path
from django.utils import timezone

from inbox.downstream import policy
from inbox.models import Conversation, Message, OutboxItem
from inbox.services import (
    attachments,
    cases,
    contacts,
    events,
    fields,
    knowledge,
    macros,
    muting,
    tagmerges,
    tags,
    vips,
)
from routing.models import Assignment
from routing.services import bulk, handing
from socialdesk import live_reads, tokens
from socialdesk.api.scopes import SCOPES
from socialdesk.live import Client as LiveClient
from tests import factories
from tests.factories import Desk
from tests.permission_table import PUBLIC_STATE, ROLES, TABLE, Row

pytestmark = pytest.mark.django_db
SECRET_TEXT = "The parcel for Hemmelig Street 7"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
REFUSED = {302, 401, 403, 404, 405}


@pytest.fixture
def desk() -> Desk:
    return factories.desk()


def everybody(desk: Desk) -> dict[str, User]:
    """A person for every role; alice's team has the conversation, erin's is the foreign one."""
    bare = User.objects.create(username="bare")
    inactive = factories.person("inactive", desk.help_desk, role="lead")
    return {
        "bare": bare,
        "agent": desk.alice,
        "foreign": desk.erin,
        "lead": factories.person("lead", desk.help_desk, role="lead"),
        "foreign_lead": factories.person("foreign_lead", desk.billing, role="lead"),
        "admin": desk.dana,
        "inactive": inactive,
    }


@pytest.fixture
def people(desk: Desk) -> dict[str, User]:
    return everybody(desk)


@pytest.fixture
def clients(people: dict[str, User]) -> dict[str, Client]:
    """Signed in, each with a session of its own. The deactivated one signed in before that."""
    made = {role: Client(raise_request_exception=False) for role in ROLES}
    for role, user in people.items():
        made[role].force_login(user)
    User.objects.filter(pk=people["inactive"].pk).update(is_active=False)
    return made


def named(desk: Desk, people: dict[str, User]) -> dict[str, Any]:
    """What the table's {names} stand for."""
    own = factories.routed(desk, SECRET_TEXT)
    assert Assignment.objects.get(conversation=own, ended_at=None).agent == desk.alice
    foreign = factories.routed(desk, "For billing", by="stranger")
    handing.assign(conversation_id=foreign.pk, actor=desk.bob, team_id=desk.billing.pk)
    item = OutboxItem.objects.create(
        kind="reply", state="failed", author=desk.alice, client_key="k", connection=desk.connection,
        conversation=own, payload={"text": SECRET_TEXT, "visibility": "public"}, run_at=timezone.now(),
    )  # fmt: skip
    attachment = factories.attachment(own, desk.alice)
    left = factories.attachment(own, desk.alice)
    attachments.give(item=item, ids=[left.pk])
    twin = factories.routed(desk, "From my other account", by="twin")
    merge = contacts.merge(contact_id=own.identity.contact_id, other_id=twin.identity.contact_id, actor=desk.alice)
    again = factories.routed(desk, "And once more", by="twin")
    move = cases.join(source_id=again.pk, target_id=twin.pk, actor=desk.alice)
    comment = factories.routed(desk, "On your post", by="commenter", root="norrline-1")
    picks = [bulk.Pick(comment.pk, None, None)]
    job = bulk.start(author=desk.alice, kind="resolve", data={"resolution": ""}, picks=picks, client_key="k")
    unrouted = factories.conversation(desk, "Nobody has this yet", by="somebody")
    mute = muting.mute(contact_id=own.identity.contact_id, connection_id=None, actor=desk.alice)
    gone, stays = (tags.create(name=name, colour="grey") for name in ("Gone", "Stays"))
    marked, other = vips.create(name="Marked"), vips.create(name="Other")
    entry = vips.put(list_id=marked.pk, contact_id=own.identity.contact_id, why="Because", actor=desk.alice)
    return {
        "twin": twin.pk, "move": move.pk, "job": job.pk,
        "tag_merge": tagmerges.merge(tag_id=gone.pk, into_id=stays.pk).pk, "other_tag": stays.pk,
        "field": fields.create(name="Field", kind="text").pk, "list": other.pk, "entry": entry.pk,
        "mute": mute.pk, "merge": merge.pk, "other_contact": unrouted.identity.contact_id,
        "own_message": factories.pictured(own), "attachment": attachment.pk, "left_attachment": left.pk,
        "own": own.pk, "team": desk.help_desk.pk, "other_team": desk.billing.pk, "stranger": desk.erin.pk,
        "unrouted": unrouted.pk, "item": item.pk,
        "connection": desk.connection.pk, "foreign": foreign.pk, "contact": own.identity.contact_id,
        "alice": desk.alice.pk, "tag": tags.create(name="Table", colour="grey").pk,
        "rule": factories.rule("Parcels", desk.help_desk, "parcel").pk,
        "article": knowledge.save(title="Restart", text="Hold the button.", audience="staff").pk,
        "macro": macros.save(name="Restart", text="Please restart the box.").pk,
        "foreign_message": factories.pictured(foreign),
    }  # fmt: skip


@pytest.fixture
def names(desk: Desk, people: dict[str, User]) -> dict[str, Any]:
    return named(desk, people)


def _routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, prefix + str(pattern.pattern))
        else:
            yield prefix + str(pattern.pattern), pattern


def _undeclared(patterns: Any = None) -> list[str]:
    declared = {row.route for row in TABLE} | {PUBLIC_STATE}
    return sorted({route for route, _ in _routes(patterns)} - declared)


def _ask(client: Client, row: Row, names: dict[str, Any], token: str = "") -> Any:
    filled = {key: value.format(**names) if isinstance(value, str) else value for key, value in row.data.items()}
    as_json = row.api and not row.form and row.method != "GET"
    options: dict[str, Any] = {"content_type": "application/json"} if as_json else {}
    headers = {"Idempotency-Key": "k"} if row.api and row.method == "POST" else {}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    cookies = client.cookies.copy()
    answer = getattr(client, row.method.lower())(row.path.format(**names), filled or None, headers=headers, **options)
    client.cookies = cookies  # whoever signed out is signed in again: their session is rolled back with the rest
    return answer


def test_every_endpoint_has_a_row_and_every_row_an_endpoint() -> None:
    assert _undeclared() == []
    assert sorted({row.route for row in TABLE} - {route for route, _ in _routes()}) == []


def test_a_planted_endpoint_without_a_row_is_found() -> None:
    copied = types.ModuleType("planted_urls")
    copied.urlpatterns = [*get_resolver().url_patterns, path("export/<int:team>/", lambda request, team: None)]  # type: ignore[attr-defined]
    assert _undeclared(copied.urlpatterns) == ["export/<int:team>/"]


def test_every_row_answers_every_role_as_declared(clients: dict[str, Client], names: dict[str, Any]) -> None:
    wrong = []
    for row in TABLE:
        for role, expected in row.expected.items():
            with transaction.atomic():
                answer = _ask(clients[role], row, names)
                if answer.status_code != expected:
                    wrong.append(f"{row.method} {row.path} as {role}: {answer.status_code}, not {expected}")
                if role not in ("agent", "lead") and SECRET_TEXT.encode() in getattr(answer, "content", b""):
                    wrong.append(f"{row.method} {row.path} shows {role} the text")
                transaction.set_rollback(True)
    assert wrong == [], "\n".join(wrong)


def test_a_token_opens_what_its_person_may_and_nothing_with_no_scope(
    people: dict[str, User], names: dict[str, Any]
) -> None:
    """Every call of the API by token: as the table says with all scopes, 403 or 401 with none."""
    wrong = []
    for role, user in people.items():
        full = tokens.make(user=user, name="full", scopes=SCOPES, days=1)[1]
        if role == "inactive":
            User.objects.filter(pk=user.pk).update(is_active=False)
        wrong += [said for row in TABLE if row.api for said in _wrong_by_token(row, names, full, row.expected[role])]
    bare = tokens.make(user=people["agent"], name="bare", scopes=[], days=1)[1]
    calls = [row for row in TABLE if row.route.startswith("api/v1/")]
    wrong += [said for row in calls for said in _wrong_by_token(row, names, bare, 403)]
    assert wrong == [], "\n".join(wrong)


def _wrong_by_token(row: Row, names: dict[str, Any], token: str, expected: int) -> list[str]:
    with transaction.atomic():
        answer = _ask(Client(), row, names, token)
        transaction.set_rollback(True)
    return [] if answer.status_code == expected else [f"{row.method} {row.path}: {answer.status_code}, not {expected}"]


def test_methods_that_no_row_declares_are_refused(clients: dict[str, Client], names: dict[str, Any]) -> None:
    declared = {(row.route, row.method) for row in TABLE}
    accepted = []
    for route, row in {row.route: row for row in TABLE}.items():
        undeclared = [method for method in METHODS if (route, method.replace("HEAD", "GET")) not in declared]
        for method in undeclared:
            for role, client in clients.items():
                with transaction.atomic():
                    answer = client.generic(method, row.path.format(**names))
                    harmless = method == "OPTIONS" and answer.status_code == 200
                    if answer.status_code not in REFUSED and not harmless:
                        accepted.append(f"{method} {row.path} as {role}: {answer.status_code}")
                    transaction.set_rollback(True)
    assert accepted == [], "\n".join(accepted)


def test_a_redirect_of_the_anonymous_leads_to_the_sign_in(clients: dict[str, Client], names: dict[str, Any]) -> None:
    for row in TABLE:
        answer = _ask(clients["anonymous"], row, names)
        if answer.status_code == 302:
            assert answer["Location"].startswith("/accounts/login/"), row


# A mail program presses it, without a session; its address holds a signed token: tests/routing/test_digests.py.
OWN_TOKEN = {"notifications/stop/<str:token>/"}


def test_unsafe_methods_need_the_token(people: dict[str, User], names: dict[str, Any]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["lead"])
    for row in TABLE:
        if row.method != "GET" and row.route not in OWN_TOKEN:
            assert _ask(client, row, names).status_code == 403, row


def test_ids_in_a_body_reach_no_further_than_ids_in_an_address(
    clients: dict[str, Client], names: dict[str, Any], people: dict[str, User]
) -> None:
    """An agent gives to people through their lead only; a foreign message that was "seen" stays foreign."""
    address = f"/conversations/{names['own']}/assign/"
    clients["agent"].post(address, {"to": f"agent:{names['stranger']}"})
    assert Assignment.objects.get(conversation=names["own"], ended_at=None).agent == people["agent"]
    page = clients["foreign"].post(
        f"/conversations/{names['foreign']}/compose/",
        {"audience": "public", "text": "Hello", "seen": Message.objects.get(conversation=names["own"]).pk, "next": "/"},
        follow=True,
    )
    assert SECRET_TEXT.encode() not in page.content
    assert not OutboxItem.objects.exclude(pk=names["item"]).filter(seen_message__conversation=names["own"]).exists()


def test_a_form_leads_to_no_other_host(clients: dict[str, Client], names: dict[str, Any]) -> None:
    for target in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"):
        answer = clients["agent"].post(f"/conversations/{names['own']}/reopen/", {"next": target})
        assert (answer.status_code, answer["Location"]) == (303, "/")


@pytest.mark.django_db(transaction=True)
def test_live_events_reach_only_who_may_see_the_conversation(desk: Desk, people: dict[str, User]) -> None:
    """The hub's own reading and fan-out, with everybody listening at once."""
    before = events.position()
    mine = factories.routed(desk, SECRET_TEXT)
    alien = factories.conversation(desk, "Nobody has this yet", by="somebody")
    listeners = {role: _listener(user) for role, user in people.items() if role != "inactive"}
    batch = live_reads.batch(before, frozenset().union(*(one.scopes for one in listeners.values())))
    heard = {role: one.message(batch) for role, one in listeners.items()}
    assert all(SECRET_TEXT not in message for message in heard.values())
    told = {role: _told(message) for role, message in heard.items()}
    assert told == {
        "bare": set(), "admin": set(), "foreign": set(), "foreign_lead": {alien.pk}, "agent": {mine.pk},
        "lead": {mine.pk, alien.pk},
    }  # fmt: skip
    assert Conversation.objects.count() == 2


def _listener(user: User) -> LiveClient:
    return LiveClient(user_id=user.pk, session_key="", scopes=policy().scopes_of(user))


def _told(message: str) -> set[int]:
    line = next((line for line in message.splitlines() if line.startswith("data:")), 'data: {"conversations": []}')
    return set(json.loads(line[5:])["conversations"])


def test_the_state_and_static_files_need_no_account_and_tell_no_secret(clients: dict[str, Client]) -> None:
    answer = clients["anonymous"].get("/healthz")
    assert answer.status_code in (200, 503)
    assert b"postgres" not in answer.content.lower() or b"://" not in answer.content
    for outside in ("/static/../socialdesk/settings.py", "/static/%2e%2e/manage.py", "/static//etc/passwd"):
        assert clients["anonymous"].get(outside).status_code in (302, 404)
