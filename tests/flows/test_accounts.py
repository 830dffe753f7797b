"""What an admin does with an account, by the pages, against the real network of the sandbox."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.models import Connection, Credential, StreamGap, StreamState
from connectors.sandbox.harness import Sandbox
from inbox import health
from inbox.models import Conversation, Event, OutboxItem
from inbox.services import connections, replies
from routing.models import AgentProfile
from tests import factories
from tests.flows.conftest import Desk
from tests.networks import oauth1_secrets, oauth2_secrets

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dana(desk: Desk) -> Client:
    return factories.signed_in(AgentProfile.objects.get(role="admin").user)


def body(answer: Any) -> str:
    return str(answer.content.decode())


def other(network: Sandbox) -> dict[str, Any]:
    return network.create_account("harbour", "Harbour")


def form(network: Sandbox, secrets: dict[str, str], **more: str) -> dict[str, str]:
    return {"base_url": network.x_url, "history": "50", **secrets, **more}


def kinds(connection_id: int) -> list[str]:
    rows = Event.objects.filter(subject="connection", subject_id=connection_id).order_by("id")
    return [row.kind.partition(".")[2] for row in rows]


def test_an_account_is_added_by_a_form_that_its_network_describes(desk: Desk, dana: Client) -> None:
    page = body(dana.get("/connections/add/x/"))
    assert "API key secret" in page
    assert "Refresh token" in page
    secrets = oauth1_secrets(other(desk.network))
    answer = dana.post("/connections/add/x/", form(desk.network, secrets))
    made = Connection.objects.get(handle="harbour")
    assert (answer.status_code, answer["Location"]) == (303, f"/connections/{made.pk}/")
    assert (made.name, made.state, made.missing) == ("@harbour", "active", [])
    assert made.checked_at is not None
    page = body(dana.get(f"/connections/{made.pk}/"))
    assert "@harbour" in page
    assert not any(secret in page for secret in secrets.values()), "a secret is never shown again"
    assert kinds(made.pk)[0] == "changed"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"access_token_secret": "wrong-value"}, "X no longer accepts"),
        ({"access_token_secret": ""}, "also needs: access_token_secret"),
        ({"history": "many"}, "must be a whole number"),
        ({"base_url": "ftp://x"}, "must begin with https"),
        ({"access_token": "a\0b"}, "holds characters that cannot be part of it"),
        ({"refresh_token": "as well"}, "either by OAuth 1.0a or by OAuth 2.0"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_stored(
    desk: Desk, dana: Client, change: dict[str, str], sentence: str
) -> None:
    before = Connection.objects.count(), Credential.objects.count()
    answer = dana.post("/connections/add/x/", {**form(desk.network, oauth1_secrets(other(desk.network))), **change})
    assert answer.status_code == 400
    assert sentence in body(answer)
    assert "wrong-value" not in body(answer)
    assert (Connection.objects.count(), Credential.objects.count()) == before


def test_an_account_that_is_there_is_not_added_twice(desk: Desk, dana: Client) -> None:
    answer = dana.post("/connections/add/x/", form(desk.network, oauth1_secrets(desk.network.accounts()[0])))
    assert "This account is connected already" in body(answer)
    desk.connection.refresh_from_db()
    assert desk.connection.name == "Norrline on X"


def test_a_check_says_who_we_are_and_what_is_missing(desk: Desk, dana: Client) -> None:
    desk.network.fault("status", status=403, path="/2/dm_events")
    dana.post(f"/connections/{desk.connection.pk}/check/")
    page = body(dana.get(f"/connections/{desk.connection.pk}/"))
    assert "Private messages are neither read nor sent." in page
    assert "the network knows us as" in page
    desk.connection.refresh_from_db()
    assert desk.connection.state == "active", "a missing permission does not disconnect"
    trouble = body(dana.get("/trouble/"))
    assert "Private messages are neither read nor sent." in trouble
    assert f'href="/connections/{desk.connection.pk}/"' in trouble
    desk.network.clear_faults()
    dana.post(f"/connections/{desk.connection.pk}/check/")
    assert "Private messages are neither" not in body(dana.get(f"/connections/{desk.connection.pk}/"))
    assert "Check failed" not in body(dana.get("/trouble/"))


def test_a_check_that_failed_stands_under_trouble_with_the_next_step_of_who_reads_it(desk: Desk, dana: Client) -> None:
    desk.network.fault("status", status=503, times=9)
    dana.post(f"/connections/{desk.connection.pk}/check/")
    desk.connection.refresh_from_db()
    assert desk.connection.check_error
    AgentProfile.objects.update(seen_at=timezone.now() + timedelta(minutes=5))  # that they are here is said already
    with CaptureQueriesContext(database) as asked:
        page = body(dana.get("/trouble/"))
    one = len(asked)
    assert desk.connection.check_error in page
    assert "press “Check now”" in page
    assert "Ask an admin to look at the account." in body(factories.signed_in(desk.bob).get("/trouble/"))
    for number in range(5):
        factories.connection(f"Account {number}")
    Connection.objects.exclude(pk=desk.connection.pk).update(check_error="X did not answer.", checked_at=timezone.now())
    with CaptureQueriesContext(database) as asked:
        shown = body(dana.get("/trouble/")).count("Check failed")
    assert shown == Connection.objects.count() > 5
    assert len(asked) == one
    Connection.objects.exclude(pk=desk.connection.pk).update(state="removed")
    assert body(dana.get("/trouble/")).count("Check failed") == 1


def test_a_check_of_a_page_names_the_permission_that_its_token_lacks(desk: Desk, dana: Client) -> None:
    page = desk.network.create_page("harbour", "Harbour", require_proof=True)
    secrets = {name: page[name] for name in ("access_token", "app_secret")}
    desk.network.revoke_permission(page["page_id"], "pages_messaging")
    dana.post("/connections/add/facebook/", {"base_url": desk.network.facebook_url, **secrets})
    made = Connection.objects.get(network="facebook")
    assert [lack["name"] for lack in made.missing] == ["pages_messaging"]
    assert "Messenger is neither read nor answered." in body(dana.get(f"/connections/{made.pk}/"))


def test_only_a_refusal_of_our_access_disconnects(desk: Desk, dana: Client) -> None:
    here = f"/connections/{desk.connection.pk}/check/"
    for fault in ({"status": 503}, {"status": 429}):
        desk.network.clear_faults()
        desk.network.fault("status", **fault)
        dana.post(here)
        desk.connection.refresh_from_db()
        assert desk.connection.state == "active"
        assert desk.connection.check_error
    desk.network.clear_faults()
    desk.network.fault("expire_token")
    dana.post(here)
    desk.connection.refresh_from_db()
    assert desk.connection.state == "unauthorised"
    assert health.ill().count() == 1
    assert "1 needs you" in body(dana.get("/connections/"))


def test_another_accounts_secrets_are_refused_and_the_old_ones_stay(desk: Desk, dana: Client) -> None:
    before = desk.connection.secrets()
    answer = dana.post(f"/connections/{desk.connection.pk}/authorise/", oauth1_secrets(other(desk.network)))
    assert "the secrets of another account (@harbour)" in body(answer)
    wrong = {**oauth1_secrets(desk.network.accounts()[0]), "access_token_secret": "wrong"}
    assert "X no longer accepts" in body(dana.post(f"/connections/{desk.connection.pk}/authorise/", wrong))
    assert Connection.objects.get(pk=desk.connection.pk).secrets() == before
    assert dana.post(f"/connections/{desk.connection.pk}/authorise/", {}).status_code == 400


def test_new_secrets_of_another_way_to_sign_in_replace_the_old_ones(desk: Desk, dana: Client) -> None:
    fresh = oauth2_secrets(desk.network.accounts()[0])
    answer = dana.post(f"/connections/{desk.connection.pk}/authorise/", fresh)
    assert answer.status_code == 303
    stored = Connection.objects.get(pk=desk.connection.pk)
    assert set(stored.secrets()) == set(fresh)
    assert stored.secrets()["refresh_token"] != fresh["refresh_token"], "taken over at once"
    assert "authorised" in kinds(stored.pk)


def test_what_is_left_empty_stays(desk: Desk, dana: Client) -> None:
    secrets = oauth1_secrets(desk.network.accounts()[0])
    one = {"access_token": secrets["access_token"], "consumer_key": ""}
    assert dana.post(f"/connections/{desk.connection.pk}/authorise/", one).status_code == 303
    assert Connection.objects.get(pk=desk.connection.pk).secrets() == secrets


def test_new_secrets_of_a_paused_account_leave_it_paused(desk: Desk, dana: Client) -> None:
    here = f"/connections/{desk.connection.pk}"
    dana.post(f"{here}/pause/")
    dana.post(f"{here}/authorise/", oauth1_secrets(desk.network.accounts()[0]))
    desk.connection.refresh_from_db()
    assert desk.connection.state == "paused"


def test_a_removed_account_stays_readable_sends_nothing_and_joins_again(desk: Desk, dana: Client) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    waiting = replies.compose(
        author=desk.alice, conversation_id=desk.conversation("carol").pk, visibility="public", text="Soon",
        client_key="k", seen_message_id=desk.conversation("carol").last_incoming_id,
    )  # fmt: skip
    here = f"/connections/{desk.connection.pk}/"
    assert "1 conversation stay" in " ".join(body(dana.get(here)).split())
    assert dana.post(f"{here}remove/", {"confirm": "norrline"}).status_code == 400
    assert Credential.objects.filter(connection=desk.connection).exists()
    answer = dana.post(f"{here}remove/", {"confirm": "Norrline on X"})
    assert answer["Location"] == "/connections/"
    assert not Credential.objects.filter(connection=desk.connection).exists()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("cancelled", "The account was removed before it left.")
    assert dana.get(here).status_code == 404
    alice = factories.signed_in(desk.alice)
    page = body(alice.get(f"/inbox/mine/{desk.conversation('carol').pk}/"))
    assert "hello" in page
    assert "This account was removed from the desk." in page
    with pytest.raises(replies.Refused, match="was removed"):
        desk.reply("carol", "Too late")
    dana.post("/connections/add/x/", form(desk.network, oauth1_secrets(desk.network.accounts()[0]), name="Again"))
    again = Connection.objects.get(network="x", account_id=desk.connection.account_id)
    assert (again.pk, again.state, again.name) == (desk.connection.pk, "active", "Again")
    desk.network.post("carol", "@norrline are you back?")
    desk.poll()
    assert Conversation.objects.filter(identity__handle="carol").count() == 2
    assert [kind for kind in kinds(again.pk) if kind == "removed"] == ["removed"]


def test_a_gap_is_acknowledged_once_with_who(desk: Desk, dana: Client) -> None:
    stream = StreamState.objects.filter(connection=desk.connection).earliest("pk")
    gap = StreamGap.objects.create(stream=stream, after_id="10", before_id="20", reason="X shows 800 mentions.")
    page = body(dana.get("/connections/"))
    assert "X shows 800 mentions." in page
    assert "20</bdi>" in page
    for _ in range(2):
        dana.post(f"/connections/{desk.connection.pk}/acknowledge/", {"gap": gap.pk})
    assert "X shows 800 mentions." not in body(dana.get("/connections/"))
    assert kinds(desk.connection.pk).count("gap_acknowledged") == 1
    assert Event.objects.get(kind="connection.gap_acknowledged", actor__username="dana")


def test_how_sending_went_opens_to_its_rows_without_a_word_of_anybody(desk: Desk, dana: Client) -> None:
    desk.network.post("carol", "@norrline a secret of carol")
    desk.poll()
    desk.network.fault("status", status=403, path="/2/tweets", method="POST")
    desk.reply("carol", "What we answered")
    desk.send()
    item = OutboxItem.objects.get()
    assert item.state == "rejected"
    assert health.outcomes() == {desk.connection.pk: {"rejected": 1}}
    page = body(dana.get(f"/connections/{desk.connection.pk}/?show=rejected"))
    assert item.reason in page.replace("&#x27;", "'")
    assert "What we answered" not in page
    assert "carol" not in page
    OutboxItem.objects.update(settled_at=timezone.now() - timedelta(hours=25))
    assert health.outcomes() == {}


def test_two_hundred_connections_take_as_many_statements_as_one(desk: Desk, dana: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(database) as captured:
            assert dana.get("/connections/").status_code == 200
        return len(captured)

    dana.get("/connections/")
    one = statements()
    specs = desk.connection.streams.all()
    for number in range(199):
        made = factories.connection(f"Brand {number}")
        StreamState.objects.bulk_create(
            [StreamState(connection=made, stream=spec.stream, interval=30) for spec in specs]
        )
    assert statements() == one
    assert one <= 12


def test_names_are_kept_to_one_printable_line(desk: Desk, dana: Client) -> None:
    here = f"/connections/{desk.connection.pk}/rename/"
    assert dana.post(here, {"name": " \t "}).status_code == 400
    dana.post(here, {"name": "  The <b>brand</b>\r\n" + "x" * 200})
    desk.connection.refresh_from_db()
    assert desk.connection.name.startswith("The <b>brand</b> x")
    assert len(desk.connection.name) == 120
    assert "<b>brand" not in body(dana.get("/connections/"))


def test_how_we_speak_is_stored_with_who_changed_it_and_read_by_whoever_answers(desk: Desk, dana: Client) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    here = f"/connections/{desk.connection.pk}/"
    said = dana.post(f"{here}voice/", {"voice": "First names.\r\nNo <b>emoji</b>.\x00 "})
    assert (said.status_code, kinds(desk.connection.pk)[-1]) == (303, "voiced")
    told = Event.objects.get(kind="connection.voiced")
    assert (told.actor, told.data) == (AgentProfile.objects.get(role="admin").user, {})
    dana.post(f"{here}voice/", {"voice": "First names.\nNo <b>emoji</b>."})
    assert kinds(desk.connection.pk).count("voiced") == 1, "nothing changed, nothing is told"
    assert "changed how we speak here" in body(dana.get(here))
    alice = factories.signed_in(desk.alice)
    page = body(alice.get(f"/inbox/mine/{desk.conversation('carol').pk}/"))
    assert "First names.<br>No &lt;b&gt;emoji&lt;/b&gt;." in page
    long = dana.post(f"{here}voice/", {"voice": "x" * 2001})
    assert long.status_code == 400
    assert "at most 2,000 fit" in body(long)
    assert "x" * 2001 in body(long), "what was refused is not lost"
    desk.connection.refresh_from_db()
    assert desk.connection.voice.startswith("First names.")


def test_a_reply_waits_while_the_account_is_ill_and_the_page_says_so(desk: Desk) -> None:
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    connections.unauthorised(connection_id=desk.connection.pk, reason="X no longer accepts us.")
    alice = factories.signed_in(desk.alice)
    page = body(alice.get(f"/inbox/mine/{desk.conversation('carol').pk}/"))
    assert "Replies wait and leave once an admin has authorised it again" in page
