"""Credentials that expire: renewed by one worker under a lease, and saved before anybody uses them.

The lease stands in the connection's row, taken by one conditional UPDATE on the database's clock; no
transaction is open while the network is asked. ``renewals`` counts every change of the secrets, so that
whoever read old ones is told. Decision 007 says what a lease that ran out proves.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_noop

from connectors.base import Connector
from connectors.errors import AuthError, ConfigError, TransientError, UnknownOutcome
from connectors.models import Connection, Credential
from connectors.types import Credentials
from inbox.services.connections import authorised, connector_for, unauthorised
from inbox.services.surely import surely

log = logging.getLogger(__name__)
T = TypeVar("T")

MARGIN = timedelta(minutes=10)  # renewed so long before they expire
PAUSE = timedelta(minutes=1)  # between two tries to renew; longer than a request that timed out may still be on its way
PATIENCE = 5.0  # seconds for which a worker waits for the colleague who renews
LOOK = 0.1  # seconds between two looks at the row
COLUMNS = ("state", "state_reason", "expires_at", "renewals", "renew_lease", "renew_not_before")

LOST = gettext_noop(
    "The program stopped while it renewed our access to this account, so the access may be lost: authorise the "
    "account again, and connect it with the new tokens."
)
BUSY = gettext_noop("Our access to this account is just being renewed; this is tried again.")
LATER = gettext_noop("Our access to this account could not be renewed yet; this is tried again.")


def using(connection: Connection, work: Callable[[Connector[Any]], T]) -> T:
    """Do ``work`` with good credentials; where the network refuses them, once more with renewed ones.

    Never inside a transaction. ``work`` may be begun twice, so what it had done by then must count.
    """
    connector = ready(connection)
    try:
        return work(connector)
    except AuthError:
        if connection.expires_at is None:
            raise
    return work(after_refusal(connection))


def ready(connection: Connection) -> Connector[Any]:
    """The connector of ``connection``, with credentials that hold at this moment. Raises as ``renewed`` does."""
    if connection.expires_at is None:
        return connector_for(connection)
    connection.refresh_from_db(fields=COLUMNS)
    if _holds(connection, timezone.now()):
        return connector_for(connection)
    try:
        return renewed(connection)
    except (TransientError, ConfigError):
        if connection.expires_at <= timezone.now():
            raise
        return connector_for(connection)  # they may hold a little longer


def _holds(connection: Connection, now: datetime) -> bool:
    """Whether nobody renews, and nothing need be renewed, or not yet again."""
    if connection.expires_at is None:
        return True
    resting = connection.renew_not_before is not None and connection.renew_not_before > now
    return connection.renew_lease is None and connection.expires_at > now + (timedelta() if resting else MARGIN)


def after_refusal(connection: Connection) -> Connector[Any]:
    """The connector with other credentials than those that the network has just refused. Raises as ``renewed`` does."""
    Connection.objects.filter(pk=connection.pk, renewals=connection.renewals, expires_at__gt=Now()).update(
        expires_at=Now()  # nobody else need try them
    )
    return renewed(connection)


def renewed(connection: Connection) -> Connector[Any]:
    """The connector with newer credentials than ``connection`` was read with, renewed by us or by a colleague.

    Raises AuthError where only a person can help, ConfigError where the network does not accept the app, and
    TransientError where it is worth trying later.
    """
    seen, patience = connection.renewals, time.monotonic() + PATIENCE
    while True:
        if lease := _take(connection.pk, seen):
            _renew(connection, lease)
            connection.refresh_from_db(fields=COLUMNS)
            return connector_for(connection)
        connection.refresh_from_db(fields=COLUMNS)
        if connection.renew_lease is not None and _ran_out(connection):
            raise AuthError(LOST)
        if connection.state == Connection.State.UNAUTHORISED:
            raise AuthError(connection.state_reason)
        if connection.renewals != seen:
            return connector_for(connection)
        if connection.renew_lease is None:
            raise TransientError(LATER)
        if time.monotonic() > patience:
            raise TransientError(BUSY)
        time.sleep(LOOK)


def _take(connection_id: int, seen: int) -> uuid.UUID | None:
    """The lease, unless somebody has it, the secrets are newer than those that were seen, or it is too early."""
    lease = uuid.uuid4()
    rested = Q(renew_not_before=None) | Q(renew_not_before__lte=Now())
    taken = Connection.objects.filter(
        rested, pk=connection_id, renewals=seen, renew_lease=None, state=Connection.State.ACTIVE
    ).update(renew_lease=lease, renew_lease_until=Now() + timedelta(seconds=settings.SEND_LEASE))
    return lease if taken else None


def _ran_out(connection: Connection) -> bool:
    """Whether the lease ended without a word of its holder. Then the network is not asked again.

    The holder may only be frozen: the lease stays in the row, so that it can still save what it got.
    """
    return unauthorised(
        connection_id=connection.pk,
        reason=LOST,
        where=Q(renew_lease=connection.renew_lease, renew_lease_until__lt=Now()),
    )


def _renew(connection: Connection, lease: uuid.UUID) -> None:
    """Ask the network once, and write down what came of it before anything else happens."""
    try:
        credentials = connector_for(connection).refresh()
    except AuthError as error:
        reason = str(error)
        surely(lambda: _refused(connection, lease, reason))
        raise
    except (TransientError, ConfigError) as error:  # provably not renewed
        not_before = getattr(error, "retry_at", None) or timezone.now() + PAUSE
        surely(lambda: _end(connection, lease, good=True, renew_not_before=not_before))
        raise
    except UnknownOutcome:  # the next try is the question to the network, decision 007
        log.warning("connection %s: nobody knows whether its credentials were renewed", connection.pk)
    except Exception:
        log.exception("connection %s: renewing its credentials failed unexpectedly", connection.pk)
    else:
        surely(lambda: _save(connection, lease, credentials))
        return
    surely(lambda: _end(connection, lease, renew_not_before=timezone.now() + PAUSE))
    raise TransientError(LATER)


@transaction.atomic
def _save(connection: Connection, lease: uuid.UUID, credentials: Credentials) -> None:
    """New secrets, where the lease is still ours: else a person has authorised anew, and theirs count."""
    if _end(connection, lease, good=True, renewals=F("renewals") + 1, expires_at=credentials.expires_at):
        Credential.store(connection=connection, secrets=dict(credentials.secrets))
    else:
        log.warning("connection %s: newer credentials were stored while ours were being renewed", connection.pk)


@transaction.atomic
def _refused(connection: Connection, lease: uuid.UUID, reason: str) -> None:
    """The network renews them no more; unless a person has authorised anew by now, one must."""
    if _end(connection, lease):
        unauthorised(connection_id=connection.pk, reason=reason)


@transaction.atomic
def _end(connection: Connection, lease: uuid.UUID, *, good: bool = False, **changes: Any) -> bool:
    """Give the lease back; False where it is not ours. ``good``: the access is proven, whatever was feared of us."""
    fields = {"renew_not_before": None, **changes, "renew_lease": None, "renew_lease_until": None}
    held = Connection.objects.filter(pk=connection.pk, renew_lease=lease).update(**fields)
    if held and good:
        authorised(connection_id=connection.pk)
    return bool(held)
