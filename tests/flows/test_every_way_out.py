"""Every path on which something may be published, and every kind of secret on each of them: nothing leaves.

A path that is added to the product belongs into WAYS; what the guard knows belongs into tests/planted.py.
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from inbox.guard import Field, Kind, Protection
from inbox.models import Contact, Conversation, Macro, OutboxHold, OutboxItem
from inbox.services import (
    acting,
    approvals,
    attachments,
    conversations,
    editing,
    guarding,
    knowledge,
    macros,
    outbox,
    records,
    replies,
)
from inbox.services.conversations import Refused
from routing.models import AgentProfile, BulkItem
from routing.services import bulk
from routing.tasks import bulk_task
from tests.flows.conftest import Desk
from tests.planted import KEPT, NOTED, SECRETS, TOLD, published

pytestmark = pytest.mark.django_db(transaction=True)

_keys = itertools.count(1)


@dataclass
class Case:
    """Carol's case, with everything that must stay private."""

    desk: Desk
    conversation: Conversation
    page: Client

    def say(self, text: str, **options: object) -> OutboxItem:
        options = {"author": self.desk.alice, "visibility": "public", "confirmed": True, **options}
        return replies.compose(
            conversation_id=self.conversation.pk, text=text, client_key=f"k{next(_keys)}", undo_seconds=0,
            seen_message_id=None, **options,
        )  # type: ignore[arg-type]  # fmt: skip

    def planted(self, text: str, state: str) -> OutboxItem:
        """An item that came past the composer, as from an older version or by hand into the database."""
        target = self.conversation.messages.filter(direction="in", visibility="public").first()
        assert target is not None
        payload = {"visibility": "public", "text": text, "in_reply_to": target.external_id}
        return OutboxItem.objects.create(
            kind="reply", state=state, author=self.desk.alice, client_key=f"k{next(_keys)}",
            connection=self.desk.connection, conversation=self.conversation, in_reply_to=target, payload=payload,
            payload_hash=guarding.fingerprint(payload),
        )  # fmt: skip


@pytest.fixture
def case(desk: Desk) -> Case:
    desk.network.post("carol", "@norrline my bill is wrong")
    desk.network.post("erik", "@norrline hello")
    desk.poll()
    desk.network.dm("carol", TOLD)
    desk.poll()
    conversation = desk.conversation("carol")
    conversations.add_note(conversation_id=conversation.pk, author=desk.alice, text=NOTED)
    knowledge.save(title="Angry customers", text=f"When it is late, {KEPT}.", audience="staff")
    _record(desk, conversation.identity.contact, "Bluebird Ninety")
    _record(desk, desk.conversation("erik").identity.contact, "QW-7714-93KX")
    page = Client()
    page.force_login(desk.alice)
    return Case(desk, conversation, page)


def _record(desk: Desk, contact: Contact, value: str) -> None:
    field = Field("plan", value, Protection.SECRET)
    records.put(contact_id=contact.pk, fields=[field], actor=desk.bob)


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(file, "PNG")
    return file.getvalue()


# The ways --------------------------------------------------------------------------------------------------------


def _composer(case: Case, text: str) -> None:
    fields = {"audience": "public", "text": text, "client_key": f"k{next(_keys)}", "seen": "999999999"}
    assert case.page.post(f"/conversations/{case.conversation.pk}/compose/", fields).status_code == 303


def _api(case: Case, text: str) -> None:
    answer = case.page.post(
        f"/api/v1/conversations/{case.conversation.pk}/replies/",
        {"visibility": "public", "text": text, "confirmed": True},
        content_type="application/json",
        headers={"Idempotency-Key": f"k{next(_keys)}"},
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "guard")


def _edit(case: Case, text: str) -> None:
    item = case.say("Good morning, Carol.", send_at=timezone.now() + timedelta(hours=1))
    try:
        editing.edit(item_id=item.pk, actor=case.desk.alice, text=text)
    finally:
        outbox.cancel(item_id=item.pk, actor=case.desk.alice)


def _correct(case: Case, text: str) -> None:
    item = case.say("It leaves on Monday.")
    case.desk.send()
    item.refresh_from_db()
    acting.correct(
        author=case.desk.alice, conversation_id=case.conversation.pk, message_id=item.message_id or 0, text=text,
        client_key=f"k{next(_keys)}",
    )  # fmt: skip


def _macro(case: Case, text: str) -> None:
    """The secret comes in by a placeholder: the customer's own name for themselves."""
    macro = Macro.objects.create(name=f"macro {next(_keys)}", text="Dear {customer}")
    case.conversation.identity.name = text
    case.say(macros.fill(macro.text, case.conversation, case.desk.alice))


def _alternative_text(case: Case, text: str) -> None:
    row = attachments.add(author=case.desk.alice, conversation=case.conversation, data=_picture())
    attachments.describe(attachment=row, alt=text)
    try:
        case.say("Here it is.", pictures=[row.pk])
    finally:
        attachments.remove(attachment=row)


def _approved(case: Case, text: str) -> None:
    """An approval is no override."""
    AgentProfile.objects.filter(user=case.desk.alice).update(needs_approval=True)
    item = case.say(text, ask=True)
    approvals.approve(item_id=item.pk, actor=case.desk.bob, seen=item.payload_hash)


def _retry(case: Case, text: str) -> None:
    outbox.retry(item_id=case.planted(text, "failed").pk, actor=case.desk.alice)


def _send_anyway(case: Case, text: str) -> None:
    outbox.send_anyway(item_id=case.planted(text, "unknown").pk, actor=case.desk.alice)


def _send_now(case: Case, text: str) -> None:
    item = case.planted(text, "held")
    OutboxHold.objects.create(item=item, kind="undo", release_at=timezone.now() + timedelta(hours=1))
    outbox.send_now(item_id=item.pk, actor=case.desk.alice)


def _bulk(case: Case, text: str) -> None:
    """A macro as a reply to many: each goes through the composing service."""
    pick = bulk.Pick(case.conversation.pk, case.conversation.last_incoming_id, None)
    data = {"macro": "Planted", "text": text, "visibility": "public"}
    job = bulk.start(author=case.desk.alice, kind="reply", data=data, picks=[pick], client_key=f"k{next(_keys)}")
    bulk_task()
    assert BulkItem.objects.get(job=job).state in ("held", "failed")


LATER = timedelta(hours=1)
WAYS: dict[str, Callable[[Case, str], object]] = {
    "the composer's page": _composer,
    "the API": _api,
    "a further post of a thread": lambda case, text: case.say("First this.", more=[text]),
    "the public line of a pair": lambda case, text: case.say("Privately", visibility="direct", line=text),
    "what is said instead": lambda case, text: case.say("P", visibility="direct", line="We wrote.", fallback=text),
    "a schedule": lambda case, text: case.say(text, send_at=timezone.now() + LATER),
    "an agent who overrides": lambda case, text: case.say(text, override="I may not"),
    "an agent who asks": lambda case, text: case.say(text, ask=True),
    "an edit": _edit,
    "a correction": _correct,
    "a macro's placeholder": _macro,
    "an alternative text": _alternative_text,
    "an approval": _approved,
    "a retry": _retry,
    "send anyway": _send_anyway,
    "send now": _send_now,
    "a bulk reply": _bulk,
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_private_leaves_in_public(case: Case, way: str) -> None:
    before = len(case.desk.network.ledger())
    for text, _ in SECRETS.values():
        try:
            WAYS[way](case, text)
        except Refused:
            continue
    for _ in range(3):
        case.desk.send()
    public = [line for line in case.desk.network.ledger()[before:] if line["kind"] != "dm"]
    leaked = {kind for kind, (_, core) in SECRETS.items() if core in str(public)}
    assert leaked == set()
    kept = OutboxItem.objects.filter(state="sent", kind="reply").values_list("payload__text", "fallback", "fell_back")
    for text, fallback, fell_back in kept:
        assert not any(core in (fallback if fell_back else text) for _, core in SECRETS.values())


def test_every_kind_that_holds_is_tried(case: Case) -> None:
    """And each is found for what it is: a path is not saved by another kind's pattern."""
    assert set(SECRETS) == set(Kind) - {Kind.SOFT}
    for kind, (text, _) in SECRETS.items():
        found = guarding.holding(guarding.look(case.conversation, [text]))
        assert kind in {finding.kind for finding in found}, kind


def test_the_private_way_stays_open(case: Case) -> None:
    for text, _ in SECRETS.values():
        case.say(text, visibility="direct")
    for _ in range(len(SECRETS)):
        case.desk.send()
    assert OutboxItem.objects.filter(kind="direct", state="sent").count() == len(SECRETS)


def test_a_planted_secret_in_a_ledger_is_found(tmp_path: Path) -> None:
    """A self-test of what looks through every sandbox's ledger at the end of the run."""
    text, core = SECRETS[Kind.CARD]
    lines = [{"kind": "dm", "text": text}, {"kind": "tweet", "text": "Hello"}, {"kind": "comment", "text": text}]
    for name in ("ledger.jsonl", "forgotten.jsonl"):
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
        assert published(tmp_path) == [core]
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines[:2]))
        assert published(tmp_path) == []


def test_a_private_reply_whose_payload_says_public_stays_private(case: Case) -> None:
    """The guard judges by the item's kind; so what leaves is of that kind, whatever the payload holds."""
    text, core = SECRETS[Kind.CARD]
    item = case.planted(text, "queued")
    OutboxItem.objects.filter(pk=item.pk).update(
        kind="direct", payload={**item.payload, "recipient_id": case.conversation.identity.external_id}
    )
    case.desk.send()
    assert not [line for line in case.desk.network.ledger() if line["kind"] == "tweet" and core in line["text"]]
    item.refresh_from_db()
    assert (item.state, item.message and item.message.visibility) == ("sent", "direct")
