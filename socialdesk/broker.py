"""Asking the broker whether it is there, without Celery and with a short time limit."""

from __future__ import annotations

import redis
from django.conf import settings

TIMEOUT = 0.5


def ping() -> None:
    """Raises redis.RedisError or OSError where the broker does not answer in time."""
    # Celery's spelling of a unix socket is its own.
    url = settings.REDIS_URL.replace("redis+socket://", "unix://", 1)
    with redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT) as client:
        client.ping()
