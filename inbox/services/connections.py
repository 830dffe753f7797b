"""Connections: the one way from a row to its connector, and what changes a connection's state."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from connectors import registry
from connectors.base import Connector
from connectors.http import Http
from connectors.models import Connection, Credential, open_streams
from inbox.models import Event, SendingPause
from inbox.services import events


def connector_for(connection: Connection) -> Connector[Any]:
    """The connector of ``connection``, with its secrets. Raises ConfigError in one sentence."""
    return built(connection.network, connection.config, connection.secrets(), connection.patience)


def built(
    network: str, config: Mapping[str, Any], secrets: Mapping[str, str], patience: float | None = None
) -> Connector[Any]:
    """A connector from values that nobody stored yet; reads wait for ``patience`` seconds. Raises ConfigError."""
    return registry.build(network, config, secrets, Http(deadline=settings.HTTP_DEADLINE, patience=patience))


def settle_seconds(connection: Connection) -> float:
    """How long after a write this network may take to show it."""
    return registry.get(connection.network).capabilities.settle_seconds


def secret_names(network: str) -> list[str]:
    """The names of the secrets that an account of ``network`` may have. Raises ConfigError for no such network."""
    return registry.secret_fields(registry.get(network).config_class)


def may_send(connection_id: int) -> bool:
    """Whether the connection sends at this moment: not disconnected, not paused, not told to wait."""
    ready = Q(send_not_before=None) | Q(send_not_before__lte=timezone.now())
    return (
        Connection.objects.filter(ready, pk=connection_id, state="active", sending_paused=False)
        .exclude(Exists(SendingPause.objects.filter(Q(brand="") | Q(brand=OuterRef("brand")), ended_at=None)))
        .exists()
    )


def connect(
    *,
    network: str,
    name: str,
    config: Mapping[str, Any],
    secrets: Mapping[str, str],
    actor: AbstractBaseUser | None = None,
    state: str = Connection.State.ACTIVE,
) -> Connection:
    """Connect an account, or give a known one new credentials. Asks the network who we are first.

    Raises AuthError, ConfigError or TransientError, each with a sentence for the admin.
    """
    connector = built(network, config, secrets)
    account = connector.check()
    known = {"account_id": account.external_id, "handle": account.handle}
    wanted = {field.name for field in dataclasses.fields(connector.config_class)}
    complete = {**config, **{name: value for name, value in known.items() if name in wanted}}
    specs = connector.capabilities.streams
    with transaction.atomic():
        connection, _ = Connection.objects.update_or_create(
            network=network,
            account_id=account.external_id,
            defaults={
                "name": name, "handle": account.handle, "config": complete,
                "state": state if state == Connection.State.PAUSED else Connection.State.ACTIVE,
                "state_reason": "", "state_at": timezone.now(), "renew_lease": None, "renew_lease_until": None,
                "renew_not_before": None,
                # Nobody knows how old pasted credentials are: the first reader renews them.
                "expires_at": timezone.now() if connector.expiring else None,
            },
        )  # fmt: skip
        _replace_secrets(connection, secrets)
        open_streams(connection=connection, specs=specs)
        _tell(connection, actor)
    return connection


def _replace_secrets(connection: Connection, secrets: Mapping[str, str]) -> None:
    """Those of another way to sign in go, and whoever read the old ones is told by the count."""
    connection.credentials.exclude(name__in=list(secrets)).delete()
    Credential.store(connection=connection, secrets=dict(secrets))
    Connection.objects.filter(pk=connection.pk).update(renewals=F("renewals") + 1)


def _change(
    connection_id: int,
    *,
    source: list[str],
    to: str,
    reason: str,
    actor: AbstractBaseUser | None,
    where: Q | None = None,
) -> bool:
    with transaction.atomic():
        changed = Connection.objects.filter(where or Q(), pk=connection_id, state__in=source).update(
            state=to, state_reason=reason[:400], state_at=timezone.now()
        )
        if changed:
            _tell(Connection.objects.get(pk=connection_id), actor)
        return bool(changed)


def pause(*, connection_id: int, actor: AbstractBaseUser) -> bool:
    """Stop reading and sending until it is resumed. Nothing is lost: the cursor stays where it is."""
    return _change(
        connection_id, source=["active"], to="paused", reason=gettext_noop("Paused by a person."), actor=actor
    )


def resume(*, connection_id: int, actor: AbstractBaseUser) -> bool:
    """Go on reading and sending from where it stopped."""
    return _change(connection_id, source=["paused"], to="active", reason="", actor=actor)


def unauthorised(*, connection_id: int, reason: str, where: Q | None = None) -> bool:
    """Our credentials are refused or lost; only this disconnects. ``where`` is what must hold besides."""
    return _change(connection_id, source=["active"], to="unauthorised", reason=reason, actor=None, where=where)


def authorised(*, connection_id: int) -> bool:
    """The network has proven that our credentials are good after all."""
    return _change(connection_id, source=["unauthorised"], to="active", reason="", actor=None)


def _tell(connection: Connection, actor: AbstractBaseUser | None) -> None:
    events.emit(
        [
            Event(
                kind="connection.changed", actor_id=actor.pk if actor else None, subject="connection",
                subject_id=connection.pk, data={"state": connection.state},
            )
        ]
    )  # fmt: skip
