"""Notifications by e-mail, over a real SMTP server: what is in a mail, when it leaves, and that it leaves once."""

from __future__ import annotations

import re
import smtplib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from django.test import Client
from django.utils import timezone

from connectors.sandbox.harness import free_port
from inbox.services import conversations
from routing.models import AgentProfile, Digest, Notification
from routing.services import digests, handing
from tests import factories
from tests.factories import signed_in
from tests.routing.test_notices import take_in

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "alice@desk.example"


class Post:
    """A mail server that keeps what it takes. ``says`` is its next answer to a mail; ``hangs_up``: it says nothing."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.says: list[str] = []
        self.hangs_up = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.says:
            return self.says.pop(0)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.hangs_up:
            server.transport.abort()
        return "250 OK"


@pytest.fixture
def post(settings: Any) -> Iterator[Post]:
    taken = Post()
    server = Controller(taken, hostname="127.0.0.1", port=free_port())
    server.start()
    settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.CSRF_TRUSTED_ORIGINS = ["https://desk.example"]
    yield taken
    server.stop()


def wants(user: Any, how: str, **more: Any) -> Digest:
    user.email = ADDRESS
    user.save()
    long_ago = timezone.now() - timedelta(days=1)
    return Digest.objects.create(user=user, how=how, **{"due_at": long_ago, "since": long_ago, **more})


def due() -> int:
    Digest.objects.update(due_at=timezone.now())
    return digests.deliver_due()


def body(mail: EmailMessage) -> str:
    return str(mail.get_content())


@pytest.fixture
def carol(desk: factories.Desk) -> int:
    talk = factories.routed(desk, "I live in Elm Street", by="carol")
    factories.arrives(desk, factories.post("Hurry up", root=talk.root))
    conversations.add_note(conversation_id=talk.pk, author=desk.bob, text="@alice her dog is called Rex")
    take_in()
    return talk.pk


def test_a_mail_says_what_waits_and_no_word_of_a_customer(desk: factories.Desk, post: Post, carol: int) -> None:
    wants(desk.alice, "hourly")
    assert digests.deliver_due() == 1
    (mail,) = post.mails
    assert mail["To"] == ADDRESS
    assert mail["Subject"] == "3 unread notifications"
    assert "Bob mentioned you in a note" in body(mail)
    assert "The customer wrote again" in body(mail)
    assert f"https://desk.example/inbox/mine/{carol}/" in body(mail)
    for word in ("Carol", "carol", "Elm", "Hurry", "Rex"):
        assert word not in mail.as_string(), word


def test_each_is_mailed_once_at_most(desk: factories.Desk, post: Post, carol: int) -> None:
    wants(desk.alice, "hourly")
    assert due() == 1
    assert due() == 0
    conversations.add_note(conversation_id=carol, author=desk.bob, text="@alice again")
    take_in()
    assert due() == 1
    assert [mail["Subject"] for mail in post.mails] == ["3 unread notifications", "1 unread notification"]


def test_a_crash_after_the_claim_sends_nothing_again(desk: factories.Desk, post: Post, carol: int) -> None:
    wants(desk.alice, "hourly")
    Notification.objects.filter(user=desk.alice).update(mail_claimed_at=timezone.now())  # and then it died
    assert due() == 0
    assert post.mails == []


def test_a_connection_that_breaks_is_said_and_not_tried_again(desk: factories.Desk, post: Post, carol: int) -> None:
    wants(desk.alice, "hourly")
    post.hangs_up = True
    assert due() == 0
    post.hangs_up = False
    assert due() == 0
    assert len(post.mails) == 1  # it had arrived
    assert "may not have arrived" in signed_in(desk.alice).get("/me/notifications/").content.decode()


def test_what_the_server_takes_later_comes_later(desk: factories.Desk, post: Post, carol: int) -> None:
    digest = wants(desk.alice, "hourly")
    post.says = ["451 Greylisted"]
    assert due() == 0
    digest.refresh_from_db()
    assert digest.problem == "The mail server did not take the latest mail (451). It is tried again."
    assert digest.due_at < timezone.now() + timedelta(minutes=6)
    assert due() == 1
    digest.refresh_from_db()
    assert (digest.problem, len(post.mails)) == ("", 1)


def test_what_the_server_refuses_is_said(desk: factories.Desk, post: Post, carol: int) -> None:
    wants(desk.alice, "hourly")
    post.says = ["550 No such person"]
    assert due() == 0
    assert due() == 0
    assert post.mails == []
    assert "did not take the latest mail (550)" in signed_in(desk.alice).get("/me/notifications/").content.decode()


def test_a_server_that_cannot_be_reached_costs_nothing(
    desk: factories.Desk, post: Post, carol: int, settings: Any
) -> None:
    wants(desk.alice, "hourly")
    there = settings.EMAIL_PORT
    with socket.create_server(("127.0.0.1", 0)) as closed:
        settings.EMAIL_PORT = closed.getsockname()[1]
    assert due() == 0
    assert Digest.objects.filter(due_at__gt=timezone.now()).exists()
    settings.EMAIL_PORT = there
    assert due() == 1


def test_only_what_is_unread_and_still_theirs_to_see(desk: factories.Desk, post: Post, carol: int) -> None:
    wants(desk.alice, "hourly")
    dora = factories.routed(desk, "Mine too", by="dora")
    take_in()
    handing.assign(conversation_id=carol, actor=desk.bob, team_id=desk.billing.pk)
    assert due() == 1
    assert post.mails[0]["Subject"] == "1 unread notification"
    assert f"/inbox/mine/{dora.pk}/" in body(post.mails[0])
    assert str(carol) not in re.findall(r"/inbox/mine/(\d+)/", body(post.mails[0]))
    factories.routed(desk, "And mine", by="edgar")
    take_in()
    Notification.objects.update(read_at=timezone.now())
    assert due() == 0


def test_while_away_at_once_and_not_while_here(desk: factories.Desk, post: Post, carol: int) -> None:
    wants(desk.alice, "away")
    profile = AgentProfile.objects.filter(user=desk.alice)
    assert due() == 0
    profile.update(seen_at=timezone.now() - timedelta(minutes=6))
    assert due() == 1
    conversations.add_note(conversation_id=carol, author=desk.bob, text="@alice again")
    take_in()
    profile.update(seen_at=timezone.now())
    assert due() == 0
    profile.update(availability="away")
    assert due() == 1


def test_nobody_deactivated_and_nothing_from_before(desk: factories.Desk, post: Post, carol: int) -> None:
    wants(desk.alice, "hourly", since=timezone.now())
    assert due() == 0
    Digest.objects.update(since=timezone.now() - timedelta(days=1))
    desk.alice.is_active = False
    desk.alice.save()
    assert due() == 0


@pytest.mark.parametrize(
    ("how", "hour", "zone", "now", "due_at"),
    [
        ("daily", 8, "Europe/Oslo", "2026-07-01T05:59", "2026-07-01T06:00"),
        ("daily", 8, "Europe/Oslo", "2026-07-01T06:00", "2026-07-02T06:00"),
        ("daily", 8, "Europe/Oslo", "2026-10-24T07:00", "2026-10-25T07:00"),  # the clocks go back that night
        ("daily", 2, "Europe/Oslo", "2026-03-28T12:00", "2026-03-29T01:00"),  # an hour that does not exist that day
        ("daily", 23, "Pacific/Auckland", "2026-07-01T12:00", "2026-07-02T11:00"),
        ("hourly", 8, "Asia/Kathmandu", "2026-07-01T05:20", "2026-07-01T06:15"),
        ("away", 8, "UTC", "2026-07-01T05:20", "2026-07-01T05:21"),
    ],
)
def test_when_the_next_one_is_due(how: str, hour: int, zone: str, now: str, due_at: str) -> None:
    begun = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = Digest(how=how, hour=hour).next_after(begun, ZoneInfo(zone))
    assert found.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="minutes") == due_at


def test_one_click_ends_the_mails_and_a_look_does_not(desk: factories.Desk, post: Post, carol: int) -> None:
    wants(desk.alice, "hourly")
    assert due() == 1
    mail = post.mails[0]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = urlsplit(mail["List-Unsubscribe"].strip(" <>")).path
    program = Client(enforce_csrf_checks=True)  # whoever reads the mail, without a session
    assert "No more of these mails?" in program.get(link).content.decode()
    assert Digest.objects.filter(user=desk.alice).exists()
    assert program.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Digest.objects.filter(user=desk.alice).exists()
    assert program.post(link).status_code == 200
    for wrong in (link[:-2] + "/", "/notifications/stop/abc/", f"/notifications/stop/{desk.alice.pk}/"):
        assert program.post(wrong).status_code == 404


def test_how_somebody_wants_to_hear_of_it(desk: factories.Desk, post: Post) -> None:
    alice = signed_in(desk.alice)
    assert 'href="/me/notifications/"' in alice.get("/me/").content.decode().partition("<main")[2]
    wanted = {"desktop": "plain", "how": "daily", "hour": "7", "email": ADDRESS}
    assert alice.post("/me/notifications/", wanted).status_code == 302
    digest = Digest.objects.get(user=desk.alice)
    assert (digest.how, digest.hour, digest.since <= timezone.now() < digest.due_at) == ("daily", 7, True)
    shown = alice.get("/me/notifications/").content.decode()
    assert f'value="{ADDRESS}"' in shown
    assert "sends no mail yet" not in shown
    assert alice.post("/me/notifications/", {**wanted, "how": ""}).status_code == 302
    assert not Digest.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": ""}, {"email": "nobody"}, {"email": "a@b.example\r\nBcc: c@d.example"},
        {"email": "a" * 300 + "@b.example"},
        {"how": "always"}, {"hour": "24"}, {"hour": "x"}, {"hour": ""}, {"desktop": "loud"},
    ],
)  # fmt: skip
def test_what_is_no_choice_changes_nothing(desk: factories.Desk, wrong: dict[str, str]) -> None:
    wanted = {"desktop": "plain", "how": "daily", "hour": "7", "email": ADDRESS, **wrong}
    answer = signed_in(desk.alice).post("/me/notifications/", wanted)
    assert answer.status_code == 400
    assert "Not saved yet" in answer.content.decode()
    assert not Digest.objects.exists()
    assert AgentProfile.objects.get(user=desk.alice).desktop == ""


def test_a_desk_without_a_mail_server_says_so(desk: factories.Desk, carol: int) -> None:
    wants(desk.alice, "hourly")
    assert due() == 0
    assert "sends no mail yet" in signed_in(desk.alice).get("/me/notifications/").content.decode()
    assert Notification.objects.filter(mail_claimed_at=None).exists()


def test_the_server_s_words_are_understood() -> None:
    nobody = smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"No")})
    assert digests._refusal(nobody)[1] is False
    assert digests._refusal(smtplib.SMTPDataError(452, b"Full"))[1] is True


def test_a_mail_speaks_the_language_of_who_gets_it(desk: factories.Desk, post: Post, carol: int) -> None:
    AgentProfile.objects.filter(user=desk.alice).update(language="de")
    wants(desk.alice, "hourly")
    assert digests.deliver_due() == 1
    (mail,) = post.mails
    assert mail["Subject"] == "3 ungelesene Benachrichtigungen"
    assert "Bob hat Sie in einer Notiz erwähnt" in body(mail)
    assert "Der Kunde hat wieder geschrieben" in body(mail)
    assert "unread" not in body(mail)
