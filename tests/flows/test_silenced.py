"""What may no longer be sent when its time has come does not leave, and says why."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from routing.models import AnswerPermission, Membership, Team
from routing.services import handing
from tests import factories
from tests.flows.conftest import Desk
from tests.flows.test_spine import dms, tweets

pytestmark = pytest.mark.django_db(transaction=True)


def _only(desk: Desk, team: Team, **may: bool) -> None:
    AnswerPermission.objects.create(connection=desk.connection, team=team, **may)


def test_a_permission_that_ended_meanwhile_keeps_the_reply_here(desk: Desk) -> None:
    desk.network.post("carol", "@norrline where is my router?")
    desk.poll()
    public, private = desk.reply("carol", "On its way."), desk.reply("carol", "To Kallvik.", visibility="direct")
    desk_team = Team.objects.get(kind="help_desk")
    _only(desk, desk_team, may_reply_privately=True)
    desk.send()
    desk.send()
    for item in (public, private):
        item.refresh_from_db()
    assert (public.state, private.state) == ("rejected", "sent")
    assert public.reason.startswith("Your teams may not reply publicly on Norrline on X. Ask an admin")
    assert (tweets(desk), len(dms(desk))) == ([], 1)


def test_a_reply_leaves_also_after_its_author_handed_the_conversation_on(desk: Desk) -> None:
    desk.network.post("carol", "@norrline where is my router?")
    desk.poll()
    item = desk.reply("carol", "My colleague looks into it.")
    billing = Team.objects.get(name="Billing")
    handing.assign(conversation_id=item.conversation_id, actor=desk.alice, team_id=billing.pk, line="a refund")
    desk.send()
    item.refresh_from_db()
    assert item.state == "sent"


def test_whoever_was_deactivated_sends_nothing_more(desk: Desk) -> None:
    desk.network.post("carol", "@norrline where is my router?")
    desk.poll()
    item = desk.reply("carol", "On its way.")
    User.objects.filter(pk=desk.alice.pk).update(is_active=False)
    desk.send()
    item.refresh_from_db()
    assert item.state == "rejected"
    assert item.reason.startswith("Whoever wrote this no longer answers")
    assert tweets(desk) == []


def test_membership_decides_when_it_leaves(desk: Desk) -> None:
    desk.network.post("carol", "@norrline where is my router?")
    desk.poll()
    team = factories.team("Front desk")
    membership = Membership.objects.create(team=team, user=desk.alice)
    _only(desk, team, may_reply_publicly=True)
    item = desk.reply("carol", "On its way.")
    membership.delete()
    desk.send()
    item.refresh_from_db()
    assert (item.state, tweets(desk)) == ("rejected", [])
