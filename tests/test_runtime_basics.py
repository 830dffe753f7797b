"""The ground under the other tests."""

from __future__ import annotations

import socket

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_engine_is_postgresql_by_psycopg2_with_time_limits() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')"
        )
        assert cursor.fetchone() == ("30s", "1min")
    assert type(connection.connection).__module__.startswith("psycopg2")


def test_no_test_leaves_this_machine() -> None:
    with pytest.raises(AssertionError, match="tried to reach"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
