"""One call of the API, as its endpoint sees it, and the page tokens that lead on."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.faults import Fault
from connectors.sandbox.store import Store
from connectors.sandbox.x.facts import Endpoint
from connectors.sandbox.x.people import User
from connectors.sandbox.x.problems import bad
from connectors.sandbox.x.wire import Writer


@dataclass(slots=True)
class Call:
    """An accepted request: who, what, and the faults that bend its answer. ``address`` is the sandbox's own."""

    store: Store
    endpoint: Endpoint
    account: User
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    request_id: str
    faults: Mapping[str, Fault] = field(default_factory=dict)
    address: str = ""

    def writer(self) -> Writer:
        ahead = self.faults.get("future_timestamps")
        return Writer(
            self.store,
            self.query,
            milliseconds="no_milliseconds" not in self.faults,
            ahead=(ahead.seconds or 3600.0) if ahead else 0.0,
            address=self.address,
        )

    def enter(self, kind: str, item_id: int, at_ms: int, text: str = "", **facts: Any) -> str:
        """The ledger's line of something done to ``item_id``, inside its transaction; still to be sealed."""
        return self.store.enter(
            {
                "at": at_ms,
                "kind": kind,
                "account_id": str(self.account.id),
                "id": str(item_id),
                "text": text,
                "in_reply_to": None,
                "request_id": self.request_id,
                **facts,
            }
        )


def page_token(endpoint: Endpoint, below: int) -> str:
    """An opaque token for the page of items with smaller ids; it stays right while new items arrive."""
    raw = below.to_bytes(8, "big") + _check(endpoint, below)
    return base64.b32hexencode(raw).decode().rstrip("=").lower()


def read_token(endpoint: Endpoint, name: str, token: str) -> int:
    """The id that a token stands for; 400 for one that this endpoint did not hand out."""
    try:
        raw = base64.b32hexdecode(token.upper() + "=" * (-len(token) % 8))
    except ValueError:
        raw = b""
    below = int.from_bytes(raw[:8], "big")
    if len(raw) != 12 or raw[8:] != _check(endpoint, below):
        raise bad(name, token, f"The `{name}` query parameter value [{token}] is not valid")
    return below


def _check(endpoint: Endpoint, below: int) -> bytes:
    return hashlib.blake2b(f"{endpoint.key}:{below}".encode(), digest_size=4).digest()
