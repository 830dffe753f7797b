"""What pages may know of a network: its name, its mark and what it can do. Never which network it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from connectors import registry
from connectors.errors import ConnectorError


@dataclass(frozen=True, slots=True)
class Shown:
    """How a network appears on a page."""

    label: str
    mark: str
    public_reply: bool
    direct_message: bool
    streams: dict[str, str]


@lru_cache(maxsize=64)
def shown(key: str) -> Shown:
    """The network of ``key``; one that is no longer installed is shown by its key and takes no replies."""
    try:
        connector = registry.get(key)
    except ConnectorError:
        return Shown(label=key, mark="", public_reply=False, direct_message=False, streams={})
    able = connector.capabilities
    return Shown(
        label=connector.label,
        mark=able.mark,
        public_reply=able.public_reply,
        direct_message=able.direct_message,
        streams={spec.key: spec.label for spec in able.streams},
    )
