"""Who has a conversation open and who types. Lives in the broker's memory for seconds; losing it is allowed."""

from __future__ import annotations

import logging
import time
from functools import lru_cache

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

LIFE = 20  # seconds; a page beats every 15
TIMEOUT = 0.2


@lru_cache(maxsize=1)
def _store() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL.replace("redis+socket://", "unix://"),
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        decode_responses=True,
    )


def seen(*, conversation_id: int, user_id: int, typing: bool) -> dict[int, bool]:
    """Say that ``user_id`` looks (or types), and hear who else does: user id → types. Empty when nobody can say."""
    key, now = f"viewers:{conversation_id}", time.time()
    try:
        pipe = _store().pipeline(transaction=False)
        pipe.hset(key, str(user_id), f"{now + LIFE:.0f}:{int(typing)}")
        pipe.expire(key, LIFE)
        pipe.hgetall(key)
        found: dict[str, str] = pipe.execute()[-1]
    except (redis.RedisError, OSError, ValueError) as error:
        logger.info("Nobody can say who looks (%s)", type(error).__name__)
        return {}
    return {
        int(pk): value.endswith(":1")
        for pk, value in found.items()
        if int(pk) != user_id and float(value.partition(":")[0]) > now
    }


def left(*, conversation_id: int, user_id: int) -> None:
    """The page was closed. Nothing happens when this is lost: the entry runs out by itself."""
    try:
        _store().hdel(f"viewers:{conversation_id}", str(user_id))
    except (redis.RedisError, OSError) as error:
        logger.info("Leaving was not noted (%s)", type(error).__name__)
