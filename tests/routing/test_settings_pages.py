"""The settings pages: who may change what, what is wrong, what is told, and undo."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox.services.conversations import Refused
from routing import selectors
from routing.models import AgentProfile, AnswerPermission, Expertise, Membership, Rule, Team, Topic
from routing.permissions import RoutingPolicy
from routing.services import changes, handing, people, preview, teams
from routing.services.assignment import route_due
from routing.services.preview import Preview
from tests import factories
from tests.factories import Desk, signed_in

pytestmark = pytest.mark.django_db
PAGES = {"rules": "/settings/rules/", "teams": "/settings/teams/", "people": "/settings/people/",
              "answers": "/settings/answers/"}  # fmt: skip


def _rule(desk: Desk, **values: Any) -> dict[str, Any]:
    return {"name": "Refunds", "words": "refund", "team": desk.billing.pk, **values}


def _names() -> list[str]:
    return list(Rule.objects.filter(deleted_at=None).order_by("position", "id").values_list("name", flat=True))


# Teams --------------------------------------------------------------------------------------------


def test_an_admin_makes_a_team_of_experts_with_topics_and_members(desk: Desk) -> None:
    client = signed_in(desk.dana)
    answer = client.post("/settings/teams/", {"name": " Contract  experts ", "kind": "experts"})
    team = Team.objects.get(name="Contract experts")
    assert answer["Location"] == f"/settings/teams/{team.pk}/"
    client.post("/settings/topics/", {"name": "Contracts"})
    topic = Topic.objects.get()
    sent = {"name": team.name, "kind": "experts", "topics": [topic.pk], "returns_after": ""}
    client.post(f"/settings/teams/{team.pk}/", sent)
    client.post(f"/settings/teams/{team.pk}/members/", {"add": desk.erin.pk})
    team.refresh_from_db()
    assert (list(team.topics.all()), team.returns_after) == ([topic], None)
    assert Membership.objects.filter(team=team, user=desk.erin).exists()
    told = [change.what for change in changes.history("team", team.pk)]
    assert told[0] == "“Contract experts”: added Erin"
    assert "topics: Contracts" in told[1]
    assert "work returns after minutes: 30 → never" in told[1]


def test_there_is_one_help_desk(desk: Desk) -> None:
    with pytest.raises(Refused, match="Help desk is the help desk, and there is only one"):
        teams.add_team(name="Second", kind="help_desk", actor=desk.dana)
    with pytest.raises(Refused, match="There is a team “Billing” already"):
        teams.add_team(name="Billing", kind="support", actor=desk.dana)
    page = signed_in(desk.dana).post("/settings/teams/", {"name": "", "kind": "support"}).content.decode()
    assert "Give the team a name" in page


def test_teams_stand_as_people_count_behind_the_help_desk(desk: Desk) -> None:
    for name in ("Ward 10", "ward 9", "Ward ²", "2nd line", "Ward"):
        factories.team(name)
    assert [team.name for team in selectors.all_teams()] == [
        desk.help_desk.name, "2nd line", desk.billing.name, "Ward", "ward 9", "Ward 10", "Ward ²",
    ]  # fmt: skip


def test_a_lead_changes_their_own_teams_and_no_name(desk: Desk) -> None:
    lena = factories.person("lena", desk.billing, role="lead")
    client = signed_in(lena)
    client.post(f"/settings/teams/{desk.billing.pk}/", {"name": "Mine", "kind": "experts", "returns_after": "5"})
    desk.billing.refresh_from_db()
    assert (desk.billing.name, desk.billing.kind, desk.billing.returns_after) == ("Billing", "support", 5)
    page = client.post(f"/settings/teams/{desk.help_desk.pk}/members/", {"add": lena.pk}, follow=True).content.decode()
    assert "Only an admin or a lead of Help desk changes this." in page
    assert not Membership.objects.filter(team=desk.help_desk, user=lena).exists()
    for act in (
        lambda: teams.remove_member(team_id=desk.help_desk.pk, user_id=desk.alice.pk, actor=lena),
        lambda: teams.add_team(name="X", kind="support", actor=lena),
        lambda: teams.remove_topic(topic_id=1, actor=lena),
        lambda: teams.add_topic(name="X", actor=desk.alice),
    ):
        with pytest.raises(Refused, match="Only"):
            act()


def test_experts_work_in_teams_of_experts_only(desk: Desk) -> None:
    experts = factories.team("Experts", kind="experts")
    nora = factories.person("nora", experts, role="expert")
    with pytest.raises(Refused, match="experts work in teams of experts only"):
        teams.add_member(team_id=desk.billing.pk, user_id=nora.pk, actor=desk.dana)
    with pytest.raises(Refused, match="Experts work in Experts"):
        teams.change_team(
            team_id=experts.pk, actor=desk.dana, name="Experts", kind="support", topic_ids=[], returns_after=None
        )
    with pytest.raises(Refused, match="Take Alice out of Help desk first"):
        people.change(user_id=desk.alice.pk, wanted=people.Wanted("expert", True, 8, True, []), actor=desk.dana)
    with pytest.raises(Refused, match="Admins keep the accounts"):
        teams.add_member(team_id=experts.pk, user_id=desk.dana.pk, actor=desk.dana)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ({"availability": "away"}, "Everybody here is away."),
        ({"capacity": 0}, "Everybody here has a capacity of 0"),
        ({"takes_conversations": False}, "Nobody here is given work by itself."),
        ({"role": "admin"}, "Nobody works here. What no rule takes waits here. Add somebody."),
    ],
)
def test_what_keeps_a_team_from_work_is_said(desk: Desk, trouble: dict[str, Any], said: str) -> None:
    AgentProfile.objects.exclude(user=desk.dana).update(**trouble)
    for path in ("/settings/teams/", f"/settings/teams/{desk.help_desk.pk}/"):
        assert said in signed_in(desk.dana).get(path).content.decode()


# People -------------------------------------------------------------------------------------------


def test_a_lead_changes_capacity_and_topics_but_no_role(desk: Desk) -> None:
    topic = Topic.objects.create(name="Invoices")
    sent = {"role": "admin", "capacity": "3", "takes_conversations": "", "topics": [topic.pk]}
    signed_in(desk.bob).post(f"/settings/people/{desk.erin.pk}/", sent)
    profile = AgentProfile.objects.get(user=desk.erin)
    assert (profile.role, profile.capacity, profile.takes_conversations) == ("agent", 3, False)
    assert User.objects.get(pk=desk.erin.pk).is_active
    assert Expertise.objects.get().user == desk.erin
    told = changes.history("person", desk.erin.pk)[0].what
    assert told == "“Erin”: capacity: 8 → 3; is given work: yes → no; knows about: Invoices"
    with pytest.raises(Refused, match="Only an admin changes a role"):
        people.change(user_id=desk.erin.pk, wanted=people.Wanted("lead", True, 3, False, []), actor=desk.bob)


def test_a_lead_says_whose_replies_need_approval_and_nobody_lifts_their_own(desk: Desk) -> None:
    sent = {"role": "agent", "active": "on", "capacity": "8", "takes_conversations": "on", "needs_approval": "on"}
    signed_in(desk.bob).post(f"/settings/people/{desk.erin.pk}/", sent)
    assert AgentProfile.objects.get(user=desk.erin).needs_approval
    assert changes.history("person", desk.erin.pk)[0].what == "“Erin”: needs approval: no → yes"
    assert (
        "checked"
        in signed_in(desk.bob)
        .get(f"/settings/people/{desk.erin.pk}/")
        .content.decode()
        .split('name="needs_approval"')[1]
        .split(">")[0]
    )
    people.change(
        user_id=desk.bob.pk, wanted=people.Wanted("lead", True, 8, False, [], needs_approval=True), actor=desk.dana
    )
    with pytest.raises(Refused, match="Somebody else"):
        people.change(user_id=desk.bob.pk, wanted=people.Wanted("lead", True, 8, False, []), actor=desk.bob)
    people.change(user_id=desk.bob.pk, wanted=people.Wanted("lead", True, 8, False, []), actor=desk.dana)
    assert not AgentProfile.objects.get(user=desk.bob).needs_approval


def test_a_topic_that_needs_approval_says_so_and_who_switched_it(desk: Desk) -> None:
    topic = Topic.objects.create(name="Invoices")
    experts = factories.team("Experts", kind="experts")
    experts.topics.add(topic)
    nora = factories.person("nora", experts, role="expert")
    talk = factories.routed(desk)
    handing.assign(conversation_id=talk.pk, actor=desk.bob, team_id=experts.pk)
    bob = signed_in(desk.bob)
    assert RoutingPolicy().approval(nora, talk.pk) == ""
    bob.post("/settings/topics/", {"approval": topic.pk, "needed": "yes"})
    assert "about Invoices" in RoutingPolicy().approval(nora, talk.pk)
    page = bob.get("/settings/teams/").content.decode()
    assert 'aria-checked="true" aria-label="Replies about Invoices need approval"' in page
    assert "“Invoices”: needs approval: no → yes" in page.replace("&quot;", '"')
    bob.post("/settings/topics/", {"approval": topic.pk, "needed": "no"})
    assert RoutingPolicy().approval(nora, talk.pk) == ""


def test_the_last_admin_stays(desk: Desk) -> None:
    wanted = people.Wanted("agent", True, 8, True, [])
    with pytest.raises(Refused, match="Dana is the last admin"):
        people.change(user_id=desk.dana.pk, wanted=wanted, actor=desk.dana)
    factories.person("olga", role="admin")
    assert people.change(user_id=desk.dana.pk, wanted=wanted, actor=desk.dana) == "Saved."


def test_somebody_without_a_role_is_given_one(desk: Desk) -> None:
    bare = User.objects.create(username="bare")
    assert "No role yet" in signed_in(desk.dana).get("/settings/people/").content.decode()
    sent = {"role": "agent", "active": "on", "capacity": "4", "takes_conversations": "on"}
    signed_in(desk.dana).post(f"/settings/people/{bare.pk}/", sent)
    assert AgentProfile.objects.get(user=bare).capacity == 4


@pytest.mark.parametrize("capacity", ["-1", "501", "many", ""])
def test_a_capacity_that_is_none_is_refused_and_kept_on_the_page(desk: Desk, capacity: str) -> None:
    sent = {"role": "agent", "active": "on", "capacity": capacity, "takes_conversations": "on"}
    answer = signed_in(desk.dana).post(f"/settings/people/{desk.alice.pk}/", sent)
    assert answer.status_code == 400
    assert f'value="{capacity}"' in answer.content.decode()
    assert AgentProfile.objects.get(user=desk.alice).capacity == 8


def test_experts_see_neither_settings_nor_figures_of_others(desk: Desk) -> None:
    nora = factories.person("nora", factories.team("Experts", kind="experts"), role="expert")
    client = signed_in(nora)
    assert [client.get(path).status_code for path in (*PAGES.values(), "/trouble/")] == [403] * 5
    assert client.get("/inbox/").status_code == 200


# Rules --------------------------------------------------------------------------------------------


def test_a_rule_is_written_down_as_it_was_meant(desk: Desk) -> None:
    sent = _rule(
        desk, words="refund, money back\nREFUND,, refund", languages="French, de-AT", authors="@carol",
        min_followers="10", max_followers="", visibility="public", networks=["x"],
        connections=[desk.connection.pk], agent=desk.erin.pk,
    )  # fmt: skip
    answer = signed_in(desk.bob).post("/settings/rules/new/", sent)
    rule = Rule.objects.get()
    assert answer["Location"] == f"/settings/rules/#rule-{rule.pk}"
    assert rule.words == ["refund", "money back", "REFUND"]
    assert (rule.languages, rule.authors, rule.min_followers, rule.max_followers) == (
        ["fr", "de-at"],
        ["carol"],
        10,
        None,
    )
    assert (rule.networks, rule.connections, rule.visibility) == (["x"], [desk.connection.pk], "public")
    page = signed_in(desk.bob).get("/settings/rules/").content.decode()
    assert "any of: refund, money back, REFUND; in French or German; by @carol; at least 10 followers" in page
    assert signed_in(desk.bob).get(f"/settings/rules/{rule.pk}/").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"team": ""}, "Choose the team that gets it."),
        ({"name": ""}, "Give the rule a name"),
        ({"languages": "Klingonish"}, "is no language we know"),
        ({"min_followers": "9", "max_followers": "3"}, "At least is more than at most"),
        ({"min_followers": "-1"}, "greater than or equal to 0"),
        ({"words": "x" * 81}, "longer than 80 characters"),
        ({"words": ", ".join(map(str, range(201)))}, "At most 200 entries"),
    ],
)
def test_a_rule_that_could_not_work_is_refused_with_what_to_do(desk: Desk, wrong: dict[str, str], said: str) -> None:
    answer = signed_in(desk.bob).post("/settings/rules/new/", _rule(desk, **wrong))
    assert (answer.status_code, Rule.objects.count()) == (400, 0)
    assert said in answer.content.decode()


def test_an_agent_of_another_team_is_refused(desk: Desk) -> None:
    answer = signed_in(desk.bob).post("/settings/rules/new/", _rule(desk, agent=desk.alice.pk))
    assert "Alice does not work in Billing. Choose one of its members." in answer.content.decode()


def test_a_lead_rules_for_their_teams_only(desk: Desk) -> None:
    lena = factories.person("lena", desk.billing, role="lead")
    theirs = factories.rule("Theirs", desk.help_desk, "x")
    answer = signed_in(lena).post("/settings/rules/new/", _rule(desk, team=desk.help_desk.pk))
    assert "Choose one of the teams that you lead." in answer.content.decode()
    page = signed_in(lena).post(f"/settings/rules/{theirs.pk}/delete/", follow=True).content.decode()
    assert "Only an admin or a lead of Help desk changes this rule." in page
    theirs.refresh_from_db()
    assert theirs.deleted_at is None


def test_order_by_buttons_switches_deletion_and_undo(desk: Desk) -> None:
    for name in ("A", "B"):
        factories.rule(name, desk.billing, name)
    signed_in(desk.bob).post("/settings/rules/new/", _rule(desk, name="C"))  # a new one is asked last
    assert _names() == ["A", "B", "C"]
    ids = dict(Rule.objects.values_list("name", "pk"))
    client = signed_in(desk.bob)

    def press(name: str, action: str) -> str:
        return str(client.post(f"/settings/rules/{ids[name]}/{action}/", follow=True).content.decode())

    assert "“C” is asked as number 2 now." in press("C", "up")
    assert _names() == ["A", "C", "B"]
    press("A", "down")
    assert _names() == ["C", "A", "B"]
    assert "is first already" in press("C", "up")
    press("A", "off")
    assert not Rule.objects.get(name="A").enabled
    page = press("A", "delete")
    assert _names() == ["C", "B"]
    assert f"/settings/rules/{ids['A']}/restore/" in page
    press("A", "restore")
    assert _names() == ["C", "A", "B"]
    told = [change.what for change in changes.history("rule", ids["A"])]
    assert told == ["“A”: brought it back", "“A”: deleted it", "“A”: switched it off", "“A”: place: 1 → 2"]


def test_a_rule_for_a_team_without_members_says_so(desk: Desk) -> None:
    factories.rule("Nobody", factories.team("Empty"), "x")
    assert "Empty: Nobody works here." in signed_in(desk.dana).get("/settings/rules/").content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_pages_take_as_many_statements_for_a_big_desk(desk: Desk, name: str) -> None:
    client = signed_in(desk.dana)
    costs = []
    for size in (2, 8):
        for number in range(size, 2 * size):
            team = factories.team(f"Team {number}", kind="experts")
            topic = Topic.objects.create(name=f"Topic {number}")
            team.topics.add(topic)
            user = factories.person(f"p{number}", team, role="expert")
            Expertise.objects.create(user=user, topic=topic)
            factories.rule(f"R{number}", team, "x", agent=user, topic=topic)
            AnswerPermission.objects.create(connection=factories.connection(f"C{number}"), team=team)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(PAGES[name]).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 16


# Preview ------------------------------------------------------------------------------------------


def test_a_preview_is_what_routing_would_have_done(desk: Desk) -> None:
    first = factories.rule("First", desk.help_desk, "order")
    refund = factories.routed(desk, "a refund for my order", by="dave", language="fr")
    factories.routed(desk, "hello", by="emma")
    rule = Rule(name="New", words=["refund"], languages=["fr"], team=desk.billing)
    seen = preview.preview(rule, viewer=desk.bob)
    assert [(hit.conversation.pk, hit.found, hit.first) for hit in seen.hits] == [
        (refund.pk, "refund, in French", first)
    ]
    assert (seen.shown_count, seen.looked_at, seen.taken_first, seen.more) == ("1", 2, 1, None)
    assert preview.preview(first, viewer=desk.bob).taken_first == 0


def test_what_was_written_after_the_decision_does_not_count(desk: Desk) -> None:
    (pk,) = factories.arrives(desk, factories.post("hello", direct=True, root="d"))
    route_due()
    factories.arrives(desk, factories.post("refund", direct=True, root="d"))
    assert preview.preview(Rule(name="N", words=["refund"], team=desk.billing), viewer=desk.bob).count == 0
    assert (
        preview.preview(Rule(name="N", words=["hello"], team=desk.billing), viewer=desk.bob).hits[0].conversation.pk
        == pk
    )


def test_a_preview_shows_only_what_its_reader_may_see(desk: Desk) -> None:
    factories.routed(desk, "a refund")
    lena = factories.person("lena", desk.billing, role="lead")
    rule = Rule(name="N", words=["refund"], team=desk.billing)
    assert [preview.preview(rule, viewer=who).count for who in (desk.bob, lena, desk.dana)] == [1, 0, 0]


def test_an_admin_sees_how_many_and_why_not_which(desk: Desk) -> None:
    factories.rule("First", desk.help_desk, "order")
    factories.routed(desk, "a refund for my order", by="dave")
    factories.routed(desk, "a refund", by="emma")
    rule = factories.rule("Refunds", desk.billing, "refund")
    dana = signed_in(desk.dana)
    # A rule in the form is asked behind all that are saved, here "Refunds" too.
    for path, first in ((f"/settings/rules/{rule.pk}/", 1), ("/settings/rules/preview/?words=refund&before=99999", 2)):
        page = dana.get(path).content.decode()
        assert '<span class="big">2</span>' in page, path
        assert "of the 2 newest conversations looked at, from the last 7 days, of the whole desk." in page
        assert f"An earlier rule would have taken {first} of them first." in page
        assert "admins set up the desk and read no conversation" in page
        assert ("Dave" in page, "Emma" in page, "/inbox/mine/" in page) == (False, False, False), path
    nothing = dana.get("/settings/rules/preview/?words=parcel").content.decode()
    assert ("Nothing in the last 7 days" in nothing, "Which ones" in nothing) == (True, False)
    assert preview.counted(rule) == Preview((), 2, 2, 1, None)
    bob = signed_in(desk.bob).get("/settings/rules/preview/?words=refund").content.decode()
    assert ("Emma" in bob, "Which ones" in bob) == (True, False)


def test_a_preview_counts_to_a_hundred_and_pages_by_position(desk: Desk) -> None:
    pks = factories.arrives(desk, *[factories.post(f"refund {n}", by=f"c{n}") for n in range(115)])
    client = signed_in(desk.bob)
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/settings/rules/preview/?words=refund", headers={"HX-Request": "true"}).content.decode()
    assert len(queries) <= 25
    assert "100+" in page
    assert page.count("<li>") == 20
    found = preview.preview(
        Rule(name="N", words=["refund"], team=desk.billing), viewer=desk.bob, before=sorted(pks)[-20]
    )
    assert [hit.conversation.pk for hit in found.hits] == sorted(pks)[-40:-20][::-1]
    assert f"before={sorted(pks)[-20]}" in page


def test_a_preview_of_nonsense_says_what_is_wrong(desk: Desk) -> None:
    client = signed_in(desk.bob)
    assert "is no language we know" in client.get("/settings/rules/preview/?languages=Klingonish").content.decode()
    for strange in ("before=-1", "before=x", "rule=99999999999999999999", "connections=x", "networks=%00", "words=%00"):
        assert client.get(f"/settings/rules/preview/?{strange}").status_code == 200
