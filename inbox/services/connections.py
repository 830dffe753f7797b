"""Connections: the one way from a row to its connector, and what changes a connection's state."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from connectors import registry
from connectors.base import Connector
from connectors.http import Http
from connectors.models import Connection, Credential, open_streams
from inbox.models import Event
from inbox.services import events


def connector_for(connection: Connection) -> Connector[Any]:
    """The connector of ``connection``, with its secrets. Raises ConfigError in one sentence."""
    return _build(connection.network, connection.config, connection.secrets())


def _build(network: str, config: Mapping[str, Any], secrets: Mapping[str, str]) -> Connector[Any]:
    return registry.build(network, config, secrets, Http(deadline=settings.HTTP_DEADLINE))


def settle_seconds(connection: Connection) -> float:
    """How long after a write this network may take to show it."""
    return registry.get(connection.network).capabilities.settle_seconds


def secret_names(network: str) -> list[str]:
    """The names of the secrets that an account of ``network`` may have. Raises ConfigError for no such network."""
    return registry.secret_fields(registry.get(network).config_class)


def may_send(connection_id: int) -> bool:
    """Whether the connection sends at this moment: not disconnected, not paused, not told to wait."""
    ready = Q(send_not_before=None) | Q(send_not_before__lte=timezone.now())
    return Connection.objects.filter(ready, pk=connection_id, state="active", sending_paused=False).exists()


def connect(
    *,
    network: str,
    name: str,
    config: Mapping[str, Any],
    secrets: Mapping[str, str],
    actor: AbstractBaseUser | None = None,
) -> Connection:
    """Connect an account, or give a known one new credentials. Asks the network who we are first.

    Raises AuthError, ConfigError or TransientError, each with a sentence for the admin.
    """
    account = _build(network, config, secrets).check()
    connector = registry.get(network)
    known = {"account_id": account.external_id, "handle": account.handle}
    wanted = {field.name for field in dataclasses.fields(connector.config_class)}
    complete = {**config, **{name: value for name, value in known.items() if name in wanted}}
    specs = connector.capabilities.streams
    with transaction.atomic():
        connection, _ = Connection.objects.update_or_create(
            network=network,
            account_id=account.external_id,
            defaults={
                "name": name, "handle": account.handle, "config": complete, "state": Connection.State.ACTIVE,
                "state_reason": "", "state_at": timezone.now(),
            },
        )  # fmt: skip
        Credential.store(connection=connection, secrets=dict(secrets))
        open_streams(connection=connection, specs=specs)
        _tell(connection, actor)
    return connection


def _change(connection_id: int, *, source: list[str], to: str, reason: str, actor: AbstractBaseUser | None) -> bool:
    with transaction.atomic():
        changed = Connection.objects.filter(pk=connection_id, state__in=source).update(
            state=to, state_reason=reason[:400], state_at=timezone.now()
        )
        if changed:
            _tell(Connection.objects.get(pk=connection_id), actor)
        return bool(changed)


def pause(*, connection_id: int, actor: AbstractBaseUser) -> bool:
    """Stop reading and sending until it is resumed. Nothing is lost: the cursor stays where it is."""
    return _change(connection_id, source=["active"], to="paused", reason="Paused by a person.", actor=actor)


def resume(*, connection_id: int, actor: AbstractBaseUser) -> bool:
    """Go on reading and sending from where it stopped."""
    return _change(connection_id, source=["paused"], to="active", reason="", actor=actor)


def unauthorised(*, connection_id: int, reason: str) -> bool:
    """The network refused our credentials; only this disconnects."""
    return _change(connection_id, source=["active"], to="unauthorised", reason=reason, actor=None)


def _tell(connection: Connection, actor: AbstractBaseUser | None) -> None:
    events.emit(
        [
            Event(
                kind="connection.changed", actor_id=actor.pk if actor else None, subject="connection",
                subject_id=connection.pk, data={"state": connection.state},
            )
        ]
    )  # fmt: skip
