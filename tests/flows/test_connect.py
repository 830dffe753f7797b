"""Connecting an account from the command line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from connectors.models import Credential, StreamState
from tests.flows.conftest import Desk
from tests.networks import oauth2_secrets

pytestmark = pytest.mark.django_db(transaction=True)


def credentials(desk: Desk, monkeypatch: pytest.MonkeyPatch, **changes: str) -> dict[str, Any]:
    account = desk.network.accounts()[0]
    names = {
        "T_CONSUMER_KEY": account["consumer_key"],
        "T_CONSUMER_SECRET": account["consumer_secret"],
        "T_ACCESS_TOKEN": account["oauth_token"],
        "T_ACCESS_TOKEN_SECRET": account["oauth_token_secret"],
    }
    for name, value in {**names, **changes}.items():
        monkeypatch.setenv(name, value)
    return account


def connect(desk: Desk) -> None:
    call_command("connect", "x", name="Brand", secrets_from_environment="T_", set=[f"base_url={desk.network.x_url}"])


def test_the_same_account_again_replaces_its_secrets(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials(desk, monkeypatch)
    connect(desk)
    desk.connection.refresh_from_db()
    assert desk.connection.name == "Brand"
    assert StreamState.objects.filter(connection=desk.connection).count() == 2
    assert b"secret" not in bytes(Credential.objects.earliest("pk").sealed)
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    assert desk.conversation("carol")


def test_a_wrong_secret_is_one_sentence_and_stores_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials(desk, monkeypatch, T_ACCESS_TOKEN_SECRET="wrong-value")
    with pytest.raises(CommandError) as error:
        connect(desk)
    assert "wrong-value" not in str(error.value)
    desk.connection.refresh_from_db()
    assert desk.connection.name == "Norrline on X"


def test_an_access_that_expires_is_taken_over_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    pasted = oauth2_secrets(desk.network.accounts()[0])
    for name, value in pasted.items():
        monkeypatch.setenv(f"T_{name.upper()}", value)
    connect(desk)
    desk.connection.refresh_from_db()
    assert desk.connection.expires_at > timezone.now() + timedelta(minutes=100)
    stored = desk.connection.secrets()
    assert set(stored) == set(pasted), "those of the other way to sign in are gone"
    assert stored["refresh_token"] != pasted["refresh_token"]
    desk.network.post("carol", "@norrline hello")
    desk.poll()
    assert desk.conversation("carol")


def test_a_wrong_client_secret_is_told_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**oauth2_secrets(desk.network.accounts()[0]), "client_secret": "wrong-value"}.items():
        monkeypatch.setenv(f"T_{name.upper()}", value)
    with pytest.raises(CommandError, match=r"It is connected, but .* client id and client secret") as error:
        connect(desk)
    assert "wrong-value" not in str(error.value)
