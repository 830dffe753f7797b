"""The records of customers: sealed, marked for others, and read by the guard alone."""

from __future__ import annotations

import base64
import io
import logging
import secrets as random
import time
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox import guard
from inbox.guard import Field, Level, Protection
from inbox.models import Conversation, Event, RecordField, RecordIndex, RecordUpload
from inbox.services import publicfacts, recordfiles, records, surroundings
from inbox.services.conversations import Refused
from tests import factories
from tests.factories import Desk

pytestmark = pytest.mark.django_db
CANARY = "KD-7C4N4RY-88231"


def secret(name: str, value: str) -> Field:
    return Field(name, value, Protection.SECRET)


def held(conversation: Conversation, text: str) -> set[str]:
    return {str(f.kind) for f in guard.find([text], surroundings.of(conversation)) if f.level == Level.HOLD}


@pytest.fixture
def carol(desk: Desk) -> Conversation:
    return factories.conversation(desk, "My order has not arrived")


@pytest.fixture
def dora(desk: Desk) -> Conversation:
    return factories.conversation(desk, "Where is mine?", by="dora")


def put(conversation: Conversation, desk: Desk, *fields: Field) -> None:
    records.put(contact_id=conversation.identity.contact_id, fields=fields, actor=desk.dana)


# --- the record -----------------------------------------------------------------------------------------------------
def test_a_secret_holds_with_its_customer_and_with_every_other(desk: Desk, carol: Any, dora: Any) -> None:
    put(carol, desk, secret("contract", CANARY), Field("city", "Lyon", Protection.SOFT))
    assert held(carol, "about kd 7c4n4ry 88231") == {"record"}
    assert "stranger" in held(dora, "about kd 7c4n4ry 88231")
    assert held(carol, "in Lyon") == held(dora, "in Lyon") == set()
    put(carol, desk, secret("contract", "KD-OTHER-11111"))
    assert "stranger" not in held(dora, f"about {CANARY}")
    records.forget(contact_id=carol.identity.contact_id, actor=desk.dana)
    assert (RecordField.objects.count(), RecordIndex.objects.count()) == (0, 0)
    assert list(Event.objects.filter(subject="contact").order_by("id").values_list("kind", flat=True)) == [
        "record.changed", "record.changed", "record.removed",
    ]  # fmt: skip


def test_putting_replaces_the_whole_record(desk: Desk, carol: Any) -> None:
    put(carol, desk, secret("contract", CANARY), secret("pin", "4821"))
    put(carol, desk, secret("contract", "KD-NEW-2"))
    assert records.fields_of(carol.identity.contact_id) == [secret("contract", "KD-NEW-2")]


def test_an_empty_or_one_letter_field_is_kept_and_matches_nothing(desk: Desk, carol: Any, dora: Any) -> None:
    put(carol, desk, secret("a", ""), secret("b", "x"), secret("c", "7"))
    assert RecordIndex.objects.count() == 0
    assert held(carol, "x 7 a b c") == held(dora, "x 7 a b c") == set()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ([secret("", "x")], "1 to 64 characters"),
        ([secret("n" * 65, "x")], "1 to 64 characters"),
        ([secret("a", "x" * 2001)], "the most is 2000"),
        ([secret("a", "x"), secret(" a ", "y")], "the same name"),
        ([secret(f"f{n}", "x") for n in range(101)], "at most 100 fields"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_one_sentence(desk: Desk, carol: Any, fields: Any, said: str) -> None:
    with pytest.raises(Refused, match=said):
        put(carol, desk, *fields)
    assert RecordField.objects.count() == 0


def test_nothing_readable_is_stored_logged_or_told(desk: Desk, carol: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    put(carol, desk, secret("contract", CANARY))
    with CaptureQueriesContext(connection) as queries:
        put(carol, desk, secret("contract", CANARY), secret("mail", "canary.88@mail.example"))
    for canary in (CANARY, guard.normal(CANARY), "canary.88"):
        assert canary not in caplog.text
        assert not [query for query in queries if canary in query["sql"]]
        assert canary not in str(list(Event.objects.values()))
        assert canary.encode() not in b"".join(bytes(row.sealed) for row in RecordField.objects.all())
        assert canary not in str(RecordField.objects.get(name="contract"))


def test_the_ciphertext_opens_in_its_own_row_only(desk: Desk, carol: Any, dora: Any) -> None:
    put(carol, desk, secret("contract", CANARY))
    put(dora, desk, secret("contract", "other"))
    stolen = RecordField.objects.get(contact=carol.identity.contact_id)
    RecordField.objects.filter(contact=dora.identity.contact_id).update(sealed=stolen.sealed)
    with pytest.raises(Exception, match="does not open"):
        records.fields_of(dora.identity.contact_id)


def test_the_guard_costs_six_statements_however_much_there_is(desk: Desk, carol: Any, dora: Any) -> None:
    put(carol, desk, *(secret(f"f{n}", f"KD-{n}-{n}1234") for n in range(20)))
    put(dora, desk, *(secret(f"f{n}", f"XD-{n}-{n}1234") for n in range(20)))
    conversation = Conversation.objects.select_related("identity").get(pk=carol.pk)
    with CaptureQueriesContext(connection) as queries:
        held(conversation, "XD-7-71234, KD-8-81234 and 12 34 56 78, to carol@mail.example")
    assert len(queries) == 6


def test_a_new_key_moves_records_and_their_marks(desk: Desk, carol: Any, dora: Any, settings: Any) -> None:
    put(carol, desk, secret("contract", CANARY))
    old = list(settings.FIELD_ENCRYPTION_KEYS)
    settings.FIELD_ENCRYPTION_KEYS = [base64.b64encode(random.token_bytes(32)).decode(), *old]
    assert "stranger" in held(dora, CANARY), "both keys are looked for until the change is done"
    call_command("rotate_keys", stdout=io.StringIO())
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert "stranger" in held(dora, CANARY)
    assert held(carol, CANARY) >= {"record"}
    assert RecordIndex.objects.count() == 1


def test_names_of_staff_and_public_facts_pass(desk: Desk, carol: Any) -> None:
    put(carol, desk, secret("adviser", "Alice"), secret("hotline", "030 901820"))
    publicfacts.add(value="+49 30 901820", note="Hotline")
    assert held(carol, "Alice calls you from 030 901820") == set()


@pytest.mark.parametrize("value", ["", "1234", "  a b ", "x" * 401])
def test_a_public_fact_that_lets_too_much_pass_is_refused(db: Any, value: str) -> None:
    with pytest.raises(Refused):
        publicfacts.add(value=value, note="")


def test_a_public_fact_stands_once(db: Any) -> None:
    publicfacts.add(value="acme.example", note="")
    with pytest.raises(Refused, match="in the list already"):
        publicfacts.add(value=" acme.example ", note="again")


# --- files ----------------------------------------------------------------------------------------------------------
def load(data: str | bytes, desk: Desk, **meanings: str) -> recordfiles.Outcome:
    raw = data.encode() if isinstance(data, str) else data
    return recordfiles.load(data=raw, meanings={int(k[1:]): v for k, v in meanings.items()}, by=desk.dana)


def test_rows_find_their_customers_and_bad_ones_are_told(desk: Desk, carol: Any, dora: Any) -> None:
    external = dora.identity.external_id
    data = (
        b"Network,Handle,external_id,contract,city:soft,note:ignored\r\n"
        b"x,@CAROL,,KD-48213,Lyon,hm\r\n"
        b"X,," + external.encode() + b",KD-9921,,\r\n"
        b"x,nobody,,KD-1,,\r\n"
        b"x,carol,,KD-2,,\r\n"
        b",carol,,KD-3,,\r\n"
        b"x,,,KD-4,,\r\n"
        b"x,dora\r\n"
        b"x,d\xffra,,KD-5,,\r\n"
        b"\r\n"
        b"x,erna,," + b"9" * 2001 + b",,\r\n"
    )
    outcome = load(data, desk)
    assert (outcome.saved, outcome.refused) == (2, 7)
    assert sorted(line for line, _ in outcome.why) == [4, 5, 6, 7, 8, 9, 11]
    told = dict(outcome.why)
    assert "Nobody with this handle" in told[4]
    assert "Line 2 is about the same customer" in told[5]
    assert all(sentence.endswith(".") and "KD-" not in sentence for sentence in told.values())
    assert held(carol, "KD48213") >= {"record"}
    assert records.fields_of(carol.identity.contact_id) == [
        Field("city", "Lyon", Protection.SOFT), secret("contract", "KD-48213"),
    ]  # fmt: skip
    assert Event.objects.get(kind="records.imported").data == {"saved": 2, "refused": 7}


def test_an_empty_cell_removes_a_field_and_others_stay(desk: Desk, carol: Any) -> None:
    load("network;handle;contract;city:soft\nx;carol;KD-48213;Lyon\n", desk)
    load("network;handle;contract\nx;carol;\n", desk)
    assert records.fields_of(carol.identity.contact_id) == [Field("city", "Lyon", Protection.SOFT)]
    load("network;handle;city;shop\nx;carol;Lyon;Nice\n", desk, c2="open", c3="ignored")
    assert records.fields_of(carol.identity.contact_id) == [Field("city", "Lyon", Protection.OPEN)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (b"handle,contract\ncarol,1\n", "A column “network”"),
        (b"network,contract\nx,1\n", "A column “network”"),
        (b"network,handle,a,A\nx,c,1,2\n", "Two columns are called “a”"),
        (b"network,handle,\xff\n", "not UTF-8"),
        ("network,handle,a\n".encode("utf-16"), "not UTF-8"),
        (b"x" * (10 * 2**20 + 1), "the most is 10 MB"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_sentence(desk: Desk, data: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        recordfiles.keep(data=data, name="a.csv", by=desk.dana)
    assert RecordUpload.objects.count() == 0


def test_an_endless_cell_stops_the_reading_and_keeps_what_was_read(desk: Desk, carol: Any) -> None:
    outcome = load('network,handle,a\nx,carol,KD-48213\nx,dora,"' + "z" * 200_000 + "\n", desk)
    assert (outcome.saved, outcome.refused) == (1, 1)
    assert "cannot be read as CSV" in outcome.why[0][1]


def test_an_upload_waits_sealed_for_its_uploader_and_not_for_long(desk: Desk) -> None:
    data = b"network,handle,contract\nx,carol," + CANARY.encode()
    upload = recordfiles.keep(data=data, name="a.csv", by=desk.dana)
    assert recordfiles.kept(upload_id=upload.pk, by=desk.dana)[1] == data
    assert CANARY.encode() not in bytes(RecordUpload.objects.get().sealed)
    with pytest.raises(Refused, match="no longer kept"):
        recordfiles.kept(upload_id=upload.pk, by=desk.bob)
    RecordUpload.objects.update(made_at=timezone.now() - recordfiles.KEPT)
    with pytest.raises(Refused, match="no longer kept"):
        recordfiles.kept(upload_id=upload.pk, by=desk.dana)
    assert recordfiles.prune() == 1


def test_ten_thousand_rows_take_no_minute(desk: Desk, carol: Any) -> None:
    for number in range(0, 1000, 100):
        factories.arrives(desk, *(factories.post("Hi", by=f"many{n}") for n in range(number, number + 100)))
    lines = [f"x,many{n % 1000 if n < 1000 else n},KD-{n}-{n:06},m{n}@mail.example,Lyon" for n in range(10_000)]
    begun = time.process_time()
    outcome = load("network,handle,contract,mail,city\n" + "\n".join(lines), desk)
    assert (outcome.saved, outcome.refused, len(outcome.why)) == (1000, 9000, recordfiles.MOST_REFUSED)
    assert time.process_time() - begun < 60
