"""A new encryption key, from the first secret to the last, beside a working desk."""

from __future__ import annotations

import base64
import secrets
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.utils import timezone

from connectors.models import Credential
from tests import factories

pytestmark = pytest.mark.django_db


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def rotate() -> str:
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


@pytest.fixture
def connection(settings: Any) -> Any:
    settings.FIELD_ENCRYPTION_KEYS = [new_key()]
    connection = factories.connection()
    Credential.store(connection=connection, secrets={f"secret-{n}": f"CANARY-{n}" for n in range(20)})
    return connection


def test_every_secret_moves_to_the_new_key_and_the_old_one_may_go(connection: Any, settings: Any) -> None:
    clear, old = connection.secrets(), settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = [new_key(), *old]
    assert connection.secrets() == clear
    Credential.store(connection=connection, secrets={"secret-3": "CANARY-new"})  # renewed meanwhile
    said = rotate()
    assert said.startswith("19 secrets were encrypted anew, 1 stood under the first key already.")
    assert "CANARY" not in said
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert connection.secrets() == {**clear, "secret-3": "CANARY-new"}
    assert rotate().startswith("0 secrets")
    settings.FIELD_ENCRYPTION_KEYS = old
    with pytest.raises(ImproperlyConfigured):
        connection.secrets()


def test_a_missing_key_is_said_and_the_rest_goes_on(connection: Any, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [new_key()]
    Credential.store(connection=connection, secrets={"secret-0": "CANARY-new"})
    with pytest.raises(CommandError, match="19 open with none of the keys") as caught:
        rotate()
    assert "CANARY" not in str(caught.value)
    other = factories.connection("Another")
    before = settings.FIELD_ENCRYPTION_KEYS
    Credential.store(connection=other, secrets={"token": "CANARY-other"})
    settings.FIELD_ENCRYPTION_KEYS = [new_key(), *before]
    with pytest.raises(CommandError, match="19 open with none"):
        rotate()
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert other.secrets() == {"token": "CANARY-other"}


def test_a_secret_that_is_renewed_in_that_moment_is_not_set_back(connection: Any, settings: Any) -> None:
    row = connection.credentials.get(name="secret-1")
    settings.FIELD_ENCRYPTION_KEYS = [new_key(), *settings.FIELD_ENCRYPTION_KEYS]
    Credential.store(connection=connection, secrets={"secret-1": "CANARY-renewed"})
    stale = Credential.objects.filter(pk=row.pk, sealed=row.sealed).update(updated_at=timezone.now())
    assert stale == 0, "the command's condition is the old ciphertext"
    rotate()
    assert connection.secrets()["secret-1"] == "CANARY-renewed"
