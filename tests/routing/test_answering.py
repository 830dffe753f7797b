"""Who may answer where: in the policy, in the composer, in the service and when it leaves."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from inbox.downstream import policy
from inbox.models import Conversation, OutboxItem
from inbox.services import replies
from inbox.services.conversations import Refused
from routing import selectors
from routing.models import AnswerPermission, Team
from routing.services import answering
from tests import factories

pytestmark = pytest.mark.django_db
REPLY = {"reply_publicly", "reply_privately"}


def _may(user: User, conversation: Conversation) -> set[str]:
    return set(policy().actions(user, [conversation.pk]).get(conversation.pk, ())) & REPLY


def _set(desk: factories.Desk, **levels: str) -> None:
    teams = {"help_desk": desk.help_desk.pk, "billing": desk.billing.pk}
    answering.set_answers(
        connection_id=desk.connection.pk, levels={teams[name]: level for name, level in levels.items()}, actor=desk.dana
    )


def test_without_a_permission_everybody_who_has_it_answers() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    assert _may(desk.alice, conversation) == REPLY
    assert policy().silenced(desk.alice, "public", desk.connection.pk) == ""


@pytest.mark.parametrize(
    ("level", "may"),
    [("both", REPLY), ("public", {"reply_publicly"}), ("private", {"reply_privately"}), ("nothing", set())],
)
def test_a_teams_permission_is_what_its_members_may(level: str, may: set[str]) -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    _set(desk, help_desk=level, billing="both")
    assert _may(desk.alice, conversation) == may
    assert _may(desk.bob, conversation) == REPLY  # by Billing
    assert policy().allowed(desk.alice, "note", [conversation.pk]) == {conversation.pk}


def test_a_team_without_a_row_beside_others_views_and_notes() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    AnswerPermission.objects.create(connection=desk.connection, team=desk.billing, may_reply_publicly=True)
    assert _may(desk.alice, conversation) == set()
    said = policy().silenced(desk.alice, "public", desk.connection.pk)
    assert said == ("Your teams may not reply publicly on Norrline on X. Hand it to Billing, or leave a note.")
    said = policy().silenced(desk.alice, "direct", desk.connection.pk)
    assert "Ask an admin to let a team do so" in said


def test_the_service_refuses_and_the_page_keeps_the_text() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    _set(desk, billing="both")
    with pytest.raises(Refused, match="may not reply publicly"):
        replies.compose(
            author=desk.alice, conversation_id=conversation.pk, visibility="public", text="Hello", client_key="k",
            seen_message_id=None,
        )  # fmt: skip
    client = factories.signed_in(desk.alice)
    address = f"/inbox/mine/{conversation.pk}/"
    client.post(
        f"/conversations/{conversation.pk}/compose/",
        {"audience": "public", "text": "I wrote this", "client_key": "k", "next": address},
    )
    page = client.get(address).content.decode()
    assert "I wrote this" in page
    assert page.count("Hand it to Billing, or leave a note.") >= 2  # publicly and privately
    assert 'value="public"' not in page
    assert not OutboxItem.objects.exists()


def test_the_composer_offers_what_is_left() -> None:
    desk = factories.desk()
    conversation = factories.routed(desk)
    _set(desk, help_desk="private", billing="public")
    client = factories.signed_in(desk.alice)
    page = client.get(f"/inbox/mine/{conversation.pk}/").content.decode()
    assert 'value="direct" checked' in page
    assert 'value="public"' not in page


def _item(desk: factories.Desk, conversation: Conversation, author: User) -> OutboxItem:
    return OutboxItem.objects.create(
        kind="reply", state="queued", author=author, client_key="k", connection=desk.connection,
        conversation=conversation, payload={"text": "Hello", "visibility": "public", "in_reply_to": "1"},
    )  # fmt: skip


def test_sending_an_old_reply_again_asks_anew() -> None:
    desk = factories.desk()
    item = _item(desk, factories.routed(desk), desk.alice)
    _set(desk, billing="both")
    client = factories.signed_in(desk.alice)
    for state, action in (("failed", "retry"), ("unknown", "send-anyway"), ("held", "send-now")):
        OutboxItem.objects.update(state=state)
        page = client.post(f"/outbox/{item.pk}/{action}/", {"next": "/inbox/"}, follow=True).content.decode()
        assert "Your teams may not reply publicly on Norrline on X." in page
        assert OutboxItem.objects.get().state == state
    OutboxItem.objects.update(state="queued")
    assert client.post(f"/outbox/{item.pk}/undo/").status_code == 303
    assert OutboxItem.objects.get().state == "cancelled"


def test_a_team_whose_nobody_may_answer_gets_it_and_is_told() -> None:
    desk = factories.desk()
    _set(desk, billing="both")
    AnswerPermission.objects.filter(team=desk.billing).delete()
    AnswerPermission.objects.create(
        connection=desk.connection, team=factories.team("Elsewhere"), may_reply_publicly=True
    )
    current = selectors.assignment_of(factories.routed(desk).pk)
    assert current is not None
    assert current.team == desk.help_desk
    assert current.reasons[-1] == "Nobody in Help desk may answer on Norrline on X; they can note and hand it on"


def test_only_admins_change_it_and_opening_it_again_forgets_the_teams() -> None:
    desk = factories.desk()
    with pytest.raises(Refused, match="Only an admin"):
        answering.set_answers(connection_id=desk.connection.pk, levels={}, actor=desk.bob)
    _set(desk, help_desk="public")
    answering.set_answers(connection_id=desk.connection.pk, levels=None, actor=desk.dana)
    assert not AnswerPermission.objects.exists()
    assert Team.objects.count() == 2
    with pytest.raises(Refused, match="no such account"):
        answering.set_answers(connection_id=10**9, levels=None, actor=desk.dana)
