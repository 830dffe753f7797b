"""Facebook as the contract sees it: a page on the sandbox with one post, and a few customers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from connectors import registry
from connectors.base import Connector
from connectors.http import Http
from connectors.sandbox.harness import Sandbox
from connectors.testing import Items, Sent, World

FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "lost_answer": ("timeout_after_write", {"seconds": 30}),
    "never_written": ("timeout_before_write", {"seconds": 30}),
    "broken_answer": ("cut_json", {}),
    "late_error": ("status", {"status": 503, "after": True}),
    "closed": ("close", {}),
    "status": ("status", {}),
    "html": ("html", {}),
    "empty": ("empty_body", {}),
    "repeat": ("duplicate_items", {}),
    "shuffle": ("reorder", {}),
    "slow": ("slow", {}),
    "echo_own": ("own_posts_echo", {}),
}


class FacebookWorld(World):
    """One page on a running sandbox. What customers say in public are comments on its only post."""

    public_stream, direct_stream, window = "comments", "messages", None

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.sandbox.reset(keep_accounts=False)
        self.sandbox.rates_off()
        self.page = sandbox.create_page("norrline", "Norrline", require_proof=True)
        [self.post] = sandbox.page_posts([{"page": "norrline", "text": "Our new router is here."}])

    def connector(
        self, *, deadline: float = 20.0, secrets: Mapping[str, str] | None = None, **config: Any
    ) -> Connector[Any]:
        values = {
            "account_id": self.page["page_id"],
            "handle": "norrline",
            "base_url": self.sandbox.facebook_url,
            **config,
        }
        return registry.build("facebook", values, {**self.credentials(), **(secrets or {})}, Http(deadline=deadline))

    def credentials(self) -> dict[str, str]:
        return {name: self.page[name] for name in ("access_token", "app_secret")}

    def secrets(self) -> Collection[str]:
        return self.credentials().values()

    def publish(self, texts: Sequence[str]) -> list[str]:
        return self.comment([{"handle": f"carol{n % 7}", "text": text} for n, text in enumerate(texts)])

    def comment(self, items: Sequence[Mapping[str, Any]]) -> list[str]:
        return self.sandbox.comments([{"post": self.post, **item} for item in items])

    def publish_raw(self, **fields: Any) -> str:
        wire = {{"text": "message", "created_at": "created_time"}.get(name, name): fields[name] for name in fields}
        return self.comment([{"handle": "carol", "text": "hello", "wire": wire}])[0]

    def write_direct(self, texts: Sequence[str]) -> list[str]:
        return self.sandbox.page_messages([{"page": "norrline", "handle": "carol", "text": text} for text in texts])

    def customer_id(self) -> str:
        """Facebook gives a number that holds for this page only, so it is asked what it shows us."""
        items = Items()
        items.poll(self.connector(), self.direct_stream)
        return next(post.author.external_id for post in items.posts.values() if not post.own)

    def remove(self, external_id: str) -> None:
        self.sandbox.remove_item(external_id)

    def fault(self, name: str, **options: Any) -> None:
        own, given = FAULTS[name]
        self.sandbox.fault(own, **given, **options)

    def heal(self) -> None:
        self.sandbox.clear_faults()

    def sent(self) -> list[Sent]:
        kinds = ("comment", "message", "private_reply")
        return [Sent(line["id"], line["text"]) for line in self.sandbox.ledger() if line["kind"] in kinds]
