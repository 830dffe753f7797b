"""The API as a program meets it: by token, over the real views."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from socialdesk import tokens
from socialdesk.api.scopes import SCOPES
from tests import factories

_keys = itertools.count(1)


@dataclass
class Api:
    """A program with a token."""

    token: str

    def __call__(self, method: str, path: str, body: Any = None, *, key: str | None = None, **query: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        if method == "POST":
            headers["Idempotency-Key"] = f"test-{next(_keys)}" if key is None else key
            if key == "":
                del headers["Idempotency-Key"]
        address = f"/api/v1/{path}"
        if method == "GET":
            return Client().get(address, query, headers=headers)
        return Client().generic(method, address, _json(body), "application/json", headers=headers)

    def get(self, path: str, **query: Any) -> Any:
        answer = self("GET", path, **query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def all(self, path: str, **query: Any) -> list[Any]:
        """Every row, page by page."""
        rows: list[Any] = []
        while True:
            page = self.get(path, **query)
            rows += page["results"]
            if page["next"] is None:
                return rows
            query["cursor"] = page["next"]


def _json(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()


def program(user: User, *scopes: str) -> Api:
    """With every scope, or these."""
    return Api(tokens.make(user=user, name="test", scopes=scopes or SCOPES, days=1)[1])


def problem(answer: Any) -> tuple[int, str]:
    """Status and code of a refusal, whose shape is always the same."""
    body = answer.json()
    assert set(body) == {"error"}, body
    assert set(body["error"]) == {"code", "detail", "fields"}, body
    assert body["error"]["detail"]
    return answer.status_code, body["error"]["code"]


@pytest.fixture
def desk(db: Any) -> factories.Desk:
    return factories.desk(capacity=500)


@pytest.fixture
def alice(desk: factories.Desk) -> Api:
    return program(desk.alice)


@pytest.fixture
def bob(desk: factories.Desk) -> Api:
    return program(desk.bob)


@pytest.fixture
def erin(desk: factories.Desk) -> Api:
    return program(desk.erin)
