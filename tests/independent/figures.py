"""The figures of one day, counted a second time: plain SQL on what came in, what left, who had what, and the log.

Written from docs/figures.md alone. It imports nothing of the product and reads none of its tables of figures, except
the stretches of active time, which are written down nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg2

# A message is ended by the first reply whose author had seen it, or by the first resolution after it. Those that one
# reply or resolution ended together are one turn.
FACTS = """
WITH mark AS (
    SELECT e.id AS position, e.at, o.conversation_id, o.author_id AS agent_id, o.kind AS how,
           o.seen_message_id AS seen, true AS counts
    FROM inbox_outboxitem o JOIN inbox_event e ON e.kind = 'outbox.sent' AND e.subject_id = o.id
    WHERE o.state = 'sent'
    UNION ALL
    SELECT id, at, conversation_id, actor_id, 'resolution', 9000000000000000000,
           data->>'resolution' IN ('answered', 'no_action')
    FROM inbox_event WHERE kind = 'conversation.resolved'
),
incoming AS (
    SELECT m.id, m.conversation_id, m.published_at, m.arrived_at, e.id AS position
    FROM inbox_message m JOIN inbox_event e ON e.kind = 'message.received' AND e.subject_id = m.id
    WHERE m.direction = 'in'
),
turn AS (
    SELECT ending.position, ending.at, ending.conversation_id, ending.agent_id, ending.how, ending.counts,
           (array_agg(i.arrived_at ORDER BY i.id))[1] AS arrived_at,
           (array_agg(i.published_at ORDER BY i.id))[1] AS published_at,
           (SELECT count(*) FROM inbox_event r WHERE r.conversation_id = ending.conversation_id
               AND r.kind = 'conversation.reopened' AND r.data->>'from' = 'resolved'
               AND r.id < ending.position) AS opening
    FROM incoming i CROSS JOIN LATERAL (
        SELECT * FROM mark
        WHERE mark.conversation_id = i.conversation_id AND mark.position > i.position AND mark.seen >= i.id
        ORDER BY mark.position LIMIT 1
    ) ending
    GROUP BY ending.position, ending.at, ending.conversation_id, ending.agent_id, ending.how, ending.counts
),
handled AS (
    SELECT 'handled' AS what, at, conversation_id, agent_id, how,
           at - arrived_at AS arrived, at - published_at AS published,
           row_number() OVER (PARTITION BY conversation_id, opening ORDER BY position) = 1 AS first
    FROM turn WHERE counts
),
fact AS (
    SELECT what, at, conversation_id, agent_id, how, arrived, published, first FROM handled
    UNION ALL
    SELECT 'arrival', arrived_at, conversation_id, NULL, '', NULL, NULL, NULL FROM incoming
    UNION ALL
    SELECT 'resolution', at, conversation_id, agent_id, '', NULL, NULL, NULL FROM mark
    WHERE how = 'resolution' AND counts
    UNION ALL
    SELECT 'reopening', at, conversation_id, actor_id, '', NULL, NULL, NULL FROM inbox_event
    WHERE kind = 'conversation.reopened' AND data->>'from' = 'resolved'
    UNION ALL
    SELECT 'touch', lower(period), conversation_id, agent_id, '', upper(period) - lower(period), NULL, NULL
    FROM metrics_touch
),
placed AS (
    SELECT fact.*, coalesce(u.first_name, '') AS agent, n.network,
        coalesce(team.name, 'No team yet') AS team
    FROM fact
    JOIN inbox_conversation c ON c.id = fact.conversation_id
    JOIN connectors_connection n ON n.id = c.connection_id
    LEFT JOIN auth_user u ON u.id = fact.agent_id
    LEFT JOIN routing_team team ON team.id = coalesce(
        (SELECT team_id FROM routing_assignment a WHERE a.conversation_id = fact.conversation_id
            AND a.at <= fact.at AND (a.ended_at IS NULL OR a.ended_at > fact.at) ORDER BY a.at DESC, a.id DESC LIMIT 1),
        (SELECT team_id FROM routing_assignment a WHERE a.conversation_id = fact.conversation_id
            AND fact.what = 'arrival' AND a.at > fact.at ORDER BY a.at, a.id LIMIT 1))
    WHERE fact.at >= %(begin)s AND fact.at < %(end)s
)
"""
SECONDS = "(extract(epoch FROM {})::float8)"


def _times(name: str, clock: str, condition: str) -> str:
    which = f"FILTER (WHERE what = 'handled' AND how <> 'resolution' AND {condition})"
    seconds = SECONDS.format(clock)
    return f"""
        percentile_cont(0.5) WITHIN GROUP (ORDER BY {seconds}) {which} AS {name}_median,
        percentile_cont(0.9) WITHIN GROUP (ORDER BY {seconds}) {which} AS {name}_p90"""


LINES = f"""
{FACTS}
SELECT CASE WHEN grouping(team) = 0 THEN 'team' WHEN grouping(agent) = 0 THEN 'agent'
            WHEN grouping(network) = 0 THEN 'network' WHEN grouping(hour) = 0 THEN 'hour' ELSE 'all' END AS by,
       coalesce(team, agent, network, hour) AS name,
       count(*) FILTER (WHERE what = 'arrival') AS arrivals,
       count(*) FILTER (WHERE what = 'handled') AS handled,
       count(*) FILTER (WHERE what = 'handled' AND how = 'reply') AS publicly,
       count(*) FILTER (WHERE what = 'handled' AND how = 'direct') AS privately,
       count(*) FILTER (WHERE what = 'handled' AND how = 'resolution') AS no_reply_due,
       count(*) FILTER (WHERE what = 'resolution') AS resolutions,
       count(*) FILTER (WHERE what = 'reopening') AS reopenings,
       count(*) FILTER (WHERE what = 'handled' AND how <> 'resolution' AND first) AS first_responses,
       count(*) FILTER (WHERE what = 'handled' AND how <> 'resolution' AND NOT first) AS next_responses,
       {_times("first_arrived", "arrived", "first")},
       {_times("first_published", "published", "first")},
       {_times("next_arrived", "arrived", "NOT first")},
       {_times("next_published", "published", "NOT first")},
       coalesce(sum({SECONDS.format("arrived")}) FILTER (WHERE what = 'touch'), 0) AS active
FROM (SELECT *, to_char(date_trunc('hour', at), 'HH24:MI') AS hour FROM placed) fact
GROUP BY GROUPING SETS ((), (team), (agent), (network), (hour))
"""
BACKLOG = """
SELECT coalesce(team.name, 'No team yet'),
       count(*) FILTER (WHERE c.status = 'open') AS open,
       count(*) FILTER (WHERE c.status = 'open' AND a.agent_id IS NULL) AS unassigned,
       count(*) FILTER (WHERE c.status = 'pending') AS pending,
       count(*) FILTER (WHERE c.status = 'snoozed') AS snoozed
FROM inbox_conversation c
LEFT JOIN routing_assignment a ON a.conversation_id = c.id AND a.ended_at IS NULL
LEFT JOIN routing_team team ON team.id = a.team_id
GROUP BY 1
"""


@dataclass(frozen=True)
class Figures:
    """Every line by what it is of ("all", "team", "agent", "network", "hour") and its name."""

    lines: dict[tuple[str, str], dict[str, Any]]
    backlog: dict[str, dict[str, int]]

    @property
    def total(self) -> dict[str, Any]:
        return self.lines["all", ""]

    def by(self, kind: str) -> dict[str, dict[str, Any]]:
        return {name: line for (what, name), line in self.lines.items() if what == kind}

    @property
    def workers(self) -> dict[str, dict[str, Any]]:
        """Who did something."""
        did = ("handled", "resolutions", "reopenings", "active")
        return {name: line for name, line in self.by("agent").items() if name and any(line[what] for what in did)}


def count(address: str, zone: str) -> Figures:
    """The figures of today, as days are in ``zone``, in the database at ``address``."""
    session = psycopg2.connect(address)
    try:
        with session, session.cursor() as cursor:
            cursor.execute("SELECT set_config('TimeZone', %s, true)", [zone])
            cursor.execute("SELECT current_date::timestamptz, (current_date + 1)::timestamptz")
            begin, end = cursor.fetchone()
            cursor.execute(LINES, {"begin": begin, "end": end})
            columns = [column.name for column in cursor.description][2:]
            lines = {(by, name or ""): dict(zip(columns, values, strict=True)) for by, name, *values in cursor}
            cursor.execute(BACKLOG)
            parts = ("open", "unassigned", "pending", "snoozed")
            backlog = {team: dict(zip(parts, numbers, strict=True)) for team, *numbers in cursor}
    finally:
        session.close()
    return Figures(lines, backlog)


def said(seconds: float | None) -> str:
    """How a page says a stretch of up to an hour."""
    if seconds is None:
        return "–"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 600 and whole % 60:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 60} min"
