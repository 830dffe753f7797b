"""What a composer is told while somebody types: lengths, the network's verdict, the guard's marks. Stores nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from connectors.base import Connector
from connectors.errors import ConfigError
from connectors.models import Connection
from connectors.types import Allowed, Denied, Measure, Visibility
from inbox.guard import Finding
from inbox.models import Conversation, OutboxItem
from inbox.services import guarding, macros, pieces
from inbox.services.connections import connector_for
from inbox.services.pieces import NO_POST, PUBLIC, REMOVED
from inbox.services.storable import storable


@dataclass(frozen=True, slots=True)
class Advice:
    length: Measure
    parts: Sequence[Measure]  # the lengths of the other texts
    refused: str  # why it could not be sent; "" where it could
    warnings: Sequence[str]
    findings: Sequence[Finding]


def advise(
    *,
    conversation: Conversation,
    visibility: str,
    text: str,
    more: Sequence[str] = (),
    line: str = "",
    fallback: str = "",
) -> Advice:
    """Lengths, verdict and what the guard marks, for a composer while somebody types. Asks no network.

    Raises ConnectorError where the network's own rules cannot be known.
    """
    kind, text = Visibility(visibility), storable(text)
    others = [storable(one) for one in (more if kind is PUBLIC else (line, fallback))]
    network = _network_of(conversation.connection)
    draft, target = pieces.blank(conversation, kind, None)
    verdict: Allowed | Denied = Denied(NO_POST)
    if target is not None or kind is not PUBLIC:
        verdict = network.can_send(replace(draft, text=text.strip()), timezone.now())
    unfilled = macros.unfilled("\n".join((text, *others)))
    return Advice(
        length=network.measure(text, kind),
        parts=[network.measure(part, PUBLIC) for part in others],
        refused=f"{verdict.reason} {unfilled}".strip() if isinstance(verdict, Denied) else unfilled,
        warnings=[] if isinstance(verdict, Denied) else list(verdict.warnings),
        findings=guarding.look(conversation, [text, *others] if kind is PUBLIC else others),
    )


def measure(item: OutboxItem) -> Measure:
    """The length of a reply as its network counts it. Raises ConnectorError where it cannot say."""
    return _network_of(item.connection).measure(str(item.payload["text"]), Visibility(item.visibility))


def _network_of(connection: Connection) -> Connector[Any]:
    if connection.state == Connection.State.REMOVED:
        raise ConfigError(REMOVED)
    return connector_for(connection)
