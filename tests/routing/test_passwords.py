"""How an account begins: the one-time link, the password chosen by it, the command line, and changing it later."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client, override_settings
from django.utils import timezone

from inbox.models import Event
from inbox.services.conversations import Refused
from routing.models import AgentProfile, Membership, WelcomeLink
from routing.services import changes, passwords, people
from routing.services.people import Newcomer, Wanted
from socialdesk import live_reads
from socialdesk.logging import ScrubbingFormatter
from tests import factories
from tests.factories import PASSWORD, Desk, signed_in
from tests.flows.canaries import leaks

pytestmark = pytest.mark.django_db
NEW = "seven green bicycles"
CHOSEN = {"new_password1": NEW, "new_password2": NEW}
NORA = {"username": "nora", "first_name": "Nora", "last_name": "Lind", "role": "agent", "capacity": "5"}


def _token(desk: Desk, user: User) -> str:
    return passwords.renew(user_id=user.pk, actor=desk.dana)[1]


def _opened(token: str) -> Client:
    client = Client()
    assert client.get(f"/accounts/welcome/{token}/")["Location"] == "/accounts/welcome/"
    return client


def _dead(token: str) -> bool:
    answer = Client().get(f"/accounts/welcome/{token}/")
    return answer.status_code == 404 and passwords.GONE in answer.content.decode()


# Adding somebody ----------------------------------------------------------------------------------


def test_an_admin_adds_a_person_and_sees_their_link_once(desk: Desk) -> None:
    client = signed_in(desk.dana)
    answer = client.post("/settings/people/add/", {**NORA, "teams": [desk.help_desk.pk, desk.billing.pk]})
    page = answer.content.decode()
    token = re.findall(r'value="http://testserver/accounts/welcome/([\w-]{43})/"', page)[0]
    assert "sends no e-mail" in page
    assert "no-store" in answer["Cache-Control"]
    nora = User.objects.get(username="nora")
    assert (nora.get_full_name(), nora.has_usable_password()) == ("Nora Lind", False)
    profile = AgentProfile.objects.get(user=nora)
    assert (profile.role, profile.capacity, profile.takes_conversations) == ("agent", 5, True)
    assert Membership.objects.filter(user=nora).count() == 2
    kept = WelcomeLink.objects.get(user=nora)
    assert kept.digest == hashlib.sha256(token.encode()).hexdigest()
    assert timedelta(hours=71) < kept.expires_at - timezone.now() <= timedelta(hours=72)
    told = changes.history("person", nora.pk)[0]
    assert (told.who, "added" in told.what, "role: Agent" in told.what) == ("Dana", True, True)
    assert changes.history("team", desk.billing.pk)[0].what == "“Billing”: added Nora Lind"
    for path in ("/settings/people/", f"/settings/people/{nora.pk}/"):
        assert token not in client.get(path).content.decode()
    assert token not in json.dumps([row.data for row in Event.objects.all()])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"username": "no ra"}, "letters, digits"),
        ({"username": "ALICE"}, "Somebody signs in as “ALICE” already"),
        ({"username": ""}, "Give them a name to sign in with."),
        ({"role": "emperor"}, "Select a valid choice"),
        ({"capacity": "many"}, "Capacity is a number"),
        ({"role": "admin", "teams": "{billing}"}, "Admins keep the accounts"),
        ({"role": "expert", "teams": "{billing}"}, "experts work in teams of experts only"),
    ],
)
def test_what_does_not_fit_is_said_and_leaves_nothing(desk: Desk, wrong: dict[str, str], said: str) -> None:
    before = User.objects.count(), Event.objects.count()
    filled = {key: value.format(billing=desk.billing.pk) for key, value in wrong.items()}
    answer = signed_in(desk.dana).post("/settings/people/add/", {**NORA, **filled})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert (User.objects.count(), Event.objects.count(), WelcomeLink.objects.count()) == (*before, 0)


def test_leads_neither_add_people_nor_make_links(desk: Desk) -> None:
    with pytest.raises(Refused, match="Only an admin"):
        people.add(newcomer=Newcomer("nora", "Nora", "", "agent"), actor=desk.bob)
    with pytest.raises(Refused, match="Only an admin"):
        passwords.renew(user_id=desk.alice.pk, actor=desk.bob)
    bob = signed_in(desk.bob)
    assert "Add a person" not in bob.get("/settings/people/").content.decode()
    assert "New link" not in bob.get(f"/settings/people/{desk.alice.pk}/").content.decode()
    assert not WelcomeLink.objects.exists()


# The link -----------------------------------------------------------------------------------------


def test_the_link_is_opened_as_often_as_one_likes_and_used_once(desk: Desk) -> None:
    token = _token(desk, desk.alice)
    before = WelcomeLink.objects.get()
    for _ in range(3):
        answer = Client().get(f"/accounts/welcome/{token}/")
        assert (answer.status_code, answer["Referrer-Policy"]) == (302, "no-referrer")
        assert "no-store" in answer["Cache-Control"]
    assert WelcomeLink.objects.get().digest == before.digest
    first, second = _opened(token), _opened(token)
    form = first.get("/accounts/welcome/")
    assert (form.status_code, token in form.content.decode()) == (200, False)
    assert "no-store" in form["Cache-Control"]
    guest = first.cookies["sessionid"].value
    answer = first.post("/accounts/welcome/", CHOSEN)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert first.get("/inbox/").status_code == 200
    assert first.cookies["sessionid"].value != guest
    assert not Session.objects.filter(session_key=guest).exists()
    assert second.post("/accounts/welcome/", CHOSEN).status_code == 404
    assert _dead(token)
    signed = Client().post("/accounts/login/", {"username": "alice", "password": NEW})
    assert signed.status_code == 302
    assert changes.history("person", desk.alice.pk)[0].what == "“Alice”: chose a password by their link"


def test_a_link_dies_with_time_with_a_newer_one_and_with_its_person(desk: Desk) -> None:
    old, newer = _token(desk, desk.alice), _token(desk, desk.alice)
    assert _dead(old)
    waiting = _opened(newer)
    WelcomeLink.objects.update(expires_at=timezone.now())
    assert _dead(newer)
    assert waiting.post("/accounts/welcome/", CHOSEN).status_code == 404
    third = _token(desk, desk.alice)
    waiting = _opened(third)
    for active in (False, True):
        people.change(user_id=desk.alice.pk, wanted=Wanted("agent", active, 8, True, []), actor=desk.dana)
        assert _dead(third), "coming back does not bring the link back"
    assert waiting.post("/accounts/welcome/", CHOSEN).status_code == 404
    desk.alice.refresh_from_db()
    assert not desk.alice.has_usable_password()
    people.change(user_id=desk.alice.pk, wanted=Wanted("agent", False, 8, True, []), actor=desk.dana)
    with pytest.raises(Refused, match="May sign in"):
        passwords.renew(user_id=desk.alice.pk, actor=desk.dana)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("elevenchars", "at least 12 characters"),
        ("482915037761", "entirely numeric"),
        ("password1234", "too common"),
        ("alice.lindgren", "too similar"),
    ],
)
def test_a_weak_password_is_refused_and_the_link_stays(desk: Desk, password: str, said: str) -> None:
    User.objects.filter(pk=desk.alice.pk).update(last_name="Alice Lindgren")
    client = _opened(_token(desk, desk.alice))
    answer = client.post("/accounts/welcome/", {"new_password1": password, "new_password2": password})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert client.post("/accounts/welcome/", {**CHOSEN, "new_password2": NEW + "s"}).status_code == 400
    assert client.post("/accounts/welcome/", CHOSEN).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_other_sessions_and_their_live_links_end() -> None:
    desk = factories.desk()
    elsewhere, here = signed_in(desk.alice), _opened(_token(desk, desk.alice))
    keys = {elsewhere.cookies["sessionid"].value: desk.alice.pk}
    assert set(live_reads.scopes(keys)) == set(keys)
    assert elsewhere.get("/inbox/").status_code == 200
    here.post("/accounts/welcome/", CHOSEN)
    assert live_reads.scopes(keys) == {}
    assert elsewhere.get("/inbox/")["Location"].startswith("/accounts/login/")
    keys = {here.cookies["sessionid"].value: desk.alice.pk}
    assert set(live_reads.scopes(keys)) == set(keys)


def test_whoever_was_signed_in_at_that_browser_is_signed_out(desk: Desk) -> None:
    browser = signed_in(desk.dana)
    browser.get(f"/accounts/welcome/{_token(desk, desk.alice)}/")
    browser.post("/accounts/welcome/", CHOSEN)
    assert int(browser.session["_auth_user_id"]) == desk.alice.pk
    assert browser.get("/settings/people/").status_code == 403


def test_wrong_links_are_throttled_as_the_sign_in_is(desk: Desk) -> None:
    token = _token(desk, desk.alice)
    almost = token[:-1]
    with override_settings(AXES_FAILURE_LIMIT=3):
        answers = [Client().get(f"/accounts/welcome/{almost}/").status_code for _ in range(4)]
        assert answers == [404, 404, 429, 429]
        assert Client().get(f"/accounts/welcome/{token}/").status_code == 429
        elsewhere = Client(REMOTE_ADDR="192.0.2.7")
        assert elsewhere.get(f"/accounts/welcome/{token}/").status_code == 302
    attempt = AccessAttempt.objects.get()
    assert attempt.path_info == "/accounts/welcome/"
    assert almost not in repr(vars(attempt))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_hold_one_link_one_chooses() -> None:
    desk = factories.desk()
    digest = hashlib.sha256(_token(desk, desk.alice).encode()).hexdigest()
    start, outcomes = threading.Barrier(2), []

    def choose(password: str) -> None:
        start.wait()
        try:
            passwords.choose(digest=digest, password=password)
            outcomes.append(password)
        except Refused:
            outcomes.append("")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=choose, args=[f"{word} green bicycles"]) for word in ("seven", "eight")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = "".join(outcomes)
    assert sorted(map(bool, outcomes)) == [False, True]
    desk.alice.refresh_from_db()
    assert desk.alice.check_password(winner)


# Secrets ------------------------------------------------------------------------------------------


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything at DEBUG, through the desk's own formatter."""
    root, text = logging.getLogger(), io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(next(h.formatter for h in root.handlers if isinstance(h.formatter, ScrubbingFormatter)))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.setLevel(level)
    root.removeHandler(handler)


def test_neither_logs_nor_tables_hold_a_token_or_a_password(desk: Desk, log: io.StringIO) -> None:
    token = _token(desk, desk.alice)
    path = f"/accounts/welcome/{token}/"
    strict = Client(enforce_csrf_checks=True)
    Client().get(path)
    Client().get(path[:-1])  # without its slash
    Client().get(path + "more/")
    Client().post(path)
    strict.post(path)
    logging.getLogger("django.request").warning("Not Found: %s", path)
    client = _opened(token)
    client.post("/accounts/welcome/", {"new_password1": NEW, "new_password2": "x"})
    client.post("/accounts/welcome/", CHOSEN)
    Client().get(path)
    client.post("/me/password/", {"old_password": "a wrong one " + NEW, **CHOSEN})
    assert AccessAttempt.objects.count() == 2, "the wrong link and the wrong password"
    emitted = [("log", log.getvalue().encode()), *_tables()]
    assert "/accounts/welcome/[removed]" in log.getvalue()
    assert leaks(emitted, {"token": token, "password": NEW}) == []


def _tables() -> Iterator[tuple[str, bytes]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            out = io.StringIO()
            cursor.copy_expert(f'COPY (SELECT t::text FROM "{table}" t) TO STDOUT', out)
            yield f"table {table}", out.getvalue().encode()


# One's own password -------------------------------------------------------------------------------


@pytest.fixture
def alice(desk: Desk) -> User:
    desk.alice.set_password(PASSWORD)
    desk.alice.save()
    return desk.alice


def _change(client: Client, **values: Any) -> Any:
    return client.post("/me/password/", {"old_password": PASSWORD, **CHOSEN, **values})


def test_one_changes_ones_own_password_and_stays_signed_in(desk: Desk, alice: User) -> None:
    here, elsewhere = signed_in(alice), signed_in(alice)
    token = _token(desk, alice)
    assert _change(here)["Location"] == "/me/"
    assert "Your password is changed." in here.get("/me/").content.decode()
    assert elsewhere.get("/me/")["Location"].startswith("/accounts/login/")
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert _dead(token)
    assert changes.history("person", alice.pk)[0].what == "“Alice”: changed their password"


def test_the_current_password_is_asked_and_guessing_it_is_throttled(alice: User) -> None:
    client = signed_in(alice)
    with override_settings(AXES_FAILURE_LIMIT=3):
        answers = [_change(client, old_password=f"guess {number}") for number in range(3)]
        assert [answer.status_code for answer in answers] == [400, 400, 429]
        assert "That is not your current password." in answers[0].content.decode()
        refused = _change(client)
        assert refused.status_code == 429, "the right one neither"
        assert "Wait a quarter of an hour" in refused.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


# The command line ---------------------------------------------------------------------------------


def _command(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("person", *arguments, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def test_the_first_admin_comes_from_the_command_line() -> None:
    with override_settings(CSRF_TRUSTED_ORIGINS=["https://*.example.com", "https://desk.example.com"]):
        link, said = _command("dana", "--name", "Dana Berg", "--role", "admin")
    token = re.fullmatch(r"https://desk\.example\.com/accounts/welcome/([\w-]{43})/", link)
    assert token is not None
    assert token[1] not in said
    client = _opened(token[1])
    client.post("/accounts/welcome/", CHOSEN)
    assert client.get("/settings/people/add/").status_code == 200
    dana = User.objects.get()
    assert (dana.username, dana.get_full_name(), dana.profile.role) == ("dana", "Dana Berg", "admin")
    assert changes.history("person", dana.pk)[-1].who == "socialdesk"
    again, _ = _command("dana", "--address", "http://127.0.0.1:8000/")
    assert again.startswith("http://127.0.0.1:8000/accounts/welcome/")


def test_the_command_line_puts_people_in_teams_and_says_what_does_not_fit(desk: Desk) -> None:
    link, _ = _command("nora", "--name", "Nora", "--role", "agent", "--team", "Billing", "--team", "Help desk")
    assert link.startswith("http://testserver/accounts/welcome/")
    assert Membership.objects.filter(user__username="nora").count() == 2
    for arguments, said in (
        (["olaf"], "give --name and --role"),
        (["olaf", "--name", "Olaf", "--role", "agent", "--team", "Nowhere"], "no team Nowhere"),
        (["olaf", "--name", "Olaf", "--role", "admin", "--team", "Billing"], "Admins keep the accounts"),
        (["o laf", "--name", "Olaf", "--role", "agent"], "without spaces"),
        (["alice", "--role", "admin"], "is known, with the role agent"),
        (["alice", "--address", "desk.example.com"], "Say where the desk is reached"),
    ):
        with pytest.raises(CommandError, match=said):
            _command(*arguments)
    assert not User.objects.filter(username__in=["olaf", "o laf"]).exists()
    assert WelcomeLink.objects.count() == 1
