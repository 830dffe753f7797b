"""The demo desk: set up once, left alone afterwards."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from connectors.models import Connection, StreamState
from connectors.sandbox.harness import running_sandbox
from inbox.models import Conversation
from inbox.services import poll
from routing import selectors
from routing.demo.company import TEAMS, VOICE
from routing.demo.stream import STORY
from routing.models import AgentProfile, Rule, Team
from routing.services.assignment import route_due
from socialdesk.embedded import vault
from tests.routing.conftest import PASSWORDS


def _set_up(**options: Any) -> str:
    out = StringIO()
    call_command("setup_demo", stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_people_teams_and_rules(passwords: Path, settings: Any) -> None:
    settings.SANDBOX_URL = ""
    said = _set_up()
    assert not any(password in said for password in PASSWORDS.values())
    roles = dict(AgentProfile.objects.values_list("user__username", "role"))
    assert roles == {
        "alice": "agent",
        "mei": "agent",
        "tomasz": "agent",
        "bob": "lead",
        "dana": "admin",
        **dict.fromkeys(("erin", "amara", "ravi"), "expert"),
    }
    assert {name: roles[name] for name in vault.PEOPLE} == vault.PEOPLE, "the start page says who somebody is"
    alice, mei = User.objects.get(username="alice"), User.objects.get(username="mei")
    assert alice.check_password("a-password")
    assert alice.get_full_name() == "Alice Lindqvist"
    assert not mei.has_usable_password()
    assert not User.objects.filter(is_superuser=True).exists()
    bob = User.objects.get(username="bob")
    teams = {team.name: team.kind for team in selectors.frame_of(bob, roles["bob"]).teams}
    assert teams == {
        "Help desk": "help_desk",
        "Support": "support",
        **dict.fromkeys(("Billing experts", "Network experts", "Contract experts"), "experts"),
    }
    assert {topic.name for topic in Team.objects.get(name="Network experts").topics.all()} == {"Outages", "Routers"}
    there = AgentProfile.objects.filter(availability="available").values_list("user__username", flat=True)
    assert set(there) == {"alice", "bob", "erin"}, "admins take nothing, and nobody signs in as the others"
    rules = Rule.objects.count()
    AgentProfile.objects.filter(user=alice).update(capacity=3)
    Rule.objects.filter(name="Outages").delete()
    _set_up()
    assert AgentProfile.objects.get(user=alice).capacity == 3
    assert (Rule.objects.count(), Team.objects.count(), User.objects.count()) == (rules - 1, 5, 8)


@pytest.mark.django_db
@pytest.mark.parametrize("text", [None, "{", "[]", json.dumps({"alice": "x"})])
def test_without_passwords_one_sentence(passwords: Path, text: str | None) -> None:
    passwords.unlink() if text is None else passwords.write_text(text)
    with pytest.raises(CommandError, match="passwords"):
        _set_up()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_without_a_file_named_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEMO_PASSWORDS_FILE", raising=False)
    with pytest.raises(CommandError, match="DEMO_PASSWORDS_FILE"):
        _set_up()


@pytest.mark.django_db
def test_a_sandbox_that_is_not_there_is_one_sentence(passwords: Path, settings: Any) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="The sandbox did not answer"):
        _set_up(patience=0)


@pytest.mark.django_db(transaction=True)
def test_the_first_setup_connects_the_company_and_its_customers_are_routed(
    passwords: Path, settings: Any, tmp_path: Path
) -> None:
    with running_sandbox(tmp_path / "network") as sandbox:
        settings.SANDBOX_URL = sandbox.url
        _set_up()
        state: dict[str, Any] = sandbox.state()
        _set_up()
        assert sandbox.state() == state, "set up again, nobody writes again"
        assert set(Connection.objects.values_list("network", "name", "handle", "voice")) == {
            ("x", "Norrline on X", "norrline", VOICE["x"]),
            ("facebook", "Norrline on Facebook", "norrline", VOICE["facebook"]),
        }
        assert set(StreamState.objects.values_list("interval", flat=True)) == {3.0}
        assert sandbox.call("GET", "/rates")["on"] is False, "or private messages could be read once a minute only"
        poll.poll_due(limit=8)
        route_due()
        written = [beat for beat in STORY.before if beat.who and not beat.quiet]
        assert Conversation.objects.count() == len(written) >= 20
        teams = {
            row.team.name
            for row in selectors.assignments_of(Conversation.objects.values_list("pk", flat=True)).values()
        }
        assert teams == {team.name for team in TEAMS}
