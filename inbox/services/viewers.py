"""Who has a conversation open and who types. Lives in the broker's memory for seconds; losing it is allowed."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping
from functools import lru_cache

import redis
from django.conf import settings
from django.db import connection

from inbox.services import events

logger = logging.getLogger(__name__)

LIFE = 20  # seconds; a page beats every 15
TIMEOUT = 0.2
_PREFIX = "viewers:"


@lru_cache(maxsize=1)
def _store() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL.replace("redis+socket://", "unix://"),
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        decode_responses=True,
    )


def seen(*, conversation_id: int, user_id: int, typing: bool) -> dict[int, bool]:
    """Say that ``user_id`` looks (or types), and hear who else does: user id → types. Empty when nobody can say.

    The live link is told only when somebody comes, or begins or stops to type: not of every beat.
    """
    key, now, me = f"{_PREFIX}{conversation_id}", time.time(), str(user_id)
    try:
        pipe = _store().pipeline(transaction=False)
        pipe.hgetall(key)
        pipe.hset(key, me, f"{now + LIFE:.0f}:{int(typing)}")
        pipe.expire(key, LIFE)
        before: dict[str, str] = pipe.execute()[0]
    except (redis.RedisError, OSError, ValueError) as error:
        logger.info("Nobody can say who looks (%s)", type(error).__name__)
        return {}
    known = _alive(before, now)
    if known.pop(user_id, None) is not typing:
        _tell(conversation_id)
    return known


def left(*, conversation_id: int, user_id: int) -> None:
    """The page was closed. Nothing happens when this is lost: the entry runs out by itself."""
    try:
        gone = _store().hdel(f"{_PREFIX}{conversation_id}", str(user_id))
    except (redis.RedisError, OSError) as error:
        logger.info("Leaving was not noted (%s)", type(error).__name__)
        return
    if gone:
        _tell(conversation_id)


def of(conversation_ids: Collection[int]) -> dict[int, dict[int, bool]]:
    """Who looks at each of these, in one round trip; nobody when nobody can say."""
    ids, now = list(conversation_ids), time.time()
    try:
        pipe = _store().pipeline(transaction=False)
        for pk in ids:
            pipe.hgetall(f"{_PREFIX}{pk}")
        rows: list[dict[str, str]] = pipe.execute()
    except (redis.RedisError, OSError) as error:
        logger.info("Nobody can say who looks (%s)", type(error).__name__)
        return {}
    return {pk: found for pk, row in zip(ids, rows, strict=True) if (found := _alive(row, now))}


def everywhere() -> set[int]:
    """The conversations that somebody looks at; for a process that begins to listen."""
    try:
        return {int(str(key).removeprefix(_PREFIX)) for key in _store().scan_iter(match=f"{_PREFIX}*", count=1000)}
    except (redis.RedisError, OSError) as error:
        logger.info("Nobody can say who looks (%s)", type(error).__name__)
        return set()


def heard(payload: str) -> int | None:
    """The conversation of which a notice on the events' channel tells; None for another notice."""
    return int(payload.removeprefix(_PREFIX)) if payload.startswith(_PREFIX) else None


def _alive(row: Mapping[str, str], now: float) -> dict[int, bool]:
    return {int(pk): value.endswith(":1") for pk, value in row.items() if float(value.partition(":")[0]) > now}


def _tell(conversation_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [events.CHANNEL, f"{_PREFIX}{conversation_id}"])
