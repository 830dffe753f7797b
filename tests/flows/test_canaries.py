"""Every secret is a canary: nothing that the desk emits in a busy hour may hold one."""

from __future__ import annotations

import base64
import io
import logging
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from django.views.debug import technical_500_response

from connectors.models import Connection, Credential
from inbox.models import Event, OutboxItem
from socialdesk import tokens
from socialdesk.logging import ScrubbingFormatter
from socialdesk.urls import urlpatterns as ours
from tests import factories
from tests.flows.canaries import forms, leaks
from tests.flows.conftest import Desk
from tests.networks import authorise

pytestmark = pytest.mark.django_db(transaction=True)
# Where secrets live: sealed, hashed, or the session's own row.
KEPT = {"connectors_credential", "django_session", "auth_user"}
PASSWORD = "canary-Passw0rd-of-alice-91c2"
PAGES = (
    "/", "/inbox/", "/inbox/mine/", "/me/", "/trouble/", "/connections/", "/metrics/", "/metrics/me/", "/healthz",
    "/nowhere/", "/broken/", "/static/nowhere.css",
)  # fmt: skip


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """Everything at DEBUG, through the formatter that every process of the desk has."""
    root = logging.getLogger()
    formatter = next(h.formatter for h in root.handlers if isinstance(h.formatter, ScrubbingFormatter))
    handler = logging.FileHandler(tmp_path / "desk.log")
    handler.setFormatter(formatter)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield tmp_path / "desk.log"
    root.setLevel(level)
    root.removeHandler(handler)
    handler.close()


def _by_token(token: str, seen: list[tuple[str, bytes]]) -> None:
    """A program reads, writes, is refused, and sends its token where none belongs."""
    client = Client(raise_request_exception=False)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "canary"}
    conversation = OutboxItem.objects.values_list("conversation_id", flat=True)[0]
    for call in ("conversations/", "contacts/", "tags/", "connections/", f"conversations/{conversation}/messages/"):
        _keep(seen, client.get(f"/api/v1/{call}", headers=headers))
    notes = f"/api/v1/conversations/{conversation}/notes/"
    for body in ({"text": "Called."}, {"text": ""}, {"text": "Another."}):
        _keep(seen, client.post(notes, body, content_type="application/json", headers=headers))
    _keep(seen, client.get("/inbox/", headers=headers))
    _keep(seen, client.get("/api/v1/contacts/", headers={"Authorization": f"Bearer {token}x"}))


def _secrets(desk: Desk, clients: list[Client]) -> dict[str, str]:
    found = {f"credential {name}": value for name, value in desk.connection.secrets().items()}
    found["SECRET_KEY"] = settings.SECRET_KEY
    found["password"] = PASSWORD
    for number, key in enumerate(settings.FIELD_ENCRYPTION_KEYS):
        found[f"encryption key {number}"] = key
    for name, url in (("database", settings.DATABASE_URL), ("broker", settings.REDIS_URL)):
        if password := urlsplit(url).password:
            found[f"{name} password"] = password
    for number, client in enumerate(clients):
        found[f"session {number}"] = client.cookies["sessionid"].value
    return found


def _signed_in(user: Any, seen: list[tuple[str, bytes]]) -> Client:
    user.set_password(PASSWORD)
    user.save()
    client = Client(raise_request_exception=False)
    _keep(seen, client.post("/accounts/login/", {"username": user.username, "password": PASSWORD + "-wrong"}))
    _keep(seen, client.post("/accounts/login/", {"username": user.username, "password": PASSWORD}))
    return client


def _keep(seen: list[tuple[str, bytes]], answer: Any) -> None:
    """Body and headers. Set-Cookie is how a session reaches its owner, so it is left out."""
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items() if name != "Set-Cookie")
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    seen.append((f"{answer.request['REQUEST_METHOD']} {answer.request['PATH_INFO']}", headers.encode() + body))


def _work(desk: Desk) -> dict[str, str]:
    """A day with every kind of trouble at the network. Returns the secrets that came and went."""
    desk.network.post("carol", "@norrline where is my router?")
    desk.network.dm("dave", "Privately: where is it?")
    desk.poll()
    desk.reply("carol", "On its way.")
    desk.reply("dave", "On its way.", visibility="direct")
    desk.send()
    for name, options in (
        ("status", {"status": 503}), ("status", {"status": 429}), ("html", {}), ("cut_json", {}), ("empty_body", {}),
    ):  # fmt: skip
        desk.network.fault(name, times=4, **options)
        desk.poll()
        desk.reply("carol", f"Again, under {name} {options}.")
        desk.send()
        desk.settle()
        desk.network.clear_faults()
    Connection.objects.update(send_not_before=None)
    desk.network.fault("status", times=50, status=401)
    desk.poll()
    desk.reply("carol", "One more.")
    desk.send()
    desk.network.clear_faults()
    gone = {f"signed {name}": value for name, value in desk.connection.secrets().items()}
    return gone | _renewals(desk)


def _renewals(desk: Desk) -> dict[str, str]:
    """The same account with an access that expires: renewed, refused, renewed in vain and taken away."""
    seen: dict[str, str] = {}
    authorise(desk.network, oauth2=True)
    for turn, fault in enumerate(("", "expire_token", "cut_json", "revoke_token")):
        seen |= {f"{name} {turn}": value for name, value in desk.connection.secrets().items()}
        if fault:
            desk.network.fault(fault)
        if fault == "cut_json":
            desk.network.fault("expire_token")
        desk.poll()
        desk.reply("carol", f"With an access that expires, {turn}.")
        desk.send()
        desk.network.clear_faults()
        Connection.objects.update(renew_not_before=None)
        if fault == "cut_json":
            authorise(desk.network, oauth2=True)
    assert len(set(seen.values())) > 6, "the tokens were rotated"
    return seen


def _broken(request: HttpRequest) -> HttpResponse:
    desk_secrets = [row.clear() for row in Credential.objects.all()]
    raise RuntimeError(f"broken with {len(desk_secrets)} secrets at hand")


def _pages(clients: list[Client], seen: list[tuple[str, bytes]]) -> None:
    broken = types.ModuleType("broken_urls")
    broken.urlpatterns = [path("broken/", _broken), *ours]  # type: ignore[attr-defined]
    conversations = [item.conversation_id for item in OutboxItem.objects.all()]
    sys.modules["broken_urls"] = broken
    try:
        with override_settings(ROOT_URLCONF="broken_urls"):
            for client in clients:
                for address in (*PAGES, *(f"/inbox/mine/{pk}/" for pk in conversations)):
                    _keep(seen, client.get(address))
                for pk in conversations:
                    _keep(seen, client.get(f"/api/v1/conversations/{pk}/"))
                    measured = {"conversation": pk, "visibility": "public", "text": "Hello"}
                    _keep(seen, client.post("/api/v1/measure/", measured, content_type="application/json"))
    finally:
        del sys.modules["broken_urls"]


def _technical() -> bytes:
    """What Django's own page would show of the settings, were DEBUG ever on."""
    try:
        raise RuntimeError("planned")
    except RuntimeError:
        return technical_500_response(RequestFactory().get("/"), *sys.exc_info()).content


def _commands() -> bytes:
    out = io.StringIO()
    call_command("check", stdout=out, stderr=out)
    call_command("showmigrations", stdout=out)
    for shape in ("hash", "unified"):
        call_command("diffsettings", output=shape, all=True, stdout=out)
    return out.getvalue().encode()


def _tables() -> Iterator[tuple[str, bytes]]:
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names(cursor)) - KEPT):
            out = io.StringIO()
            cursor.copy_expert(f'COPY (SELECT t::text FROM "{table}" t) TO STDOUT', out)
            yield f"table {table}", out.getvalue().encode()


def _broker() -> Iterator[tuple[str, bytes]]:
    """Every Celery message as it lies in the real Valkey, and every other key."""
    store = redis.Redis.from_url(settings.REDIS_URL.replace("redis+socket://", "unix://"))
    for key in store.scan_iter():
        yield f"broker key {key!r}", store.dump(key) or b""
        if store.type(key) == b"list":
            for message in store.lrange(key, 0, -1):
                yield f"message in {key!r}", message
                yield f"body in {key!r}", base64.b64decode(_body(message))


def _body(message: bytes) -> str:
    import json

    return str(json.loads(message)["body"])


def test_nothing_that_the_desk_emits_holds_a_secret(desk: Desk, log: Path) -> None:
    seen: list[tuple[str, bytes]] = []
    lead = factories.person("canary_lead", *(m.team for m in desk.alice.memberships.all()), role="lead")
    admin = factories.person("canary_admin", role="admin")
    clients = [_signed_in(user, seen) for user in (desk.alice, lead, admin)]
    gone = _work(desk)
    _pages(clients, seen)
    token = tokens.make(user=desk.alice, name="canary", scopes=["read:contacts", "write:notes"], days=1)[1]
    _by_token(token, seen)
    emitted = [
        *seen, ("log", log.read_bytes()), ("technical page", _technical()), ("commands", _commands()),
        *_tables(), *_broker(),
    ]  # fmt: skip
    secrets = gone | _secrets(desk, clients)
    assert len(secrets) >= 16
    assert leaks(emitted, secrets) == []
    _was_busy(desk, seen, log)


def _was_busy(desk: Desk, seen: list[tuple[str, bytes]], log: Path) -> None:
    """Searching nothing finds nothing: everything above really happened."""
    desk.connection.refresh_from_db()
    assert desk.connection.state == Connection.State.UNAUTHORISED
    assert desk.connection.state_reason
    assert Event.objects.count() > 5
    assert OutboxItem.objects.filter(state="sent").exists()
    assert OutboxItem.objects.exclude(reason="").exists()
    assert len(seen) > 30
    assert log.stat().st_size > 1000
    names = [name for name, _ in _broker() if name.startswith("message in")]
    assert names, f"no message of {current_app.main} in the broker"


@pytest.mark.parametrize("before", ["", "a", "ab", "Authorization: "])
def test_a_planted_leak_is_found_in_every_form(before: str) -> None:
    secret = "kanari/enfugl+som=synger"
    planted = {
        "plain": secret, "hex": secret.encode().hex(), "quoted": quote(secret, safe=""),
        "base64": base64.b64encode((before + secret + "-and-more").encode()).decode(),
        "urlsafe": base64.urlsafe_b64encode((before + secret).encode()).decode(),
    }  # fmt: skip
    for name, text in planted.items():
        assert leaks([(name, f"x {before}{text} y".encode())], {"canary": secret}) == [f"canary in {name}"], name
    assert leaks([("harmless", b"nothing here")], {"canary": secret}) == []
    assert len(forms(secret)) >= 6


def test_a_secret_planted_in_a_row_is_found(desk: Desk) -> None:
    secret = desk.connection.secrets()["access_token_secret"]
    Connection.objects.update(state_reason=f"It said {quote(secret)}")
    assert leaks(_tables(), {"canary": secret}) == ["canary in table connectors_connection"]
