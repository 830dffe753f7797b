"""Customers' pictures: fetched once by a worker, shown from our copy, and explained where they cannot be."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from connectors.types import Media
from inbox.models import Conversation, MediaCopy, Message
from inbox.services import media
from inbox.tasks import tidy_task
from routing.services.assignment import route_due
from tests import factories
from tests.connectors.servers import Line, Script, answer, serving

HOSTILE = "\"><img src=x onerror=alert(1)>'<script>window.hit=1</script>"


@pytest.fixture
def desk(db: Any) -> factories.Desk:
    return factories.desk()


@pytest.fixture
def alice(desk: factories.Desk) -> Client:
    client = Client()
    client.force_login(desk.alice)
    return client


@pytest.fixture
def near(settings: Any) -> Iterator[Callable[[Script], Line]]:
    """A server of this machine that the settings name, as the sandbox is one."""
    open_ones: list[Any] = []

    def start(script: Script) -> Line:
        open_ones.append(serving(script))
        line: Line = open_ones[-1].__enter__()
        settings.MEDIA_ON_LOOPBACK = [f"127.0.0.1:{line.port}"]
        return line

    yield start
    for one in open_ones:
        one.__exit__(None, None, None)


def writes(desk: factories.Desk, *files: Media, text: str = "Look at this", **facts: Any) -> tuple[Conversation, int]:
    """carol posts with these files. Returns her conversation and the message."""
    [pk] = factories.arrives(desk, factories.post(text, media=files, **facts))
    route_due()
    return Conversation.objects.get(pk=pk), Message.objects.get(conversation=pk).pk


def photo(url: str, alt: str = "A dented parcel", kind: str = "photo") -> Media:
    return Media(external_id="3_1", kind=kind, url=url, alt=alt)


def card(client: Client, message: int, position: int = 0) -> str:
    found = client.get(f"/media/{message}/{position}/")
    assert found.status_code == 200
    return str(found.content.decode())


def test_a_picture_is_fetched_once_and_shown_from_here(
    desk: factories.Desk, alice: Client, near: Callable[[Script], Line]
) -> None:
    server = near(answer(factories.picture("JPEG", size=(900, 600))))
    carol, message = writes(desk, photo(server.url + "/secret-path.jpg"))
    page = alice.get(f"/inbox/mine/{carol.pk}/").content.decode()
    assert server.url not in page
    assert f'hx-get="/media/{message}/0/"' in page
    assert server.connections == 0  # nobody has looked yet: a page asks for the card when it is scrolled to
    assert "hx-get" in card(alice, message)
    assert media.fetch_due() == 1
    shown = card(alice, message)
    assert f'src="/media/{message}/0/small/"' in shown
    assert 'alt="A dented parcel"' in shown
    assert 'width="232" height="155"' in shown
    for size, longest in (("full", 900), ("small", 480)):
        answered = alice.get(f"/media/{message}/0/{size}/")
        assert answered["Content-Type"] == "image/jpeg"
        assert answered["Content-Disposition"].startswith("inline; filename=")
        assert answered["X-Content-Type-Options"] == "nosniff"
        assert answered["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert answered["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answered["Cache-Control"].startswith("private")
        assert max(Image.open(io.BytesIO(answered.content)).size) == longest
    card(alice, message)
    assert media.fetch_due() == 0
    assert len(server.requests) == 1
    assert f'src="/media/{message}/0/small/"' in alice.get(f"/inbox/mine/{carol.pk}/").content.decode()


def test_a_page_with_pictures_costs_one_statement_more_however_many(desk: factories.Desk, alice: Client) -> None:
    def cost(carol: Conversation) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert alice.get(f"/inbox/mine/{carol.pk}/").status_code == 200
        return len(captured)

    plain, _ = writes(desk, by="plain")
    one, _ = writes(desk, photo("https://pictures.example/1.jpg"), by="one")
    many, _ = writes(desk, *[photo(f"https://pictures.example/{n}.jpg") for n in range(9)], by="many")
    assert cost(one) == cost(many) == cost(plain) + 1


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (answer(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "200 OK", "Content-Type: image/png"),
         "no picture"),
        (answer(b"<html><script>alert(1)</script></html>", "200 OK", "Content-Type: image/png"), "no picture"),
        (answer(factories.picture("JPEG")[:300]), "broken"),
        (answer(b"", "404 Not Found"), "no longer there"),
        (answer(b"", "302 Found", "Location: http://169.254.169.254/latest/"), "no https address"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_says_why_and_where_to_look(
    desk: factories.Desk, alice: Client, near: Callable[[Script], Line], script: Script, words: str
) -> None:
    _, message = writes(desk, photo(near(script).url + "/a.png"))
    Message.objects.filter(pk=message).update(url="https://x.com/i/status/1")
    card(alice, message)
    media.fetch_due()
    shown = card(alice, message)
    assert "Picture cannot be shown" in shown
    assert words in shown
    assert "A dented parcel" in shown
    assert 'href="https://x.com/i/status/1"' in shown
    assert "<img" not in shown
    for size in ("full", "small"):
        assert alice.get(f"/media/{message}/0/{size}/").status_code == 404


def test_what_was_refused_is_tried_again_after_a_while(
    desk: factories.Desk, alice: Client, near: Callable[[Script], Line]
) -> None:
    answers = [answer(b"", "503 Busy"), answer(factories.picture())]
    server = near(lambda conn, request: answers[0 if len(server.requests) == 1 else 1](conn, request))
    _, message = writes(desk, photo(server.url + "/a.png"))
    card(alice, message)
    media.fetch_due()
    assert "503" in card(alice, message)
    assert media.fetch_due() == 0
    MediaCopy.objects.update(settled_at=timezone.now() - media.REFUSED_FOR - timedelta(seconds=1))
    card(alice, message)
    assert media.fetch_due() == 1
    assert "<img" in card(alice, message)


def test_a_film_and_a_document_are_only_downloaded(
    desk: factories.Desk, alice: Client, near: Callable[[Script], Line]
) -> None:
    bodies = {"/film": b"\0\0\0\x20ftypmp42" + bytes(200), "/paper": b"%PDF-1.7 <script>alert(1)</script>"}

    def script(conn: Any, request: bytes) -> None:
        answer(bodies[request.split()[1].decode()], "200 OK", "Content-Type: text/html")(conn, request)

    server = near(script)
    _, message = writes(desk, photo(server.url + "/film", kind="video"), photo(server.url + "/paper", kind="file"))
    for position in (0, 1):
        card(alice, message, position)
    assert media.fetch_due() == 2
    for position, (mime, word, ending) in enumerate((("video/mp4", "Film", "mp4"), ("application/pdf", "File", "pdf"))):
        shown = card(alice, message, position)
        assert word in shown
        assert "download" in shown
        assert "<img" not in shown
        answered = alice.get(f"/media/{message}/{position}/full/")
        assert answered["Content-Type"] == mime
        assert answered["Content-Disposition"] == f'attachment; filename="{message}-{position}.{ending}"'
        assert "sandbox" in answered["Content-Security-Policy"]
        assert alice.get(f"/media/{message}/{position}/small/").status_code == 404


def test_hostile_words_about_a_file_are_escaped(desk: factories.Desk, alice: Client) -> None:
    files = [photo("https://pictures.example/a.png", alt=HOSTILE, kind=HOSTILE), photo("", alt=HOSTILE, kind="photo"),
             photo("javascript:alert(1)", alt=HOSTILE)]  # fmt: skip
    carol, message = writes(desk, *files)
    pages = [alice.get(f"/inbox/mine/{carol.pk}/").content.decode(), *(card(alice, message, n) for n in range(3))]
    for page in pages:
        assert "<script>window" not in page
        assert "<img src=x" not in page
        assert "javascript:alert" not in page
        assert "&lt;script&gt;window.hit=1" in page


@pytest.mark.parametrize("facts", [{"media": "x"}, {"media": [1, None, "a"]}, {"media": [{}]}, {"media": {"0": {}}}])
def test_odd_facts_break_no_page(desk: factories.Desk, alice: Client, facts: Any) -> None:
    carol, message = writes(desk)
    Message.objects.filter(pk=message).update(facts=facts)
    assert alice.get(f"/inbox/mine/{carol.pk}/").status_code == 200
    assert alice.get(f"/media/{message}/7/").status_code == 404


def test_a_message_shows_so_many_files_and_no_more(desk: factories.Desk, alice: Client) -> None:
    carol, message = writes(desk, *[photo(f"https://pictures.example/{n}.jpg") for n in range(300)])
    page = alice.get(f"/inbox/mine/{carol.pk}/").content.decode()
    assert page.count('class="file"') == media.MOST
    assert alice.get(f"/media/{message}/{media.MOST}/").status_code == 404


def test_what_its_author_deleted_is_fetched_no_more(
    desk: factories.Desk, alice: Client, near: Callable[[Script], Line]
) -> None:
    server = near(answer(factories.picture()))
    carol, message = writes(desk, photo(server.url + "/a.png"))
    card(alice, message)
    Message.objects.filter(pk=message).update(deleted_at=timezone.now())
    media.fetch_due()
    assert server.connections == 0
    assert "<img" not in alice.get(f"/inbox/mine/{carol.pk}/").content.decode()


def test_copies_are_forgotten_by_age_and_when_they_take_too_much(desk: factories.Desk, settings: Any) -> None:
    conversations = [factories.routed(desk, by=f"customer{n}") for n in range(3)]
    messages = [factories.pictured(one) for one in conversations]
    MediaCopy.objects.filter(message=messages[0]).update(settled_at=timezone.now() - timedelta(days=31))
    tidy_task()
    assert set(MediaCopy.objects.values_list("message", flat=True)) == set(messages[1:])
    settings.MEDIA_MEGABYTES = 3
    MediaCopy.objects.update(size=2 * 2**20)
    MediaCopy.objects.filter(message=messages[1]).update(settled_at=timezone.now() - timedelta(days=1))
    _, wanted = writes(desk, photo("https://127.0.0.1/a.png"), by="another")
    file = media.look(Message.objects.get(pk=wanted), 0)
    assert file is not None
    media.want(file)
    media.fetch_due()
    assert set(MediaCopy.objects.filter(state="kept").values_list("message", flat=True)) == {messages[2]}


@pytest.mark.django_db(transaction=True)
def test_two_workers_fetch_a_file_once(near: Callable[[Script], Line]) -> None:
    desk = factories.desk()
    together = threading.Barrier(2, timeout=10)
    server = near(answer(factories.picture()))
    _, message = writes(desk, photo(server.url + "/a.png"))
    file = media.look(Message.objects.get(pk=message), 0)
    assert file is not None
    media.want(file)

    def work() -> None:
        together.wait()
        media.fetch_due()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert len(server.requests) == 1
    assert MediaCopy.objects.get().state == "kept"


def test_a_worker_that_died_is_followed_by_another(desk: factories.Desk, near: Callable[[Script], Line]) -> None:
    server = near(answer(factories.picture()))
    _, message = writes(desk, photo(server.url + "/a.png"))
    held = MediaCopy.objects.create(message_id=message, position=0, lease_until=timezone.now() + media.LEASE)
    assert media.fetch_due() == 0
    MediaCopy.objects.filter(pk=held.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert media.waiting() == {0: 1}
    assert media.fetch_due() == 1
    assert MediaCopy.objects.get().state == "kept"
