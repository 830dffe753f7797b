"""What pages may know of a network: its name, its mark and what it can do. Never which network it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from connectors import registry
from connectors.errors import ConnectorError
from connectors.models import Connection
from connectors.types import ActSpec, MediaLimits, Visibility


@dataclass(frozen=True, slots=True)
class Shown:
    """How a network appears on a page."""

    label: str
    mark: str
    public_reply: bool
    direct_message: bool
    streams: dict[str, str]
    threads: bool = False
    deep_link: str = ""


@lru_cache(maxsize=64)
def shown(key: str) -> Shown:
    """The network of ``key``; one that is no longer installed is shown by its key and takes no replies."""
    connector = _installed(key)
    if connector is None:
        return Shown(label=key, mark="", public_reply=False, direct_message=False, streams={})
    able = connector.capabilities
    return Shown(
        label=connector.label,
        mark=able.mark,
        public_reply=able.public_reply,
        direct_message=able.direct_message,
        streams={spec.key: spec.label for spec in able.streams},
        threads=able.threads,
        deep_link=able.deep_link,
    )


def acts(connection: Connection) -> list[ActSpec]:
    """What may be done to posts and people from this account; nothing where its network is no longer installed."""
    return [spec for spec in _acts(connection.network) if _has(connection, spec)]


def lacking(connection: Connection) -> list[ActSpec]:
    """What its network could do for an account with another agreement."""
    return [spec for spec in _acts(connection.network) if not _has(connection, spec)]


def _acts(key: str) -> Sequence[ActSpec]:
    connector = _installed(key)
    return connector.capabilities.acts if connector else ()


def _has(connection: Connection, spec: ActSpec) -> bool:
    return not spec.needs or bool(registry.setting(connection.network, connection.config, spec.needs))


def media(key: str) -> Mapping[Visibility, MediaLimits]:
    """Which pictures the network takes with a reply, by its audience; none where it is no longer installed."""
    connector = _installed(key)
    return connector.capabilities.media if connector else {}


def _installed(key: str) -> registry.AnyConnector | None:
    try:
        return registry.get(key)
    except ConnectorError:
        return None


@dataclass(frozen=True, slots=True)
class Field:
    """One value that an account of a network needs, as a form asks for it. A secret is never shown again."""

    name: str
    label: str
    help: str
    group: str
    secret: bool
    more: bool  # rarely changed
    flag: bool
    default: Any


def available() -> tuple[dict[str, Shown], list[str]]:
    """The networks that an account can be added of, by key, and one sentence for each that cannot be used."""
    found, problems = registry.available()
    return {key: shown(key) for key in sorted(found)}, problems


def fields(key: str) -> Sequence[Field]:
    """What a form for an account asks for, in its order. Raises ConfigError for no such network."""
    return [_field(item) for item in dataclasses.fields(registry.get(key).config_class) if item.name not in ANSWERED]


def fields_if_any(key: str) -> Sequence[Field]:
    """The same, and nothing for a network that is no longer installed."""
    try:
        return fields(key)
    except ConnectorError:
        return []


ANSWERED = ("account_id", "handle")  # the network says these itself


def _field(item: dataclasses.Field[Any]) -> Field:
    told, default = item.metadata, "" if item.default is dataclasses.MISSING else item.default
    return Field(
        name=item.name,
        label=told.get("label") or item.name.replace("_", " ").capitalize(),
        help=told.get("help", ""),
        group=told.get("group", ""),
        secret=bool(told.get("secret")),
        more=bool(told.get("more")),
        flag=isinstance(default, bool),
        default=default,
    )
