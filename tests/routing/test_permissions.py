"""Who may see and do what."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox.downstream import policy
from inbox.models import Conversation
from routing.models import AgentProfile, Membership
from routing.services.assignment import route_due
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(desk: factories.Desk) -> dict[str, int]:
    """One conversation in the help desk, one in Billing, one that nobody was given."""
    factories.rule("Billing words", desk.billing, "refund")
    help_desk = factories.routed(desk, "hello").pk
    billing = factories.routed(desk, "refund").pk
    return {"help desk": help_desk, "billing": billing, "unrouted": factories.conversation(desk, "new").pk}


SEES = {
    "alice": {"help desk"},
    "erin": {"billing"},
    "bob": {"help desk", "billing", "unrouted"},
    "dana": set(),
    "anonymous": set(),
    "inactive": set(),
    "no profile": set(),
}


def _user(desk: factories.Desk, who: str) -> factories.User | AnonymousUser:
    if who == "anonymous":
        return AnonymousUser()
    if who == "inactive":
        user = factories.person("gone", desk.help_desk, desk.billing, role="lead")
        user.is_active = False
        user.save()
        return user
    if who == "no profile":
        return factories.User.objects.create_superuser("root")
    found: factories.User = getattr(desk, who)
    return found


@pytest.mark.parametrize("who", SEES)
def test_what_each_sees_is_the_same_by_filter_and_by_question(
    desk: factories.Desk, places: dict[str, int], who: str
) -> None:
    user, expected = _user(desk, who), {places[name] for name in SEES[who]}
    assert set(policy().filter(user, Conversation.objects.all()).values_list("pk", flat=True)) == expected
    ids = list(places.values())
    for action in ("view", "reply_publicly", "reply_privately", "note", "assign", "resolve", "settle"):
        assert policy().allowed(user, action, ids) == expected
    assert policy().allowed(user, "assign_anyone", ids) == (expected if who == "bob" else set())
    assert policy().allowed(user, "fly", ids) == set()


@pytest.mark.parametrize("who", SEES)
def test_live_scopes_agree_with_the_filter(desk: factories.Desk, places: dict[str, int], who: str) -> None:
    user = _user(desk, who)
    mine, theirs = policy().scopes_of(user), policy().scopes_for(list(places.values()))
    assert {pk for pk, scopes in theirs.items() if scopes & mine} == {places[name] for name in SEES[who]}


@pytest.mark.parametrize(
    ("action", "who"),
    [("see_metrics", {"bob"}), ("manage_connections", {"dana"}), ("see_trouble", {"bob", "dana"}), ("fly", set())],
)
def test_what_belongs_to_no_conversation(desk: factories.Desk, action: str, who: set[str]) -> None:
    assert {name for name in SEES if policy().permits(_user(desk, name), action)} == who


def test_a_resolved_conversation_stays_with_its_team(desk: factories.Desk, places: dict[str, int]) -> None:
    from inbox.services import conversations

    conversations.resolve(conversation_id=places["billing"], actor=desk.erin, resolution="answered")
    assert policy().allowed(desk.erin, "view", [places["billing"]]) == {places["billing"]}
    assert policy().allowed(desk.alice, "view", [places["billing"]]) == set()


def test_leaving_a_team_ends_the_access_at_once(desk: factories.Desk, places: dict[str, int]) -> None:
    Membership.objects.filter(user=desk.bob, team=desk.billing).delete()
    assert places["billing"] not in policy().allowed(desk.bob, "view", list(places.values()))
    assert f"team:{desk.billing.pk}" not in policy().scopes_of(desk.bob)


def test_a_role_that_was_taken_away_ends_with_the_next_request(desk: factories.Desk) -> None:
    """Who asks is read once a request, with their role; nothing of it outlives the request."""
    bob = factories.signed_in(desk.bob)
    assert bob.get("/held/").status_code == 200
    AgentProfile.objects.filter(user=desk.bob).update(role="agent")
    page = bob.get("/inbox/mine/").content.decode()
    assert bob.get("/held/").status_code == 403
    assert "held-count" not in page


def test_asking_costs_one_statement_whatever_the_number(desk: factories.Desk) -> None:
    pks = factories.arrives(desk, *factories.many(60))
    route_due()
    for ask in (lambda: policy().allowed(desk.alice, "view", pks), lambda: policy().scopes_for(pks)):
        with CaptureQueriesContext(connection) as queries:
            ask()
        assert len(queries) == 1
