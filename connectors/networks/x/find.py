"""Did an earlier send arrive? X takes no key, so its own list of our posts or messages is read back.

``Absent`` is said only where the list was read to its end from before the first attempt on. Among
several equal candidates the oldest is taken, so that identical twins are told apart by what other
items have claimed. Refusals and time-outs are raised, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import GoneError, RejectedError
from connectors.networks.x import fields, snowflake
from connectors.networks.x.client import XClient
from connectors.networks.x.parse import DIALOGUE, ID, Reader, items
from connectors.networks.x.text import comparable
from connectors.networks.x.walk import answered, next_token
from connectors.text import alike
from connectors.types import Absent, Draft, Post, Receipt, Unknown

MARGIN = timedelta(minutes=2)  # by which X's clock may be behind ours

NO_START = "It is not recorded when this was first sent, so X's list cannot be searched."
TOO_FAR = "X does not show far enough back to tell whether this was sent."
SIMILAR = "X holds a very similar text for the same place; look whether it is this one."
NO_TARGET = "There is no person on X to write to."
NO_DIALOGUE = "X does not show this dialogue, so nobody can tell whether the message arrived."


def find(
    client: XClient, draft: Draft, prepared: Mapping[str, Any], claimed_ids: Collection[str]
) -> Receipt | Absent | Unknown:
    if draft.started_at is None:
        return Unknown(NO_START)
    since = draft.started_at.astimezone(UTC) - MARGIN
    direct = prepared.get("kind") == "direct"
    try:
        posts, whole = _messages(client, prepared, since) if direct else _replies(client, since)
    except GoneError:
        return Unknown(NO_DIALOGUE if direct else TOO_FAR)
    claimed = set(claimed_ids)
    ours = [p for p in posts if p.own and p.published_at >= since and p.external_id not in claimed]
    if not direct:
        ours = [p for p in ours if p.in_reply_to == prepared.get("in_reply_to")]
    return _judge(ours, prepared, whole, len(posts), direct)


def _judge(
    ours: list[Post], prepared: Mapping[str, Any], whole: bool, looked_at: int, direct: bool
) -> Receipt | Absent | Unknown:
    """The same text with other pictures, or with none, is for a person to judge."""
    wanted, pictures = comparable(str(prepared.get("text", ""))), len(prepared.get("media", ()))
    equal = [p for p in ours if comparable(p.text) == wanted and len(p.media) == pictures]
    if equal:
        oldest = min(equal, key=lambda p: int(p.external_id))
        return receipt(oldest.external_id, url=oldest.url, dialogue_id=oldest.root_id if direct else "")
    near = sum(alike(comparable(p.text), wanted) for p in ours)
    if near:
        return Unknown(SIMILAR, len(ours), near)
    return Absent(looked_at, len(ours)) if whole else Unknown(TOO_FAR, len(ours))


def receipt(identifier: str, *, url: str = "", dialogue_id: str = "") -> Receipt:
    """X's ids hold their time, so a receipt always has one."""
    published = snowflake.time_of(int(identifier))
    return Receipt(identifier, url=url, published_at=published, dialogue_id=dialogue_id)


def _replies(client: XClient, since: datetime) -> tuple[list[Post], bool]:
    """Our own posts from ``since`` on, and whether that is all of them."""
    posts: list[Post] = []
    for answer in _walk(lambda **window: client.own_posts(start_time=since, **window)):
        posts += Reader(answer, client.config.account_id, datetime.now(UTC)).posts(items(answer))[0]
    return posts, len(posts) < fields.TIMELINE_WINDOW * 0.9


def _messages(client: XClient, prepared: Mapping[str, Any], since: datetime) -> tuple[list[Post], bool]:
    """The dialogue back to ``since``, and whether it was read that far."""
    where = target(prepared)
    posts: list[Post] = []
    for answer in _walk(lambda **window: client.messages(**where, **window)):
        posts += Reader(answer, client.config.account_id, datetime.now(UTC)).messages(items(answer))[0]
        if posts and min(p.published_at for p in posts) < since:
            return posts, True
    return posts, datetime.now(UTC) - since < timedelta(days=fields.MESSAGES_DAYS)


def target(prepared: Mapping[str, Any]) -> dict[str, str]:
    """tweepy's keyword for the dialogue: by person, or for a group by its id. It becomes part of a path."""
    person, dialogue = str(prepared.get("recipient_id", "")), str(prepared.get("dialogue_id", ""))
    if ID.fullmatch(person):
        return {"participant_id": person}
    if not person and DIALOGUE.fullmatch(dialogue):
        return {"dm_conversation_id": dialogue}
    raise RejectedError(NO_TARGET)


def _walk(ask: Callable[..., Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    token = ""
    while True:
        answer = answered(ask(max_results=fields.PAGE, **({"pagination_token": token} if token else {})))
        yield answer
        token = next_token(answer)
        if not token:
            return
