"""From events to arrivals, resolutions and reopenings: one row each, however often the events are read again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from inbox import bulk
from inbox.models import Conversation, Event
from metrics.models import Occurrence
from metrics.services.interactions import UNCOUNTED

Kind = Occurrence.Kind


def write(batch: Sequence[Event]) -> list[datetime]:
    """In two statements: what happened, then the teams of arrivals that had none. Returns when all that was."""
    return _happened(batch) + _given_a_team(batch)


def kind_of(event: Event) -> str | None:
    """What ``event`` is to be counted as, if at all. Waking from a snooze is no reopening."""
    if event.kind == "message.received":
        return Kind.ARRIVAL.value
    if event.kind == "conversation.resolved" and event.data.get("resolution") not in UNCOUNTED:
        return Kind.RESOLUTION.value
    if event.kind == "conversation.reopened" and event.data.get("from") == Conversation.Status.RESOLVED:
        return Kind.REOPENING.value
    return None


def _happened(batch: Sequence[Event]) -> list[datetime]:
    rows = [
        (event.pk, kind, event.at, event.conversation_id, event.subject_id if kind == Kind.ARRIVAL else None,
         event.actor_id)
        for event in batch
        if (kind := kind_of(event)) and event.conversation_id is not None
    ]  # fmt: skip
    found = bulk.run(
        """
        INSERT INTO metrics_occurrence
            (position, kind, at, conversation_id, message_id, agent_id, team_id, network, visibility)
        SELECT new.position, new.kind, coalesce(m.arrived_at, new.at), c.id, m.id, u.id, a.team_id, o.network,
               coalesce(m.visibility, '')
        FROM {rows}
        JOIN inbox_conversation c ON c.id = new.conversation_id
        JOIN connectors_connection o ON o.id = c.connection_id
        LEFT JOIN inbox_message m ON m.id = new.message_id
        LEFT JOIN auth_user u ON u.id = new.actor_id
        LEFT JOIN LATERAL (
            SELECT team_id FROM routing_assignment
            WHERE conversation_id = c.id AND at <= coalesce(m.arrived_at, new.at)
                AND (ended_at IS NULL OR ended_at > coalesce(m.arrived_at, new.at))
            ORDER BY at DESC, id DESC LIMIT 1
        ) a ON true
        WHERE new.kind <> 'arrival' OR m.id IS NOT NULL
        ORDER BY new.position
        ON CONFLICT DO NOTHING
        RETURNING at
        """,
        "position bigint, kind text, at timestamptz, conversation_id bigint, message_id bigint, actor_id bigint",
        rows,
    )
    return [moment for (moment,) in found]


def _given_a_team(batch: Sequence[Event]) -> list[datetime]:
    """An arrival that no team had belongs to the first team that its conversation was given after it."""
    rows = [
        (event.conversation_id, event.pk, int(event.data["team"]))
        for event in batch
        if event.kind == "conversation.assigned" and event.conversation_id is not None and event.data.get("team")
    ]
    found = bulk.run(
        """
        UPDATE metrics_occurrence f SET team_id = (
            SELECT t.id FROM {rows} JOIN routing_team t ON t.id = new.team_id
            WHERE new.conversation_id = f.conversation_id AND new.position > f.position
            ORDER BY new.position LIMIT 1
        )
        WHERE f.team_id IS NULL AND f.kind = 'arrival' AND f.conversation_id IN (SELECT conversation_id FROM {rows})
            AND EXISTS (SELECT FROM {rows} JOIN routing_team t ON t.id = new.team_id
                        WHERE new.conversation_id = f.conversation_id AND new.position > f.position)
        RETURNING at
        """,
        "conversation_id bigint, position bigint, team_id bigint",
        rows,
    )
    return [moment for (moment,) in found]
