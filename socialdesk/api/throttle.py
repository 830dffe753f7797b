"""How often a token may ask: counted in the broker's memory, by the minute. Losing the count is allowed."""

from __future__ import annotations

import logging
import time
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from socialdesk.models import ApiToken

logger = logging.getLogger(__name__)
MINUTE = 60
TIMEOUT = 0.2


@lru_cache(maxsize=1)
def store() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL.replace("redis+socket://", "unix://"), socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT
    )


class PerMinute(BaseThrottle):
    """Tokens only: pages ask as often as people click. A broker that is away stops nobody."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiToken):
            return True
        key = f"api:{request.auth.pk}:{int(time.time() // MINUTE)}"
        try:
            pipe = store().pipeline(transaction=False)
            pipe.incr(key)
            pipe.expire(key, 2 * MINUTE)
            number = int(pipe.execute()[0])
        except (redis.RedisError, OSError) as error:
            logger.info("Nobody counts the API's requests (%s)", type(error).__name__)
            return True
        return number <= int(settings.API_REQUESTS_PER_MINUTE)

    def wait(self) -> float:
        return MINUTE - time.time() % MINUTE
