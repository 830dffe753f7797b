"""Facebook as the contract sees it: a page on the sandbox with one post, and a few customers."""

from __future__ import annotations

import http.client
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from connectors import registry
from connectors.base import Connector
from connectors.http import Http
from connectors.sandbox.harness import Sandbox
from connectors.testing import Items, Sent, Uploaded, World
from connectors.types import Act
from tests.connectors.servers import Line, answer, serving

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

    def __init__(self, sandbox: Sandbox, line: Line) -> None:
        self.sandbox, self.line = sandbox, line
        self.daves = 0  # people who have written below our posts
        self.bent: dict[str, dict[str, Any]] = {}  # fields that an item has on the wire, by its id
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
            "base_url": f"{self.line.url}/graph" if self.bent else self.sandbox.facebook_url,
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
        """A line between us and the sandbox bends the comment; the sandbox only holds what Facebook could."""
        [identifier] = self.publish(["hello"])
        names = {"text": "message", "created_at": "created_time"}
        self.bent[identifier] = {names[name]: value for name, value in fields.items()}
        return identifier

    def write_direct(self, texts: Sequence[str]) -> list[str]:
        """By several customers where there are many: Facebook shows the newest twenty of a dialogue."""
        names = [f"carol{n // 4 or ''}" for n in range(len(texts))]
        return self.sandbox.page_messages(
            [{"page": "norrline", "handle": name, "text": text} for name, text in zip(names, texts, strict=True)]
        )

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
        lines = [line for line in self.sandbox.ledger() if line["kind"] in kinds]
        return [Sent(line["id"], line["text"], tuple(one["alt"] for one in line.get("media", ()))) for line in lines]

    def below_ours(self, text: str) -> str:
        self.daves += 1
        return self.comment([{"handle": f"dave{self.daves}", "text": text}])[0]

    def author_of(self, external_id: str) -> str:
        items = Items()
        items.poll(self.connector(), self.public_stream)
        return items.posts[external_id].author.external_id

    def acted(self) -> list[tuple[str, str]]:
        return [(line["kind"], line["id"]) for line in self.sandbox.ledger() if line["kind"] in set(Act)]

    def uploaded(self) -> list[Uploaded]:
        lines = [line for line in self.sandbox.ledger() if line["kind"] == "media"]
        return [Uploaded(line["id"], line["alt"], line["file_name"]) for line in lines]

    def close_messages(self) -> None:
        self.sandbox.facebook_user("carol", accepts_dm=False)


@contextmanager
def facebook_world(sandbox: Sandbox) -> Iterator[FacebookWorld]:
    """The world, with a line that hands every request on to the sandbox and bends what comes back."""

    def hand_on(conn: Any, request: bytes) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        upstream = http.client.HTTPConnection(urlsplit(sandbox.url).netloc)
        upstream.request(method, target, body, {**headers, "Connection": "close"})
        got = upstream.getresponse()
        document = json.loads(got.read(), object_hook=lambda item: {**item, **world.bent.get(str(item.get("id")), {})})
        answer(json.dumps(document).encode(), f"{got.status} {got.reason}")(conn, request)

    with serving(hand_on) as line:
        world = FacebookWorld(sandbox, line)
        yield world
