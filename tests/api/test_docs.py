"""docs/api.md is true: its examples are run as they stand there, its tables are the product's own."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from connectors.sandbox.harness import Sandbox
from inbox.models import CustomField, OutboxItem, SendingPause, Tag, VipList
from routing.models import Team
from socialdesk.api.scopes import SCOPES
from tests.api.conftest import program
from tests.flows.conftest import Desk as ConnectedDesk
from tests.flows.conftest import desk as connected  # noqa: F401  (a fixture)
from tests.flows.conftest import network  # noqa: F401  (a fixture)

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def _examples() -> list[list[str]]:
    """Every curl of the page, as a shell reads it."""
    blocks = re.findall(r"^```\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("curl ")]


def _run(words: list[str], token: str, ids: dict[str, int]) -> tuple[str, Any]:
    method, headers, body, address = "GET", {}, "", ""
    rest = iter(words)
    for word in rest:
        if word == "-X":
            method = next(rest)
        elif word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value.replace("$TOKEN", token)
        elif word == "-d":
            body = next(rest)
        else:
            address = word.removeprefix("$DESK")
    for written, real in ids.items():
        meant = re.sub(r"\d+", str(real), written)
        address, body = address.replace(written, meant), body.replace(written, meant)
    split = urlsplit(address)
    kind = headers.pop("Content-Type", "application/json")
    return f"{method} {address}", Client().generic(
        method, split.path, body, kind, query_params=dict(pair.split("=") for pair in split.query.split("&") if pair),
        headers=headers,
    )  # fmt: skip


def test_every_example_does_what_the_page_says(connected: ConnectedDesk, network: Sandbox) -> None:  # noqa: F811
    connected.network.post("carol", "@norrline where is my router?")
    connected.poll()
    carol = connected.conversation("carol")
    token = program(connected.bob).token
    examples = _examples()
    assert len(examples) > 15
    ids = {
        "conversations/42": carol.pk, '"seen_message": 99': carol.last_incoming_id or 0,
        "contacts/57": carol.identity.contact_id,
        '"team": 3': Team.objects.get(name="Billing").pk,
    }  # fmt: skip
    for words in examples:
        item, tag = OutboxItem.objects.first(), Tag.objects.first()
        pause = SendingPause.objects.first()
        ids |= {"outbox/7": item.pk if item else 0, "tags/5": tag.pk if tag else 0}
        ids |= {"pauses/6": pause.pk if pause else 0}
        field, people = CustomField.objects.first(), VipList.objects.first()
        ids |= {"fields/8": field.pk if field else 0, '"list": 4': people.pk if people else 0}
        said, answer = _run(words, token, ids)
        assert answer.status_code in (200, 201, 204), (said, answer.content)
    assert OutboxItem.objects.get().state == "cancelled"


def test_the_scopes_of_the_page_are_those_that_exist() -> None:
    told = re.findall(r"^\| `((?:read|write):\w+)` \| (.+?) \|$", PAGE, re.MULTILINE)
    assert {name: words.partition(" (leads")[0] for name, words in told} == {
        name: words.partition(" (leads")[0] for name, words in SCOPES.items()
    }
