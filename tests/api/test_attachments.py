"""Pictures by the API: the same checks as in the composer, once for a key, and sent by their ids."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from inbox.models import ApiWrite, Attachment, Conversation, OutboxItem
from tests import factories
from tests.api.conftest import Api, problem, program
from tests.inbox.conftest import network, online  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db
EMAIL = "carol.lind@example.org"


@pytest.fixture
def carol(desk: factories.Desk) -> Conversation:
    return factories.routed(desk)


def add(api: Api, conversation: Conversation, data: bytes | None = None, *, key: str = "", **fields: Any) -> Any:
    sent = SimpleUploadedFile("IMG_0001.png", factories.picture() if data is None else data)
    headers = {"Authorization": f"Bearer {api.token}", **({"Idempotency-Key": key} if key else {})}
    address = f"/api/v1/conversations/{conversation.pk}/attachments/"
    return Client().post(address, {"picture": sent, **fields}, headers=headers)


def reply(api: Api, conversation: Conversation, *, key: str, **fields: Any) -> Any:
    body = {"visibility": "public", "confirmed": True, **fields}
    return api("POST", f"conversations/{conversation.pk}/replies/", body, key=key)


def test_a_picture_is_added_described_and_sent(alice: Api, carol: Conversation, online: Any) -> None:  # noqa: F811
    first, second = (add(alice, carol, alt=alt) for alt in ("A parcel", ""))
    assert first.status_code == 201
    row = Attachment.objects.get(pk=first.json()["id"])
    assert first.json() == {
        "id": row.pk, "name": "IMG_0001.png", "mime": "image/png", "width": 60, "height": 40, "size": row.size,
        "alt": "A parcel",
    }  # fmt: skip
    wanted = [second.json()["id"], first.json()["id"]]
    answer = reply(alice, carol, key="with-pictures", text="", pictures=wanted)
    assert answer.status_code == 201, answer.content
    item = OutboxItem.objects.get()
    assert [one["attachment"] for one in item.payload["media"]] == wanted
    assert list(item.attachments.order_by("position").values_list("pk", flat=True)) == wanted
    assert problem(alice("DELETE", f"attachments/{wanted[0]}/")) == (409, "refused")


def test_a_key_adds_one_picture_and_belongs_to_that_picture(alice: Api, carol: Conversation) -> None:
    first, again = (add(alice, carol, key="once", alt="A parcel") for _ in range(2))
    assert (first.json(), again.headers["Idempotency-Replayed"]) == (again.json(), "true")
    other = add(alice, carol, factories.picture(size=(20, 20)), key="once", alt="A parcel")
    assert problem(other) == (422, "other_request")
    assert Attachment.objects.count() == 1


def test_a_key_of_a_reply_means_its_pictures_too(
    alice: Api, carol: Conversation, online: Any  # noqa: F811
) -> None:  # fmt: skip
    pictures = [add(alice, carol).json()["id"]]
    assert reply(alice, carol, key="same", text="Look", pictures=pictures).status_code == 201
    ApiWrite.objects.all().delete()  # what the API itself remembers for a day
    assert reply(alice, carol, key="same", text="Look", pictures=pictures).status_code == 201
    ApiWrite.objects.all().delete()
    assert problem(reply(alice, carol, key="same", text="Look")) == (422, "other_request")
    assert OutboxItem.objects.count() == 1


def test_a_picture_is_its_authors_alone(desk: factories.Desk, alice: Api, carol: Conversation) -> None:
    row = factories.attachment(carol, desk.alice)
    bob = program(desk.bob)
    assert problem(bob("DELETE", f"attachments/{row.pk}/")) == (404, "not_found")
    assert problem(reply(bob, carol, key="theirs", text="Look", pictures=[row.pk]))[0] == 409
    assert alice("DELETE", f"attachments/{row.pk}/").status_code == 204
    assert not Attachment.objects.exists()
    assert problem(alice("DELETE", f"attachments/{row.pk}/")) == (404, "not_found")


def test_what_cannot_be_taken_is_said_in_one_sentence(alice: Api, carol: Conversation, settings: Any) -> None:
    assert problem(add(alice, carol, b"<svg/>")) == (409, "refused")
    assert problem(add(alice, carol, b"")) == (400, "invalid")
    assert problem(add(alice, carol, alt="x" * 5_001)) == (400, "invalid")
    assert problem(alice("POST", f"conversations/{carol.pk}/attachments/", {"picture": "x"})) == (
        415, "unsupported_media_type",
    )  # fmt: skip
    assert problem(reply(alice, carol, key="nothing", text=" ")) == (400, "invalid")
    settings.UPLOAD_MEGABYTES = 1
    assert problem(add(alice, carol, factories.picture() + bytes(2 * 2**20))) == (413, "too_large")
    assert not Attachment.objects.exists()


def test_the_guard_reads_what_describes_a_picture(alice: Api, carol: Conversation, online: Any) -> None:  # noqa: F811
    row = add(alice, carol, alt=f"A letter to {EMAIL}").json()["id"]
    answer = reply(alice, carol, key="described", text="Look", pictures=[row])
    assert problem(answer) == (409, "guard")
    assert EMAIL not in answer.content.decode()


def test_a_token_needs_the_scope_to_reply(desk: factories.Desk, carol: Conversation) -> None:
    assert problem(add(program(desk.alice, "read:conversations"), carol)) == (403, "scope")
