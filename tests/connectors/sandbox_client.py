"""A plain HTTP caller of the sandbox, independent of tweepy and of our own connector."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import requests

from connectors.sandbox.harness import Sandbox


@dataclass
class Caller:
    """Calls X's API as one account, with its bearer token."""

    sandbox: Sandbox
    account: dict[str, Any]
    timeout: float = 10

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return requests.request(
            method,
            self.sandbox.x_url + path,
            params=query,
            json=body,
            headers={"Authorization": f"Bearer {self.account['access_token']}"},
            timeout=self.timeout,
        )

    def mentions(self, **query: Any) -> Any:
        named = {name.replace("__", "."): value for name, value in query.items()}
        answer = self("GET", f"/2/users/{self.account['id']}/mentions", **named)
        answer.raise_for_status()
        return answer.json()

    def reply(self, text: str, post_id: str, **more: Any) -> requests.Response:
        return self("POST", "/2/tweets", {"text": text, "reply": {"in_reply_to_tweet_id": post_id, **more}})

    def message(self, handle: str, text: str) -> requests.Response:
        person = self.sandbox.user(handle)
        return self("POST", f"/2/dm_conversations/with/{person}/messages", {"text": text})

    def refresh(self, token: str, **form: str) -> requests.Response:
        """New tokens for a refresh token, as a confidential client asks for them."""
        client = (self.account["client_id"], self.account["client_secret"])
        asked = {"grant_type": "refresh_token", "refresh_token": token, **form}
        return requests.post(f"{self.sandbox.x_url}/2/oauth2/token", data=asked, auth=client, timeout=self.timeout)


def errors_of(answer: requests.Response) -> list[str]:
    return [error["message"] for error in json.loads(answer.text).get("errors", [])]
