"""X as the contract sees it: the sandbox, an account with canaries for secrets, and a few customers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from connectors import registry
from connectors.base import Connector
from connectors.http import Http
from connectors.sandbox.harness import Sandbox
from connectors.testing import Sent, Uploaded, World
from connectors.types import Act

FAULTS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "lost_answer": [("timeout_after_write", {"seconds": 30})],
    "never_written": [("timeout_before_write", {"seconds": 30})],
    "broken_answer": [("cut_json", {})],
    "late_error": [("status", {"status": 503, "after": True})],
    "closed": [("close", {})],
    "status": [("status", {})],
    "html": [("html", {})],
    "empty": [("empty_body", {})],
    "repeat": [("duplicate_items", {})],
    "shuffle": [("reorder", {})],
    "slow": [("slow", {})],
    "echo_own": [("own_posts_echo", {})],
}
OAUTH2 = ("client_id", "client_secret", "access_token", "refresh_token")
TOKENS = dict.fromkeys(OAUTH2, "t")  # for connectors that only talk to a scripted server


class XWorld(World):
    """One account on a running sandbox."""

    public_stream, direct_stream, window = "mentions", "messages", 800

    def __init__(self, sandbox: Sandbox, *, oauth1: bool = False) -> None:
        self.sandbox = sandbox
        self.sandbox.reset(keep_accounts=False)
        self.sandbox.rates_off()
        self.account = sandbox.create_account("norrline", enterprise=True)
        self.oauth1 = oauth1
        self.daves: dict[str, str] = {}  # who wrote what stands below our posts

    def connector(
        self, *, deadline: float = 20.0, secrets: Mapping[str, str] | None = None, **config: Any
    ) -> Connector[Any]:
        values = {
            "account_id": self.account["id"],
            "handle": self.account["handle"],
            "base_url": self.sandbox.x_url,
            "enterprise": True,
            **config,
        }
        return registry.build("x", values, {**self._credentials(), **(secrets or {})}, Http(deadline=deadline))

    def _credentials(self) -> dict[str, str]:
        account = self.account
        if not self.oauth1:
            return {name: account[name] for name in OAUTH2}
        return {
            "consumer_key": account["consumer_key"],
            "consumer_secret": account["consumer_secret"],
            "access_token": account["oauth_token"],
            "access_token_secret": account["oauth_token_secret"],
        }

    def secrets(self) -> Collection[str]:
        return self._credentials().values()

    def publish(self, texts: Sequence[str]) -> list[str]:
        return self.sandbox.posts(
            [{"handle": f"carol{n % 7}", "text": f"@norrline {text}"} for n, text in enumerate(texts)]
        )

    def publish_raw(self, **fields: Any) -> str:
        return self.sandbox.post("carol", "@norrline hello", wire=fields)

    def write_direct(self, texts: Sequence[str]) -> list[str]:
        return self.sandbox.dms([{"handle": "carol", "text": text} for text in texts])

    def customer_id(self) -> str:
        return self.sandbox.user("carol")

    def remove(self, external_id: str) -> None:
        self.sandbox.delete(external_id)

    def below_ours(self, text: str) -> str:
        ours = self.sandbox.post("norrline", "A new tariff.", mention=False)
        handle = f"dave{len(self.daves)}"
        post = self.sandbox.post(handle, text, in_reply_to=ours)
        self.daves[post] = handle
        return post

    def author_of(self, external_id: str) -> str:
        return self.sandbox.user(self.daves[external_id])

    def acted(self) -> list[tuple[str, str]]:
        return [(line["kind"], line["id"]) for line in self.sandbox.ledger() if line["kind"] in set(Act)]

    def uploaded(self) -> list[Uploaded]:
        lines = self.sandbox.ledger()
        alts = {line["id"]: line["text"] for line in lines if line["kind"] == "describe"}
        return [Uploaded(line["id"], alts.get(line["id"], ""), "") for line in lines if line["kind"] == "media"]

    def close_messages(self) -> None:
        self.sandbox.user("carol", accepts_dm=False)

    def expire(self) -> None:
        self.sandbox.fault("expire_token")

    def revoke(self) -> None:
        self.sandbox.fault("revoke_token")

    def authorise(self) -> None:
        self.sandbox.reset(keep_accounts=False)
        self.sandbox.rates_off()
        self.account = self.sandbox.create_account("norrline", enterprise=True)

    def fault(self, name: str, **options: Any) -> None:
        for own, given in FAULTS[name]:
            self.sandbox.fault(own, **given, **options)

    def heal(self) -> None:
        self.sandbox.clear_faults()

    def sent(self) -> list[Sent]:
        lines = [line for line in self.sandbox.ledger() if line["kind"] in ("tweet", "dm")]
        return [Sent(line["id"], line["text"], tuple(one["alt"] for one in line.get("media", ()))) for line in lines]
