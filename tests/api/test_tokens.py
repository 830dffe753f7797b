"""Tokens: what they may, how they end, and that nothing keeps their text."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from inbox.models import Note
from socialdesk import tokens
from socialdesk.api.scopes import SCOPES
from socialdesk.logging import scrub
from socialdesk.models import ApiToken
from tests import factories
from tests.api.conftest import Api, problem, program
from tests.factories import Desk

pytestmark = pytest.mark.django_db


def _command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("api_token", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_the_command_prints_a_token_that_opens_the_api(desk: Desk) -> None:
    clear = _command("alice", "--name", "export", "--days", "30").strip()
    assert clear.startswith("sd_")
    assert len(clear) > 40
    assert Api(clear)("GET", "conversations/").status_code == 200
    row = ApiToken.objects.get()
    assert (row.user, row.name, set(row.scopes)) == (desk.alice, "export", set(SCOPES))
    assert timedelta(days=29) < row.expires_at - timezone.now() < timedelta(days=30)
    assert clear not in str(list(ApiToken.objects.values()))


def test_the_command_lists_and_takes_back(desk: Desk) -> None:
    clear = _command("alice", "--scope", "read:contacts").strip()
    row = ApiToken.objects.get()
    listed = _command("alice", "--list")
    assert f"{row.pk}  unnamed" in listed
    assert "read:contacts" in listed
    assert clear not in listed
    with pytest.raises(CommandError, match="bob has no valid token"):
        _command("bob", "--revoke", str(row.pk))
    _command("alice", "--revoke", str(row.pk))
    assert problem(Api(clear)("GET", "contacts/")) == (401, "authentication_failed")
    assert "taken back" in _command("alice", "--list")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody"], "Nobody signs in as nobody"),
        (["alice", "--days", "0"], "from 1 to 3650 days"),
        (["alice", "--scope", "everything"], "invalid choice"),
    ],
)
def test_the_command_refuses_in_one_sentence(desk: Desk, arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        _command(*arguments)


def test_a_token_with_too_little_scope_is_told_which_it_lacks(desk: Desk) -> None:
    carol = factories.routed(desk)
    reader = program(desk.alice, "read:conversations")
    assert reader("GET", f"conversations/{carol.pk}/").status_code == 200
    answer = reader("POST", f"conversations/{carol.pk}/notes/", {"text": "Hello"})
    assert problem(answer) == (403, "scope")
    assert "--scope write:notes" in answer.json()["error"]["detail"]
    assert not Note.objects.exists()


def _calls() -> list[tuple[str, str, Any]]:
    """Every method of every address of the API with what it declares."""
    found = []
    for include in get_resolver().url_patterns:
        for pattern in getattr(include, "url_patterns", [include]):
            view = getattr(pattern.callback, "cls", None)
            if view is not None and str(pattern.pattern).startswith("api/v1/"):
                methods = [name for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)]
                found += [(str(pattern.pattern), name, getattr(getattr(view, name), "call", None)) for name in methods]
    return found


def test_every_call_declares_a_known_scope_and_no_scope_is_idle() -> None:
    calls = _calls()
    assert len(calls) > 20
    assert [call for call in calls if call[2] is None] == []
    assert {declared.scope for _, _, declared in calls} == set(SCOPES)
    assert [call for call in calls if (call[1] == "get") != call[2].scope.startswith("read:")] == []


def test_every_scope_is_asked(desk: Desk) -> None:
    """Each call refuses a token that has all scopes but its own, before it looks at anything else."""
    for scope in SCOPES:
        lacking = program(desk.alice, *(set(SCOPES) - {scope}))
        for address, method, declared in _calls():
            if declared.scope == scope:
                path = re.sub(r"<int:\w+>", "1", address.removeprefix("api/v1/"))
                assert problem(lacking(method.upper(), path)) == (403, "scope"), address


def test_a_token_ends_with_its_time_and_with_its_user(desk: Desk, alice: Api) -> None:
    assert alice("GET", "conversations/").status_code == 200
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert problem(alice("GET", "conversations/")) == (401, "authentication_failed")
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(days=1))
    desk.alice.is_active = False
    desk.alice.save()
    assert problem(alice("GET", "conversations/")) == (401, "authentication_failed")
    with pytest.raises(CommandError, match="is deactivated"):
        _command("alice")
    desk.alice.delete()
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer sd_", "Bearer sd_x y", "bearer \xe5", "Basic YTpi", "x"]
)
def test_a_header_that_is_no_token_opens_nothing(desk: Desk, header: str) -> None:
    answer = Client().get("/api/v1/conversations/", headers={"Authorization": header})
    assert problem(answer)[0] == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_that_is_none_is_not_helped_by_a_session(desk: Desk) -> None:
    client = factories.signed_in(desk.alice)
    assert client.get("/api/v1/conversations/").status_code == 200
    wrong = client.get("/api/v1/conversations/", headers={"Authorization": "Bearer sd_wrong"})
    assert problem(wrong) == (401, "authentication_failed")


def test_a_session_writes_only_with_the_csrf_token(desk: Desk) -> None:
    carol = factories.routed(desk)
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.alice)
    answer = client.post(f"/api/v1/conversations/{carol.pk}/notes/", {"text": "x"}, content_type="application/json")
    assert problem(answer) == (403, "permission_denied")
    token = program(desk.alice).token
    with_token = {"Authorization": f"Bearer {token}"}
    answer = client.post(
        f"/api/v1/conversations/{carol.pk}/notes/", {"text": "x"}, content_type="application/json", headers=with_token
    )
    assert answer.status_code == 201


def test_a_token_opens_no_page(desk: Desk, alice: Api) -> None:
    answer = Client().get("/inbox/", headers={"Authorization": f"Bearer {alice.token}"})
    assert answer.status_code == 302


def test_when_a_token_was_used_is_written_once_a_minute(alice: Api) -> None:
    alice.get("conversations/")
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    with CaptureQueriesContext(connection) as captured:
        alice.get("conversations/")
    assert not [query for query in captured if "UPDATE" in query["sql"]]
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    alice.get("conversations/")
    assert ApiToken.objects.get().last_used_at >= first


@override_settings(API_REQUESTS_PER_MINUTE=3)
def test_too_many_requests_of_one_token_wait_and_another_goes_on(desk: Desk, alice: Api) -> None:
    codes = [alice("GET", "conversations/") for _ in range(7)]
    late = [answer for answer in codes if answer.status_code == 429]
    assert late, [answer.status_code for answer in codes]
    assert problem(late[0]) == (429, "throttled")
    assert 0 < int(late[0]["Retry-After"]) <= 60
    assert program(desk.alice)("GET", "conversations/").status_code == 200


def test_a_broker_that_is_away_stops_no_program(alice: Api) -> None:
    from socialdesk.api import throttle

    throttle.store.cache_clear()
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0", API_REQUESTS_PER_MINUTE=0):
        assert alice("GET", "conversations/").status_code == 200
    throttle.store.cache_clear()
    assert "127.0.0.1:1/" not in settings.REDIS_URL


def test_a_token_in_a_log_line_is_removed(desk: Desk) -> None:
    clear = tokens.make(user=desk.alice, name="x", scopes=[], days=1)[1]
    for line in (f"Authorization: Bearer {clear}", f"it said {clear}, and more", f"/path?x={clear}"):
        assert clear not in scrub(line)
