"""The one definition of every count and sum, in SQL: used to roll a day, to read one that is not rolled, to check."""

from __future__ import annotations

from metrics import spread

COUNTS = (
    "arrivals", "handled", "publicly", "privately", "no_reply_due", "first_responses", "next_responses",
    "resolutions", "reopenings",
)  # fmt: skip
SPREADS = ("first_arrived", "first_published", "next_arrived", "next_published")
KEYS = ("team_id", "agent_id", "network")
MEASURES = (*COUNTS, "active", *SPREADS)
COLUMNS = ", ".join((*KEYS, *MEASURES))
# sum() of bigint is numeric; as it is stored:
STORED_SUMS = ", ".join(
    [f"sum({name})::bigint AS {name}" for name in COUNTS] + [f"sum({name}) AS {name}" for name in MEASURES[9:]]
)


def by_team(span: str, cells: str) -> str:
    """Cells with the name of their span, and their sums by team alone: what most pages read first."""
    return f"""
        SELECT '{span}' AS span, {COLUMNS} FROM {cells} c
        UNION ALL
        SELECT 'team_{span}', team_id, 0, '', {STORED_SUMS} FROM {cells} c GROUP BY team_id
    """


def _spread(first: str, since: str) -> str:
    seconds = f"extract(epoch FROM f.ended_at - f.{since})::float8"
    return f"coalesce(sum({spread.sql(seconds)}) FILTER (WHERE f.ended_by = 'reply' AND {first}), 0)"


def _part(**given: str) -> str:
    blank = dict.fromkeys(COUNTS, "0::bigint") | dict.fromkeys(SPREADS, "0::numeric")
    columns = {**blank, "active": "interval '0'", **given}
    return ", ".join(f"{columns[name]} AS {name}" for name in MEASURES)


_TURNS = _part(
    handled="count(*)",
    publicly="count(*) FILTER (WHERE f.ended_by = 'reply' AND f.visibility = 'public')",
    privately="count(*) FILTER (WHERE f.ended_by = 'reply' AND f.visibility = 'direct')",
    no_reply_due="count(*) FILTER (WHERE f.ended_by = 'resolution')",
    first_responses="count(*) FILTER (WHERE f.ended_by = 'reply' AND f.first)",
    next_responses="count(*) FILTER (WHERE f.ended_by = 'reply' AND NOT f.first)",
    first_arrived=_spread("f.first", "arrived_at"),
    first_published=_spread("f.first", "published_at"),
    next_arrived=_spread("NOT f.first", "arrived_at"),
    next_published=_spread("NOT f.first", "published_at"),
)
_OCCURRENCES = _part(
    arrivals="count(*) FILTER (WHERE f.kind = 'arrival')",
    resolutions="count(*) FILTER (WHERE f.kind = 'resolution')",
    reopenings="count(*) FILTER (WHERE f.kind = 'reopening')",
)
# A touch counts for the day it began in and for the team that had the conversation then.
TOUCHES = """
    metrics_touch f
    JOIN inbox_conversation c ON c.id = f.conversation_id
    JOIN connectors_connection n ON n.id = c.connection_id
    LEFT JOIN LATERAL (
        SELECT team_id FROM routing_assignment
        WHERE conversation_id = f.conversation_id AND at <= lower(f.period)
            AND (ended_at IS NULL OR ended_at > lower(f.period))
        ORDER BY at DESC, id DESC LIMIT 1
    ) a ON true
"""


# When the first fact of any kind happened; every term is one look into an index.
FIRST = """least(
    (SELECT min(ended_at) FROM metrics_interaction), (SELECT min(lower(period)) FROM metrics_touch),
    (SELECT min(at) FROM metrics_occurrence WHERE kind = 'arrival'),
    (SELECT min(at) FROM metrics_occurrence WHERE kind = 'resolution'),
    (SELECT min(at) FROM metrics_occurrence WHERE kind = 'reopening')
)"""


def cells(asked: str) -> str:
    """Day by day, by team, agent and network, from the facts. ``asked`` is a table (day, lo, hi) of days in a row.

    Facts between its ends are read by their index and find their day by bisection: a join would cost days x facts.
    """

    def within(moment: str) -> str:
        return f"""{moment} >= (SELECT lo FROM ends) AND {moment} < (SELECT hi FROM ends)
            AND {moment} < e.his[width_bucket({moment}, e.los)]"""

    def day(moment: str) -> str:
        return f"e.days[width_bucket({moment}, e.los)]"

    return f"""
        WITH ends AS MATERIALIZED (
            SELECT array_agg(day ORDER BY lo) AS days, array_agg(lo ORDER BY lo) AS los,
                array_agg(hi ORDER BY lo) AS his, min(lo) AS lo, max(hi) AS hi
            FROM {asked} d
        )
        SELECT day, {", ".join(KEYS)}, {STORED_SUMS} FROM (
            SELECT {day("f.ended_at")} AS day, coalesce(f.team_id, 0) AS team_id, f.agent_id::bigint AS agent_id,
                f.network, {_TURNS}
            FROM metrics_interaction f, ends e WHERE {within("f.ended_at")}
            GROUP BY 1, 2, 3, 4
            UNION ALL
            SELECT {day("f.at")}, coalesce(f.team_id, 0), coalesce(f.agent_id, 0), f.network, {_OCCURRENCES}
            FROM metrics_occurrence f, ends e
            WHERE f.kind IN ('arrival', 'resolution', 'reopening') AND {within("f.at")}
            GROUP BY 1, 2, 3, 4
            UNION ALL
            SELECT {day("lower(f.period)")}, coalesce(a.team_id, 0), f.agent_id, n.network,
                {_part(active="sum(upper(f.period) - lower(f.period))")}
            FROM {TOUCHES}, ends e WHERE {within("lower(f.period)")}
            GROUP BY 1, 2, 3, 4
        ) part GROUP BY day, {", ".join(KEYS)}
    """
