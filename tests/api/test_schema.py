"""The API against its own description: nothing that anybody sends is a fault of ours, every answer is as described."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from inbox.models import Message, Note, OutboxItem
from inbox.services import cases, contacts, fields, muting, noise, pauses, tagmerges, tags, vips
from tests import factories
from tests.api.conftest import Api
from tests.factories import Desk

pytestmark = pytest.mark.django_db
# The generator knows JSON; a body of another kind is answered 415 before any call of ours.
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
HOSTILE = st.sampled_from(
    [
        None, True, False, 0, -1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**400, 1.5, 1e308, "", " ", "\0", "a\0b",
        "\ud800", "\udfff x", "\u202e", "x" * 100_001, "1", "me", "none", "public", "direct", "open", [], [[]], {},
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0000-00-00T00:00:00Z", "2100-01-01T00:00:00Z",
        "'; DROP TABLE inbox_note; --", "%00", "../../etc/passwd", "<script>alert(1)</script>",
    ]
)  # fmt: skip


def _limits(examples: int) -> settings:
    slow = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    quiet = [*slow, HealthCheck.filter_too_much]
    return settings(max_examples=examples, deadline=None, database=None, suppress_health_check=quiet, derandomize=True)


@pytest.fixture
def ids(desk: Desk) -> dict[str, int]:
    """Rows that bob may see, for the addresses."""
    carol = factories.routed(desk)
    Note.objects.create(conversation=carol, author=desk.alice, text="x")
    item = OutboxItem.objects.create(
        kind="reply", author=desk.alice, client_key="k", connection=desk.connection, conversation=carol,
        payload={"text": "Hello", "visibility": "public"},
    )  # fmt: skip
    tag = tags.create(name="Delivery", colour="blue")
    tags.put(conversation_id=carol.pk, tag_id=tag.pk, actor=desk.alice)
    twin = factories.routed(desk, "From my other account", by="twin")
    again = factories.routed(desk, "And once more", by="twin")
    factories.arrives(desk, *(factories.post(text, by="mia", root="m") for text in ("Two things", "By the way")))
    here = {"contact_id": carol.identity.contact_id, "actor": desk.alice}
    return {
        "attachment_id": factories.attachment(carol, desk.bob).pk, "conversation_id": carol.pk, "item_id": item.pk,
        "message_id": Message.objects.get(text="By the way").pk,
        "move_id": cases.join(source_id=again.pk, target_id=twin.pk, actor=desk.alice).pk,
        "tag_id": tag.pk, "contact_id": carol.identity.contact_id,
        "merge_id": contacts.merge(other_id=twin.identity.contact_id, **here).pk,
        "mute_id": muting.mute(connection_id=desk.connection.pk, **here).pk,
        "field_id": fields.create(name="Order", kind="text").pk,
        "list_id": vips.create(name="Press").pk,
        "entry_id": vips.put(list_id=vips.create(name="Partner").pk, why="A reseller", **here).pk,
        "tagmerge_id": tagmerges.merge(
            tag_id=tags.create(name="Gone", colour="grey").pk, into_id=tags.create(name="Stays", colour="grey").pk
        ).pk,
        "rule_id": noise.keep_out(words=["giveaway"], connection_id=None, actor=desk.bob).pk,
        "pause_id": pauses.pause(brand="", actor=desk.bob, reason="An outage").pk,
    }  # fmt: skip


@pytest.fixture
def described(bob: Api, settings: Any) -> Iterator[Any]:
    """Django's WSGI application on the test's own connection, as its test client keeps it."""
    settings.API_REQUESTS_PER_MINUTE = 10**9  # a fast machine would come to the end of an ordinary minute
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    headers = {"Authorization": f"Bearer {bob.token}"}
    yield schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application(), headers=headers)
    for signal in signals:
        signal.connect(close_old_connections)


def _operations(described: Any) -> Iterator[Any]:
    for result in described.get_all_operations():
        yield result.ok()


def _cases(operation: Any, ids: dict[str, int]) -> st.SearchStrategy[Any]:
    """Fitting and unfitting, on rows that exist and on any."""
    here = {parameter.name: ids[parameter.name] for parameter in operation.path_parameters}
    fitting = operation.as_strategy(GenerationMode.POSITIVE, path_parameters=here or None)
    strategies = [fitting, operation.as_strategy(GenerationMode.POSITIVE)]
    if here or operation.body or operation.query:
        strategies.append(operation.as_strategy(GenerationMode.NEGATIVE))
    return st.one_of(strategies)


def _undone(work: Callable[[], None]) -> None:
    with transaction.atomic():
        work()
        transaction.set_rollback(True)


def test_every_call_answers_as_described(described: Any, bob: Api, ids: dict[str, int]) -> None:
    reached: set[tuple[str, int]] = set()
    headers = {"Authorization": f"Bearer {bob.token}"}

    def run(operation: Any) -> None:
        @_limits(10)
        @given(case=_cases(operation, ids))
        def trial(case: Any) -> None:
            def ask() -> None:
                answer = case.call(headers=headers)
                case.validate_response(answer, checks=CHECKS)
                if answer.status_code not in (405, 406, 415):
                    case.validate_response(answer, checks=[status_code_conformance])
                reached.add((operation.label, answer.status_code))

            _undone(ask)

        trial()

    operations = list(_operations(described))
    for operation in operations:
        run(operation)
    done = {label for label, status in reached if status < 300}
    # These need an account with credentials, the id of a row in their body, a moment in the future, or an admin.
    unlikely = ("replies/", "measure/", "heartbeat/", "assignments/", "snooze/", "record/", "acts/", "corrections/")
    unlikely += ("attachments/", "merges/", "join/", "vips/")  # or a file that is a picture, or a second id
    unlikely += ("approve/", "override/", "return/", "edit/", "schedule/")  # or a reply that is held
    assert [label for label in {one.label for one in operations} - done if not label.endswith(unlikely)] == []


def test_hostile_values_in_every_field_are_no_fault_of_ours(described: Any, bob: Api, ids: dict[str, int]) -> None:
    """What schemathesis leaves out: NUL, lone surrogates, numbers of 400 digits, the ends of the calendar."""
    schema = described.raw_schema
    bodies = {
        (path, method): _fields(schema, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }

    @_limits(250)
    @given(data=st.data())
    def trial(data: st.DataObject) -> None:
        path, method = data.draw(st.sampled_from(sorted(bodies)))
        fields = bodies[path, method]
        known = data.draw(st.booleans())
        body = {name: data.draw(HOSTILE) for name in fields if data.draw(st.booleans())}
        for name in ids:
            odd = data.draw(st.sampled_from([0, 2**63 - 1, 2**63, 10**40]))
            path = path.replace(f"{{{name}}}", str(ids[name] if known else odd))
        _undone(lambda: _send(bob, method, path, body))

    trial()


def _send(api: Api, method: str, path: str, body: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {api.token}", "Idempotency-Key": "x"}
    if method == "get":
        query = {name: str(value).encode("utf-8", "surrogatepass") for name, value in body.items()}
        answer = Client().get(path, query, headers=headers)
    else:
        answer = Client().generic(method.upper(), path, json.dumps(body).encode(), "application/json", headers=headers)
    assert answer.status_code < 500, (method, path, body)
    if answer.status_code >= 400:
        assert set(answer.json()["error"]) == {"code", "detail", "fields"}, (method, path, body)


def _fields(schema: dict[str, Any], operation: dict[str, Any]) -> list[str]:
    """The names that an operation takes, in its query or in its body."""
    names = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    reference = content.get("schema", {}).get("$ref", "")
    return names + list(schema["components"]["schemas"].get(reference.rpartition("/")[2], {}).get("properties", {}))


def test_the_description_needs_somebody_and_hides_the_pages(bob: Api) -> None:
    assert Client().get("/api/schema/").status_code == 401
    answer = Client().get("/api/schema/", headers={"Authorization": f"Bearer {bob.token}"})
    assert answer.status_code == 200
    document = json.loads(answer.content)
    assert document["openapi"].startswith("3.")
    assert all(path.startswith("/api/v1/") for path in document["paths"])
