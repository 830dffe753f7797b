"""What an admin does with an account: add, check, authorise again, rename, remove, acknowledge a gap.

Nothing is changed before the network was asked, and no transaction is open meanwhile. Every change is an event with
who made it. Secrets go in and never come out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from connectors.base import Connector
from connectors.errors import AuthError, ConfigError, ConnectorError
from connectors.models import Connection, StreamGap, StreamState
from inbox.models import Event, OutboxItem
from inbox.services import connections, events, networks, outbox, tokens
from inbox.services.conversations import Refused
from inbox.services.storable import storable

State = Connection.State
PATIENCE = 8.0  # seconds for each question while a person waits
LONGEST = 4000
LONGEST_VOICE = 2000


def add(
    *, network: str, name: str, config: Mapping[str, Any], secrets: Mapping[str, str], actor: AbstractBaseUser
) -> Connection:
    """Connect a new account, or one that was removed, which joins its conversations again. Raises ConnectorError."""
    given = {key: value for key, value in config.items() if value != ""}
    account = connections.built(network, given, secrets, PATIENCE).check()
    known = Connection.objects.filter(network=network, account_id=account.external_id).exclude(state=State.REMOVED)
    if known.exists():
        raise ConfigError(gettext("This account is connected already. Open it to enter new secrets."))
    called = _name(name or (f"@{account.handle}" if account.handle else account.name) or account.external_id)
    connection = connections.connect(network=network, name=called, config=given, secrets=secrets, actor=actor)
    _take_over(connection)
    check(connection_id=connection.pk, actor=None)
    return connection


def check(*, connection_id: int, actor: AbstractBaseUser | None) -> str:
    """Ask the network who we are and what we lack; notes the answer. Returns what is wrong, or ""."""
    connection = Connection.objects.exclude(state=State.REMOVED).get(pk=connection_id)
    connection.patience = PATIENCE
    wrong, missing = "", []
    try:
        missing = tokens.using(connection, _lacking)
    except ConnectorError as error:
        wrong = str(error)
        if isinstance(error, AuthError):
            connections.unauthorised(connection_id=connection_id, reason=wrong)
    else:
        connections.authorised(connection_id=connection_id)
    with transaction.atomic():
        Connection.objects.filter(pk=connection_id).update(
            checked_at=timezone.now(), check_error=wrong[:400], **({} if wrong else {"missing": missing})
        )
        tell(connection, actor, "checked", good=not wrong, lacks=[each["name"] for each in missing])
    return wrong


def _lacking(connector: Connector[Any]) -> list[dict[str, str]]:
    connector.check()
    return [{"name": lack.name, "without": lack.without, "remedy": lack.remedy} for lack in connector.missing()]


def authorise(*, connection_id: int, secrets: Mapping[str, str], actor: AbstractBaseUser) -> None:
    """New secrets for the same account. They are tried first; where the network says no, the old ones stay.

    What is left empty stays as it is. Raises ConnectorError with a sentence.
    """
    connection = Connection.objects.exclude(state=State.REMOVED).get(pk=connection_id)
    given = {name: value for name, value in secrets.items() if value}
    if not given:
        raise ConfigError(gettext("Nothing was entered. The secrets that are stored stay as they are."))
    before, wanted = connection.state, _complete(connection, given)
    plain = {name: value for name, value in connection.config.items() if name not in networks.ANSWERED}
    account = connections.built(connection.network, plain, wanted, PATIENCE).check()
    if account.external_id != connection.account_id:
        theirs = f"@{account.handle}" if account.handle else account.name or account.external_id
        raise ConfigError(
            gettext(
                "These are the secrets of another account (%(theirs)s). Nothing was changed. "
                "Enter those of this one, or add the other as an account of its own."
            )
            % {"theirs": theirs}
        )
    connections.connect(
        network=connection.network, name=connection.name, config=plain, secrets=wanted, actor=actor, state=before
    )
    with transaction.atomic():
        tell(connection, actor, "authorised")
        # What waited for its credentials need not wait for its backoff too.
        StreamState.objects.filter(connection=connection).update(next_poll_at=timezone.now(), failures=0)
    _take_over(connection)
    check(connection_id=connection_id, actor=None)


def _complete(connection: Connection, given: Mapping[str, str]) -> dict[str, str]:
    """What was given, completed by what is stored unless it stands for itself."""
    try:
        connections.built(connection.network, connection.config, given)
    except ConfigError:
        return {**connection.secrets(), **given}
    return dict(given)


def _take_over(connection: Connection) -> None:
    """An access that expires is renewed at once: it shows whether it can be, and pasted ones are used up."""
    connection.refresh_from_db()
    try:
        tokens.ready(connection)
    except ConnectorError as error:
        if isinstance(error, AuthError):
            connections.unauthorised(connection_id=connection.pk, reason=str(error))


def rename(*, connection_id: int, name: str, actor: AbstractBaseUser) -> None:
    """Call it otherwise. Raises Refused."""
    called = _name(name)
    if not called:
        raise Refused(gettext("A connection needs a name."))
    with transaction.atomic():
        connection = Connection.objects.select_for_update().exclude(state=State.REMOVED).get(pk=connection_id)
        if called != connection.name:
            Connection.objects.filter(pk=connection_id).update(name=called)
            tell(connection, actor, "renamed", before=connection.name, after=called)


def set_voice(*, connection_id: int, voice: str, actor: AbstractBaseUser) -> None:
    """How we speak here, for whoever answers; empty takes it away. Raises Refused."""
    said = storable(voice).replace("\r\n", "\n").strip()
    if len(said) > LONGEST_VOICE:
        raise Refused(
            gettext("Nothing was stored: this has %(said)s characters, at most %(longest_voice)s fit.")
            % {"said": f"{len(said):,}", "longest_voice": f"{LONGEST_VOICE:,}"}
        )
    with transaction.atomic():
        connection = Connection.objects.select_for_update().exclude(state=State.REMOVED).get(pk=connection_id)
        if said != connection.voice:
            Connection.objects.filter(pk=connection_id).update(voice=said)
            tell(connection, actor, "voiced")


def set_brand(*, connection_id: int, brand: str, actor: AbstractBaseUser) -> None:
    """The brand that the account speaks for: what may be paused as one. Empty takes it away."""
    called = _name(brand)[:80]
    with transaction.atomic():
        connection = Connection.objects.select_for_update().exclude(state=State.REMOVED).get(pk=connection_id)
        if called != connection.brand:
            Connection.objects.filter(pk=connection_id).update(brand=called)
            tell(connection, actor, "branded", after=called or "none")


def _name(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:120]


def remove(*, connection_id: int, confirmed: str, actor: AbstractBaseUser) -> int:
    """Stop reading and sending and delete the secrets at once; what was said stays. Raises Refused.

    Returns how many replies that were waiting will not leave any more.
    """
    with transaction.atomic():
        connection = Connection.objects.select_for_update().exclude(state=State.REMOVED).get(pk=connection_id)
        if confirmed.strip() != connection.name:
            raise Refused(gettext("Nothing was removed: type “%(name)s” to confirm.") % {"name": connection.name})
        Connection.objects.filter(pk=connection_id).update(
            state=State.REMOVED, state_reason="", state_at=timezone.now(), expires_at=None, renew_lease=None,
            renew_lease_until=None, renewals=F("renewals") + 1, missing=[], check_error="",
        )  # fmt: skip
        connection.credentials.all().delete()
        tell(connection, actor, "removed", name=connection.name)
        waiting = OutboxItem.objects.filter(connection_id=connection_id, state__in=["held", "queued"])
        return sum(_withdraw(item, actor) for item in waiting.order_by("pk"))


def _withdraw(item: OutboxItem, actor: AbstractBaseUser) -> bool:
    return outbox.move(
        item,
        to="cancelled",
        source=["held", "queued"],
        actor=actor,
        reason=gettext_noop("The account was removed before it left."),
    )


def acknowledge_gap(*, gap_id: int, connection_id: int, actor: AbstractBaseUser) -> bool:
    """Somebody has looked at what the network no longer shows; False where another did before."""
    with transaction.atomic():
        gaps = StreamGap.objects.filter(pk=gap_id, stream__connection_id=connection_id, acknowledged_at=None)
        if not gaps.update(acknowledged_at=timezone.now()):
            return False
        tell(Connection.objects.get(pk=connection_id), actor, "gap_acknowledged", gap=gap_id)
        return True


def secrets_from(network: str, given: Mapping[str, str]) -> dict[str, str]:
    """The secrets that a form of ``network`` gave. Raises ConfigError, which names fields and never values."""
    return {
        field.name: _clean(field, given) for field in networks.fields(network) if field.secret and given.get(field.name)
    }


def config_from(network: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The settings that a form of ``network`` gave."""
    found: dict[str, Any] = {}
    for field in networks.fields(network):
        if field.flag:
            found[field.name] = field.name in given
        elif not field.secret and given.get(field.name):
            found[field.name] = _clean(field, given)
    return found


def _clean(field: networks.Field, given: Mapping[str, str]) -> str:
    value = given[field.name].strip()
    if len(value) > LONGEST or not value.isprintable():
        raise ConfigError(
            gettext("“%(name)s” holds characters that cannot be part of it; copy it again.") % {"name": field.label}
        )
    return value


def tell(connection: Connection, actor: AbstractBaseUser | None, what: str, **data: Any) -> None:
    """Write down what somebody did with an account. Ids, names and words of ours only."""
    events.emit(
        [
            Event(
                kind=f"connection.{what}", actor_id=actor.pk if actor else None, subject="connection",
                subject_id=connection.pk, data=data,
            )
        ]
    )  # fmt: skip
