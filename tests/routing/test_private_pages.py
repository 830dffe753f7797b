"""The settings pages of records and of the company's public numbers."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from inbox.models import PublicFact, RecordUpload
from inbox.services import records
from tests import factories
from tests.factories import Desk, signed_in

pytestmark = pytest.mark.django_db
CANARY = "KD-7C4N4RY-88231"


def _file(text: str) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("customers <b>.csv", text.encode(), "text/csv")}


def test_a_file_is_looked_at_then_saved_and_its_bad_rows_are_told(desk: Desk) -> None:
    carol = factories.conversation(desk)
    client = signed_in(desk.dana)
    text = f"network,handle,contract,city,<i>odd</i>:open\nx,carol,{CANARY},Lyon,a\nx,nobody,1,2,3\n"
    answer = client.post("/settings/records/", _file(text))
    assert answer.status_code == 302
    preview = client.get(answer["Location"]).content.decode()
    assert ("<i>odd" in preview, "&lt;i&gt;odd" in preview, CANARY in preview) == (False, True, False)
    assert records.fields_of(carol.identity.contact_id) == []
    done = client.post(answer["Location"], {"column-3": "open", "column-4": "ignored"}).content.decode()
    assert ("1 record saved" in done, "Line 3" in done, "Nobody with this handle" in done) == (True, True, True)
    assert CANARY not in done
    assert [(f.name, f.protection.value) for f in records.fields_of(carol.identity.contact_id)] == [
        ("city", "open"), ("contract", "secret"),
    ]  # fmt: skip
    assert RecordUpload.objects.count() == 0
    page = client.get("/settings/records/").content.decode()
    assert "a file: 1 records saved, 1 rows refused" in page
    assert CANARY not in page
    again = client.post(answer["Location"], follow=True).content.decode()
    assert "This file is no longer kept. Upload it again." in again


def test_a_file_can_be_taken_back(desk: Desk) -> None:
    client = signed_in(desk.dana)
    answer = client.post("/settings/records/", _file("network,handle,a\nx,carol,1234567\n"))
    page = client.post(answer["Location"], {"cancel": "1"}, follow=True).content.decode()
    assert "nothing was saved" in page
    assert RecordUpload.objects.count() == 0


def test_a_bad_file_is_one_sentence_on_the_page(desk: Desk) -> None:
    answer = signed_in(desk.dana).post("/settings/records/", _file("handle,a\ncarol,1\n"))
    assert answer.status_code == 400
    assert "A column “network”" in answer.content.decode()


def test_public_numbers_are_added_and_removed_with_a_history(desk: Desk) -> None:
    client = signed_in(desk.dana)
    page = client.post("/settings/public/", {"value": "+49 30 901820", "note": "<b>Hotline"}, follow=True)
    assert "&lt;b&gt;Hotline" in page.content.decode()
    fact = PublicFact.objects.get()
    assert "at least 5" in client.post("/settings/public/", {"value": "12"}, follow=True).content.decode()
    page = client.post("/settings/public/", {"remove": str(fact.pk)}, follow=True)
    assert "is held again" in page.content.decode()
    assert "no longer passes" in page.content.decode()
    assert not PublicFact.objects.exists()
    client.post("/settings/public/", {"remove": str(fact.pk)})


def test_only_admins_are_led_there(desk: Desk) -> None:
    assert "/settings/records/" in signed_in(desk.dana).get("/settings/teams/").content.decode()
    assert "/settings/records/" not in signed_in(desk.bob).get("/settings/teams/").content.decode()
