"""Pictures in a composer: taken, described, removed, given to a reply, forgotten."""

from __future__ import annotations

import io
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from PIL import Image

from connectors.types import Visibility
from inbox.models import Attachment, Conversation, OutboxItem
from inbox.services import attachments, conversations, networks
from inbox.services.conversations import Refused
from inbox.tasks import tidy_task
from tests import factories

pytestmark = pytest.mark.django_db
HOSTILE = '../../"><script>window.hit=1</script>\x00\n.png'


@pytest.fixture
def desk() -> factories.Desk:
    return factories.desk()


@pytest.fixture
def carol(desk: factories.Desk) -> Conversation:
    return factories.routed(desk)


@pytest.fixture
def alice(desk: factories.Desk) -> Client:
    client = Client()
    client.force_login(desk.alice)
    return client


def add(client: Client, conversation: Conversation, data: bytes | None = None, name: str = "IMG_0001.jpg") -> Any:
    sent = SimpleUploadedFile(name, factories.picture() if data is None else data, content_type="text/html")
    return client.post(f"/conversations/{conversation.pk}/attachments/", {"picture": sent})


def item_of(desk: factories.Desk, conversation: Conversation, author: Any, key: str = "k") -> OutboxItem:
    return OutboxItem.objects.create(
        kind="reply", state="held", author=author, client_key=key, connection=desk.connection,
        conversation=conversation, payload={"text": "Look", "visibility": "public"},
    )  # fmt: skip


def test_a_picture_is_kept_and_shown_in_the_tray(alice: Client, carol: Conversation, desk: factories.Desk) -> None:
    answer = add(alice, carol)
    one = Attachment.objects.get()
    assert answer.status_code == 201
    assert (one.author, one.conversation, one.item, one.name) == (desk.alice, carol, None, "IMG_0001.jpg")
    assert (one.mime, one.width, one.height, one.size) == ("image/png", 60, 40, len(bytes(one.data)))
    page = answer.content.decode()
    assert f'name="attachment" value="{one.pk}"' in page
    assert f"/attachments/{one.pk}/small/" in page
    assert alice.get(f"/conversations/{carol.pk}/attachments/").content.decode() == page


def test_what_a_browser_gets_is_a_picture_and_nothing_else(alice: Client, carol: Conversation) -> None:
    add(alice, carol, name=HOSTILE)
    one = Attachment.objects.get()
    for size in ("full", "small"):
        answer = alice.get(f"/attachments/{one.pk}/{size}/")
        assert answer["Content-Type"] in ("image/png", "image/jpeg")
        assert answer["Content-Disposition"].startswith(f'inline; filename="picture-{one.pk}.')
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert answer["Cache-Control"].startswith("private")
        Image.open(io.BytesIO(answer.content)).verify()


def test_a_hostile_name_is_one_line_and_escaped(alice: Client, carol: Conversation) -> None:
    page = add(alice, carol, name=HOSTILE).content.decode()
    name = Attachment.objects.get().name
    assert "\n" not in name
    assert "/" not in name
    assert "<script" not in page


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "no picture"),
        (b"<html><script>alert(1)</script>", "no picture"),
        (b"%PDF-1.7", "no picture"),
        (factories.picture("JPEG")[:200], "broken"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_sentence(
    alice: Client, carol: Conversation, data: bytes, words: str
) -> None:
    answer = add(alice, carol, data, name="photo.png")
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert not Attachment.objects.exists()


def test_an_empty_form_and_an_empty_file_are_refused(alice: Client, carol: Conversation) -> None:
    assert alice.post(f"/conversations/{carol.pk}/attachments/").json() == {"error": "Choose a picture."}
    assert add(alice, carol, b"").status_code == 400


def test_an_upload_ends_where_it_is_too_large(alice: Client, carol: Conversation, settings: Any) -> None:
    settings.UPLOAD_MEGABYTES = 1
    answer = add(alice, carol, factories.picture() + bytes(3 * 2**20))
    assert answer.status_code in (400, 413)
    assert not Attachment.objects.exists()


def test_a_network_takes_as_many_as_it_takes(alice: Client, carol: Conversation) -> None:
    most = networks.media("x")[Visibility.PUBLIC].count
    for _ in range(most):
        assert add(alice, carol).status_code == 201
    answer = add(alice, carol)
    assert answer.status_code == 400
    assert f"at most {most} pictures" in answer.json()["error"]
    assert [one.position for one in Attachment.objects.order_by("pk")] == list(range(1, most + 1))


def test_a_network_that_takes_none_says_so(desk: factories.Desk, carol: Conversation) -> None:
    carol.connection.network = "gone"
    assert attachments.offer(carol) is None
    with pytest.raises(Refused, match="takes no pictures"):
        attachments.add(author=desk.alice, conversation=carol, data=factories.picture())


def test_what_is_kept_fits_every_limit_of_the_network(desk: factories.Desk, carol: Conversation) -> None:
    one = attachments.add(author=desk.alice, conversation=carol, data=factories.picture("AVIF", size=(5000, 300)))
    for limits in networks.media("x").values():
        assert limits.refusal(mime=one.mime, size=one.size) == ""
    assert max(one.width, one.height) == 4096


def test_a_picture_is_described_and_removed(alice: Client, carol: Conversation) -> None:
    add(alice, carol)
    one = Attachment.objects.get()
    where = f"/attachments/{one.pk}/"
    form = {"content_type": "application/x-www-form-urlencoded"}
    page = alice.patch(where, "alt=A+parcel+%3Cb%3E", **form).content.decode()
    assert "A parcel &lt;b&gt;</textarea>" in page
    one.refresh_from_db()
    assert one.alt == "A parcel <b>"
    assert "at most" in alice.patch(where, "alt=" + "a" * 6000, **form).json()["error"]
    assert alice.delete(where).status_code == 200
    assert not Attachment.objects.exists()


def test_what_belongs_to_a_reply_is_changed_no_more(alice: Client, carol: Conversation, desk: factories.Desk) -> None:
    add(alice, carol)
    one = Attachment.objects.get()
    attachments.give(item=item_of(desk, carol, desk.alice), ids=[one.pk])
    assert alice.delete(f"/attachments/{one.pk}/").status_code == 400
    assert alice.patch(f"/attachments/{one.pk}/", "alt=new").status_code == 400
    assert attachments.waiting(author=desk.alice, conversation_id=carol.pk) == []


def test_a_reply_takes_only_its_authors_waiting_pictures_of_its_conversation(
    carol: Conversation, desk: factories.Desk
) -> None:
    other = factories.routed(desk, by="dora")
    mine, second = (factories.attachment(carol, desk.alice) for _ in range(2))
    item = item_of(desk, carol, desk.alice)
    for wrong in (factories.attachment(carol, desk.bob), factories.attachment(other, desk.alice)):
        with pytest.raises(Refused, match="no longer there"):
            attachments.give(item=item, ids=[wrong.pk])
    attachments.give(item=item, ids=[second.pk, mine.pk])
    assert list(item.attachments.order_by("position")) == [second, mine]
    with pytest.raises(Refused):
        attachments.give(item=item_of(desk, carol, desk.alice, "again"), ids=[mine.pk])


@pytest.mark.django_db(transaction=True)
def test_a_description_cannot_change_while_its_reply_is_composed() -> None:
    """The guard has read it: what comes later comes too late."""
    desk = factories.desk()
    carol = factories.routed(desk)
    one = factories.attachment(carol, desk.alice)
    refused: list[str] = []

    def describes() -> None:
        try:
            attachments.describe(attachment=one, alt="Her number is 605")
        except Refused as error:
            refused.append(str(error))
        connection.close()

    other = threading.Thread(target=describes)
    with transaction.atomic():
        conversations.locked(carol.pk)
        other.start()
        other.join(0.5)
        assert other.is_alive()
        attachments.give(item=item_of(desk, carol, desk.alice), ids=[one.pk])
    other.join(10)
    one.refresh_from_db()
    assert (one.alt, refused) == ("", ["This picture belongs to a reply by now."])


def test_nobody_elses_picture_is_seen_before_it_belongs_to_a_reply(carol: Conversation, desk: factories.Desk) -> None:
    one = factories.attachment(carol, desk.alice)
    bob = Client()
    bob.force_login(desk.bob)
    assert bob.get(f"/attachments/{one.pk}/full/").status_code == 404
    assert "<img" not in bob.get(f"/conversations/{carol.pk}/attachments/").content.decode()
    attachments.give(item=item_of(desk, carol, desk.alice), ids=[one.pk])
    assert bob.get(f"/attachments/{one.pk}/full/").status_code == 200
    page = bob.get(f"/inbox/mine/{carol.pk}/").content.decode()
    assert f"/attachments/{one.pk}/small/" in page


def test_what_was_never_sent_is_forgotten_after_a_day(carol: Conversation, desk: factories.Desk) -> None:
    old, young, left = (factories.attachment(carol, desk.alice) for _ in range(3))
    attachments.give(item=item_of(desk, carol, desk.alice), ids=[left.pk])
    Attachment.objects.exclude(pk=young.pk).update(made_at=timezone.now() - timedelta(hours=25))
    tidy_task()
    assert set(Attachment.objects.all()) == {young, left}
    assert not Attachment.objects.filter(pk=old.pk).exists()
