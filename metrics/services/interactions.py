"""From events to interactions: one row per ended turn, however often the events are read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.dateparse import parse_datetime

from inbox.models import Conversation, Event
from metrics.models import Interaction

# Work that nobody needed does not count as handled.
UNCOUNTED = {Conversation.Resolution.SPAM.value, Conversation.Resolution.DUPLICATE.value}


@dataclass(frozen=True, slots=True)
class Ended:
    """A turn that ended, as its event tells it."""

    position: int
    conversation_id: int
    turn_id: int
    agent_id: int
    network: str
    visibility: str
    ended_by: str
    outbox_item_id: int | None
    published_at: datetime
    arrived_at: datetime
    ended_at: datetime
    first: bool


def write(batch: Sequence[Event]) -> list[datetime]:
    """In one statement. What was erased meanwhile leaves no row; what is there already stays as it is.

    Returns when what is new ended.
    """
    ended = [turn for event in batch if (turn := ended_turn(event))]
    if not ended:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO metrics_interaction (conversation_id, turn_id, agent_id, team_id, network, visibility,
                ended_by, outbox_item_id, published_at, arrived_at, ended_at, first, position)
            SELECT c.id, m.id, u.id, a.team_id, n.network, n.visibility, n.ended_by, o.id,
                   n.published_at, n.arrived_at, greatest(n.ended_at, n.arrived_at), n.first, n.position
            FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[],
                        %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::bool[])
                AS n(position, conversation_id, turn_id, agent_id, network, visibility, ended_by,
                     outbox_item_id, published_at, arrived_at, ended_at, first)
            JOIN inbox_conversation c ON c.id = n.conversation_id
            JOIN inbox_message m ON m.id = n.turn_id
            JOIN auth_user u ON u.id = n.agent_id
            LEFT JOIN inbox_outboxitem o ON o.id = n.outbox_item_id
            LEFT JOIN LATERAL (
                SELECT team_id FROM routing_assignment
                WHERE conversation_id = c.id AND at <= n.ended_at AND (ended_at IS NULL OR ended_at > n.ended_at)
                ORDER BY at DESC, id DESC LIMIT 1
            ) a ON true
            ORDER BY n.position
            ON CONFLICT DO NOTHING
            RETURNING ended_at
            """,
            [list(column) for column in zip(*map(_row, ended), strict=True)],
        )
        return [moment for (moment,) in cursor.fetchall()]


def _row(turn: Ended) -> tuple[object, ...]:
    return (
        turn.position,
        turn.conversation_id,
        turn.turn_id,
        turn.agent_id,
        turn.network,
        turn.visibility,
        turn.ended_by,
        turn.outbox_item_id,
        turn.published_at,
        turn.arrived_at,
        turn.ended_at,
        turn.first,
    )


def ended_turn(event: Event) -> Ended | None:
    """What ``event`` ended, if it ended a turn and somebody did it."""
    if event.kind == "outbox.sent":
        ended_by, item, visibility = Interaction.EndedBy.REPLY, event.subject_id, str(event.data.get("visibility", ""))
    elif event.kind == "conversation.resolved" and event.data.get("resolution") not in UNCOUNTED:
        ended_by, item, visibility = Interaction.EndedBy.RESOLUTION, None, ""
    else:
        return None
    turn = event.data.get("turn")
    if not turn or event.actor_id is None or event.conversation_id is None:
        return None
    published, arrived = parse_datetime(turn.get("published") or ""), parse_datetime(turn.get("arrived") or "")
    if published is None or arrived is None:
        return None
    return Ended(
        position=event.pk,
        conversation_id=event.conversation_id,
        turn_id=int(turn["first"]),
        agent_id=event.actor_id,
        network=str(event.data.get("network", "")),
        visibility=visibility,
        ended_by=ended_by.value,
        outbox_item_id=item,
        published_at=published,
        arrived_at=arrived,
        ended_at=event.at,
        first=bool(event.data.get("first")),
    )
