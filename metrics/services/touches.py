"""Touches: how long somebody really had a conversation open and in use. Never two at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction

BEAT = timedelta(seconds=15)  # a visible page in use says so this often
MISSED = timedelta(seconds=30)  # a longer silence begins a new touch
_LOCK_SPACE = 0x70C4  # with the agent's id: two tabs of one person take turns


@transaction.atomic
def beat(*, agent: AbstractBaseUser, conversation_id: int, now: datetime) -> None:
    """``agent`` is at work on a conversation now. Several tabs, or a beat told twice, count once.

    The caller has checked that the agent may view it and that the page was visible and in use.
    """
    agent_id = int(agent.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, agent_id])
        if _extended(agent_id, conversation_id, now):
            return
        _close_others(agent_id, now)
        cursor.execute(
            """
            INSERT INTO metrics_touch (agent_id, conversation_id, period)
            SELECT %(agent)s, %(conversation)s, tstzrange(%(now)s, %(end)s)
            WHERE NOT EXISTS (SELECT FROM metrics_touch
                              WHERE agent_id = %(agent)s AND period && tstzrange(%(now)s, %(end)s))
            """,
            {"agent": agent_id, "conversation": conversation_id, "now": now, "end": now + BEAT},
        )


def _extended(agent_id: int, conversation_id: int, now: datetime) -> bool:
    """Prolong the newest touch, if it is of the same conversation and has not been silent for too long."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE metrics_touch SET period = tstzrange(lower(period), greatest(upper(period), %(end)s))
            WHERE id = (SELECT id FROM metrics_touch
                        WHERE agent_id = %(agent)s AND period && tstzrange(%(oldest)s, NULL)
                        ORDER BY upper(period) DESC LIMIT 1)
              AND conversation_id = %(conversation)s AND lower(period) <= %(now)s
            """,
            {
                "agent": agent_id,
                "conversation": conversation_id,
                "now": now,
                "end": now + BEAT,
                "oldest": now - MISSED,
            },
        )
        return bool(cursor.rowcount == 1)


def _close_others(agent_id: int, now: datetime) -> None:
    """Turning to another conversation ends the former at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM metrics_touch WHERE agent_id = %s AND period @> %s AND lower(period) = %s",
            [agent_id, now, now],
        )
        cursor.execute(
            "UPDATE metrics_touch SET period = tstzrange(lower(period), %s) WHERE agent_id = %s AND period @> %s",
            [now, agent_id, now],
        )
