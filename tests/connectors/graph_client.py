"""Calls the sandbox's Graph API as one Page: by the library facebook-sdk, and plainly."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

import facebook
import requests

from connectors.sandbox.harness import Sandbox

VERSION = "v26.0"


class Rebased(requests.Session):
    """Sends what is meant for Facebook to the sandbox and keeps the last answer."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.last: requests.Response | None = None

    def request(self, method: Any, url: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        options["timeout"] = 10
        self.last = super().request(method, str(url).replace("https://graph.facebook.com", self.base), **options)
        return self.last


@dataclass
class Graph:
    """One Page of a sandbox."""

    sandbox: Sandbox
    page: dict[str, Any]
    timeout: float = 10
    token: str = field(default="")

    def __post_init__(self) -> None:
        self.token = self.token or self.page["access_token"]

    @property
    def id(self) -> str:
        return str(self.page["page_id"])

    @property
    def proof(self) -> str:
        return hmac.new(self.page["app_secret"].encode(), self.token.encode(), hashlib.sha256).hexdigest()

    def sdk(self) -> facebook.GraphAPI:
        graph = facebook.GraphAPI(self.token, session=Rebased(self.sandbox.facebook_url))
        graph.version = VERSION
        return graph

    def __call__(self, method: str, path: str, **params: Any) -> requests.Response:
        given = {"access_token": self.token, **params}
        where: dict[str, Any] = {"data": given} if method == "POST" else {"params": given}
        return requests.request(method, f"{self.sandbox.facebook_url}/{VERSION}{path}", timeout=self.timeout, **where)

    def get(self, path: str, **params: Any) -> Any:
        answer = self("GET", path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def error(self, method: str, path: str, **params: Any) -> dict[str, Any]:
        answer = self(method, path, **params)
        assert answer.status_code >= 400, answer.text
        return dict(answer.json()["error"])

    def send(self, text: str, *, tag: str = "", **recipient: str) -> requests.Response:
        """A message to ``id=`` a person, or a private reply to ``comment_id=`` or ``post_id=``."""
        extra = {"messaging_type": "MESSAGE_TAG", "tag": tag} if tag else {"messaging_type": "RESPONSE"}
        return self(
            "POST",
            "/me/messages",
            recipient=json.dumps(recipient),
            message=json.dumps({"text": text}),
            **extra,
        )

    def code(self, answer: requests.Response) -> tuple[int, int | None]:
        error = answer.json()["error"]
        assert error["fbtrace_id"]
        assert error["type"]
        return error["code"], error.get("error_subcode")

    # Customers, by the control API.
    def post(self, text: str = "News", **more: Any) -> str:
        return self.sandbox.page_posts([{"page": self.id, "text": text, **more}])[0]

    def comment(self, post: str, text: str = "Hello", handle: str = "carol", **more: Any) -> str:
        return self.sandbox.comments([{"post": post, "handle": handle, "text": text, **more}])[0]

    def visitor(self, text: str = "Hello", handle: str = "carol", **more: Any) -> str:
        return self.sandbox.visitor_posts([{"page": self.id, "handle": handle, "text": text, **more}])[0]

    def message(self, text: str = "Hello", handle: str = "carol", **more: Any) -> str:
        return self.sandbox.page_messages([{"page": self.id, "handle": handle, "text": text, **more}])[0]

    def psid(self, handle: str = "carol") -> str:
        """The person's id for this Page, from what they wrote in Messenger."""
        threads = self.get("/me/conversations", fields="participants")["data"]
        people = [one for thread in threads for one in thread["participants"]["data"]]
        return next(str(one["id"]) for one in people if one["name"] == handle)
