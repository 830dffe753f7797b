"""A database session of one's own: for advisory locks and LISTEN, which a pooler in transaction mode would break."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import psycopg2
from django.conf import settings
from django.db import connection
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import make_dsn, parse_dsn


def connect_direct() -> Connection:
    """A new psycopg2 connection in autocommit to Django's database, around the pooler; the caller closes it."""
    params: dict[str, Any] = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name not in ("cursor_factory", "server_side_binding", "prepare_threshold", "context")
    }
    if settings.DATABASE_DIRECT_URL:
        direct = parse_dsn(_libpq_url(settings.DATABASE_DIRECT_URL))
        # The name stays Django's: under test it is not the one of the address.
        params |= {name: value for name, value in direct.items() if name != "dbname"}
    session = psycopg2.connect(make_dsn(**{k: v for k, v in params.items() if v is not None}))
    session.autocommit = True
    return session


def _libpq_url(url: str) -> str:
    """django-environ knows more schemes than libpq."""
    return "postgresql" + url[len(urlsplit(url).scheme) :]
