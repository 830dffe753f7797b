"""Walking back through a stream: ``{"high_water", "at", "walk"}``, see CONTRACTS.md, section 3.

A walk begins at the newest page and goes back until it meets known ground (an id at or below
``high_water``). Only then does ``high_water`` move, to the newest id the walk began with.
``walk`` is what is needed to go on after a cut: X's page token, and the lowest id seen in case the
token has expired. Every walk reads a little below ``high_water``, because ids arrive out of order.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from connectors.errors import ConfigError, RejectedError, TransientError
from connectors.networks.x import fields, snowflake
from connectors.networks.x.client import XClient
from connectors.networks.x.parse import Reader, identifiers, items
from connectors.types import Gap, InvalidPost, Page, Post

CLOCKS = 600  # seconds by which X's clock may differ from ours
NEARLY = 0.9  # X counts deleted posts into its window and then leaves them out


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk stands. Ids are 0 where none was seen yet; ``began`` is in seconds since 1970."""

    top: int = 0
    lowest: int = 0
    seen: int = 0
    began: float = 0.0
    token: str = ""
    fell: int = 0  # the lowest id when a token had last expired
    grounded: bool = False

    @classmethod
    def load(cls, stored: Any) -> Walk:
        """A walk from a cursor; anything unreadable in it begins a new walk."""
        values = stored if isinstance(stored, Mapping) else {}
        try:
            return cls(
                top=int(values["top"]),
                lowest=int(values["lowest"]),
                seen=int(values["seen"]),
                began=float(values["began"]),
                token=str(values["token"]),
                fell=int(values["fell"]),
                grounded=bool(values["grounded"]),
            )
        except (KeyError, TypeError, ValueError):
            return cls(began=time.time())

    def dump(self) -> dict[str, Any]:
        """JSON without large integers: ids are beyond what JavaScript can hold."""
        return {**asdict(self), "top": str(self.top), "lowest": str(self.lowest), "fell": str(self.fell)}


class Stream(ABC):
    """One stream of one account, read newest first."""

    def __init__(self, client: XClient, cursor: Mapping[str, Any]) -> None:
        self.client, self.config = client, client.config
        stored = str(cursor.get("high_water", ""))
        self.first = not stored.isdigit()
        self.high_water = 0 if self.first else int(stored)
        self.at = float(cursor.get("at") or 0.0)
        self.walk = Walk.load(cursor.get("walk"))
        self.floor = snowflake.earlier(self.high_water, self.config.overlap_seconds)

    @abstractmethod
    def ask(self, **window: Any) -> Mapping[str, Any]:
        """One page from X."""

    @abstractmethod
    def read(self, reader: Reader, raw: list[Any]) -> tuple[list[Post], list[InvalidPost]]: ...

    @abstractmethod
    def restart(self) -> dict[str, Any]:
        """The window that goes on from ``walk`` without a token."""

    @abstractmethod
    def gap(self) -> Gap | None:
        """What lies between known ground and the end of what X still shows."""

    def pages(self) -> Iterator[Page]:
        while True:
            page = self._page()
            yield page
            if page.complete:
                return

    def _page(self) -> Page:
        answer = self._ask()
        raw = items(answer)
        self._step(raw)
        token = next_token(answer)
        posts, invalid = self.read(Reader(answer, self.config.account_id, datetime.now(UTC)), raw)
        if self.first and self.walk.seen >= self.config.history:
            surplus = self.walk.seen - self.config.history
            posts, token = posts[: max(0, len(posts) - surplus)], ""
        if token and not self.over():
            self.walk = replace(self.walk, token=token)
            return Page(posts, self._cursor(done=False), False, invalid)
        gap = None if self.first or self.walk.grounded else self.gap()
        return Page(posts, self._cursor(done=True), True, invalid, gap)

    def over(self) -> bool:
        """Whether the walk has gone below the overlap, so that nothing further back is wanted."""
        return False

    def _ask(self) -> Mapping[str, Any]:
        window: dict[str, Any] = {"max_results": fields.PAGE}
        if self.first:
            left = self.config.history - self.walk.seen
            window["max_results"] = min(fields.PAGE, max(fields.SMALLEST_PAGE, left))
        if not self.walk.token:
            return answered(self.ask(**window, **self.restart()))
        try:
            return answered(self.ask(**window, pagination_token=self.walk.token))
        except RejectedError:  # the token has expired
            again = self.restart()
            answer = answered(self.ask(**window, **again))
            seen = self.walk.seen if again else 0  # begun again at the newest item
            self.walk = replace(self.walk, token="", fell=self.walk.lowest, seen=seen)
            return answer

    def _step(self, raw: list[Any]) -> None:
        seen = identifiers(raw)
        latest = snowflake.at(time.time() + CLOCKS)
        credible = [i for i in seen if i <= latest] if self.high_water <= latest else seen
        walk = self.walk
        self.walk = replace(
            walk,
            top=max([walk.top, *credible]),
            lowest=min([walk.lowest or latest, *seen]) if seen else walk.lowest,
            seen=walk.seen + len(set(seen)),
            grounded=walk.grounded or any(i <= self.high_water for i in seen),
        )

    def _cursor(self, *, done: bool) -> dict[str, Any]:
        if not done:
            water = {} if self.first else {"high_water": str(self.high_water)}
            return {**water, "at": self.at, "walk": self.walk.dump()}
        return {"high_water": str(max(self.high_water, self.walk.top)), "at": self.walk.began, "walk": None}


class Mentions(Stream):
    """Posts that mention the account. X filters by ``since_id`` and shows the last 800."""

    def ask(self, **window: Any) -> Mapping[str, Any]:
        since = {"since_id": str(self.floor)} if self.floor else {}
        return self.client.mentions(**since, **window)

    def read(self, reader: Reader, raw: list[Any]) -> tuple[list[Post], list[InvalidPost]]:
        return reader.posts(raw)

    def restart(self) -> dict[str, Any]:
        """Go on below the lowest id, and once a little above it, for ids that came out of order."""
        lowest = self.walk.lowest
        if not lowest:
            return {}
        margin = 0.0 if self.walk.fell == lowest else self.config.overlap_seconds
        return {"until_id": str(snowflake.earlier(lowest, -margin) if margin else lowest)}

    def gap(self) -> Gap | None:
        """A full window without known ground, and nothing older to be had without ``since_id`` either."""
        if self.walk.seen < fields.MENTIONS_WINDOW * NEARLY:
            return None
        older = self.client.mentions(max_results=fields.SMALLEST_PAGE, until_id=str(self.walk.lowest))
        if items(older):
            return None
        shown = f"X shows only the last {fields.MENTIONS_WINDOW} mentions"
        reason = f"{shown}; what came between was not read in time."
        return Gap(str(self.high_water), str(self.walk.lowest), reason)


class Messages(Stream):
    """Direct messages. X has no ``since_id`` here and shows the last 30 days."""

    def ask(self, **window: Any) -> Mapping[str, Any]:
        return self.client.messages(**window)

    def read(self, reader: Reader, raw: list[Any]) -> tuple[list[Post], list[InvalidPost]]:
        return reader.messages(raw)

    def restart(self) -> dict[str, Any]:
        """Without a token X only lets us begin again at the newest message."""
        return {}

    def over(self) -> bool:
        return not self.first and 0 < self.walk.lowest <= self.floor

    def gap(self) -> Gap | None:
        if not self.at or self.walk.began - self.at < fields.MESSAGES_DAYS * 86_400:
            return None
        reason = f"X shows direct messages for {fields.MESSAGES_DAYS} days; older ones were not read in time."
        return Gap(str(self.high_water), str(self.walk.lowest or snowflake.at(self.walk.began)), reason)


def next_token(answer: Mapping[str, Any]) -> str:
    meta = answer.get("meta")
    token = meta.get("next_token") if isinstance(meta, Mapping) else None
    return token if isinstance(token, str) else ""


def answered(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """An answer that has neither data nor meta is no empty page; with errors alone X has not found the account."""
    if isinstance(answer.get("data"), list) or isinstance(answer.get("meta"), Mapping):
        return answer
    if answer.get("errors"):
        raise ConfigError("X does not find this account; check the connection.")
    raise TransientError("X answered without saying what it has; it will be asked again.")
